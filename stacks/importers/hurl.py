"""Hurl: each file becomes a transaction of the service of its first address, each entry a step."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stacks.importers import hurl_reader
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, code, is_secret, split_url
from stacks.importers.credentials import put_basic, reference
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.hurl_claims import carry_assert, carry_capture
from stacks.importers.request import (
    ANY_STATUS,
    BY_REFERENCE,
    put_body,
    put_form,
    put_header,
    put_json_text,
    put_status,
)
from stacks.importers.source import opened, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
_TEMPLATE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NOTED_OPTIONS = {"verbose", "very-verbose", "output", "compressed", "verbosity"}


@dataclass(slots=True)
class _File:
    """What one file has said so far: values of variables, and names that steps have saved."""

    root: Entry
    transaction: TransactionDraft
    origin: str = ""
    values: dict[str, str] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)  # a capture's name to ours

    def filled(self, text: str) -> tuple[str, str]:
        """Put variables in, saved ones as ``${name}``; the second is a name that nothing has, else ""."""
        missing = ""

        def value(found: re.Match[str]) -> str:
            nonlocal missing
            name = found[1]
            if name in self.saved:
                return f"${{{self.saved[name]}}}"
            if name in self.values:
                return self.values[name]
            missing = missing or name or "{{}}"
            return found[0]

        return _TEMPLATE.sub(value, text), missing


def read(paths: Sequence[Path]) -> Work:
    """Read files; those with the same first address are transactions of one service."""
    work = Work(roots=[opened(path, hurl_reader.tree(read_text(path))) for path in paths])
    services: dict[str, ServiceDraft] = {}
    for path, root in zip(paths, work.roots, strict=True):
        transaction = TransactionDraft(name=code(path.stem, default="jalan"), source=root)
        file = _File(root, transaction)
        for entry in root.items():
            _entry(file, entry)
        if transaction.steps and file.origin:
            if file.origin not in services:
                title = file.origin.partition("://")[2]
                services[file.origin] = ServiceDraft(name=title, url=file.origin, source=root)
                work.services.append(services[file.origin])
            services[file.origin].transactions.append(transaction)
    return work


def _entry(file: _File, entry: Entry) -> None:
    request = entry.get("request")
    if request is None:
        entry.lost("lines that belong to no request", "a step begins with a method and an address", "correct the file")
        return
    step = StepDraft(source=entry)
    options = entry.get("[Options]")
    for option in options.items() if options else []:
        _option(file, option, step, entry)
    if entry.account.is_told(entry.path):
        return
    found = _address(file, entry, request)
    if found is None:
        return
    word, origin, path = found
    first = file.origin or origin
    file.origin = first
    step.put(word.lower(), path if origin == first else origin + path, request.carry())
    file.transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    _sent(file, entry, step)
    _answered(file, entry, step)
    for below in entry.entries():
        if below.is_list and not below.items():
            below.note("an empty section", "nothing stands in it")
    file.transaction.steps.append(step)


def _address(file: _File, entry: Entry, request: Entry) -> tuple[str, str, str] | None:
    word, _, rest = request.text.partition(" ")
    text, missing = file.filled(rest.strip())
    query = entry.get("[QueryStringParams]", "[Query]")
    shown = one_line(re.sub(r"//[^/@ ]*@", "//***@", rest).partition("?")[0].strip(), most=60)
    if word not in METHODS:
        entry.lost(
            f"a request with the method {word[:20]}", "a step sends one of HTTP's usual methods", "write another"
        )
        return None
    for line in query.items() if query else []:
        name, _, value = line.text.partition(":")
        value, open_part = file.filled(value.strip())
        missing = missing or open_part
        if is_secret(name.strip()):
            line.lost(f'the value of "{one_line(name, most=40)}" in the address', SECRET_WHY, BY_REFERENCE)
            continue
        safe = value if "${" in value else quote(value, safe="")
        text += ("&" if "?" in text else "?") + f"{quote(name.strip(), safe='')}={safe}"
        line.carry()
    if missing:
        entry.lost(
            f'the request to {shown}, which needs "{one_line(missing, most=40)}"',
            "no option of the file and no step before it has the value",
            'give it as "variable: name=value", or by hand',
        )
        return None
    found = split_url(text, request)
    if found is None:
        entry.lost(f"the request to {shown}", "a step needs an address of HTTP", "write it by hand")
        return None
    return word, found[0], found[1]


def _option(file: _File, option: Entry, step: StepDraft, entry: Entry) -> None:
    name, _, value = (part.strip() for part in option.text.partition(":"))
    if name in {"location", "location-trusted"} and value == "true":
        step.put("follow", 10, option.carry())
        if name == "location-trusted":
            option.changed(
                "credentials are not sent to other hosts", "a redirect must not lead secrets away", "nothing"
            )
    elif name == "location":
        option.carry()
    elif name == "max-redirs" and re.fullmatch("[0-9]{1,4}", value):
        if step.keys.get("follow"):
            step.put("follow", min(int(value), 10), option.carry())
        else:
            option.note("a limit of redirects", "none are followed")
    elif name == "variable" and "=" in value:
        variable, _, text = value.partition("=")
        if is_secret(variable):
            option.lost(f'the variable "{one_line(variable, most=40)}"', SECRET_WHY, BY_REFERENCE)
        else:
            file.values[variable.strip()] = hurl_reader.unquoted(text.strip()) or text.strip()
            option.carry()
    elif name == "skip" and value == "true":
        entry.lost("an entry that is skipped", "what is not asked has no step", "remove the option and import again")
    elif name == "header":
        header, _, text = value.strip('"').partition(":")
        put_header(step, header.strip(), text.strip(), option)
    elif name in _NOTED_OPTIONS or value == "false":
        option.note("how Hurl itself runs", "it is no part of a check")
    elif name == "insecure":
        option.lost(
            "certificates that are not verified",
            "a bad certificate is an outage to citizens",
            'name the authority as "ca" of the service if it is your own',
        )
    elif name in {"user", "netrc", "netrc-file", "key", "aws-sigv4"}:
        option.lost(f'the option "{name}"', SECRET_WHY, BY_REFERENCE)
    else:
        option.lost(f'the option "{one_line(name, most=40)}"', "a step has no such key", "write what it does by hand")


def _sent(file: _File, entry: Entry, step: StepDraft) -> None:
    headers = entry.get("headers")
    media = ""
    for line in headers.items() if headers else []:
        name, _, value = (part.strip() for part in line.text.partition(":"))
        media = value if name.lower() == "content-type" else media
        if _TEMPLATE.search(value):  # what an earlier step saved, or a variable: not a secret of the file's
            step.put(f"headers/{name}", value, line.carry())
        else:
            put_header(step, name, value, line)
    fields = entry.get("[FormParams]", "[Form]")
    for line in fields.items() if fields else []:
        name, _, value = (part.strip() for part in line.text.partition(":"))
        plain = hurl_reader.unquoted(f'"{name}"') or name
        if _TEMPLATE.search(value):
            step.put(f"form/{plain}", value, line.carry())
        else:
            put_form(step, plain, hurl_reader.unquoted(f'"{value}"') or "", line)
    basic = entry.get("[BasicAuth]")
    for line in basic.items()[:1] if basic else []:
        user, _, password = (part.strip() for part in line.text.partition(":"))
        if user and password and not _TEMPLATE.search(line.text):
            put_basic(step, user, password, line)
    parts = entry.get("[MultipartFormData]", "[Multipart]")
    for line in parts.items() if parts else []:
        name, _, value = (part.strip() for part in line.text.partition(":"))
        if not value.startswith("file,") and not is_secret(name) and "${" not in value:
            step.put(f"multipart/{name}", value, line.carry())
    for section, what in (
        ("[BasicAuth]", "a user and password"),
        ("[Cookies]", "cookies that no step was given"),
        ("[MultipartFormData]", "a multipart form"),
        ("[Multipart]", "a multipart form"),
    ):
        part = entry.get(section)
        if part and part.items() and not any(part.account.is_settled(leaf.path) for leaf in part.leaves()):
            why = SECRET_WHY if "Auth" in section or "Cookies" in section else "this importer carries forms and JSON"
            part.lost(what, why, BY_REFERENCE if "Auth" in section else "write it by hand")
    body = entry.get("body")
    if body:
        _body(step, body, media)
    _fill(file, step, {"headers", "form", "json", "multipart"})


def _body(step: StepDraft, body: Entry, media: str) -> None:
    text = body.text
    block = re.fullmatch(r"```([a-z]*)[^\n]*\n(.*?)\n?```", text, re.DOTALL)
    line = re.fullmatch(r"`(.*)`", text)
    if block and block[1] == "graphql":
        query, _, variables = re.sub(r"\nvariables\s*\{", "\0{", block[2]).partition("\0")
        inner = StepDraft(source=body)
        if variables:
            put_json_text(inner, variables, body)
        if not variables or "json" in inner.keys:
            step.put("json", {"query": query} | ({"variables": inner.keys["json"]} if variables else {}), body.carry())
    elif block:
        put_body(step, block[2], {"json": "json", "xml": "xml"}.get(block[1], media or "text/plain"), body)
    elif line:
        put_body(step, line[1], media or "text/plain", body)
    elif text[:1] in {"{", "["}:
        put_json_text(step, text, body)
    else:
        body.lost("a body that is neither JSON nor a form", "a step sends a form or JSON", "send it as one of these")


def _fill(file: _File, step: StepDraft, outer_keys: set[str]) -> None:
    """Put variables into what the step has under the keys; take out and tell what needs one that nothing has."""
    for outer in outer_keys & step.keys.keys():
        value = step.keys[outer]
        if outer == "json":
            step.keys[outer], missing = _filled_tree(file, value)
            if missing:
                del step.keys[outer]
                _tell_missing(step.origins[outer], missing)
            continue
        for inner in list(value):
            text, missing = file.filled(value[inner]) if isinstance(value[inner], str) else (value[inner], "")
            value[inner] = text
            if missing and is_secret(inner) and _TEMPLATE.fullmatch(str(text)):
                origin = step.origins.get(f"{outer}/{inner}", step.source)
                value[inner] = reference(step, missing, missing, origin, f'the variable "{one_line(missing, most=40)}"')
            elif missing:
                del value[inner]
                _tell_missing(step.origins.get(f"{outer}/{inner}", step.source), missing)


def _tell_missing(entry: Entry, missing: str) -> None:
    entry.lost(
        f'a value that needs "{one_line(missing, most=40)}"',
        "no option of the file and no step before it has it",
        'give it as "variable: name=value", or by hand',
    )


def _filled_tree(file: _File, value: Any) -> tuple[Any, str]:
    if isinstance(value, str):
        return file.filled(value)
    if isinstance(value, dict):
        found = {key: _filled_tree(file, inner) for key, inner in value.items()}
        return {key: one[0] for key, one in found.items()}, next((one[1] for one in found.values() if one[1]), "")
    if isinstance(value, list):
        items = [_filled_tree(file, inner) for inner in value]
        return [one[0] for one in items], next((one[1] for one in items if one[1]), "")
    return value, ""


def _answered(file: _File, entry: Entry, step: StepDraft) -> None:
    response = entry.get("response")
    status = response.text.split()[-1] if response else "*"
    if response is None or status == "*":
        # Hurl asks for no status here, and a step of ours for 2xx.
        step.expect("status", ANY_STATUS, response.carry() if response else entry)
    elif put_status(step, [int(status)], response) and "/" in response.text:
        response.changed("any version of HTTP is taken", "no claim is made of the version", "nothing to do")
    headers = entry.get("response headers")
    for line in headers.items() if headers else []:
        name, _, value = (part.strip() for part in line.text.partition(":"))
        if value and name not in step.keys.get("expect", {}).get("header", {}):
            step.expect("header", {name: value}, line)
            line.changed("the header may hold more than this text", "a header's claim is a text in it", "nothing to do")
        else:
            line.lost("a second claim about the same header", "a step has one for each header", "keep the right one")
    asserts, captures = entry.get("[Asserts]"), entry.get("[Captures]")
    for line in asserts.items() if asserts else []:
        text, missing = file.filled(line.text)
        if missing:
            _tell_missing(line, missing)
        else:
            carry_assert(line, text, step)
    for line in captures.items() if captures else []:
        name = carry_capture(line, step, set(file.saved.values()))
        if name:
            file.saved[line.text.partition(":")[0].strip()] = name
    body = entry.get("response body")
    if body:
        whole = re.fullmatch(r"`(.*)`", body.text)
        text, missing = file.filled(whole[1]) if whole else ("", "")
        if whole and text and not missing:
            step.expect("matches", rf"\A{re.escape(text)}\Z", body.carry())
        else:
            body.lost(
                "a whole answer", "a claim is about a part of it", "claim what matters as contains or expect/json"
            )
