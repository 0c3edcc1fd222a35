"""Parts of a step that every kind of input has: headers, bodies, statuses, patterns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from stacks import yamlio
from stacks.definition.tree import Items, Scalar, Table, YamlFault
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, is_secret
from stacks.importers.credentials import put_authorization, reference
from stacks.importers.source import json_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stacks.definition.tree import Node
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

BY_REFERENCE = "give the probe a secret of its own by reference, or check a page that needs none"
SET_BY_PROBE = {"content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "upgrade"}
FOREIGN_VALUE = re.compile(r"\$\{")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


class CannotCarryError(ValueError):
    """A value has no form in a definition. The text says why."""


def put_header(step: StepDraft, name: str, text: str, entry: Entry, host: str = "") -> None:
    """Send a header; secrets, and what the probe sets itself (``host``: that of the address), are told instead."""
    shown = one_line(name, most=60)
    if not re.fullmatch("[A-Za-z0-9-]+", name):
        entry.lost(f'the header "{shown}"', "a header's name is letters, digits and hyphens here", "leave it out")
    elif name.lower() in {"cookie", "proxy-authorization"}:
        entry.lost(f'the value of the header "{shown}"', SECRET_WHY, BY_REFERENCE)
    elif is_secret(name) and text.strip():
        if name.lower() != "authorization" or not put_authorization(step, text, entry):
            kept = reference(step, name, text, entry, f'the value of the header "{shown}"')
            step.put(f"headers/{name}", kept, entry)
    elif name.lower() in SET_BY_PROBE or (name.lower() == "host" and text == host):
        entry.note(f'the header "{shown}"', "the probe sets it itself")
    elif FOREIGN_VALUE.search(text):
        _tell_foreign(entry)
    elif not text.strip():
        entry.lost(f'the header "{shown}" without a value', "a header here has a value", "leave it out")
    else:
        step.put(f"headers/{name}", text, entry.carry())


def _tell_foreign(entry: Entry) -> None:
    entry.lost(
        "text with ${...}", "here that names a value which an earlier step saved", "put the value itself in by hand"
    )


def put_form(step: StepDraft, name: str, text: str, entry: Entry) -> None:
    """Send a form's field."""
    if is_secret(name) and text and name.strip() and name not in step.keys.get("form", {}):
        kept = reference(step, name, text, entry, f'the value of the field "{one_line(name, most=60)}"')
        step.put(f"form/{name}", kept, entry)
    elif FOREIGN_VALUE.search(text):
        _tell_foreign(entry)
    elif not name.strip() or name in step.keys.get("form", {}):
        entry.lost(
            f'the field "{one_line(name, most=60)}"', "a form here has each field once, with a name", "leave it out"
        )
    else:
        step.put(f"form/{name}", text, entry.carry())


def put_body(step: StepDraft, text: str, media: str, entry: Entry) -> None:
    """Send a body given as text: JSON as ``json``, a form as ``form``; what is neither is told."""
    if not text.strip():
        entry.note("an empty body", "nothing is sent")
    elif "json" in media.lower() or (not media and text.lstrip()[:1] in {"{", "["}):
        put_json_text(step, text, entry)
    elif "x-www-form-urlencoded" in media.lower():
        pairs = parse_qsl(text, keep_blank_values=True)
        named = [name for name, _ in pairs]
        if len(set(named)) != len(named) or FOREIGN_VALUE.search(text) or not all(name.strip() for name in named):
            entry.lost(
                "a form with a field twice, or with ${...} in it", "a form here has each field once", "write it anew"
            )
            return
        for name, value in pairs:
            put_form(step, name, value, entry)
    elif FOREIGN_VALUE.search(text):
        _tell_foreign(entry)
    else:
        step.put("body", text, entry.carry())
        has_type = any(name.lower() == "content-type" for name in step.keys.get("headers", {}))
        if "/" in media and not has_type:
            step.put("headers/Content-Type", media, entry)


def put_json_text(step: StepDraft, text: str, entry: Entry) -> None:
    """Send JSON; told where the text is none, or holds secrets."""
    try:
        node = json_tree(text)
        if isinstance(node, Scalar):
            entry.lost("a JSON body that is one value", "a body here is a mapping or a list", "leave the step out")
        elif FOREIGN_VALUE.search(text):
            _tell_foreign(entry)
        else:
            entry.carry()
            step.put("json", _without_secrets(step, plain_value(node), entry), entry)
    except YamlFault as exc:
        entry.lost(f"a body said to be JSON that is none: {exc.what}", "a step sends a form or JSON", "correct it")
    except CannotCarryError as exc:
        entry.lost("a JSON body", str(exc), "write it by hand")


def _without_secrets(step: StepDraft, value: Any, entry: Entry) -> Any:
    """Put references in the place of the texts that stand under the name of a secret."""
    if isinstance(value, list):
        return [_without_secrets(step, inner, entry) for inner in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if is_secret(name) and isinstance(inner, str) and inner:
            found[name] = reference(step, name, inner, entry, f'the value of "{one_line(name, most=60)}"')
        else:
            found[name] = _without_secrets(step, inner, entry)
    return found


def plain_value(node: Node) -> Any:
    """Return a tree as ``yamlio.write`` takes it, numbers digit by digit; CannotCarryError if one has no such form."""
    if isinstance(node, Table):
        keys = [key.text for key, _ in node.entries]
        if len(set(keys)) != len(keys):
            raise CannotCarryError("a key stands twice in it")
        return {key.text: plain_value(value) for key, value in node.entries}
    if isinstance(node, Items):
        return [plain_value(item) for item in node.items]
    if not node.is_plain:
        return node.text
    if node.text in {"true", "false"}:
        return node.text == "true"
    if node.text in {"", "~", "null", "Null", "NULL"}:
        return yamlio.Verbatim("null", tag="tag:yaml.org,2002:null")
    if _NUMBER.fullmatch(node.text):
        if len(node.text) > 40:
            raise CannotCarryError("a number in it has more than 40 digits")
        return yamlio.Verbatim(node.text, tag=f"tag:yaml.org,2002:{'float' if '.' in node.text else 'int'}")
    if node.text[:1].isdigit() or node.text[:1] == "-":
        raise CannotCarryError("a number in it is written with an exponent")
    return node.text


def status_text(statuses: Iterable[int]) -> str:
    """Write a set of HTTP statuses, whole hundreds as classes; CannotCarryError where they are too many to list."""
    left = {status for status in statuses if 100 <= status <= 599}
    if not left:
        raise CannotCarryError("no status of HTTP is left")
    parts = []
    for hundred in range(1, 6):
        whole = set(range(hundred * 100, hundred * 100 + 100))
        if whole <= left:
            parts.append(f"{hundred}xx")
            left -= whole
    parts += [str(status) for status in sorted(left)]
    if len(parts) > 20:
        raise CannotCarryError("the statuses are too many to list; classes such as 2xx are whole hundreds")
    return ",".join(parts)


ANY_STATUS = status_text(range(100, 600))


def put_status(step: StepDraft, statuses: Iterable[int], entry: Entry) -> bool:
    """Expect one of the statuses; whole hundreds, and told, where they are too many; False where none is of HTTP."""
    wanted = {status for status in statuses if 100 <= status <= 599}
    if not wanted:
        entry.lost("the statuses", "none of them is one of HTTP's", "write those that matter by hand")
        return False
    try:
        step.expect("status", status_text(wanted), entry.carry())
    except CannotCarryError as exc:
        wider = {status for status in range(100, 600) if any(status // 100 == one // 100 for one in wanted)}
        step.expect("status", status_text(wider), entry)
        told = one_line(entry.text, most=60) or "the statuses"
        entry.changed(f"{told} became any of {status_text(wider)}", str(exc), "write those that matter by hand")
    return True


def go_regex(text: str) -> str | None:
    """Return a pattern of Go's RE2 as one of Python's ``re``, flags in a group; None where the two may differ."""
    found = text.replace(r"\z", r"\Z")
    flags = re.match(r"\(\?([ims]+)\)", found)
    if flags:
        found = f"(?{flags[1]}:{found[flags.end() :]})"
    if re.search(r"\(\?P?<|\(\?[a-zA-Z-]*U|\(\?[ims]+\)|\\[pPQECx]|\[\[:", found):
        return None
    try:
        re.compile(found)
    except (re.error, RecursionError, OverflowError):
        return None
    return found


def is_literal(pattern: str) -> bool:
    """Tell whether a pattern matches its own text alone."""
    return bool(pattern.strip()) and not re.search(r"[\\.^$*+?{}\[\]|()]", pattern)


def never(pattern: str) -> str:
    """Return the pattern that matches where ``pattern`` matches nowhere."""
    return rf"\A(?![\s\S]*(?:{pattern}))"
