"""Test scripts of Postman: lines that say something plain become claims, the others are told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from stacks.definition.tree import Scalar
from stacks.importers.address import told
from stacks.importers.request import put_status

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft

MAX_LINE = 2000  # a plain claim is shorter
_QUOTED = r"""(?:"(?P<double>[^"\\]*)"|'(?P<single>[^'\\]*)')"""
_STATUS = (
    re.compile(r"pm\.response\.to\.have\.status\((?P<code>[1-5][0-9]{2})\);?"),
    re.compile(r"pm\.expect\(pm\.response\.code\)\.to\.(?:be\.)?(?:eql?|equal)\((?P<code>[1-5][0-9]{2})\);?"),
    re.compile(r"tests\[.*\]\s*=\s*responseCode\.code\s*===?\s*(?P<code>[1-5][0-9]{2});?"),
)
_STATUSES = re.compile(r"pm\.expect\(pm\.response\.code\)\.to\.be\.oneOf\(\[(?P<codes>[0-9, ]+)\]\);?")
_OK = re.compile(r"pm\.response\.to\.be\.(?:ok|success);?")
_TEXT = re.compile(rf"pm\.expect\(pm\.response\.text\(\)\)\.to\.include\({_QUOTED}\);?")
_OLD_TEXT = re.compile(rf"tests\[.*\]\s*=\s*responseBody\.has\({_QUOTED}\);?")
_TIME = re.compile(r"pm\.expect\(pm\.response\.responseTime\)\.to\.be\.below\((?P<ms>[1-9][0-9]{0,5})\);?")
_OLD_TIME = re.compile(r"tests\[.*\]\s*=\s*responseTime\s*<\s*(?P<ms>[1-9][0-9]{0,5});?")
_FRAME = re.compile(r"(?:pm\.test\(.*(?:\{|=>)|\}\)?\)?;?|//.*|/\*.*\*/|\"use strict\";?|'use strict';?|)")
_ONE_LINE = re.compile(r"pm\.test\([^;{]*\{(?P<inside>[^{}]*)\}\s*\)\s*;?")


def carry_tests(item: Entry, step: StepDraft) -> None:
    """Carry what the item's test script claims; expect 2xx, and say so, where it claims no status."""
    events = item.get("event")
    for event in events.items() if events else []:
        listen, script = event.get("listen"), event.get("script")
        if listen is None or script is None or listen.text != "test":
            event.lost(
                "a script that runs before the request", "a definition runs no scripts", "do what it does by hand"
            )
            continue
        listen.carry()
        lines = script.get("exec")
        for line in (lines.items() or _split(lines)) if lines else []:
            _line(line, step)
        script.rest_noted("how the script is kept", "it is no part of a check")
        event.rest_noted("how the script is kept", "it is no part of a check")
    if "status" not in step.keys.get("expect", {}):
        place = item.get("request")
        if place:
            place.changed(
                "a status of 2xx is expected",
                "no test that could be carried says which status is good",
                "write expect/status if another one is",
            )


def _split(script: Entry) -> list[Entry]:
    """Take a script that is one text apart: each of its lines is carried or told at a place of its own."""
    script.carry()
    return [
        replace(script, node=Scalar(text=line, line=script.line, is_plain=False), path=(*script.path, str(number)))
        for number, line in enumerate(script.text.splitlines())
    ]


def _line(line: Entry, step: StepDraft) -> None:
    text = line.text.strip()
    whole = _ONE_LINE.fullmatch(text) if len(text) <= MAX_LINE else None
    text = whole["inside"].strip() if whole else text
    if len(text) > MAX_LINE:
        line.lost("a very long line of a script", "it is not looked at", "claim by hand what it claims")
        return
    if _FRAME.fullmatch(text):
        line.note("the frame of a test", "it claims nothing")
        return
    code = next((found["code"] for pattern in _STATUS if (found := pattern.fullmatch(text))), "")
    several = _STATUSES.fullmatch(text)
    phrase = _TEXT.fullmatch(text) or _OLD_TEXT.fullmatch(text)
    time = _TIME.fullmatch(text) or _OLD_TIME.fullmatch(text)
    has_status = "status" in step.keys.get("expect", {})
    if (code or several or _OK.fullmatch(text)) and not has_status:
        named = re.findall("[1-5][0-9]{2}", several["codes"]) if several else []
        statuses = [int(code)] if code else [int(one) for one in named] if several else range(200, 300)
        put_status(step, statuses, line)
    elif phrase and (phrase["double"] or phrase["single"]):
        step.expect("contains", phrase["double"] or phrase["single"], line.carry())
    elif time and "latency" not in step.keys.get("expect", {}):
        step.expect("latency", f"{time['ms']}ms", line)
        line.changed(
            f"a time of {time['ms']} ms makes a run degraded",
            "a slow answer is a shortfall of its own here, no outage",
            "shorten the deadline where slow means down",
        )
    else:
        line.lost(f"the script's line {told(text)}", "a definition runs no scripts", "claim it by hand")
