"""Office hours and the time outside them, as ``siaga24 sla show`` tells them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from monitors.core.split import Part, Split, together
from monitors.core.wording import duration, percent, share_percent

PARTS = ("outside", "office", "closures", "undecided")


def remarks(name: str, splits: Iterable[Split]) -> Iterator[str]:
    """Say what an agency's services were together outside office hours, which is asked for first, and within them."""
    found = list(splits)
    if not found:
        return
    parts = {part: together(getattr(one, part) for one in found) for part in PARTS}
    yield f"{name} outside office hours: {_told(parts['outside'])}"
    yield f"{name} in office hours: {_told(parts['office'])}"
    if parts["closures"].observed_ms:
        yield f"{name} while closed for five days or more: {_told(parts['closures'])}"
    if parts["undecided"].observed_ms:
        unsure = duration(parts["undecided"].observed_ms)
        yield f"{name}: {unsure} in a year whose days off are not decreed yet, so in neither"
    yield f"office hours by calendar {found[0].calendar}"


def as_plain(one: Split) -> dict[str, Any]:
    """Write a split as plain values: lengths in milliseconds, shares cut downwards."""
    return {"calendar": one.calendar} | {part: _plain(getattr(one, part)) for part in PARTS}


def _told(part: Part) -> str:
    return f"{percent(part.good_ms, part.known_ms)} available, down {duration(part.down_ms)}"


def _plain(part: Part) -> dict[str, Any]:
    return {
        "availability_percent": share_percent(part.good_ms, part.known_ms),
        "coverage_percent": share_percent(part.known_ms, part.observed_ms),
        "low_percent": share_percent(part.observed_ms - part.possibly_down_ms, part.observed_ms),
        "high_percent": share_percent(part.observed_ms - part.certainly_down_ms, part.observed_ms),
        "known_ms": part.known_ms,
    } | {field.name: getattr(part, field.name) for field in fields(Part)}
