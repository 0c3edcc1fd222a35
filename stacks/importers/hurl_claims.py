"""Asserts and captures of Hurl as claims and saved values of a step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.importers.address import is_secret, told
from stacks.importers.hurl_reader import unquoted, words
from stacks.importers.request import go_regex, never, put_status

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

MAX_LINE = 4000  # an assert that a person reads is shorter
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?")


def _plain(word: str) -> str | None:
    """Return the text that a value is compared by, None where it is none of ours."""
    text = unquoted(word)
    if text is not None:
        return text
    if word in {"true", "false", "null"}:
        return word
    if _NUMBER.fullmatch(word):
        return re.sub(r"\.0+$", "", word)
    return None


def _pattern(word: str) -> str | None:
    text = unquoted(word)
    if text is None and len(word) > 2 and word[0] == word[-1] == "/":
        text = word[1:-1].replace("\\/", "/")
    return go_regex(text) if text else None


def carry_assert(line: Entry, text: str, step: StepDraft) -> None:
    """Add the claim of one assert; ``text`` has its variables put in."""
    parts = words(text[:MAX_LINE])
    if len(text) > MAX_LINE or not _carried(line, parts, step):
        line.lost(
            f"the assert {told(line.text)}",
            "no claim of a step says this",
            "write one that comes near by hand",
        )


def _carried(line: Entry, parts: list[str], step: StepDraft) -> bool:
    match parts:
        case ["status", op, value] if re.fullmatch("[0-9]{3}", value) and "status" in step.keys.get("expect", {}):
            return _status(line, op, int(value), step)
        case ["header", name, "exists"] if unquoted(name) and (unquoted(name) or "").lower() == "location":
            return False
        case ["header", name, ("==" | "contains" | "startsWith" | "endsWith") as op, value]:
            return _header(line, unquoted(name), op, unquoted(value), step)
        case ["body", "contains", value] if unquoted(value):
            step.expect("contains", unquoted(value), line.carry())
        case ["body", "not", "contains", value] if unquoted(value):
            step.expect("absent", unquoted(value), line.carry())
        case ["body", "==", value] if unquoted(value):
            step.expect("matches", rf"\A{re.escape(unquoted(value) or '')}\Z", line.carry())
        case ["body", "matches", value] if _pattern(value):
            step.expect("matches", _pattern(value), line.carry())
        case ["body", "not", "matches", value] if _pattern(value):
            step.expect("matches", never(_pattern(value) or ""), line.carry())
        case ["jsonpath", path, "==", value] if _plain(value):
            return _json(line, unquoted(path), _plain(value) or "", step)
        case ["jsonpath", path, "exists"]:
            return _presence(line, unquoted(path), step)
        case ["duration", ("<" | "<="), value] if re.fullmatch("[1-9][0-9]{0,5}", value):
            step.expect("latency", f"{value}ms", line)
            line.changed(
                f"a time of {value} ms makes a run degraded",
                "a slow answer is a shortfall of its own here, no outage",
                "shorten the deadline where slow means down",
            )
        case _:
            return False
    return True


def _status(line: Entry, op: str, value: int, step: StepDraft) -> bool:
    """Narrow the statuses that the step expects so far."""
    compare = {
        "==": lambda status: status == value,
        "!=": lambda status: status != value,
        "<": lambda status: status < value,
        "<=": lambda status: status <= value,
        ">": lambda status: status > value,
        ">=": lambda status: status >= value,
    }.get(op)
    if compare is None:
        return False
    allowed: set[int] = set()
    for word in str(step.keys["expect"]["status"]).split(","):
        low = int(word.replace("xx", "00"))
        allowed |= set(range(low, low + 100)) if word.endswith("xx") else {low}
    kept = [status for status in allowed if compare(status)]
    if len(kept) == len(allowed):
        line.note("the status is claimed more narrowly already", "it adds nothing")
    else:
        put_status(step, kept, line)
    return True


def _header(line: Entry, name: str | None, op: str, value: str | None, step: StepDraft) -> bool:
    if not name or not value or is_secret(name) or name in step.keys.get("expect", {}).get("header", {}):
        return False
    step.expect("header", {name: value}, line)
    if op == "contains":
        line.carry()
    else:
        line.changed("the header may hold more than this text", "a header's claim is a text in it", "nothing to do")
    return True


def _json(line: Entry, path: str | None, value: str, step: StepDraft) -> bool:
    expect = step.keys.setdefault("expect", {})
    if (
        not path
        or is_secret(path.rpartition(".")[2])
        or isinstance(expect.get("json"), list)
        or path in expect.get("json", {})
    ):
        return False
    step.expect("json", {path: value}, line.carry())
    return True


def _presence(line: Entry, path: str | None, step: StepDraft) -> bool:
    expect = step.keys.setdefault("expect", {})
    if not path or isinstance(expect.get("json"), dict):
        return False
    expect["json"] = [*expect.get("json", []), path]
    step.origins.setdefault("expect/json", line.carry())
    line.carry()
    return True


def carry_capture(line: Entry, step: StepDraft, taken: set[str]) -> str:
    """Save what a capture takes; return the name, "" where it was told instead."""
    left, _, right = line.text.partition(":")
    name = re.sub("[^a-z0-9_]", "_", left.strip().lower())[:40]
    save: dict[str, str] = {}
    match words(right):
        case ["jsonpath", path] if unquoted(path):
            save = {"json": unquoted(path) or ""}
        case ["header", header] if unquoted(header):
            save = {"header": unquoted(header) or ""}
        case ["cookie", cookie] if unquoted(cookie):
            save = {"cookie": unquoted(cookie) or ""}
        case ["regex", pattern] | ["body", "regex", pattern] if _pattern(pattern):
            save = {"regex": _pattern(pattern) or ""}
        case _:
            save = {}
    if not save or not re.fullmatch("[a-z][a-z0-9_]*", name) or name in taken:
        line.lost(
            f"the capture {told(line.text)}",
            "a value is saved from JSON, a header, a cookie or by a pattern, once under its name",
            "write it by hand under save",
        )
        return ""
    step.put(f"save/{name}", save, line.carry())
    return name
