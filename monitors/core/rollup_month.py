"""A service's month as the sum of its days, and the statement that it makes: the same as the whole timeline's. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitors.core.rollup import Rollup, Spent, added
from monitors.core.sla import SlaStatement, judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthRollup:
    """One service in one calendar month of its agency's zone, so far as its days are rolled up.

    ``start_ms`` and ``end_ms``: of the month within the service's life; ``until_ms``: up to when its days reach.
    ``whole_ms``: length of the whole of it, in the hours that the promise covers.
    """

    agency: str
    service: str
    month: str                           # 2026-11
    start_ms: int
    end_ms: int
    until_ms: int
    whole_ms: int
    calendar: str                        # the newest version that decided over a day
    target: Decimal                      # percent
    weight: int
    days: int
    office: Spent
    outside: Spent
    undecided: Spent
    closures: Spent                      # lie in the others too
    runs: int
    missed: int
    first_try_failures: int

    @property
    def is_final(self) -> bool:
        """Whether all its days are there; a day is rolled up when nothing that comes in time changes it."""
        return self.until_ms >= self.end_ms

    @property
    def promised(self) -> Spent:
        """All hours that the promise covers."""
        return added((self.office, self.outside, self.undecided))


def month_rollup(days: Sequence[Rollup], *, end_ms: int, whole_ms: int) -> MonthRollup:
    """Sum the days of a service's month, oldest first. ``end_ms``, ``whole_ms``: see MonthRollup.

    Raises ValueError where a day between them is missing: then the sum would be of no stretch of time.
    """
    for before, after in pairwise(days):
        if before.end_ms != after.start_ms:
            raise ValueError(f"{before.agency}/{before.service}: no roll-up between {before.day} and {after.day}")
    first, last = days[0], days[-1]
    return MonthRollup(
        agency=first.agency, service=first.service, month=f"{first.day:%Y-%m}", start_ms=first.start_ms, end_ms=end_ms,
        until_ms=last.end_ms, whole_ms=whole_ms, calendar=max(day.calendar for day in days), target=first.target,
        weight=first.weight, days=len(days), office=added(day.office for day in days),
        outside=added(day.outside for day in days), undecided=added(day.undecided for day in days),
        closures=added(part for day in days if day.is_closed for part in (day.office, day.outside, day.undecided)),
        runs=sum(day.runs for day in days), missed=sum(day.missed for day in days),
        first_try_failures=sum(day.first_try_failures for day in days),
    )


def statement_of(month: MonthRollup) -> SlaStatement:
    """Judge a month that was rolled up."""
    spent = month.promised
    return SlaStatement(
        agency=month.agency, service=month.service, month=month.month, start_ms=month.start_ms, end_ms=month.end_ms,
        until_ms=month.until_ms, is_final=month.is_final, target=month.target, up_ms=spent.up_ms,
        degraded_ms=spent.degraded_ms, down_ms=spent.down_ms, unknown_ms=spent.unknown_ms,
        possibly_down_ms=spent.possibly_down_ms, certainly_down_ms=spent.certainly_down_ms, runs=month.runs,
        missed=month.missed, first_try_failures=month.first_try_failures,
        judgement=judge(
            month.target, whole_ms=month.whole_ms, possibly_ms=spent.possibly_down_ms,
            certainly_ms=spent.certainly_down_ms, known_ms=spent.known_ms, is_closed=month.is_final,
        ),
        uncovered_ms=month.until_ms - month.start_ms - spent.observed_ms,
        uncovered_whole_ms=month.end_ms - month.start_ms - month.whole_ms,
    )
