"""How much room a raw run takes as the monitor writes it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from monitors.core.history import Life
from monitors.core.model import Run
from monitors.ledger.rows import read_phases
from monitors.ledger.sqlite import SqliteLedger
from tests.bench.base import Figure, benchmark, progress
from tests.bench.made_ledger import HOLD_MS, INTERVAL_MS, LIFE, START_MS, VANTAGE, Made, key_of, phases, targets
from tests.factories import a_run

SERVICES = 13_000
RUNS = 8                                 # of each service: four minutes
BATCH_MS = 500


@benchmark(unit="bytes", target="<= 40")
def bytes_per_run() -> Figure:
    """Bytes a raw run adds to a SQLite ledger: 13,000 services every 30 s, all up, HTTPS phases.

    Written by the ledger's own code in batches of half a second, as runs end; pages in use after and before.
    """
    made = Made(services=SERVICES, days=1)
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        ledger = SqliteLedger(Path(folder) / "ledger.sqlite")
        ledger.open_life(Life(life=LIFE, vantage=VANTAGE, opened_ms=START_MS))
        ledger.record_targets(tuple(targets(made)), life=LIFE, at_ms=START_MS)
        ledger.append(_batch(range(SERVICES), 0), life=LIFE, heartbeat_ms=START_MS + INTERVAL_MS)
        before = _used(ledger)
        order = sorted(range(SERVICES), key=_phase_ms)
        count = 0
        for sequence in range(1, RUNS + 1):
            progress(f"{sequence} of {RUNS}: {SERVICES} runs")
            for start in range(0, INTERVAL_MS, BATCH_MS):
                numbers = [number for number in order if start <= _phase_ms(number) < start + BATCH_MS]
                end_ms = START_MS + sequence * INTERVAL_MS + start + HOLD_MS
                count += ledger.append(_batch(numbers, sequence), life=LIFE, heartbeat_ms=end_ms)
        used = _used(ledger) - before
        ledger.close()
    return Figure(value=used / count, parts={"runs": float(count), "bytes": float(used)})


def _phase_ms(number: int) -> int:
    return number * 7_919 % 29_900


def _batch(numbers: Iterable[int], sequence: int) -> list[Run]:
    blobs = phases()
    made = []
    for number in numbers:
        agency, service = key_of(number)
        start_ms = START_MS + _phase_ms(number) + sequence * INTERVAL_MS
        attempt = read_phases(blobs[(number * 13 + sequence * 5) % len(blobs)], start_ms, ())
        made.append(a_run(
            agency=agency, service=service, life=LIFE, vantage=VANTAGE, sequence=sequence, started_ms=start_ms,
            scheduled_ms=start_ms - 1, ended_ms=start_ms + 20 + number % 60, tries=(attempt,),
        ))
    return made


def _used(ledger: SqliteLedger) -> int:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (ledger._db.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return int((pages - free) * size)
