"""How long it takes to verify a nation's day by its export, with the public key alone."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from monitors.ledger.export import write_export
from monitors.ledger.export_source import SqliteExport
from monitors.ledger.keys import PrivateKey
from monitors.ledger.sqlite_days import DAY_MS, date_of
from monitors.ledger.sqlite_sealer import SqliteSealer
from monitors.ledger.verify import verify_export
from tests.bench.base import Figure, benchmark, progress
from tests.bench.made_ledger import Made, make_ledger

SERVICES = 13_000
KEY = PrivateKey(b"\x18" * 32)


@benchmark(unit="s", target="<= 180")
def verify_day() -> Figure:
    """Seconds to verify the export of a UTC day of 13,000 services every 30 s (37.4 million raw runs), on two cores.

    The ledger is made, sealed and exported. Measured is ``verify_export`` of that day: all rows, runs and evidence.
    """
    return measure(SERVICES)


def measure(services: int) -> Figure:
    """Measure a smaller nation too."""
    made = Made(services=services, days=2)
    day, = made.raw
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        path, out = Path(folder) / "ledger.sqlite", Path(folder) / "export"
        progress(f"a ledger of {made.raw_runs} raw runs is made and sealed")
        make_ledger(path, made)
        sealer = SqliteSealer(path)
        sealer.introduce(KEY, None, by="bench", at_ms=made.end_ms)
        sealer.seal_day(day - 1, KEY, now_ms=made.end_ms)
        sealer.seal_day(day, KEY, now_ms=(day + 1) * DAY_MS)
        sealer.close()
        progress("the day is exported")
        source = SqliteExport(path)
        began = time.perf_counter()
        name = date_of(day).isoformat()
        done = write_export(source, out, since=name, until=name)
        export_s = time.perf_counter() - began
        source.close()
        progress("the export is verified")
        began, began_cpu = time.perf_counter(), time.process_time()
        found = verify_export(out, [KEY.public], is_part=True)
        took, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    assert found.findings == []
    assert found.counts.runs == done.runs == made.raw_runs
    return Figure(value=took, parts={
        "CPU seconds of its own process": cpu_s, "seconds to export": export_s, "bytes": float(done.bytes),
        "bytes a run": done.bytes / done.runs,
    })
