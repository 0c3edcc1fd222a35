"""The writer's memory of each series: its newest stretch, so that a run costs a comparison and no look-up.

A lane holds nothing that is not in the file: after a failed batch all lanes are forgotten and read anew.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.core.history import MS_PER_HOUR, Stretch, fold, joined, stretch_of
from monitors.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Run


NOTHING: frozenset[int] = frozenset()


class Lane:
    """One transaction at one vantage in one life.

    ``newest`` is the stretch that the next run may join; ``gone`` are first sequences of stored ones that became part
    of others.
    """

    # sets and dicts only where something is in them: those of a nation's lanes would be too large
    __slots__ = ("_last", "_newest", "_ready", "breaks", "gone", "is_stored", "series")

    def __init__(self, series: int, breaks: Sequence[int]) -> None:
        self.series, self.breaks = series, tuple(breaks)
        self.is_stored = False           # whether ``newest`` is written, or ready to be
        self._ready: dict[int, Stretch] | None = None
        self.gone: frozenset[int] = NOTHING
        self._newest: Stretch | None = None
        self._last: tuple[int, int, int] | None = None   # of good runs joined since: sequence, start, end

    @property
    def ready(self) -> dict[int, Stretch]:
        """Changed stretches that are to be written, by first sequence."""
        return self._ready or {}

    def written(self) -> None:
        """Say that all that was ready, and what is gone, stands in the file so."""
        self._ready, self.gone = None, NOTHING

    def _make_ready(self, stretch: Stretch) -> None:
        if self._ready is None:
            self._ready = {}
        self._ready[stretch.first_sequence] = stretch

    @property
    def newest(self) -> Stretch | None:
        """The newest stretch."""
        if self._newest is not None and self._last is not None:
            sequence, start_ms, end_ms = self._last
            self._newest = replace(
                self._newest, last_sequence=sequence, last_start_ms=start_ms, good_start_ms=start_ms, end_ms=end_ms,
            )
            self._last = None
        return self._newest

    def put(self, stretch: Stretch, *, is_stored: bool) -> None:
        """Take a stretch as the newest."""
        self._newest, self._last, self.is_stored = stretch, None, is_stored

    def follows(self, run: Run) -> bool:
        """Tell whether the run comes after all that is there, so that ``add`` may take it."""
        if self._last is not None:
            return run.sequence > self._last[0]
        return self._newest is None or run.sequence > self._newest.last_sequence

    def add(self, run: Run, hold_ms: int) -> None:
        """Take a run that follows."""
        if self._extends(run, hold_ms):
            self._last, self.is_stored = (run.sequence, run.started_ms, run.ended_ms), False
            return
        single = stretch_of(run, hold_ms=hold_ms)
        former = self.newest
        if former is not None:
            both = joined(former, single, self.breaks)
            if both is not None:
                self.put(both, is_stored=False)
                return
            self.store_newest()
        self.put(single, is_stored=False)

    def insert(self, run: Run, hold_ms: int, neighbours: Sequence[Stretch]) -> None:
        """Take a run that comes late: among ``neighbours``, all stored stretches from the one before it on."""
        single = stretch_of(run, hold_ms=hold_ms)
        known, newest = list(neighbours), self.newest
        if newest is not None:
            known = [s for s in known if s.first_sequence != newest.first_sequence] + [newest]
        sequences = [s.first_sequence for s in known]
        known.insert(bisect_right(sequences, run.sequence), single)
        made = list(fold(known, self.breaks))
        self.gone |= {s.first_sequence for s in known} - {s.first_sequence for s in made}
        for stretch in made:
            self._make_ready(stretch)
        self.put(made[-1], is_stored=True)

    def replace(self, old: Stretch, new: Sequence[Stretch]) -> None:
        """Put several stretches in the place of one."""
        self.gone |= {old.first_sequence}
        for stretch in new:
            self._make_ready(stretch)
        newest = self.newest
        if newest is not None and newest.first_sequence == old.first_sequence:
            self.put(new[-1], is_stored=True)

    def store_newest(self) -> None:
        """Have the newest stretch written with this batch."""
        newest = self.newest
        if newest is not None and not self.is_stored:
            self._make_ready(newest)
            self.is_stored = True

    def _extends(self, run: Run, hold_ms: int) -> bool:
        """Tell, without making a stretch, whether a good run joins good ones: the same question as ``joined``."""
        former = self._newest
        if former is None or run.verdict is not Verdict.UP or former.verdict is not Verdict.UP:
            return False
        sequence, start_ms = self._last[:2] if self._last else (former.last_sequence, former.last_start_ms)
        return (
            run.sequence == sequence + 1
            and hold_ms == former.hold_ms
            and start_ms < run.started_ms <= start_ms + hold_ms
            and run.started_ms // MS_PER_HOUR == former.start_ms // MS_PER_HOUR
            and not run.first_try_failed and not former.first_try_failures
            and run.life == former.life and run.transaction == former.transaction and run.vantage == former.vantage
            and (not self.breaks or bisect_right(self.breaks, start_ms) == bisect_right(self.breaks, run.started_ms))
        )
