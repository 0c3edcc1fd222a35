"""Office hours and the time outside them, by an agency's zone, its week and a calendar of days off. Pure.

A calendar is data with a version (``templates/calendars``), so that an old month recomputes the same. A year whose
days of collective leave (*cuti bersama*) nobody has decreed yet is *undecided*: what would be office hours there is
neither counted as office hours nor as time outside them.

Source: Presidential Regulation 21/2023, articles 3 and 4: Monday to Friday, 37 h 30 min a week without breaks, from
07.30 local time; breaks 60 min, on Friday 90 min; so 07.30-16.00 and on Friday 07.30-16.30. In Ramadan 32 h 30 min from
08.00, break on Friday 60 min; with 30 min on other days, which the decree's summary does not tell, 08.00-15.00 and on
Friday 08.00-15.30.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from monitors.core.span import Span, Spans, clip, merge, subtract
from monitors.core.window import from_ms, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

DAYS = 7
CLOSED_RUN_DAYS = 5
_FRIDAY = 4
_DAY_MINUTES = 1440

MIDNIGHT = time()

Open = tuple[time, time] | None
"""When a door opens and closes on a day, in local time; closing at 00.00 is the day's end; None: it stays closed."""


def _week(monday_to_thursday: Open, friday: Open) -> tuple[Open, ...]:
    return (*(monday_to_thursday,) * _FRIDAY, friday, None, None)


def check_week(name: str, days: Sequence[Open]) -> None:
    """Refuse what is no week: ValueError that begins with ``name``."""
    if len(days) != DAYS:
        raise ValueError(f"{name}: {len(days)} days; expected 7, Monday first")
    for number, hours in enumerate(days):
        if hours is not None and hours[0] >= hours[1] != MIDNIGHT:
            raise ValueError(
                f"{name}, day {number + 1}: it closes at {hours[1]:%H.%M} and opens at "
                f"{hours[0]:%H.%M}; expected the end after the beginning",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeWeek:
    """When an agency's counters are open, Monday first. ``ramadan``: the same for the days of Ramadan."""

    usual: tuple[Open, ...] = _week((time(7, 30), time(16)), (time(7, 30), time(16, 30)))
    ramadan: tuple[Open, ...] = _week((time(8), time(15)), (time(8), time(15, 30)))

    def __post_init__(self) -> None:
        """A week has seven days, and a day ends after it begins."""
        for name, days in (("usual", self.usual), ("ramadan", self.ramadan)):
            check_week(f"office week, {name}", days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days off of some years, as one version of the data says. ``ramadan``: first day and the day after the last."""

    version: str
    years: frozenset[int]
    public: frozenset[date] = frozenset()
    joint_leave: frozenset[date] = frozenset()
    undecided: frozenset[int] = frozenset()      # years whose collective leave is not decreed
    ramadan: tuple[tuple[date, date], ...] = ()
    names: dict[date, str] = field(default_factory=dict, hash=False, compare=False)

    def is_off(self, day: date) -> bool:
        """Tell whether a day is a public holiday or one of collective leave."""
        return day in self.public or day in self.joint_leave

    def is_undecided(self, day: date) -> bool:
        """Tell whether nobody can say yet if a day is off: its year is not in the data, or not decreed."""
        return day.year not in self.years or (day.year in self.undecided and not self.is_off(day))

    def in_ramadan(self, day: date) -> bool:
        """Tell whether a day lies in Ramadan."""
        return any(first <= day < after for first, after in self.ramadan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A window in three parts that share no moment and leave none out."""

    office: Spans
    outside: Spans
    undecided: Spans


def hours_of(window: Span, zone: tzinfo, calendar: Calendar, week: OfficeWeek | None = None) -> Hours:
    """Split a window of UTC milliseconds: office + outside + undecided = window, exactly.

    A week of 37.5 working hours and breaks is open 43 of its 168 hours: 25.6 %.
    """
    chosen = week or OfficeWeek()
    office: list[Span] = []
    undecided: list[Span] = []
    for day in days_of(window, zone):
        hours = (chosen.ramadan if calendar.in_ramadan(day) else chosen.usual)[day.weekday()]
        if hours is None or calendar.is_off(day):
            continue
        span = _open(day, hours, zone)
        (undecided if calendar.is_undecided(day) else office).append(span)
    return Hours(
        office=clip(office, window), undecided=clip(undecided, window),
        outside=subtract((window,), merge([*office, *undecided])),
    )


def covered_spans(hours: Sequence[Open], window: Span, zone: tzinfo) -> Spans:
    """Give the hours of a week (Monday first) within a window; no week at all is every hour.

    They hold on every date: a day off is promised like its weekday, so that no calendar decides over a promise.
    """
    if not hours:
        return clip((window,), window)
    return clip(
        (_open(day, found, zone) for day in days_of(window, zone) if (found := hours[day.weekday()]) is not None),
        window,
    )


def share_of_week(hours: Sequence[Open]) -> Fraction:
    """Say how much of a week its hours are; all of it where none are named. Eight hours of five days are 40 / 168."""
    if not hours:
        return Fraction(1)
    minutes = sum(
        (_minute(found[1]) or _DAY_MINUTES) - _minute(found[0]) for found in hours if found is not None
    )
    return Fraction(minutes, DAYS * _DAY_MINUTES)


def closed_runs(
    window: Span, zone: tzinfo, calendar: Calendar, week: OfficeWeek | None = None, *,
    least_days: int = CLOSED_RUN_DAYS,
) -> Spans:
    """Give the closures of so many local days or more without one open day, clipped to the window: Lebaran, for one.

    A run that reaches over the window's edge counts by its whole length. Days nobody can tell of are not closed.
    """
    chosen = week or OfficeWeek()
    reach = timedelta(days=31)
    first, last = _local_days(window, zone)
    found: list[Span] = []
    began: date | None = None
    day = first - reach
    while day <= last + reach:
        is_closed = chosen.usual[day.weekday()] is None or calendar.is_off(day)
        if is_closed and began is None:
            began = day
        elif not is_closed and began is not None:
            if (day - began).days >= least_days:
                found.append((_at(began, time(), zone), _at(day, time(), zone)))
            began = None
        day += timedelta(days=1)
    return clip(found, window)


def working_days(year: int, calendar: Calendar, week: OfficeWeek | None = None) -> int:
    """Count the days of a year on which counters open: 240 in 2026."""
    chosen = week or OfficeWeek()
    day, count = date(year, 1, 1), 0
    while day.year == year:
        count += chosen.usual[day.weekday()] is not None and not calendar.is_off(day)
        day += timedelta(days=1)
    return count


def days_of(window: Span, zone: tzinfo) -> Iterator[date]:
    """Give the local days that a window touches, in order."""
    day, last = _local_days(window, zone)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _local_days(window: Span, zone: tzinfo) -> tuple[date, date]:
    return from_ms(window[0], zone).date(), from_ms(max(window[0], window[1] - 1), zone).date()


def _minute(of_day: time) -> int:
    return of_day.hour * 60 + of_day.minute


def _open(day: date, hours: tuple[time, time], zone: tzinfo) -> Span:
    after = day + timedelta(days=1) if hours[1] == MIDNIGHT else day
    return _at(day, hours[0], zone), _at(after, hours[1], zone)


def _at(day: date, hour: time, zone: tzinfo) -> int:
    return to_ms(datetime.combine(day, hour, tzinfo=zone))
