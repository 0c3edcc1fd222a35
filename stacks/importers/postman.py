"""Postman collections (2.0, 2.1): each folder becomes a transaction, its plainest tests claims of the steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, code, is_secret, split_url
from stacks.importers.credentials import put_basic, put_bearer, reference
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.postman_script import carry_tests
from stacks.importers.request import BY_REFERENCE, put_body, put_form, put_header, put_json_text
from stacks.importers.source import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
MAX_REDIRECTS = 10
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
DESCRIBED = ("a description", "it is no part of a check")


@dataclass(slots=True)
class _Collection:
    """Variables with what they stand for, and services by origin."""

    work: Work
    name: str
    values: dict[str, Entry] = field(default_factory=dict)
    services: dict[str, ServiceDraft] = field(default_factory=dict)

    def filled(self, text: str) -> tuple[str, str]:
        """Put variables in; the second is the first one that has no value, "" where all have."""
        missing = ""
        for _ in range(5):  # a variable may name others
            names = _VARIABLE.findall(text)
            if not names:
                break
            for name in names:
                value = self.values.get(name.strip())
                if value is None or not value.text or is_secret(name.strip()):
                    missing = missing or name.strip() or "{{}}"
                    return text, missing
                text = text.replace(f"{{{{{name}}}}}", value.take())
        return text, ""


def read(paths: Sequence[Path]) -> Work:
    """Read collections."""
    work = Work(roots=[read_json(path) for path in paths])
    for root in work.roots:
        top = root.get("collection") if root.get("item") is None else root
        if top is None:
            continue
        info = top.get("info")
        title = info.get("name") if info else None
        collection = _Collection(work, title.take() if title else "")
        work.title = work.title or collection.name
        if info:
            info.rest_noted("what the collection says of itself", "it is no part of a check")
        variables = top.get("variable", "variables")
        for variable in variables.items() if variables else []:
            key, value = variable.get("key", "id"), variable.get("value")
            if key and value and not (variable.get("disabled") or key).is_true:
                collection.values[key.text] = value
        _folder(collection, top, collection.name)
        for variable in variables.items() if variables else []:
            _settle_variable(variable)
    return work


def _settle_variable(variable: Entry) -> None:
    key, value = variable.get("key", "id"), variable.get("value")
    if value and value.account.is_settled(value.path):
        if key:
            key.carry()
        variable.rest_noted("what is said of a variable", "its value is put in where it is used")
    elif key and is_secret(key.text):
        variable.lost(f'the variable "{one_line(key.text, most=40)}"', SECRET_WHY, BY_REFERENCE)
    else:
        variable.note("a variable that no carried request uses", "there is nothing to put it in")


def _folder(collection: _Collection, folder: Entry, name: str, above: Entry | None = None) -> None:
    own = folder.get("auth")
    auth = own if own and own.has_value else above  # what is not said here is what the folder above says
    transaction = TransactionDraft(name=code(name, default="jalan"), source=folder)
    first = ""
    items = folder.get("item")
    for item in items.items() if items else []:
        if item.get("request"):
            first = _request(collection, item, transaction, first, auth) or first
    _around(folder)
    if transaction.steps and first:
        service = collection.services.get(first)
        if service is None:
            title = collection.name or first
            if collection.services:
                title = f"{title} {first.partition('://')[2]}"
            service = ServiceDraft(name=title, url=first, source=folder if folder.path else collection.work.roots[0])
            collection.services[first] = service
            collection.work.services.append(service)
        service.transactions.append(transaction)
    for item in items.items() if items else []:
        if item.get("item"):
            inner = item.get("name")
            _folder(collection, item, inner.take() if inner else name, auth)


def _around(entry: Entry) -> None:
    """Settle what stands beside requests: credentials, scripts, descriptions."""
    auth = entry.get("auth")
    if auth and auth.has_value:
        kind = auth.get("type")
        if kind and kind.text == "noauth":
            auth.carry()
        elif not any(auth.account.is_settled(leaf.path) for leaf in auth.leaves()):
            auth.lost("credentials", "no request that is carried uses them in a way known here", BY_REFERENCE)
    if entry.get("request") is None:
        events = entry.get("event")
        for event in events.items() if events else []:
            event.lost("a script for all requests below it", "a definition runs no scripts", "write claims by hand")
    for key in ("description", "id", "_postman_id", "_postman_isSubFolder", "uid", "protocolProfileBehavior"):
        part = entry.get(key)
        if part:
            part.note(*DESCRIBED)


def _request(
    collection: _Collection, item: Entry, transaction: TransactionDraft, first: str, auth: Entry | None
) -> str:
    """Add a request as a step; return its origin, "" where it was told instead."""
    request = item.get("request")
    if request is None:
        return ""
    url = request.get("url") if request.is_table else request
    raw = url.get("raw") if url and url.is_table else url
    name = item.get("name")
    shown = one_line(name.text if name else "", most=60) or "a request"
    if url is None or raw is None or not raw.text.strip():
        item.lost(f'"{shown}", a request without an address', "a step needs one", "write it by hand")
        return ""
    text, missing = collection.filled(raw.text.strip())
    text, open_part = _path_values(collection, url, text)
    missing = missing or open_part
    if missing:
        item.lost(
            f'"{shown}", whose address has "{one_line(missing, most=40)}" in it',
            "the file has no value for it",
            "give the collection's variable a value and export again, or write the step by hand",
        )
        return ""
    found = split_url(text if "://" in text else f"http://{text}", raw)  # as Postman does
    method = request.get("method") if request.is_table else None
    word = method.text.upper() if method and method.text else "GET"
    if found is None or word not in METHODS:
        item.lost(f'"{shown}"', "a step sends one of HTTP's usual methods to a page", "write it by hand")
        return ""
    origin, path = found
    raw.carry()
    if url.is_table:
        _settle_url(url)
    step = StepDraft(source=item)
    if name and name.has_value:
        step.put("name", name.take(), name)
    step.put(word.lower(), path if not first or origin == first else origin + path, method.carry() if method else raw)
    transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    step.put("follow", MAX_REDIRECTS, item)
    if request.is_table:
        _headers(collection, request, step)
        _body(collection, request, step)
    own = request.get("auth") if request.is_table else None
    _log_in(collection, own if own and own.has_value else auth, step)
    _around(request)
    _around(item)
    carry_tests(item, step)
    responses = item.get("response")
    if responses:
        responses.note("answers that were kept as examples", "no claim is made of them", "add what must be in them")
    transaction.steps.append(step)
    return origin


def _log_in(collection: _Collection, auth: Entry | None, step: StepDraft) -> None:
    """Log in by Basic, a bearer token or a key in a header, where that is said; what else there is stays to be told."""
    kind = auth.get("type") if auth else None
    part = auth.get(kind.text) if auth and kind and kind.text not in {"", "noauth"} else None
    if auth is None or kind is None or part is None or "auth" in step.keys:
        return
    found = {one.name: one for one in part.entries()}  # version 2.0 has a mapping, 2.1 a list
    for one in part.items():
        key, value = one.get("key"), one.get("value")
        if key and value:
            found[key.text] = value
    token, user, password = found.get("token"), found.get("username"), found.get("password")
    key, value = found.get("key"), found.get("value")
    if kind.text == "bearer" and token and token.text:
        put_bearer(step, token.text, token, name=_variable(token.text) or "token")
    elif kind.text == "basic" and user and user.text and password and password.text:
        name, missing = collection.filled(user.text)
        if missing:
            return
        user.carry()
        put_basic(step, name, password.text, password)
    elif kind.text == "apikey" and key and key.text and value and value.text:
        place = found.get("in")
        if place and place.text != "header":
            return
        step.put(f"headers/{key.take()}", reference(step, key.text, value.text, value, "the API key"), value)
        if place:
            place.carry()
    else:
        return
    kind.carry()
    for one in part.items():
        if any(one.account.is_settled(leaf.path) for leaf in one.leaves()):
            one.rest_noted("how the credentials are kept", "it is no part of a check")


def _variable(text: str) -> str:
    found = _VARIABLE.fullmatch(text.strip())
    return found[1] if found else ""


def _path_values(collection: _Collection, url: Entry, text: str) -> tuple[str, str]:
    """Put values in for ``:name`` parts of the path."""
    values = url.get("variable") if url.is_table else None
    for variable in values.items() if values else []:
        key, value = variable.get("key", "id"), variable.get("value")
        if key and re.search(rf"/:{re.escape(key.text)}(?=/|$|\?)", text):
            inner, missing = collection.filled(value.text if value else "")
            if missing or not inner:
                return text, missing or key.text
            variable.carry()
            text = re.sub(rf"/:{re.escape(key.text)}(?=/|$|\?)", "/" + quote(inner, safe="").replace("\\", ""), text)
    return text, ""


def _settle_url(url: Entry) -> None:
    for below in url.entries():
        if below.name in {"protocol", "host", "port", "path", "hash", "auth"}:
            below.note("a part of the address", "the whole address holds it")
    query = url.get("query")
    for pair in query.items() if query else []:
        key = pair.get("key")
        if key and is_secret(key.text):
            pair.lost(f'the value of "{one_line(key.text, most=40)}" in the address', SECRET_WHY, BY_REFERENCE)
        else:
            pair.note("a part of the address", "the whole address holds it")
    url.rest_noted("a part of the address", "the whole address holds it")


def _headers(collection: _Collection, request: Entry, step: StepDraft) -> None:
    headers = request.get("header")
    for header in headers.items() if headers else []:
        key, value = header.get("key"), header.get("value")
        if (header.get("disabled") or header).is_true:
            header.note("a header that is switched off", "it is not sent")
        elif key and value:
            text, missing = collection.filled(value.text)
            if missing and is_secret(key.text):
                step.put(
                    f"headers/{key.text}",
                    value.text[: value.text.index("{{")]
                    + reference(step, missing, missing, header, f'the variable "{one_line(missing, most=40)}"'),
                    header,
                )
            elif missing:
                header.lost(
                    f'a header with "{one_line(missing, most=40)}"', "the file has no value for it", "write it in"
                )
            else:
                put_header(step, key.text, text, header)
        else:
            header.lost("a header without a name or a value", "a header has both", "leave it out")


def _body(collection: _Collection, request: Entry, step: StepDraft) -> None:
    body = request.get("body")
    mode = body.get("mode") if body else None
    if body is None or mode is None or (body.get("disabled") or body).is_true:
        if body:
            body.note("no body", "nothing is sent")
        return
    if step.keys.get("get") or step.keys.get("head") or step.keys.get("options"):
        if any(leaf.text.strip() for leaf in body.leaves() if leaf.name not in {"mode", "language"}):
            body.lost(
                "a body with a method that has none", "such a request has no body here", "use POST if it is meant"
            )
        else:
            body.note("an empty body", "nothing is sent")
        return
    mode.carry()
    raw, fields, graph = body.get("raw"), body.get("urlencoded"), body.get("graphql")
    if mode.text == "raw" and raw:
        headers = {name.lower(): text for name, text in step.keys.get("headers", {}).items()}
        options = body.get("options")
        language = next((leaf.text for leaf in options.leaves() if leaf.name == "language"), "") if options else ""
        text, missing = collection.filled(raw.text)
        if options:
            options.carry()
        if missing:
            raw.lost(f'a body with "{one_line(missing, most=40)}" in it', "the file has no value for it", "write it in")
        else:
            put_body(step, text, language or headers.get("content-type", ""), raw)
    elif mode.text == "urlencoded" and fields:
        for pair in fields.items():
            key, value = pair.get("key"), pair.get("value")
            text, missing = collection.filled(value.text if value else "")
            if (pair.get("disabled") or pair).is_true:
                pair.note("a field that is switched off", "it is not sent")
            elif missing or key is None:
                pair.lost("a field without a name or a value", "the file has no value for it", "write it in")
            else:
                put_form(step, key.text, text, pair)
    elif mode.text == "formdata" and body.get("formdata"):
        _multipart(collection, body, step)
    elif mode.text == "graphql" and graph and (query := graph.get("query")) and not _VARIABLE.search(query.text):
        step.put("json", {"query": query.take()}, graph)
        variables = graph.get("variables")
        if variables and variables.text.strip():
            inner = StepDraft(source=graph)
            put_json_text(inner, variables.text, variables)
            if "json" in inner.keys:
                step.keys["json"]["variables"] = inner.keys["json"]
    else:
        body.lost(
            f'a body of the mode "{one_line(mode.text, most=20)}"', "a step sends a form or JSON", "write it anew"
        )


def _multipart(collection: _Collection, body: Entry, step: StepDraft) -> None:
    fields = body.get("formdata")
    for pair in fields.items() if fields else []:
        key, value, kind = pair.get("key"), pair.get("value"), pair.get("type")
        text, missing = collection.filled(value.text if value else "")
        if (pair.get("disabled") or pair).is_true:
            pair.note("a field that is switched off", "it is not sent")
        elif key is None or missing or (kind and kind.text == "file") or "${" in text:
            pair.lost(
                "a field that is a file, or has no value", "the file's content is not here", "write it in by hand"
            )
        elif is_secret(key.text) and text:
            step.put(f"multipart/{key.text}", reference(step, key.text, text, pair, "the value of a field"), pair)
        else:
            step.put(f"multipart/{key.text}", text, pair.carry())
    if fields and not fields.items():
        body.note("an empty form", "nothing is sent")
