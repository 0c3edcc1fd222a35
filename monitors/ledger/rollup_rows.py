"""Roll-ups as rows, and back. Shared by the stores; no SQL in here but the names of columns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from monitors.core.rollup import SPENT, Rollup, Spent
from monitors.core.rollup_month import MonthRollup

if TYPE_CHECKING:
    from collections.abc import Sequence

EPOCH = date(1970, 1, 1).toordinal()
DAY_PARTS = ("office", "outside", "undecided")
MONTH_PARTS = (*DAY_PARTS, "closures")
COUNTS = ("runs", "missed", "first_try_failures")
A_PART = len(SPENT)

DAY_COLUMNS = (
    "start_ms", "end_ms", "calendar", "is_closed", "target", "weight", "has_hours",
    *(f"{part}_{name}" for part in DAY_PARTS for name in SPENT), *COUNTS,
)
MONTH_COLUMNS = (
    "start_ms", "end_ms", "until_ms", "whole_ms", "calendar", "target", "weight", "days",
    *(f"{part}_{name}" for part in MONTH_PARTS for name in SPENT), *COUNTS,
)
DAY_HEAD, MONTH_HEAD = 7, 8              # columns before the parts


def day_number(day: date) -> int:
    """Count a local day from 1970-01-01."""
    return day.toordinal() - EPOCH


def day_of_number(number: int) -> date:
    """Give the local day of a number."""
    return date.fromordinal(EPOCH + number)


def month_number(month: str) -> int:
    """Count a month ``YYYY-MM`` from January of the year 0."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_of_number(number: int) -> str:
    """Give the month of a number."""
    return f"{number // 12:04}-{number % 12 + 1:02}"


def day_values(one: Rollup) -> tuple[Any, ...]:
    """Write a day in the order of ``DAY_COLUMNS``."""
    return (
        one.start_ms, one.end_ms, one.calendar, int(one.is_closed), str(one.target), one.weight, int(one.has_hours),
        *_flat((one.office, one.outside, one.undecided)), one.runs, one.missed, one.first_try_failures,
    )


def day_of_values(agency: str, service: str, day: int, row: Sequence[Any]) -> Rollup:
    """Read a day."""
    office, outside, undecided = _parts(row, DAY_HEAD, len(DAY_PARTS))
    runs, missed, first_try_failures = row[-3:]
    return Rollup(
        agency=agency, service=service, day=day_of_number(day), start_ms=row[0], end_ms=row[1], calendar=row[2],
        is_closed=bool(row[3]), target=Decimal(row[4]), weight=row[5], has_hours=bool(row[6]), office=office,
        outside=outside, undecided=undecided, runs=runs, missed=missed, first_try_failures=first_try_failures,
    )


def month_values(one: MonthRollup) -> tuple[Any, ...]:
    """Write a month in the order of ``MONTH_COLUMNS``."""
    return (
        one.start_ms, one.end_ms, one.until_ms, one.whole_ms, one.calendar, str(one.target), one.weight, one.days,
        *_flat((one.office, one.outside, one.undecided, one.closures)), one.runs, one.missed, one.first_try_failures,
    )


def month_of_values(agency: str, service: str, month: str, row: Sequence[Any]) -> MonthRollup:
    """Read a month."""
    office, outside, undecided, closures = _parts(row, MONTH_HEAD, len(MONTH_PARTS))
    runs, missed, first_try_failures = row[-3:]
    return MonthRollup(
        agency=agency, service=service, month=month, start_ms=row[0], end_ms=row[1], until_ms=row[2], whole_ms=row[3],
        calendar=row[4], target=Decimal(row[5]), weight=row[6], days=row[7], office=office, outside=outside,
        undecided=undecided, closures=closures, runs=runs, missed=missed, first_try_failures=first_try_failures,
    )


def _flat(parts: Sequence[Spent]) -> list[int]:
    return [getattr(part, name) for part in parts for name in SPENT]


def _parts(row: Sequence[Any], head: int, count: int) -> list[Spent]:
    return [
        Spent(
            up_ms=up, degraded_ms=degraded, down_ms=down, unknown_ms=unknown, possibly_down_ms=possibly,
            certainly_down_ms=certainly,
        )
        for up, degraded, down, unknown, possibly, certainly in (
            row[head + place * A_PART:head + (place + 1) * A_PART] for place in range(count)
        )
    ]
