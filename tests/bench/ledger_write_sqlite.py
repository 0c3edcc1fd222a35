"""How many runs a monitor can make durable."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from monitors.core.history import Life
from monitors.core.model import Run, Verdict
from monitors.ledger.sqlite import SqliteLedger
from tests.bench.base import Figure, benchmark, median, progress
from tests.factories import INTERVAL_MS, NOON_MS, a_run, a_target, a_transaction

TRANSACTIONS = 2_000                     # one service each; a batch holds one run of each
BATCHES = 20
DOWN_EVERY = 50                          # two in a hundred runs are not up and keep all their evidence
LATER = 3_600_000 // INTERVAL_MS + 5     # the measured runs begin when the hour of those before them is settled
REPEATS = 3


@benchmark(unit="runs/s", target=">= 20000")
def ledger_write_sqlite() -> Figure:
    """Runs appended to SQLite a second, synced batch by batch: 2,000 transactions, 2 % of the runs down with evidence.

    As many runs of the hour before are digested in blocks meanwhile. The ledger lies in the folder for temporary files;
    each repeat begins with an empty one.
    """
    targets = [a_target(service=f"layanan-{number}", transactions=(a_transaction(),)) for number in range(TRANSACTIONS)]
    before = [[_run(number, sequence) for number in range(TRANSACTIONS)] for sequence in range(BATCHES)]
    batches = [[_run(number, sequence + LATER) for number in range(TRANSACTIONS)] for sequence in range(BATCHES)]
    measured, per_cpu_s = [], []
    for repeat in range(REPEATS):
        progress(f"{repeat + 1} of {REPEATS}: {TRANSACTIONS * BATCHES} runs in {BATCHES} batches")
        with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
            ledger = SqliteLedger(Path(folder) / "ledger.sqlite")
            ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
            ledger.record_targets(targets, life="life-1", at_ms=NOON_MS)
            _append(ledger, before)
            began, began_cpu = time.perf_counter(), time.process_time()
            _append(ledger, batches)
            measured.append(TRANSACTIONS * BATCHES / (time.perf_counter() - began))
            per_cpu_s.append(TRANSACTIONS * BATCHES / (time.process_time() - began_cpu))
            digested = ledger._db.execute("SELECT sum(runs) FROM block").fetchone()[0]
            assert digested == TRANSACTIONS * BATCHES
            ledger.close()
    return median(measured, **{"runs per CPU second": statistics.median(per_cpu_s)})


def _append(ledger: SqliteLedger, batches: list[list[Run]]) -> None:
    for batch in batches:
        added = ledger.append(batch, life="life-1", heartbeat_ms=batch[-1].ended_ms + 1_000)
        assert added == len(batch)


def _run(number: int, sequence: int) -> Run:
    is_down = (number + sequence) % DOWN_EVERY == 0
    return a_run(
        service=f"layanan-{number}", sequence=sequence, started_ms=NOON_MS + sequence * INTERVAL_MS + number % 1_000,
        verdict=Verdict.DOWN if is_down else Verdict.UP,
    )
