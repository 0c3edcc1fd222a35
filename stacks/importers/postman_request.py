"""Parts of a request of Postman: variables, address, credentials, headers, bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, is_secret
from stacks.importers.credentials import put_basic, put_bearer, reference
from stacks.importers.draft import ServiceDraft, StepDraft, Work
from stacks.importers.request import BY_REFERENCE, put_body, put_form, put_header, put_json_text

if TYPE_CHECKING:
    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")


@dataclass(slots=True)
class Collection:
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


def log_in(collection: Collection, auth: Entry | None, step: StepDraft) -> None:
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


def with_path_values(collection: Collection, url: Entry, text: str) -> tuple[str, str]:
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


def settle_url(url: Entry) -> None:
    """Note the parts of an address whose whole is carried."""
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


def put_headers(collection: Collection, request: Entry, step: StepDraft) -> None:
    """Send the headers of a request."""
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


def put_request_body(collection: Collection, request: Entry, step: StepDraft) -> None:
    """Send the body of a request."""
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


def _multipart(collection: Collection, body: Entry, step: StepDraft) -> None:
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
