"""A ledger in memory: the promise of ``base.py`` in its plainest form. Nothing is kept after the process.

Figures are computed from all runs at each call. The tests hold the other stores to it.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.core.entry import chosen
from monitors.core.errors import LedgerError
from monitors.core.history import Definition, Event, Gap, Life, ServiceHistory, breaks_of_all, fold, hold_at, stretch_of
from monitors.ledger.rows import definition_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitors.core.entry import Entry, EntryKind
    from monitors.core.heartbeat import Report
    from monitors.core.model import Run, Target

RunKey = tuple[str, str, str, str, str, int]


class MemoryLedger:
    """A ledger that forgets."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._lives: dict[str, Life] = {}
        self._definitions: list[Definition] = []
        self._gaps: set[Gap] = set()
        self._runs: dict[RunKey, Run] = {}
        self._reports: dict[str, Report] = {}
        self._events: list[Event] = []
        self._entries: list[Entry] = []

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that is read within be of one moment."""
        with self._lock:
            yield

    def close(self) -> None:
        """Do nothing: there is nothing to let go."""

    def open_life(self, life: Life) -> Life | None:
        """Record that a monitor began to live."""
        with self._lock:
            self._lives.setdefault(life.life, life)
            before: Life | None = None
            for other in self._lives.values():
                if other.life == life.life:
                    break
                if other.vantage == life.vantage:
                    before = other
            return before

    def record_targets(self, targets: Sequence[Target], *, life: str, at_ms: int) -> int:
        """Record the definitions in force at the life's vantage."""
        with self._lock:
            opened = self._life(life)
            if any(run.life == life for run in self._runs.values()):
                at_ms = max(at_ms, opened.heartbeat_ms + 1)
            changed = 0
            for target in targets:
                _, digest = definition_text(target)
                newest = [d for d in self._of(target.agency, target.service) if d.vantage == opened.vantage]
                if not newest or newest[-1].digest != digest:
                    changed += 1
                    recorded_ms = max(at_ms, newest[-1].recorded_ms + 1) if newest else at_ms
                    self._definitions.append(Definition(
                        vantage=opened.vantage, life=life, recorded_ms=recorded_ms, digest=digest, target=target,
                    ))
            return changed

    def keep_event(self, event: Event) -> None:
        """Keep what befell a life."""
        with self._lock:
            self._life(event.life)
            self._events.append(event)

    def events(self) -> tuple[Event, ...]:
        """What befell the monitors, in the order it was told."""
        with self._lock:
            return tuple(self._events)

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep what was told."""
        with self._lock:
            same = next((kept for kept in self._entries if kept.digest == entry.digest), None)
            if same is None:
                same = replace(entry, number=len(self._entries) + 1)
                self._entries.append(same)
            return same

    def entries(
        self, kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
    ) -> tuple[Entry, ...]:
        """What people and other programs told, in order of number."""
        with self._lock:
            return chosen(self._entries, kind, agency, service)

    def keep_report(self, key: str, report: Report, *, life: str) -> None:
        """Keep what a job said of itself."""
        with self._lock:
            self._life(life)
            self._reports[key] = report

    def last_reports(self) -> dict[str, Report]:
        """The newest report of each job."""
        with self._lock:
            return dict(self._reports)

    def append(self, runs: Sequence[Run], *, life: str, heartbeat_ms: int, gaps: Sequence[Gap] = ()) -> int:
        """Add one batch and the heartbeat."""
        with self._lock:
            latest = {life: heartbeat_ms}
            for name in {life, *(run.life for run in runs), *(gap.life for gap in gaps)}:
                self._life(name)
            new: dict[RunKey, Run] = {}
            for run in runs:
                if self._life(run.life).vantage != run.vantage:
                    raise LedgerError(f'a run of vantage "{run.vantage}" names a life of another')
                try:
                    hold_at(self._of(run.agency, run.service), run)
                except KeyError as exc:
                    raise LedgerError(f"a run of {exc} came before its definition; record the targets first") from None
                key = (run.agency, run.service, run.transaction, run.vantage, run.life, run.sequence)
                if key not in self._runs and key not in new:
                    new[key] = run
                    latest[run.life] = max(latest.get(run.life, 0), run.ended_ms)
            self._runs |= new
            self._gaps |= set(gaps)
            for name, at_ms in latest.items():
                opened = self._lives[name]
                self._lives[name] = replace(opened, heartbeat_ms=max(opened.heartbeat_ms, at_ms))
            return len(new)

    def lives(self) -> tuple[Life, ...]:
        """All lives in the order they were opened."""
        with self._lock:
            return tuple(self._lives.values())

    def definitions(self) -> tuple[Definition, ...]:
        """The newest definition of each service."""
        with self._lock:
            keys = sorted({(d.target.agency, d.target.service) for d in self._definitions})
            return tuple(self._of(*key)[-1] for key in keys)

    def last_runs(self) -> tuple[Run, ...]:
        """The newest run of each transaction at each vantage."""
        with self._lock:
            newest: dict[tuple[str, ...], Run] = {}
            lives = list(self._lives)
            for run in sorted(self._runs.values(), key=lambda run: (lives.index(run.life), run.sequence)):
                key = (run.agency, run.service, run.transaction, run.vantage)
                before = newest.get(key)
                if before is None or before.life != run.life or before.started_ms <= run.started_ms:
                    newest[key] = run
            return tuple(newest[key] for key in sorted(newest))

    def runs(
        self, agency: str, service: str, transaction: str | None = None, *, start_ms: int, end_ms: int,
    ) -> Iterator[Run]:
        """Runs that started in the window, in order of start."""
        with self._lock:
            found = [
                run for run in self._runs.values()
                if (run.agency, run.service) == (agency, service) and transaction in (None, run.transaction)
                and start_ms <= run.started_ms < end_ms
            ]
        yield from sorted(found, key=lambda run: (run.started_ms, run.transaction, run.vantage, run.sequence))

    def history(self, agency: str, service: str, *, start_ms: int, end_ms: int) -> ServiceHistory | None:
        """All that the figures of the service rest on, in the window and beyond."""
        with self._lock:
            definitions = self._of(agency, service)
            if not definitions:
                return None
            lives = self.lives()
            gaps = tuple(sorted(self._gaps, key=lambda gap: (gap.start_ms, gap.end_ms, gap.life)))
            lanes: dict[tuple[str, str], list[Run]] = {}
            for run in self._runs.values():
                if (run.agency, run.service) == (agency, service):
                    lanes.setdefault((run.transaction, run.life), []).append(run)
        breaks = breaks_of_all(lives, gaps)
        stretches = []
        for (_, life), runs in lanes.items():
            runs.sort(key=lambda run: run.sequence)
            singles = (stretch_of(run, hold_ms=hold_at(definitions, run)) for run in runs)
            stretches += list(fold(singles, sorted({*breaks[life], start_ms, end_ms})))
        return ServiceHistory(
            agency=agency, service=service, definitions=definitions, lives=lives, gaps=gaps, stretches=tuple(stretches),
        )

    def _of(self, agency: str, service: str) -> tuple[Definition, ...]:
        found = [d for d in self._definitions if (d.target.agency, d.target.service) == (agency, service)]
        return tuple(sorted(found, key=lambda d: d.recorded_ms))

    def _life(self, life: str) -> Life:
        if life not in self._lives:
            raise LedgerError(f'the life "{life}" was never opened; open it before its first run')
        return self._lives[life]


