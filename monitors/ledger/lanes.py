"""The writer's memory of each series: its newest stretch, so that a run costs one comparison and no look-up.

A lane holds nothing that is not in the file: after a failed batch all lanes are forgotten and read anew.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitors.core.history import Stretch, fold, joined, stretch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Run


@dataclass(slots=True)
class Lane:
    """One transaction at one vantage in one life.

    ``newest`` is the stretch that the next run may join; ``ready`` are changed ones to be written, by first sequence;
    ``gone`` are first sequences of stored ones that were joined to others.
    """

    series: int
    breaks: tuple[int, ...] = ()
    newest: Stretch | None = None
    newest_is_stored: bool = False
    ready: dict[int, Stretch] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def follows(self, run: Run) -> bool:
        """Tell whether the run comes after all that is there, so that ``add`` may take it."""
        return self.newest is None or run.sequence > self.newest.last_sequence

    def add(self, run: Run, hold_ms: int) -> None:
        """Take a run that follows."""
        single = stretch_of(run, hold_ms=hold_ms)
        if self.newest is not None:
            both = joined(self.newest, single, self.breaks)
            if both is not None:
                self.newest, self.newest_is_stored = both, False
                return
            self.store_newest()
        self.newest, self.newest_is_stored = single, False

    def insert(self, run: Run, hold_ms: int, neighbours: Sequence[Stretch]) -> None:
        """Take a run that comes late: between ``neighbours``, all stored stretches from the one before it on."""
        single = stretch_of(run, hold_ms=hold_ms)
        known = list(neighbours)
        if self.newest is not None:
            known = [s for s in known if s.first_sequence != self.newest.first_sequence] + [self.newest]
        sequences = [s.first_sequence for s in known]
        known.insert(bisect_right(sequences, run.sequence), single)
        made = list(fold(known, self.breaks))
        self.gone |= {s.first_sequence for s in known} - {s.first_sequence for s in made}
        for stretch in made:
            self.ready[stretch.first_sequence] = stretch
        self.newest, self.newest_is_stored = made[-1], True

    def replace(self, old: Stretch, new: Sequence[Stretch]) -> None:
        """Put several stretches in the place of one."""
        self.gone.add(old.first_sequence)
        for stretch in new:
            self.gone.discard(stretch.first_sequence)
            self.ready[stretch.first_sequence] = stretch
        if self.newest is not None and self.newest.first_sequence == old.first_sequence:
            self.newest, self.newest_is_stored = new[-1], True

    def store_newest(self) -> None:
        """Have the newest stretch written with this batch."""
        if self.newest is not None and not self.newest_is_stored:
            self.ready[self.newest.first_sequence] = self.newest
            self.gone.discard(self.newest.first_sequence)
            self.newest_is_stored = True
