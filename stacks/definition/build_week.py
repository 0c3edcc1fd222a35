"""Weeks of a definition become those of the core, and text again."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from monitors.core.hours import MIDNIGHT, OfficeWeek
from stacks.definition.grammar_week import ALWAYS, CLOSED, DAYS, WORKDAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.hours import Open
    from stacks.definition.shapes import Record

NOT_COVERED: tuple[Open, ...] = (None,) * len(DAYS)
USUAL = OfficeWeek()


def office_week(record: Record | None) -> OfficeWeek | None:
    """Make an agency's own week; None where its file has none."""
    if record is None:
        return None
    usual = _week(record, USUAL.usual)
    in_ramadan = tuple(
        decreed if hours is not None and decreed is not None else hours
        for hours, decreed in zip(usual, USUAL.ramadan, strict=True)
    )
    return OfficeWeek(usual=usual, ramadan=_week(record["ramadan"], in_ramadan) if record["ramadan"] else in_ramadan)


def promise_hours(value: Any, otherwise: tuple[Open, ...]) -> tuple[Open, ...]:
    """Make the hours that a promise covers, () for all; ``otherwise`` where the file says nothing."""
    if value is None:
        return otherwise
    return () if value == ALWAYS else _week(value, NOT_COVERED)


def shown_week(days: Sequence[Open]) -> dict[str, str]:
    """Write a week the way that a file does."""
    return {day: _text(hours) for day, hours in zip(DAYS, days, strict=True)}


def _week(record: Record, otherwise: Sequence[Open]) -> tuple[Open, ...]:
    days: list[Open] = []
    for number, day in enumerate(DAYS):
        text = record[day] or (record["workdays"] if number < WORKDAYS else None) or record["every_day"]
        days.append(otherwise[number] if text is None else _open(text))
    return tuple(days)


def _open(text: str) -> Open:
    if text == CLOSED:
        return None
    opens, _, closes = text.partition("-")
    return time.fromisoformat(opens), MIDNIGHT if closes == "24:00" else time.fromisoformat(closes)


def _text(hours: Open) -> str:
    if hours is None:
        return CLOSED
    return f"{hours[0]:%H:%M}-{'24:00' if hours[1] == MIDNIGHT else f'{hours[1]:%H:%M}'}"
