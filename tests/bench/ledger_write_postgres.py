"""How many runs a monitor can make durable on a PostgreSQL server."""

from __future__ import annotations

import contextlib
import statistics
import time

from monitors.core.history import Life
from monitors.core.model import Run
from monitors.ledger.postgres import PostgresLedger
from tests.bench.base import BenchError, Figure, benchmark, median, progress
from tests.bench.ledger_write_sqlite import BATCHES, LATER, REPEATS, TRANSACTIONS, _run
from tests.factories import NOON_MS, a_target, a_transaction
from tests.postgres_cluster import postgres_cluster
from tools import peers


@benchmark(unit="runs/s", target=">= 10000")
def ledger_write_postgres() -> Figure:
    """Runs appended to PostgreSQL a second, synced batch by batch: 2,000 transactions, 2 % of the runs down with evidence.

    As many runs of the hour before are digested in blocks meanwhile. The server is a fresh one on this machine with 64 MB
    of shared buffers, its data in the folder for temporary files; fsync and full_page_writes are on, which the ledger
    checks. Each repeat begins with an empty database.
    """
    if peers.find("postgres") is None:
        raise BenchError("no PostgreSQL to write to; run tools/ready peers")
    targets = [a_target(service=f"layanan-{number}", transactions=(a_transaction(),)) for number in range(TRANSACTIONS)]
    before = [[_run(number, sequence) for number in range(TRANSACTIONS)] for sequence in range(BATCHES)]
    batches = [[_run(number, sequence + LATER) for number in range(TRANSACTIONS)] for sequence in range(BATCHES)]
    measured, per_cpu_s = [], []
    with postgres_cluster() as cluster:
        for repeat in range(REPEATS):
            progress(f"{repeat + 1} of {REPEATS}: {TRANSACTIONS * BATCHES} runs in {BATCHES} batches")
            with contextlib.closing(PostgresLedger(cluster.fresh())) as ledger:
                ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
                ledger.record_targets(targets, life="life-1", at_ms=NOON_MS)
                _append(ledger, before)
                began, began_cpu = time.perf_counter(), time.process_time()
                _append(ledger, batches)
                measured.append(TRANSACTIONS * BATCHES / (time.perf_counter() - began))
                per_cpu_s.append(TRANSACTIONS * BATCHES / (time.process_time() - began_cpu))
                kept = ledger._rows("SELECT count(*) FROM run")[0][0]
                assert kept == 2 * TRANSACTIONS * BATCHES
                digested = ledger._rows("SELECT sum(runs) FROM block")[0][0]
                assert digested == TRANSACTIONS * BATCHES
    return median(measured, **{"runs per CPU second of the monitor": statistics.median(per_cpu_s)})


def _append(ledger: PostgresLedger, batches: list[list[Run]]) -> None:
    for batch in batches:
        added = ledger.append(batch, life="life-1", heartbeat_ms=batch[-1].ended_ms + 1_000)
        assert added == len(batch)
