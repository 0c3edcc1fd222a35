"""Rules of a step of another protocol that reach over several keys. Told at their places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.definition.check_browser import browser_texts, check_browser
from stacks.definition.grammar_protocols import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place
    from stacks.definition.shapes import Record

# what a step of any protocol may have beside the request itself
_COMMON = ("name", "critical", "expect")


def check_protocol(protocol: str, step: Record) -> None:
    """Tell what does not go with the protocol."""
    for key in step.places:
        if key not in (*_COMMON, *PROTOCOLS):
            step.place(key).fault(
                f'"{key}" is for HTTP, but the step asks by {protocol}',
                f"{', '.join(_COMMON)} beside {protocol}",
                f'remove "{key}", or make a step of its own for it',
            )
    expect: Record | None = step["expect"]
    for key in expect.places if expect else ():
        if expect and key != "latency":
            expect.place(key).fault(
                f'"{key}" is a claim about an HTTP answer, but the step asks by {protocol}',
                "latency alone",
                f'remove it; what the answer must be stands below "{protocol}"',
            )
    record: Record | None = step[protocol]
    if record is not None:
        _check_record(protocol, record)
        if protocol == "browser":
            check_browser(record)


def _check_record(protocol: str, record: Record) -> None:
    if protocol == "dns" and record.has("match") and not record.has("answers"):
        record.place("match").fault('"match" stands without "answers"', "both together", "add answers, or remove match")
    if protocol == "icmp":
        count = record["count"] or 3
        if record["max_lost"] is not None and record["max_lost"] >= count:
            record.place("max_lost").fault(
                f"{record['max_lost']} of {count} echoes may be lost, so that the step can never fail",
                f"at most {count - 1}",
                "make it smaller, or count larger",
            )
    if protocol == "websocket" and record.has("contains") and record.has("matches"):
        record.place("matches").fault(
            'both "contains" and "matches" stand here', "one of them", "remove one of the two"
        )


def sent_texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield what is sent, in which secrets may stand, too."""
    yield from _texts_of(step, ("send",))


def protocol_texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield every other text in which saved values are put, with its place."""
    yield from browser_texts(step)
    yield from _texts_of(step, ("url", "expect", "contains", "matches"))


def _texts_of(step: Record, keys: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    for protocol in ("tcp", "websocket"):
        record: Record | None = step[protocol]
        if record is None:
            continue
        for each in (record, *(turn for _, turn in record["turns"] or ())):
            for key in keys:
                if each[key]:
                    yield each.place(key), each[key]
