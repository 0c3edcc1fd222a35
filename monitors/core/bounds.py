"""When a transaction at a vantage may have been down, and when it was for sure.

The truth lies between the two if the service does not change its state more than once between two tries. Formulas
(after ``docs/semantics.md``, Availability):

*possibly down*: between two consecutive good tries with a failed try, an unknown or a missing run between them, from
the start of the former to the end of the latter. A lone bad run at 30-s intervals: 60 s and the tries' durations.

*certainly down*: for each unbroken stretch of ``down`` runs, from the end of the first failed step of the first (by
then it had failed) to the start of the last failed step of the last (it had not come back by then).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.history import GOOD
from monitors.core.model import Verdict
from monitors.core.span import Span, Spans, merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitors.core.history import Gap, Stretch
    from monitors.core.timeline import Watch


def possibly_down(
    stretches: Mapping[str, Sequence[Stretch]], manned: Sequence[Watch], gaps: Sequence[Gap], *, since_ms: int,
    until_ms: int,
) -> Spans:
    """Say when one transaction at one vantage may have been down between ``since_ms`` and ``until_ms``.

    ``stretches``: by life, each in order of sequence.
    """
    spans: list[Span] = []
    last_good_ms = since_ms
    is_broken = True                     # nothing is known before the first good try
    former: Stretch | None = None
    for stretch, is_continued in _in_order(stretches, manned, gaps):
        is_broken = is_broken or not is_continued
        good_end_ms, good_start_ms = stretch.good_end_ms, stretch.good_start_ms
        if stretch.verdict in GOOD and good_end_ms is not None and good_start_ms is not None:
            if is_broken or stretch.first_try_failures:
                spans.append((last_good_ms, good_end_ms))
            last_good_ms, is_broken = good_start_ms, False
        else:
            is_broken = True
        former = stretch
    manned_until_ms = manned[-1].end_ms if manned else since_ms
    is_stale = former is None or until_ms > former.last_start_ms + former.hold_ms or until_ms > manned_until_ms
    if is_broken or is_stale:
        spans.append((last_good_ms, until_ms))
    return merge(spans)


def certainly_down(stretches: Mapping[str, Sequence[Stretch]], manned: Sequence[Watch], gaps: Sequence[Gap]) -> Spans:
    """Say when one transaction at one vantage was down for sure."""
    spans: list[Span] = []
    start_ms: int | None = None
    end_ms = 0
    for stretch, is_continued in _in_order(stretches, manned, gaps):
        if start_ms is not None and (stretch.verdict is not Verdict.DOWN or not is_continued):
            spans.append((start_ms, end_ms))
            start_ms = None
        if stretch.verdict is Verdict.DOWN and stretch.bad_start_ms is not None and stretch.bad_end_ms is not None:
            start_ms = stretch.bad_start_ms if start_ms is None else start_ms
            end_ms = stretch.bad_end_ms
    if start_ms is not None:
        spans.append((start_ms, end_ms))
    return merge(spans)


def _in_order(
    stretches: Mapping[str, Sequence[Stretch]], manned: Sequence[Watch], gaps: Sequence[Gap],
) -> Iterator[tuple[Stretch, bool]]:
    """Give the stretches that count, each with whether it goes on where the one before ended.

    What lies within a gap, or in time that another life has covered, says nothing: it only breaks the chain.
    """
    former: Stretch | None = None
    is_broken = False
    for watch in manned:
        blind = [(gap.start_ms, gap.end_ms) for gap in gaps if gap.life == watch.life]
        for stretch in stretches.get(watch.life, ()):
            overlaps = stretch.start_ms < watch.start_ms or stretch.last_start_ms > watch.end_ms
            turned_back = former is not None and stretch.start_ms <= former.last_start_ms
            if overlaps or turned_back or any(s <= stretch.start_ms < e for s, e in blind):
                is_broken = True
                continue
            is_continued = not is_broken and former is not None and (
                former.life == stretch.life
                and former.last_sequence + 1 == stretch.first_sequence
                and stretch.start_ms <= former.last_start_ms + former.hold_ms
                and not any(former.last_start_ms < e and s <= stretch.start_ms for s, e in blind)
            )
            yield stretch, is_continued
            former, is_broken = stretch, False
