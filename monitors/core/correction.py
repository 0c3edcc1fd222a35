"""Corrections: what a service was in a window by a signed ruling, in place of what was measured.

A correction is laid over the timeline and changes nothing beneath it: both figures can be computed at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitors.core.dispute import Dispute, Outcome, disputed
from monitors.core.dispute import from_entries as disputes_from_entries
from monitors.core.entry import Entry, EntryKind
from monitors.core.model import Verdict
from monitors.core.sla import SlaStatement, statement
from monitors.core.span import Spans, clip, merge, subtract, total
from monitors.core.timeline import joined_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.history import ServiceHistory
    from monitors.core.timeline import Segment, ServiceTimeline
    from monitors.core.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a service was from ``start_ms`` to ``end_ms``, by the ruling on a dispute."""

    number: int
    dispute: int
    agency: str
    service: str
    start_ms: int
    end_ms: int
    verdict: Verdict
    reason: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedFigures:
    """A statement beside what rulings made of it.

    ``original`` is as measured. ``corrected`` is None where no ruling touches the window. ``disputed_ms``: time that is
    disputed and not ruled upon; it counts as measured in both.
    """

    original: SlaStatement
    corrected: SlaStatement | None
    corrections: tuple[Correction, ...]
    disputes: tuple[Dispute, ...]        # all that touch the window
    disputed_ms: int

    @property
    def in_force(self) -> SlaStatement:
        """The statement that counts: the corrected one where there is one."""
        return self.corrected or self.original


def from_entries(entries: Iterable[Entry], is_signed: Callable[[Entry], bool]) -> tuple[Correction, ...]:
    """Read what rulings that upheld a dispute put right, in order of number.

    A correction stands only on a dispute: so two different people with two different keys are behind each. It lies
    within the disputed time; what reaches beyond it says nothing.
    """
    told = tuple(entries)
    by_number = {entry.number: entry for entry in told if entry.kind is EntryKind.CORRECTION}
    found = []
    for dispute in disputes_from_entries(told, is_signed):
        entry = by_number.get(dispute.ruling)
        if entry is None or dispute.outcome is not Outcome.UPHELD or entry.text("verdict") not in set(Verdict):
            continue
        start_ms = max(dispute.start_ms, entry.number_of("start_ms", dispute.start_ms))
        end_ms = min(dispute.end_ms, entry.number_of("end_ms", dispute.end_ms))
        if start_ms < end_ms:
            found.append(Correction(
                number=entry.number, dispute=dispute.number, agency=dispute.agency, service=dispute.service,
                start_ms=start_ms, end_ms=end_ms, verdict=Verdict(entry.text("verdict")), reason=entry.text("reason"),
                by=entry.by, at_ms=entry.at_ms,
            ))
    return tuple(sorted(found, key=lambda one: one.number))


def corrected(timeline: ServiceTimeline, corrections: Iterable[Correction]) -> ServiceTimeline:
    """Lay a service's corrections over its timeline; of two on the same moment the later one counts.

    Within a correction the bounds follow it: ``down`` is certainly and possibly down, ``unknown`` possibly, ``up`` and
    ``degraded`` neither. Outside of it all stays: verdicts still sum to the whole, low <= availability <= high.
    """
    found = timeline
    for one in sorted(corrections, key=lambda one: one.number):
        part = clip([(one.start_ms, one.end_ms)], (found.start_ms, found.until_ms))
        if not part:
            continue
        is_down = one.verdict is Verdict.DOWN
        possibly: Spans = part if is_down or one.verdict is Verdict.UNKNOWN else ()
        found = replace(
            found,
            segments=_laid_over(found.segments, (*part[0], one.verdict)),
            possibly_down=merge((*subtract(found.possibly_down, part), *possibly)),
            certainly_down=merge((*subtract(found.certainly_down, part), *(part if is_down else ()))),
        )
    return found


def corrected_figures(
    history: ServiceHistory, timeline: ServiceTimeline, window: Window, *, corrections: Iterable[Correction],
    disputes: Iterable[Dispute],
) -> CorrectedFigures | None:
    """Judge a service's window as measured and as corrected; None where its life does not reach into it."""
    original = statement(history, timeline, window)
    if original is None:
        return None
    part = (original.start_ms, original.until_ms)
    touching = tuple(
        one for one in corrections
        if (one.agency, one.service) == (history.agency, history.service)
        and one.start_ms < part[1] and one.end_ms > part[0]
    )
    concerned = tuple(
        one for one in disputes
        if (one.agency, one.service) == (history.agency, history.service)
        and one.start_ms < window.end_ms and one.end_ms > part[0]
    )
    return CorrectedFigures(
        original=original,
        corrected=statement(history, corrected(timeline, touching), window) if touching else None,
        corrections=touching, disputes=concerned,
        disputed_ms=total(disputed(concerned, history.agency, history.service, part)),
    )


def _laid_over(segments: Sequence[Segment], new: Segment) -> tuple[Segment, ...]:
    start, end, _ = new
    pieces = [(s, min(e, start), v) for s, e, v in segments if s < start]
    pieces += [new, *((max(s, end), e, v) for s, e, v in segments if e > end)]
    return joined_segments(pieces)
