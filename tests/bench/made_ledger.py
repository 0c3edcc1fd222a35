"""A nation's ledger, made and not lived through: stretches of a month and the raw runs of one day, straight into a file.

What is in it is what a monitor would have written, so that stretches equal what the raw runs fold to, and the same
``Made`` gives the same rows. In a thousand runs one is a lone failure (the first try fails, the second passes), and a
few services have an outage. Rows are written past the ledger's own code, which is far slower and is measured elsewhere.
"""

from __future__ import annotations

import atexit
import functools
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from monitors.core.history import Life, Stretch, fold, hold_of, stretch_of
from monitors.core.model import Phases, Run, Target, Verdict
from monitors.ledger.rows import evidence_of, phases_blob, run_row, stretch_row
from monitors.ledger.sqlite import PUT_STRETCH, SqliteLedger
from monitors.ledger.sqlite_days import DAY_MINUTES, DAY_MS, EVIDENCE_TABLE, RUN_TABLE, guard_day, names_of
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from tests.factories import a_run, a_step_result, a_target, a_transaction, a_try

START_MS = 1_767_200_400_000             # 1 January 2026 00:00 in Jakarta, 31 December 17:00 UTC
HOUR_MS = 3_600_000
INTERVAL_MS = 30_000
HOLD_MS = hold_of(INTERVAL_MS)
AN_HOUR = HOUR_MS // INTERVAL_MS         # runs
PER_AGENCY = 20
LONE_FAILURES = 0.001
OUTAGES = 0.04                           # services with one outage in the month
ZONES = ("Asia/Jakarta", "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
LIFE, VANTAGE = "life-made", "local"
BLOBS = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What to make. The raw day is the last whole UTC day before the end; ``raw_days`` of them, up to it."""

    services: int = 13_000
    days: int = 31
    raw_days: int = 1
    seed: int = 24
    rollups: bool = False                # the local days and months of all services, by the ledger's own code

    @property
    def end_ms(self) -> int:
        """End of the last of the local days (of Jakarta). Runs go on for an hour after it: the month is final."""
        return START_MS + self.days * DAY_MS

    @property
    def hours(self) -> int:
        """How many hours have runs."""
        return self.days * 24 + 1

    @property
    def raw(self) -> tuple[int, ...]:
        """The UTC days that have raw runs, counted from 1970."""
        last = self.end_ms // DAY_MS
        return tuple(day for day in range(last - self.raw_days, last) if day * DAY_MS >= START_MS)

    @property
    def raw_runs(self) -> int:
        """How many raw runs."""
        return self.services * len(self.raw) * DAY_MS // INTERVAL_MS


def make_ledger(path: Path, made: Made | None = None) -> Made:
    """Write a ledger into ``path``, which must not be there. 13,000 services: some 2.5 GB and minutes."""
    made = made or Made()
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life=LIFE, vantage=VANTAGE, opened_ms=START_MS, version="made"))
    ledger.record_targets(tuple(targets(made)), life=LIFE, at_ms=START_MS)
    ledger.close()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")           # a file that can be made again
    db.execute("PRAGMA cache_size = -65536")
    db.execute("BEGIN")
    db.executemany('INSERT INTO series (id, agency, service, "transaction", life) VALUES (?, ?, ?, ?, 1)', (
        (number + 1, *key_of(number), "ambil-nomor") for number in range(made.services)
    ))
    db.executemany(PUT_STRETCH, _all_stretches(made))
    for day in made.raw:
        _make_day(db, made, day)
    first, last = START_MS // DAY_MS, (made.end_ms + HOUR_MS - 1) // DAY_MS
    db.executemany("INSERT INTO retention (at_ms, day, reason, kept, gone) VALUES (?, ?, 'age', 0, ?)", (
        (made.end_ms, day, made.services * DAY_MS // INTERVAL_MS) for day in range(first, last + 1)
        if day not in made.raw
    ))
    beat_ms = made.end_ms + HOUR_MS
    db.execute("UPDATE life SET heartbeat_ms = ?, folded_ms = ?", (beat_ms, beat_ms + 1))
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    if made.rollups:
        job = SqliteRollups(path)
        job.roll(now_ms=beat_ms, pause=lambda _: None, is_stopped=lambda: False)
        job.close()
    return made


@functools.cache
def kept_ledger(made: Made) -> Path:
    """Give a ledger that stays until the process ends: benchmarks that ask for the same share it."""
    folder = tempfile.mkdtemp(prefix="siaga24-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_ledger(Path(folder) / "ledger.sqlite", made)
    return Path(folder) / "ledger.sqlite"


def key_of(number: int) -> tuple[str, str]:
    """Give agency and service of a number."""
    return f"instansi-{number // PER_AGENCY:04}", f"layanan-{number % PER_AGENCY:02}"


def targets(made: Made) -> Iterator[Target]:
    """Give the definitions."""
    for number in range(made.services):
        agency, service = key_of(number)
        yield a_target(
            agency=agency, service=service, agency_name=f"Instansi {number // PER_AGENCY}",
            service_name=f"Layanan {number % PER_AGENCY}", time_zone=ZONES[number // PER_AGENCY % len(ZONES)],
            transactions=(a_transaction(interval_ms=INTERVAL_MS),),
        )


def bad_runs(made: Made, number: int) -> dict[int, Verdict]:
    """Say which runs of a service are not up, by sequence: lone failures, and for a few services an outage."""
    chance = random.Random(made.seed * 1_000_003 + number)
    count = made.hours * AN_HOUR
    found: dict[int, Verdict] = {}
    at = 0
    while (at := at + 1 + int(chance.expovariate(LONE_FAILURES))) < count:
        found[at] = Verdict.DEGRADED
    if chance.random() < OUTAGES or number == 0:
        begin = chance.randrange(count)
        found |= dict.fromkeys(range(begin, min(count, begin + chance.randrange(4, 240))), Verdict.DOWN)
    return found


def stretches_of(made: Made, number: int) -> Iterator[Stretch]:
    """Give the stretches of a service: those of an hour of good runs are written without making the runs."""
    bad = bad_runs(made, number)
    marks = sorted(bad)
    place = 0
    for hour in range(made.hours):
        first, end = hour * AN_HOUR, (hour + 1) * AN_HOUR
        parts: list[Stretch] = []
        while place < len(marks) and marks[place] < end:
            if first < marks[place]:
                parts.append(_good(made, number, first, marks[place] - 1))
            parts.append(stretch_of(bad_run(made, number, marks[place], bad[marks[place]]), hold_ms=HOLD_MS))
            first = marks[place] + 1
            place += 1
        if first < end:
            parts.append(_good(made, number, first, end - 1))
        yield from fold(parts)


def runs_as_stretches(made: Made, number: int) -> Iterator[Stretch]:
    """Give every single run of a service as a stretch of its own."""
    bad = bad_runs(made, number)
    for sequence in range(made.hours * AN_HOUR):
        if sequence in bad:
            yield stretch_of(bad_run(made, number, sequence, bad[sequence]), hold_ms=HOLD_MS)
        else:
            yield _good(made, number, sequence, sequence)


def start_of(number: int, sequence: int) -> int:
    """Say when a run began, a few milliseconds after it was due; within the minute of its schedule."""
    return START_MS + number * 7_919 % 29_900 + sequence * INTERVAL_MS + _late(number, sequence)


def bad_run(made: Made, number: int, sequence: int, verdict: Verdict) -> Run:
    """Make a run that is not up, with all its evidence."""
    agency, service = key_of(number)
    start_ms = start_of(number, sequence)
    return a_run(
        agency=agency, service=service, life=LIFE, vantage=VANTAGE, sequence=sequence, started_ms=start_ms,
        scheduled_ms=start_ms - _late(number, sequence), verdict=verdict,
    )


def _good(made: Made, number: int, first: int, last: int) -> Stretch:
    start_ms, last_ms = start_of(number, first), start_of(number, last)
    return Stretch(
        transaction="ambil-nomor", vantage=VANTAGE, life=LIFE, first_sequence=first, last_sequence=last,
        verdict=Verdict.UP, start_ms=start_ms, last_start_ms=last_ms, end_ms=last_ms + _took(number, last),
        hold_ms=HOLD_MS, missed=0, first_try_failures=0, good_end_ms=start_ms + _took(number, first),
        good_start_ms=last_ms,
    )


def _late(number: int, sequence: int) -> int:
    return (number + sequence * 7) % 4


def _took(number: int, sequence: int) -> int:
    return 20 + (number * 31 + sequence * 17) % 60


def _all_stretches(made: Made) -> Iterator[tuple[object, ...]]:
    return chain.from_iterable(
        (stretch_row(stretch, number + 1) for stretch in stretches_of(made, number)) for number in range(made.services)
    )


def _make_day(db: sqlite3.Connection, made: Made, day: int) -> None:
    names = names_of(day)
    db.execute(RUN_TABLE.format(run=names.run))
    db.execute(EVIDENCE_TABLE.format(evidence=names.evidence))
    bad: dict[tuple[int, int], Run] = {}
    first = (day * DAY_MS - START_MS) // INTERVAL_MS
    for number in range(made.services):
        for sequence, verdict in bad_runs(made, number).items():
            if first <= sequence < first + DAY_MS // INTERVAL_MS:
                bad[number, sequence] = bad_run(made, number, sequence, verdict)
    db.executemany(names.insert_run, _day_rows(made, day, bad))
    db.executemany(names.insert_evidence, (
        (number + 1, sequence, evidence_of(run)) for (number, sequence), run in sorted(bad.items())
    ))
    guard_day(db, names)


def _day_rows(made: Made, day: int, bad: dict[tuple[int, int], Run]) -> Iterator[tuple[object, ...]]:
    """Give the runs of a day in the order of their key."""
    blobs = phases()
    a_minute = 60_000 // INTERVAL_MS
    for minute in range(day * DAY_MINUTES, (day + 1) * DAY_MINUTES):
        sequence = (minute * 60_000 - START_MS) // INTERVAL_MS
        for number in range(made.services):
            for one in range(sequence, sequence + a_minute):
                run = bad.get((number, one))
                if run is not None:
                    yield run_row(run, number + 1)
                    continue
                late_ms = (number + one * 7) % 4
                yield (
                    minute, number + 1, one, number * 7_919 % 29_900 + (one - sequence) * INTERVAL_MS + late_ms, late_ms,
                    20 + (number * 31 + one * 17) % 60, 0, blobs[(number * 13 + one * 5) % BLOBS],
                )


@functools.cache
def phases() -> list[bytes]:
    """Make phases as HTTPS steps have them: a reused name, a connection of half a millisecond to ten, TLS, an answer."""
    chance = random.Random(7)
    made = []
    for _ in range(BLOBS):
        one = Phases(
            dns_us=chance.randrange(100, 1_500), connect_us=chance.randrange(500, 12_000),
            tls_us=chance.randrange(2_000, 30_000), first_byte_us=chance.randrange(5_000, 60_000),
            body_us=chance.randrange(50, 2_000),
        )
        made.append(phases_blob(a_try(duration_us=one.total_us, steps=(a_step_result(phases=one),))))
    return made


if __name__ == "__main__":
    began = time.perf_counter()
    one = make_ledger(Path(sys.argv[1]), Made(services=int(sys.argv[2]), days=int(sys.argv[3])))
    sys.stdout.write(f"{one.raw_runs} raw runs, {time.perf_counter() - began:.1f} s\n")
