"""Postman collections (2.0, 2.1): each folder becomes a transaction, its plainest tests claims of the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, code, is_secret, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.postman_request import (
    METHODS,
    Collection,
    log_in,
    put_headers,
    put_request_body,
    settle_url,
    with_path_values,
)
from stacks.importers.postman_script import carry_tests
from stacks.importers.request import BY_REFERENCE
from stacks.importers.source import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

MAX_REDIRECTS = 10
DESCRIBED = ("a description", "it is no part of a check")


def read(paths: Sequence[Path]) -> Work:
    """Read collections."""
    work = Work(roots=[read_json(path) for path in paths])
    for root in work.roots:
        top = root.get("collection") if root.get("item") is None else root
        if top is None:
            continue
        info = top.get("info")
        title = info.get("name") if info else None
        collection = Collection(work, title.take() if title else "")
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


def _folder(collection: Collection, folder: Entry, name: str, above: Entry | None = None) -> None:
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


def _request(collection: Collection, item: Entry, transaction: TransactionDraft, first: str, auth: Entry | None) -> str:
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
    text, open_part = with_path_values(collection, url, text)
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
        settle_url(url)
    step = StepDraft(source=item)
    if name and name.has_value:
        step.put("name", name.take(), name)
    step.put(word.lower(), path if not first or origin == first else origin + path, method.carry() if method else raw)
    transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    step.put("follow", MAX_REDIRECTS, item)
    if request.is_table:
        put_headers(collection, request, step)
        put_request_body(collection, request, step)
    own = request.get("auth") if request.is_table else None
    log_in(collection, own if own and own.has_value else auth, step)
    _around(request)
    _around(item)
    carry_tests(item, step)
    responses = item.get("response")
    if responses:
        responses.note("answers that were kept as examples", "no claim is made of them", "add what must be in them")
    transaction.steps.append(step)
    return origin
