"""How long it takes to seal a nation's day."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from monitors.ledger.keys import PrivateKey
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_sealer import SqliteSealer
from tests.bench.base import Figure, benchmark, progress
from tests.bench.made_ledger import Made, make_ledger

SERVICES = 13_000
KEY = PrivateKey(b"\x18" * 32)


@benchmark(unit="s", target="<= 10")
def seal_day() -> Figure:
    """Seconds to seal a UTC day of 13,000 services every 30 s (37.4 million raw runs), whose blocks are made.

    The ledger is made; the hours before that day are sealed first, and so are its blocks made, as the writer makes them
    with its batches. Measured from the command's first look to the seal synced to disk: leaves, tree, signature.
    """
    return measure(SERVICES)


def measure(services: int) -> Figure:
    """Measure a smaller nation too."""
    made = Made(services=services, days=2)
    day, = made.raw
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        path = Path(folder) / "ledger.sqlite"
        progress(f"a ledger of {made.raw_runs} raw runs is made")
        make_ledger(path, made)
        sealer = SqliteSealer(path)
        sealer.introduce(KEY, None, by="bench", at_ms=made.end_ms)
        progress("blocks are made of its raw runs")
        began = time.perf_counter()
        sealer._make_blocks(day, lambda _: None)
        blocks_s = time.perf_counter() - began
        sealer.seal_day(day - 1, KEY, now_ms=made.end_ms)
        store = SqliteEntries(path)
        before = store.bytes_used()
        began, began_cpu = time.perf_counter(), time.process_time()
        seal = sealer.seal_day(day, KEY, now_ms=(day + 1) * DAY_MS).seal
        took, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        added = store.bytes_used() - before
        store.close()
        sealer.close()
    assert (seal.runs, seal.services) == (made.raw_runs, services)
    return Figure(value=took, parts={
        "CPU seconds": cpu_s, "blocks": float(seal.blocks), "bytes a service": added / services,
        "microseconds a run to make its block": blocks_s * 1e6 / made.raw_runs,
    })
