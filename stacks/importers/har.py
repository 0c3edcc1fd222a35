"""HAR 1.2: a recorded visit becomes a transaction of the requests to its first address; the others are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, code, is_secret, masked, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.request import BY_REFERENCE, put_body, put_form, put_header, put_status
from stacks.importers.source import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
_CARGO = ("image/", "font/", "audio/", "video/", "text/css", "javascript", "application/font", "ecmascript", "wasm")
_OF_BROWSER = {
    "user-agent",
    "accept-encoding",
    "accept-language",
    "referer",
    "cache-control",
    "pragma",
    "dnt",
    "origin",
    "priority",
    "upgrade-insecure-requests",
    "if-none-match",
    "if-modified-since",
    "x-client-data",
    "x-requested-with",
}
MEASURED = ("what was measured or seen in the recording", "a definition says what is asked, not what was found once")


def read(paths: Sequence[Path]) -> Work:
    """Read recordings; each page of each is a transaction of the service that it was first asked of."""
    work = Work(roots=[read_json(path) for path in paths])
    services: dict[str, ServiceDraft] = {}
    for root in work.roots:
        log = root.get("log")
        if log is None:
            continue
        names = _pages(log)
        visits: dict[str, tuple[str, TransactionDraft]] = {}
        entries = log.get("entries")
        for entry in entries.items() if entries else []:
            _request(entry, names, visits)
        for origin, transaction in visits.values():
            if origin not in services:
                services[origin] = ServiceDraft(name=origin.partition("://")[2], url=origin, source=root)
                work.services.append(services[origin])
            services[origin].transactions.append(transaction)
        pages = log.get("pages")
        for page in pages.items() if pages else []:
            page.rest_noted(*MEASURED)
        for name in ("version", "creator", "browser", "comment"):
            part = log.get(name)
            if part:
                part.note(*MEASURED)
    return work


def _pages(log: Entry) -> dict[str, Entry]:
    found = {}
    pages = log.get("pages")
    for page in pages.items() if pages else []:
        ident, title = page.get("id"), page.get("title")
        if ident and title:
            found[ident.text] = title
    return found


def _request(entry: Entry, names: dict[str, Entry], visits: dict[str, tuple[str, TransactionDraft]]) -> None:
    request, response = entry.get("request"), entry.get("response")
    url, method = (request.get("url"), request.get("method")) if request else (None, None)
    if request is None or url is None or method is None:
        entry.lost("an entry without a request", "a step needs an address and a method", "leave it out")
        return
    content = response.get("content") if response else None
    media = content.get("mimeType") if content else None
    kind = media.text.lower() if media else ""
    shown = one_line(masked(url.text), most=80)
    if any(cargo in kind for cargo in _CARGO):
        entry.lost(
            f"{shown} ({one_line(kind, most=40)})", "a probe loads no pictures, styles and scripts", "watch it apart"
        )
        return
    found = split_url(url.text, url)
    if found is None or method.text.upper() not in METHODS:
        entry.lost(f"a request to {shown}", "a step sends one of HTTP's usual methods to a page", "write it by hand")
        return
    origin, path = found
    ref = entry.get("pageref")
    page = ref.text if ref else ""
    if page not in visits:
        title = names.get(page)
        transaction = TransactionDraft(name=code(title.text if title else page, default="kunjungan"), source=entry)
        visits[page] = (origin, transaction)
    first, transaction = visits[page]
    if origin != first:
        entry.lost(f"a request to {shown}", "it goes to another address than the first of its page", "watch it apart")
        return
    if page in names:
        names[page].carry()
    url.carry()
    step = StepDraft(source=entry)
    word = method.take().upper()
    step.put(word.lower(), path, method)
    transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    _headers(request, step, origin)
    _post_data(request, step)
    status = response.get("status") if response else None
    if status and status.text not in {"0", "-1"} and status.text.isdigit() and len(status.text) == 3:
        put_status(step, [int(status.text)], status)
    elif status:
        status.lost(
            "a request that got no answer", "there is no status to expect", "look whether the step belongs here"
        )
    transaction.steps.append(step)
    _rest(entry, request, response, content)


def _headers(request: Entry, step: StepDraft, origin: str) -> None:
    headers = request.get("headers")
    for header in headers.items() if headers else []:
        name, value = header.get("name"), header.get("value")
        low = name.text.lower() if name else ""
        if name is None or value is None or low.startswith((":", "sec-")) or low in _OF_BROWSER:
            header.note("a header of the browser's own", "the probe sends its own")
        elif low == "cookie":
            header.note("cookies of the recording", "the probe keeps what earlier steps were given")
        elif low == "content-type" and request.get("postData"):
            header.note("the body's type", "it follows from the body")
        else:
            put_header(step, name.text, value.text, header, host=origin.partition("://")[2])


def _post_data(request: Entry, step: StepDraft) -> None:
    data = request.get("postData")
    if data is None:
        return
    media, params, text = data.get("mimeType"), data.get("params"), data.get("text")
    kind = media.text if media else ""
    if params and params.items() and "multipart" not in kind.lower():
        for param in params.items():
            name, value = param.get("name"), param.get("value")
            if name and value:
                put_form(step, name.text, value.text, param)
            else:
                param.lost("a field without a value", "a form's field has a name and a value", "leave it out")
        if text:
            text.note("the same body as text", "its fields stand beside it")
        if media:
            media.note("the body's type", "it follows from the body")
    elif text:
        put_body(step, text.text, kind, text)
        if media:
            media.note("the body's type", "it follows from the body")
    elif not (params and params.items()):
        data.note("an empty body", "nothing is sent")


def _rest(entry: Entry, request: Entry, response: Entry | None, content: Entry | None) -> None:
    query = request.get("queryString")
    for pair in query.items() if query else []:
        name = pair.get("name")
        if name and is_secret(name.text):
            pair.lost(f'the value of "{one_line(name.text, most=40)}" in the address', SECRET_WHY, BY_REFERENCE)
        else:
            pair.note("a part of the address", "the address holds it")
    if query:
        query.rest_noted("a part of the address", "the address holds it")
    cookies = request.get("cookies")
    if cookies:
        cookies.note("cookies of the recording", "the probe keeps what earlier steps were given")
    for part in (request, response):
        if part:
            for below in part.entries():
                if below.name not in {
                    "content",
                    "queryString",
                    "cookies",
                    "postData",
                    "headers",
                    "url",
                    "method",
                    "status",
                }:
                    below.note(*MEASURED)
    if response:
        response.rest_noted(*MEASURED)
    text = content.get("text") if content else None
    if content and text and text.has_value:
        content.note("what was answered", "no claim is made of it", "add what must be in the page as expect/contains")
    entry.rest_noted(*MEASURED)
