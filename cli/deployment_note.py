"""Tell the ledger that a stack was changed, where a ledger is known. A ledger that cannot be told holds up no stack."""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cli.ledger_view import now_ms
from cli.output import error_console
from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import LedgerError, PreflightError, Siaga24Error, StackBusyError, UsageError
from monitors.ledger.sqlite_entries import SqliteEntries

if TYPE_CHECKING:
    from types import TracebackType

    from stacks.progress import Counts

LONGEST_FAILURE = 300


@dataclass(slots=True)
class DeploymentNote:
    """A provisioning command under way; at its end the ledger in ``state`` is told, if it is there.

    What changed nothing is not told: a refusal before anything began, or an ``up`` that found all as it should be.
    """

    state: Path
    agency: str
    command: str
    _started_ms: int = field(default_factory=now_ms)
    _changed: int = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def done(self, counts: Counts) -> None:
        """Say what it changed."""
        self._changed = counts.changed

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None,
    ) -> None:
        """Tell the ledger."""
        if isinstance(exc, UsageError | PreflightError | StackBusyError) or (exc is None and not self._changed):
            return
        body: dict[str, str | int] = {
            "command": self.command, "result": "done" if exc is None else "failed", "started_ms": self._started_ms,
            "changed": self._changed,
        }
        if exc is not None:
            # only our own errors are sentences without secrets in them
            said = str(exc) if isinstance(exc, Siaga24Error) else type(exc).__name__
            body["failure"] = (said.splitlines() or [type(exc).__name__])[0][:LONGEST_FAILURE]
        path = self.state / "ledger.sqlite"
        if not path.exists():
            return
        try:
            entries = SqliteEntries(path)
            try:
                entries.keep_entry(Entry(
                    kind=EntryKind.DEPLOYMENT, agency=self.agency, at_ms=now_ms(), by=getpass.getuser(), body=body,
                ))
            finally:
                entries.close()
        except LedgerError as problem:
            error_console().print(
                f"the ledger was not told of this {self.command}: {problem}", style="yellow", markup=False,
                soft_wrap=True,
            )
