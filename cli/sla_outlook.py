"""What ``siaga24 sla show`` tells beside a promise: what can be proven, whether the runs suffice, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from monitors.core.burnrate import Burn
from monitors.core.hours import MIDNIGHT, Open
from monitors.core.model import Target
from monitors.core.outlook import Outlook
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant, target_percent

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def remarks(target: Target, one: Outlook, zone: ZoneInfo, *, in_full: bool) -> Iterator[str]:
    """Say in sentences what stands beside a service's promise; what is as it should be only ``in_full``."""
    key = target.key
    places = "1 vantage" if one.vantages == 1 else f"{one.vantages} vantages"
    limit = (
        f"{one.narrowest} % with these intervals, deadlines and {places}, where {one.lone_failures} % of tries fail "
        "alone"
    )
    promised = target_percent(one.confidence.target)
    if not one.is_provable:
        yield (
            f"{key}: {promised} is narrower than can be proven: at most {limit}; "
            'it may read "not proven" although nothing was down'
        )
    elif in_full:
        yield f"{key}: provable is at most {limit}"
    if target.promise.hours:
        yield f"{key}: the promise covers {week(target.promise.hours)}, and only that counts"
    yield from _runs(key, one, promised, in_full=in_full)
    yield from _budget(key, one, zone, in_full=in_full)


def as_plain(one: Outlook, zone: ZoneInfo) -> dict[str, Any]:
    """Write it as plain values: lengths in milliseconds, rates as ratios."""
    told, left = one.confidence, one.projection
    return {
        "provable_percent": float(one.narrowest),
        "is_provable": one.is_provable,
        "lone_failures_percent": float(one.lone_failures),
        "vantages": one.vantages,
        "confidence": {
            "runs": told.runs, "failed": told.failed, "clean_runs_needed": told.clean_needed,
            "runs_needed": told.needed, "is_enough": told.is_enough,
        },
        "budget_is_gone": left.is_gone,
        "budget_gone_by": None if left.gone_ms is None else from_ms(left.gone_ms, zone).isoformat(timespec="seconds"),
        "burns": [_plain_burn(burn) for burn in one.burns],
        "findings": [
            {
                "severity": found.rule.severity.value, "factor": float(found.rule.factor),
                "long": _plain_burn(found.long), "short": _plain_burn(found.short),
            }
            for found in one.findings
        ],
    }


def week(hours: Sequence[Open]) -> str:
    """Write a week in words: ``Mon-Fri 06:00-22:00, Sun 08:00-24:00``."""
    parts = []
    for open_, days in groupby(range(len(hours)), key=lambda day: hours[day]):
        numbers = list(days)
        if open_ is not None:
            names = DAYS[numbers[0]] + (f"-{DAYS[numbers[-1]]}" if len(numbers) > 1 else "")
            closes = "24:00" if open_[1] == MIDNIGHT else f"{open_[1]:%H:%M}"
            parts.append(f"{names} {open_[0]:%H:%M}-{closes}")
    return ", ".join(parts)


def _runs(key: str, one: Outlook, promised: str, *, in_full: bool) -> Iterator[str]:
    told = one.confidence
    needs = f"{promised} in the long run asks for {told.clean_needed:,} clean runs"
    if told.failed and told.needed is not None:
        needs += f", or {told.needed:,} with {told.failed} outage{'s' if told.failed > 1 else ''} among them"
    elif told.failed:
        needs += f", and {told.failed:,} outages are too many for a claim"
    if in_full:
        yield f"{key}: {needs}; there were {told.runs:,}, which is {'enough' if told.is_enough else 'not enough'}"


def _budget(key: str, one: Outlook, zone: ZoneInfo, *, in_full: bool) -> Iterator[str]:
    left = one.projection
    if left.is_gone and left.gone_ms is not None:
        yield f"{key}: the budget of {duration(left.budget_ms)} is gone since {instant(left.gone_ms, zone)}"
    elif not one.burns:
        return                           # the window is over
    elif left.gone_ms is not None:
        yield f"{key}: the budget is gone by {instant(left.gone_ms, zone)}, if it goes on like the last day"
    elif left.burn.rate is None:
        if in_full:
            yield f"{key}: too little of the last day is known to say how long the budget lasts"
    elif in_full:
        yield f"{key}: the budget lasts to the end of the window, if it goes on like the last day"
    for found in one.findings:
        long, short = found.long, found.short
        yield (
            f"{key}: {found.rule.severity.value}: the budget burns {_times(long.rate)} times as fast as it may over "
            f"{duration(long.length_ms)} and {_times(short.rate)} times over {duration(short.length_ms)}"
        )


def _times(rate: Fraction | None) -> str:
    return "-" if rate is None else f"{float(rate * 10 // 1 / 10):g}"


def _plain_burn(burn: Burn) -> dict[str, Any]:
    return {
        "window_s": burn.length_ms // 1000, "down_ms": burn.down_ms, "known_ms": burn.known_ms,
        "rate": None if burn.rate is None else float(burn.rate),
    }
