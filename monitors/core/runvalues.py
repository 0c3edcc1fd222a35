"""What ``${run:...}`` stands for: values that are new in each try. Pure; the uuid comes in as an argument.

All are made anew for each try and stay the same through its steps. A second try is a citizen of its own: were it to
send the first one's uuid, a service that took the first half of that try would call it a repeat, and be said to fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.window import from_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from monitors.core.model import Step, Transaction

PREFIX = "run:"
MEANING = {
    "run:uuid": "a random UUID, such as 0f8fad5b-d9cb-469f-a165-70867728950e",
    "run:time": "when the try began, in the agency's time zone, such as 2026-11-25T13:05:09+07:00",
    "run:date": "its date, such as 2026-11-25",
    "run:counter": "the number of the try since the monitor began to live, from 1",
}


def run_values(started_ms: int, *, uuid: str, counter: int, zone: tzinfo) -> dict[str, str]:
    """Make the values of a try that began at ``started_ms`` (UTC milliseconds)."""
    when = from_ms(started_ms, zone)
    return {
        "run:uuid": uuid, "run:time": when.isoformat(timespec="seconds"), "run:date": when.date().isoformat(),
        "run:counter": str(counter),
    }


def uses_run_values(transaction: Transaction) -> bool:
    """Tell whether a text of its steps asks for such a value."""
    mark = "${" + PREFIX
    return any(mark in text for step in transaction.steps for text in _texts(step))


def _texts(step: Step) -> Iterator[str]:
    yield step.url
    yield step.json_body
    yield from (text for pairs in (step.headers, step.form) for _, text in pairs)
    yield from (text for claim in step.assertions for text in (claim.expected, claim.name))
    yield from (save.expression for save in step.saves)
    # what other protocols and kinds of bodies have: their parts are texts too
    yield from (
        repr(getattr(step, name)) for name in _OTHERS if getattr(step, name, None)
    )


_OTHERS = ("body", "parts", "auth", "graphql", "dns", "tcp", "tls", "grpc", "sql", "websocket", "icmp", "browser")
