"""Conditions of Gatus, such as ``[BODY].status == UP``, as claims of a step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, is_secret, told

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

_OPERATOR = re.compile("==|!=|<=|>=|<|>")
_FUNCTION = re.compile(r"(?P<name>len|has|pat|any)\((?P<inside>.*)\)", re.DOTALL)
_JSON_PATH = re.compile(r"\[BODY\](?P<path>(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]+\])+)")
_TELLS = {"[CERTIFICATE_EXPIRATION]", "[DOMAIN_EXPIRATION]", "[DNS_RCODE]", "[IP]"}


def _parts(text: str) -> tuple[str, str, str]:
    found = _OPERATOR.search(text)
    if found is None:
        return text.strip(), "", ""
    return text[: found.start()].strip(), found[0], text[found.end() :].strip()


def json_path(text: str) -> str:
    """Return ``[BODY].a[0].b`` as JSONPath, "" where it is no such path."""
    found = _JSON_PATH.fullmatch(text.strip())
    if not found:
        return ""
    return "$" + re.sub(r"\.([A-Za-z0-9_]*-[A-Za-z0-9_-]*)", r"['\1']", found["path"])


def statuses(text: str) -> set[int] | None:
    """Return the statuses that a condition about ``[STATUS]`` allows, None where it is about something else."""
    left, op, right = _parts(text)
    if left != "[STATUS]" or not op:
        return None
    every = set(range(100, 600))
    if op in {"==", "!="}:
        function = _FUNCTION.fullmatch(right)
        if function and function["name"] != "any":
            return None
        words = [word.strip() for word in (function["inside"] if function else right).split(",")]
        if not all(re.fullmatch("[0-9]{3}", word) for word in words):
            return None
        named = {int(word) for word in words}
        return every & named if op == "==" else every - named
    if not re.fullmatch("[0-9]{1,4}", right):
        return None
    limit = int(right)
    return {
        status
        for status in every
        if {"<": status < limit, "<=": status <= limit, ">": status > limit, ">=": status >= limit}[op]
    }


def carry(condition: Entry, step: StepDraft) -> None:
    """Add the claim of a condition that is not about the status, or tell it."""
    left, op, right = _parts(condition.text)
    shown = told(condition.text)
    if op and not left.startswith("has(") and is_secret(left.rpartition(".")[2]):
        condition.lost(f"the condition about {one_line(left, most=60)}", SECRET_WHY, "claim that it is there")
        return
    if left == "[CONNECTED]" and (op, right.lower()) == ("==", "true"):
        condition.carry()  # any answer at all shows it
    elif left == "[RESPONSE_TIME]" and op in {"<", "<="} and re.fullmatch("[0-9]{1,6}", right) and int(right) > 0:
        step.expect("latency", f"{int(right)}ms", condition)
        condition.changed(
            f"{shown} makes a run degraded",
            "a slow answer is a shortfall of its own here, and no outage",
            "shorten the deadline where slow means down",
        )
    elif left == "[BODY]" and op == "==":
        _body(condition, step, right)
    elif op == "==" and left.startswith("has(") and right == "true" and json_path(left[4:-1]):
        _presence(condition, step, json_path(left[4:-1]))
    elif op == "==" and json_path(left) and right and not _FUNCTION.fullmatch(right):
        _value(condition, step, json_path(left), right)
    else:
        about = next((one for one in _TELLS if one in left), "")
        condition.lost(
            f"the condition {shown}",
            f"an HTTP step makes no claim about {about.strip('[]')}" if about else "no claim of a step says this",
            "write a claim that comes near, or a step of its own, by hand",
        )


def _body(condition: Entry, step: StepDraft, right: str) -> None:
    function = _FUNCTION.fullmatch(right)
    if function is None:
        step.expect("matches", rf"\A{re.escape(right)}\Z", condition.carry())
    elif function["name"] == "pat":
        pieces = function["inside"].split("*")
        body = "[\\s\\S]*".join(re.escape(piece) for piece in pieces)
        if len(pieces) == 3 and not pieces[0] and not pieces[2] and pieces[1]:
            step.expect("contains", pieces[1], condition.carry())
        else:
            step.expect("matches", rf"\A{body}\Z", condition.carry())
    elif function["name"] == "any":
        words = "|".join(re.escape(word.strip()) for word in function["inside"].split(","))
        step.expect("matches", rf"\A(?:{words})\Z", condition.carry())
    else:
        condition.lost(
            "a condition about the body's length", "no claim counts characters", "claim a text that it shows"
        )


def _value(condition: Entry, step: StepDraft, path: str, right: str) -> None:
    expect = step.keys.get("expect", {}).get("json")
    if isinstance(expect, list):  # claims that a path is there: a mapping has the values, and says that too
        step.keys["expect"]["json"] = {}
        condition.changed("the paths that only have to be there gave way", "a step has paths or values", "look at both")
    if isinstance(expect, dict) and path in expect:
        condition.lost("a second claim about the same path", "a step has one for each path", "keep the right one")
        return
    step.expect("json", {path: right}, condition)
    condition.carry()


def _presence(condition: Entry, step: StepDraft, path: str) -> None:
    expect = step.keys.setdefault("expect", {})
    if isinstance(expect.get("json"), dict):
        condition.lost(f"the claim that {path} is there", "a step has paths or values", "claim its value")
        return
    expect["json"] = [*expect.get("json", []), path]
    step.origins.setdefault("expect/json", condition)
    condition.carry()
