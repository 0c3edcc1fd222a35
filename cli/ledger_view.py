"""What the commands that read the ledger share: which ledger, which services, which window."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cli.state_folder import state_folder
from monitors.core.errors import UsageError
from monitors.core.history import Definition
from monitors.core.model import Target
from monitors.core.window import Window, moment, month_of, month_window
from monitors.ledger.base import LedgerReader
from monitors.ledger.opening import open_reader
from monitors.ledger_name import LedgerName, ServerLedger, ledger_name

C = TypeVar("C", bound=Callable[..., object])

GIVE = "the ledger with --ledger"
MOST_NAMED = 10


def now_ms() -> int:
    """Give UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def read_ledger(value: str | LedgerName) -> LedgerName:
    """Read ``--ledger``. UsageError for a folder, or an address with a password in it, which is not shown."""
    found = value if isinstance(value, Path | ServerLedger) else ledger_name(value)
    if isinstance(found, Path) and found.is_dir():
        raise UsageError(f'--ledger "{found}" is a folder; expected a file, or postgresql://USER@HOST:PORT/DATABASE')
    return found


LEDGER_METAVAR = "FILE|postgresql://..."


def ledger_option(command: C) -> C:
    """Add ``--ledger``."""
    return click.option(
        "--ledger", type=read_ledger, metavar=LEDGER_METAVAR,
        help="Which ledger: a file, or postgresql://USER@HOST:PORT/DATABASE.  [default: STATE/ledger.sqlite]",
    )(command)


def ledger_named(workspace: Path | None, state: Path | None, ledger: LedgerName | None) -> LedgerName:
    """Give the ledger that is meant."""
    return ledger or state_folder(workspace, state, else_give=GIVE) / "ledger.sqlite"


def range_options(command: C) -> C:
    """Add ``--month``, ``--from`` and ``--to``."""
    for option in (
        click.option("--to", "to", metavar="TIME", help="End of another range.  [default: now]"),
        click.option(
            "--from", "since", metavar="TIME",
            help="Start of another range, as 2026-11-24 or 2026-11-24T14:05 by the agency's clock (or with +07:00, Z).",
        ),
        click.option("--month", metavar="YYYY-MM", help="Calendar month by the agency's clock."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The window that was asked for; each agency has it by its own clock."""

    month: str | None
    since: str | None
    to: str | None
    now_ms: int
    days: int = 0                        # without a range: so many days up to now, or (0) the month that runs

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.month and (self.since or self.to):
            raise UsageError("--month names a whole month and does not go with --from or --to; give one of them")
        if self.to and not self.since:
            raise UsageError("--to alone says no range; give --from too")

    def window(self, zone: ZoneInfo) -> Window:
        """Give the window by the clock of ``zone``."""
        try:
            if self.since:
                end = moment(self.to, zone) if self.to else self.now_ms
                start = moment(self.since, zone)
                if start >= end:
                    raise UsageError(
                        f"--from {self.since} does not lie before --to {self.to or 'now'}; turn them round",
                    )
                return Window(start_ms=start, end_ms=end, zone=zone)
            if self.month is None and self.days:
                return Window(start_ms=self.now_ms - self.days * 86_400_000, end_ms=self.now_ms, zone=zone)
            return month_window(self.month or month_of(self.now_ms, zone), zone)
        except ValueError as exc:
            raise UsageError(str(exc)) from exc


@contextmanager
def opened(workspace: Path | None, state: Path | None, ledger: LedgerName | None) -> Iterator[LedgerReader]:
    """Open the ledger for reading; all that is read is of one moment. Raises UsageError and LedgerError."""
    reader = open_reader(ledger_named(workspace, state, ledger))
    try:
        with reader.snapshot():
            yield reader
    finally:
        reader.close()


def chosen(definitions: Sequence[Definition], name: str | None) -> tuple[Target, ...]:
    """Give the targets of all agencies, of one agency, or the one ``AGENCY/SERVICE``; UsageError with near names."""
    targets = tuple(definition.target for definition in definitions)
    if name is None:
        return targets
    found = tuple(target for target in targets if name in (target.agency, target.key))
    if found:
        return found
    agency, slash, _ = name.partition("/")
    of_agency = [target.key for target in targets if target.agency == agency]
    if slash and of_agency:
        raise UsageError(not_found("service", name, of_agency))
    known = [target.key for target in targets] if slash else sorted({target.agency for target in targets})
    raise UsageError(not_found("service" if slash else "agency", name, known))


def not_found(what: str, name: str, known: Sequence[str]) -> str:
    """Say that there is no such thing in the ledger, and what is near."""
    if not known:
        return f'no {what} "{name}" in the ledger: it holds none yet; "siaga24 monitor run" fills it'
    near = difflib.get_close_matches(name, known, n=1)
    meant = f'; did you mean "{near[0]}"' if near else ""
    shown = ", ".join(known[:MOST_NAMED]) + (f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else "")
    return f'no {what} "{name}" in the ledger{meant}; known: {shown}'


def zone_of(target: Target) -> ZoneInfo:
    """Give the zone of the target's agency."""
    return ZoneInfo(target.time_zone)


def table_width(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """Give the width of a table in which no cell is folded."""
    widths = [max(len(column), *(len(str(row[place])) for row in rows)) for place, column in enumerate(columns)]
    return sum(widths) + 3 * len(columns) - 1

