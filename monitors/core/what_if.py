"""What a window would have been under another promise: other hours, another rule for maintenance, another quorum.

Nothing is judged anew by this: it is a question, and its answer is beside the statement of the promise in force.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.hours import covered_spans, hours_of
from monitors.core.sla import SlaStatement, promise_at, statement
from monitors.core.span import subtract
from monitors.core.timeline import service_timeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from decimal import Decimal

    from monitors.core.history import ServiceHistory
    from monitors.core.hours import Calendar, Open
    from monitors.core.model import Quorum
    from monitors.core.span import Spans
    from monitors.core.timeline import ServiceTimeline
    from monitors.core.window import Window


class HoursRule(StrEnum):
    """Which hours count."""

    PROMISED = "promised"                # those of the promise in force
    ALWAYS = "always"                    # all 24 of every day
    OFFICE = "office"                    # the agency's office hours, days off left out
    WEEK = "week"                        # those of ``Rules.week``


class MaintenanceRule(StrEnum):
    """What becomes of agreed maintenance."""

    COUNTED = "counted"                  # as found, as the promise has it
    EXCLUDED = "excluded"                # in neither numerator nor denominator


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked. What is not said is as the promise in force has it."""

    target: Decimal | None = None        # percent
    hours: HoursRule = HoursRule.PROMISED
    week: tuple[Open, ...] = ()
    maintenance: MaintenanceRule = MaintenanceRule.COUNTED
    quorum: Quorum | None = None         # of vantages


def counted_spans(
    history: ServiceHistory, window: Window, rules: Rules, *, zone: tzinfo, calendar: Calendar, left_out: Spans,
) -> Spans:
    """Give the time of a window that counts by the rules. ``left_out``: agreed maintenance.

    What would be office hours in a year whose days off nobody has decreed yet does not count as them.
    """
    whole = (window.start_ms, window.end_ms)
    if rules.hours is HoursRule.OFFICE:
        spans = hours_of(whole, zone, calendar, history.target.office_hours).office
    elif rules.hours is HoursRule.WEEK:
        spans = covered_spans(rules.week, whole, zone)
    elif rules.hours is HoursRule.ALWAYS:
        spans = covered_spans((), whole, zone)
    else:
        spans = covered_spans(promise_at(history, window.start_ms).hours, whole, zone)
    return subtract(spans, left_out) if rules.maintenance is MaintenanceRule.EXCLUDED else spans


def what_if(
    history: ServiceHistory, window: Window, rules: Rules, counted: Spans, *, until_ms: int,
    lived: Callable[[ServiceTimeline], ServiceTimeline],
) -> SlaStatement | None:
    """Judge a window by other rules; None where nothing of it counts.

    ``lived``: what is laid over every measured timeline (a service that vanished). ``until_ms``: see ``data_until``.
    """
    timeline = lived(service_timeline(history, until_ms=until_ms, quorum=rules.quorum))
    return statement(history, timeline, window, target=rules.target, counted=counted)
