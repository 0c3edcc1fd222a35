"""A small ledger of two days that tests seal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitors.core.history import Gap, Life
from monitors.core.model import Run
from monitors.core.seal import Seal
from monitors.ledger.keys import PrivateKey
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_sealer import Sealed, SqliteSealer
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs

DAY = NOON_MS // DAY_MS
MIDNIGHT_MS = (DAY + 1) * DAY_MS
INTERVAL_MS = 600_000
A_DAY = 114                              # runs ten minutes apart from 05:00 UTC on
SERVICES = (("dinkes", "antrean"), ("dinkes", "obat"), ("disdik", "ppdb"))
KEY = PrivateKey(b"\x07" * 32)
LETTERS = "uue" + "u" * 37 + "ddd-n" + "u" * 240
SETTLED_MS = MIDNIGHT_MS + 180_000       # of the first day


def runs_of(agency: str, service: str, letters: str = LETTERS) -> tuple[Run, ...]:
    return some_runs(letters, agency=agency, service=service, interval_ms=INTERVAL_MS)


def written(path: Path, *, until: int = A_DAY + 20, leave_out: tuple[int, ...] = ()) -> SqliteLedger:
    """Write so many runs of each service, and a few things that are told."""
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets([
        a_target(agency=agency, service=service, transactions=(a_transaction(interval_ms=INTERVAL_MS),))
        for agency, service in SERVICES
    ], life="life-1", at_ms=NOON_MS)
    ledger.keep_entry(an_entry())
    ledger.keep_entry(an_entry(agency="", body={"result": "all of it"}))
    gap = Gap(life="life-1", start_ms=NOON_MS + 9_000_000, end_ms=NOON_MS + 9_060_000, reason="asleep")
    write(ledger, 0, until, leave_out=leave_out, gaps=(gap,))
    return ledger


def write(
    ledger: SqliteLedger, first: int, until: int, *, leave_out: tuple[int, ...] = (), gaps: tuple[Gap, ...] = (),
) -> None:
    """Write the runs from one to another, some hours with each batch."""
    for begin in range(first, until, 60):
        end = min(begin + 60, until)
        ledger.append(
            [
                run for agency, service in SERVICES for run in runs_of(agency, service)[begin:end]
                if run.sequence not in leave_out
            ],
            life="life-1", heartbeat_ms=NOON_MS + end * INTERVAL_MS, gaps=gaps,
        )


@contextmanager
def sealing(path: Path, key: PrivateKey = KEY) -> Iterator[SqliteSealer]:
    sealer = SqliteSealer(path)
    try:
        sealer.introduce(key, None, by="Sari", at_ms=SETTLED_MS)
        yield sealer
    finally:
        sealer.close()


def sealed(path: Path, days: int = 1, key: PrivateKey = KEY) -> list[Seal]:
    """Seal the next days, each some minutes after its end."""
    return [one.seal for one in sealings(path, days, key)]


def sealings(path: Path, days: int = 1, key: PrivateKey = KEY) -> list[Sealed]:
    made = []
    with sealing(path, key) as sealer:
        for _ in range(days):
            day = sealer.next_day()
            assert day is not None
            now_ms = (day + 1) * DAY_MS + 180_000
            assert sealer.why_not(day, now_ms) == ""
            made.append(sealer.seal_day(day, key, now_ms=now_ms))
    return made
