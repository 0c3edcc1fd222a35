"""What the ledger knows of one service: lives of monitors, definitions, gaps and stretches of runs.

These are the inputs of the timeline. A stretch shortens runs that follow each other and say the same. It keeps the
edges from which verdicts and bounds are computed: a month of good runs is some hundred stretches, and the figures from
stretches equal the figures from runs.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitors.core.model import Outcome, Run, Target, Try, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MS_PER_HOUR = 3_600_000
GOOD = (Verdict.UP, Verdict.DEGRADED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of a monitor process at a vantage, from its start to its last heartbeat."""

    life: str                            # identity, new at each start
    vantage: str
    opened_ms: int                       # UTC, milliseconds since 1970
    heartbeat_ms: int = 0                # last sign of life; at least ``opened_ms``
    host: str = ""
    pid: int = 0
    version: str = ""

    def __post_init__(self) -> None:
        """A life is at least as long as its opening."""
        if not self.life or not self.vantage:
            raise ValueError(f"life {self.life!r} at vantage {self.vantage!r}: both need a name")
        if self.heartbeat_ms < self.opened_ms:
            object.__setattr__(self, "heartbeat_ms", self.opened_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which a living monitor could not watch: it or its machine was suspended, or its clock was wrong.

    All transactions of the life are ``unknown`` from ``start_ms`` to ``end_ms`` and on until their next run.
    """

    life: str
    start_ms: int
    end_ms: int
    reason: str

    def __post_init__(self) -> None:
        """A gap does not end before it starts."""
        if self.end_ms < self.start_ms:
            raise ValueError(f"gap {self.start_ms}..{self.end_ms}: it ends before it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that befell a monitor and is no run: its wall clock was set, for example. Changes no figure."""

    life: str
    at_ms: int                           # UTC by the life's clock
    kind: str                            # a word of a small set: clock
    note: str                            # a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A target as it is in force at a vantage from ``recorded_ms`` on, until a later one of its key replaces it."""

    vantage: str
    life: str
    recorded_ms: int
    digest: str                          # SHA-256 over the target's canonical document
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Runs of one transaction, vantage and life, in sequence without a hole, with one verdict, within one UTC hour.

    From one run to the next it is no longer than a run holds, and no gap lies between. A run whose first try failed
    and whose second passed always stands alone.
    """

    transaction: str
    vantage: str
    life: str
    first_sequence: int
    last_sequence: int
    verdict: Verdict
    start_ms: int                        # start of the first run (a missed one: its scheduled time)
    last_start_ms: int                   # start of the last run
    end_ms: int                          # end of the last run
    hold_ms: int                         # how long a run holds where no next one follows: 2.5 intervals
    missed: int = 0                      # how many of the runs were missed
    first_try_failures: int = 0          # how many runs had a failed first try
    good_end_ms: int | None = None       # end of the first try in which every critical step passed
    good_start_ms: int | None = None     # start of the last such try
    bad_start_ms: int | None = None      # `down`: end of the first failed step (sure to have been down by then)
    bad_end_ms: int | None = None        # `down`: start of the last failed step
    failed_step: str = ""                # of the first run
    reason: str = ""                     # of the first run

    @property
    def runs(self) -> int:
        """How many runs."""
        return self.last_sequence - self.first_sequence + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHistory:
    """All that the figures of one service in one window rest on.

    ``stretches`` reach beyond the window: for each transaction and vantage back to the last good try before it (or the
    first run there is) and on to the first good try after it, so that the bounds at the window's edges are right.
    """

    agency: str
    service: str
    definitions: tuple[Definition, ...]  # oldest first; the first is the start of the service's life
    lives: tuple[Life, ...]              # in the order they were opened, of all vantages
    gaps: tuple[Gap, ...] = ()
    stretches: tuple[Stretch, ...] = ()

    @property
    def target(self) -> Target:
        """The newest definition."""
        return self.definitions[-1].target

    @property
    def key(self) -> str:
        """``agency/service``."""
        return f"{self.agency}/{self.service}"


@functools.lru_cache(maxsize=1024)       # one number for all that have the same interval
def hold_of(interval_ms: int) -> int:
    """Say how long a run holds where no next one follows: 2.5 intervals. 30 s hold for 75 s."""
    return interval_ms * 5 // 2


def hold_at(definitions: Sequence[Definition], run: Run) -> int:
    """Say how long ``run`` holds, by the definition in force at its vantage when it started.

    ``definitions`` are those of its service, oldest first. Raises KeyError where none ever had its transaction.
    """
    found: int | None = None
    for definition in definitions:
        if definition.vantage != run.vantage:
            continue
        for transaction in definition.target.transactions:
            if transaction.name == run.transaction and (found is None or definition.recorded_ms <= run.started_ms):
                found = hold_of(transaction.interval_ms)
    if found is None:
        raise KeyError(f"{run.agency}/{run.service}/{run.transaction} at {run.vantage}")
    return found


def by_life(stretches: Iterable[Stretch]) -> dict[str, list[Stretch]]:
    """Group stretches of one transaction at one vantage by their life, each group in order of sequence."""
    found: dict[str, list[Stretch]] = {}
    for stretch in sorted(stretches, key=lambda stretch: stretch.first_sequence):
        found.setdefault(stretch.life, []).append(stretch)
    return found


def breaks_of_all(lives: Iterable[Life], gaps: Iterable[Gap]) -> dict[str, tuple[int, ...]]:
    """Give the moments of each life over which no stretch reaches, ascending: the edges of its gaps.

    Where the clock was set back before it, also the end of what earlier lives at its vantage have covered. ``lives`` in
    the order they were opened.
    """
    edges: dict[str, set[int]] = {}
    covered: dict[str, int] = {}
    for life in lives:
        before_ms = covered.get(life.vantage)
        edges[life.life] = set() if before_ms is None else {before_ms}
        covered[life.vantage] = life.heartbeat_ms if before_ms is None else max(before_ms, life.heartbeat_ms)
    for gap in gaps:
        edges[gap.life] |= {gap.start_ms, gap.end_ms}
    return {life: tuple(sorted(found)) for life, found in edges.items()}


def stretch_of(run: Run, *, hold_ms: int) -> Stretch:
    """Shorten one run."""
    good_start: int | None = None
    good_end: int | None = None
    good = next((attempt for attempt in run.tries if _is_good(attempt)), None)
    if run.verdict is Verdict.UP or (run.verdict is Verdict.DEGRADED and good is None):
        # its one try is the run: so the figures need no evidence of runs that were up
        good_start, good_end = run.started_ms, run.ended_ms
    elif run.verdict is Verdict.DEGRADED and good is not None:
        good_start, good_end = good.started_ms, end_of(good)
    bad_start: int | None = None
    bad_end: int | None = None
    if run.verdict is Verdict.DOWN:
        bad_start = end_of(run.tries[0]) if run.tries else run.ended_ms
        bad_end = _failed_at(run.tries[-1]) if run.tries else run.started_ms
    return Stretch(
        transaction=run.transaction,
        vantage=run.vantage,
        life=run.life,
        first_sequence=run.sequence,
        last_sequence=run.sequence,
        verdict=run.verdict,
        start_ms=run.started_ms,
        last_start_ms=run.started_ms,
        end_ms=run.ended_ms,
        hold_ms=hold_ms,
        missed=int(run.outcome is Outcome.MISSED),
        first_try_failures=int(run.first_try_failed),
        good_end_ms=good_end,
        good_start_ms=good_start,
        bad_start_ms=bad_start,
        bad_end_ms=bad_end,
        failed_step=run.failed_step,
        reason=run.reason,
    )


def joined(former: Stretch, latter: Stretch, breaks: Sequence[int] = ()) -> Stretch | None:
    """Make one stretch of two that follow each other, or None where they must stay two.

    ``breaks``: see ``breaks_of_all``.
    """
    if not (
        former.verdict is latter.verdict
        and former.last_sequence + 1 == latter.first_sequence
        and former.transaction == latter.transaction
        and former.vantage == latter.vantage
        and former.life == latter.life
        and former.hold_ms == latter.hold_ms
        and former.last_start_ms < latter.start_ms <= former.last_start_ms + former.hold_ms
        and former.start_ms // MS_PER_HOUR == latter.last_start_ms // MS_PER_HOUR
    ):
        return None
    if former.verdict in GOOD and (former.first_try_failures or latter.first_try_failures):
        return None
    if breaks and bisect_right(breaks, former.last_start_ms) != bisect_right(breaks, latter.start_ms):
        return None
    return replace(
        former,
        last_sequence=latter.last_sequence,
        last_start_ms=latter.last_start_ms,
        end_ms=latter.end_ms,
        missed=former.missed + latter.missed,
        first_try_failures=former.first_try_failures + latter.first_try_failures,
        good_start_ms=latter.good_start_ms,
        bad_end_ms=latter.bad_end_ms,
    )


def fold(stretches: Iterable[Stretch], breaks: Sequence[int] = ()) -> Iterator[Stretch]:
    """Join the stretches of one transaction, vantage and life, given in order of sequence.

    The result does not depend on how the input was cut before, so that folding twice changes nothing. Of two with the
    same first sequence the former counts.
    """
    current: Stretch | None = None
    for stretch in stretches:
        if current is None:
            current = stretch
            continue
        if stretch.first_sequence <= current.last_sequence:
            continue
        both = joined(current, stretch, breaks)
        if both is None:
            yield current
            current = stretch
        else:
            current = both
    if current is not None:
        yield current


def end_of(attempt: Try) -> int:
    """End of a try in whole milliseconds, cut upwards."""
    return attempt.started_ms - (-attempt.duration_us // 1000)


def _is_good(attempt: Try) -> bool:
    return bool(attempt.steps) and not attempt.fault and attempt.failed_step is None


def _failed_at(attempt: Try) -> int:
    step = attempt.failed_step
    return step.started_ms if step is not None and step.started_ms else attempt.started_ms
