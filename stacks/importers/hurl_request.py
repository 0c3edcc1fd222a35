"""What an entry of a Hurl file sends, as a step; and its variables."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stacks.importers import hurl_reader
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, is_secret
from stacks.importers.credentials import put_basic, reference
from stacks.importers.draft import StepDraft, TransactionDraft
from stacks.importers.request import (
    BY_REFERENCE,
    put_body,
    put_form,
    put_header,
    put_json_text,
)

if TYPE_CHECKING:
    from stacks.importers.account import Entry

_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")


@dataclass(slots=True)
class HurlFile:
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
            name = found[1].strip()
            if name in self.saved:
                return f"${{{self.saved[name]}}}"
            if name in self.values:
                return self.values[name]
            missing = missing or name or "{{}}"
            return found[0]

        return _TEMPLATE.sub(value, text), missing


def put_sent(file: HurlFile, entry: Entry, step: StepDraft) -> None:
    """Send headers, credentials, forms and the body of an entry."""
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


def _fill(file: HurlFile, step: StepDraft, outer_keys: set[str]) -> None:
    """Put variables into what the step has under the keys; take out and tell what needs one that nothing has."""
    for outer in outer_keys & step.keys.keys():
        value = step.keys[outer]
        if outer == "json":
            step.keys[outer], missing = _filled_tree(file, value)
            if missing:
                del step.keys[outer]
                tell_missing(step.origins[outer], missing)
            continue
        for inner in list(value):
            text, missing = file.filled(value[inner]) if isinstance(value[inner], str) else (value[inner], "")
            value[inner] = text
            if missing and is_secret(inner) and _TEMPLATE.fullmatch(str(text)):
                origin = step.origins.get(f"{outer}/{inner}", step.source)
                value[inner] = reference(step, missing, missing, origin, f'the variable "{one_line(missing, most=40)}"')
            elif missing:
                del value[inner]
                tell_missing(step.origins.get(f"{outer}/{inner}", step.source), missing)


def tell_missing(entry: Entry, missing: str) -> None:
    """Tell a value that nothing in the file gives."""
    entry.lost(
        f'a value that needs "{one_line(missing, most=40)}"',
        "no option of the file and no step before it has it",
        'give it as "variable: name=value", or by hand',
    )


def _filled_tree(file: HurlFile, value: Any) -> tuple[Any, str]:
    if isinstance(value, str):
        return file.filled(value)
    if isinstance(value, dict):
        found = {key: _filled_tree(file, inner) for key, inner in value.items()}
        return {key: one[0] for key, one in found.items()}, next((one[1] for one in found.values() if one[1]), "")
    if isinstance(value, list):
        items = [_filled_tree(file, inner) for inner in value]
        return [one[0] for one in items], next((one[1] for one in items if one[1]), "")
    return value, ""
