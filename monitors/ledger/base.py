"""What a ledger promises, in the words of the domain.

One writer, any number of readers. Nothing is edited: a repeat of what is there changes nothing, and there is no call
that alters or removes a run. Every method raises LedgerError, in a sentence with what to do, where the store fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from monitors.core.entry import Entry, EntryKind
    from monitors.core.heartbeat import Report
    from monitors.core.history import Definition, Event, Gap, Life, ServiceHistory
    from monitors.core.model import Run, Target


class LedgerWriter(Protocol):
    """What the monitor needs. Calls come one after the other, from any thread."""

    def open_life(self, life: Life) -> Life | None:
        """Record that a monitor began to live, before its first run.

        Returns the life before it at the same vantage, or None: from that one's ``heartbeat_ms`` to ``life.opened_ms``
        nothing was watched, and the timeline says ``unknown``. A repeat with the same identity changes nothing.
        """
        ...

    def record_targets(self, targets: Sequence[Target], *, life: str, at_ms: int) -> int:
        """Record the definitions in force at the life's vantage from ``at_ms`` on; durable when it returns.

        Returns how many are new or differ from what was in force there. The same targets again change nothing.
        A target that is left out keeps its last definition (its runs end, so it reads ``unknown``).
        Must precede the first run of a target.
        """
        ...

    def append(self, runs: Sequence[Run], *, life: str, heartbeat_ms: int, gaps: Sequence[Gap] = ()) -> int:
        """Add one batch and the heartbeat of ``life``; synced to disk when it returns, all of it or nothing.

        Returns how many runs are new: one whose key (transaction key, vantage, life, sequence) is there is left as it
        is. ``heartbeat_ms`` is the moment when the batch was put together (a batch that waited in a spool keeps its
        own); it never falls back, and no run of the batch ended after it. ``runs`` may be empty: then it is a
        heartbeat alone. ``gaps``: stretches up to ``heartbeat_ms`` in which this life could not watch.
        Raises LedgerError for a life that was not opened or a transaction that was not recorded.
        """
        ...

    def close(self) -> None:
        """Let the store go. A repeat is harmless."""
        ...


class EventKeeper(Protocol):
    """What is told of a life beside its runs. From any thread."""

    def keep_event(self, event: Event) -> None:
        """Keep what befell a life; durable when it returns. Raises LedgerError for a life that was not opened."""
        ...


class EntryKeeper(Protocol):
    """What people and other programs tell. From any thread; on a store of several processes from any process."""

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep an entry; durable when it returns. Gives it with its number, which only ever ascends.

        The same entry again (all that it says, and its signature) changes nothing and gives the one that is there.
        """
        ...


class ReportKeeper(Protocol):
    """What hears jobs. From any thread."""

    def keep_report(self, key: str, report: Report, *, life: str) -> None:
        """Keep what a job (``agency/service/job``) said of itself; durable when it returns."""
        ...


class LedgerReader(Protocol):
    """What figures, commands and pages need. May be used while another process writes."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read within be of one moment, however much is written meanwhile."""
        ...

    def lives(self) -> tuple[Life, ...]:
        """All lives in the order they were opened."""
        ...

    def definitions(self) -> tuple[Definition, ...]:
        """The newest definition of each service (over all vantages), by agency and service."""
        ...

    def last_runs(self) -> tuple[Run, ...]:
        """The newest run of each transaction at each vantage, in the newest life that has one; by key."""
        ...

    def runs(
        self, agency: str, service: str, transaction: str | None = None, *, start_ms: int, end_ms: int,
    ) -> Iterator[Run]:
        """Runs with ``start_ms <= started_ms < end_ms`` in order of start.

        ``tries`` hold the full evidence of runs that were not ``up``, and for those that were one try with its
        duration and the phases of its steps.
        """
        ...

    def events(self) -> tuple[Event, ...]:
        """What befell the monitors, in the order it was told."""
        ...

    def entries(
        self, kind: EntryKind | None = None, agency: str | None = None, service: str | None = None,
    ) -> tuple[Entry, ...]:
        """What people and other programs told, in order of number.

        ``agency`` and ``service`` narrow to what concerns them; an entry of all ("") concerns any.
        """
        ...

    def last_reports(self) -> dict[str, Report]:
        """The newest report of each job."""
        ...

    def history(self, agency: str, service: str, *, start_ms: int, end_ms: int) -> ServiceHistory | None:
        """All that the figures of the service in the window rest on (see ServiceHistory), or None if there is none."""
        ...

    def close(self) -> None:
        """Let the store go. A repeat is harmless."""
        ...


class Ledger(LedgerWriter, EventKeeper, ReportKeeper, EntryKeeper, LedgerReader, Protocol):
    """A store that can all of it."""
