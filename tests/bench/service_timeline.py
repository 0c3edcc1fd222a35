"""How long one service's month takes, read from a nation's ledger."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

from monitors.core.sla import statement
from monitors.core.timeline import data_until
from monitors.core.timeline import service_timeline as timeline_of
from monitors.core.window import month_window
from monitors.ledger.sqlite_reader import SqliteReader
from tests.bench.base import BenchError, Figure, benchmark, median, progress
from tests.bench.made_ledger import HOUR_MS, PER_AGENCY, ZONES, Made, kept_ledger, key_of

SERVICES = 13_000
SAMPLES = 40


@benchmark(unit="s", target="<= 0.1")
def service_timeline() -> Figure:
    """A service's month from the ledger: history read, timeline and statement made; 30-s runs, 31 days.

    The median of 40 services of a ledger of 13,000 that was just opened; the slowest beside it.
    """
    made = Made(services=SERVICES, raw_days=0, rollups=True)
    progress(f"{made.services} services, {made.days} days, where no benchmark before it made them: tens of minutes")
    reader = SqliteReader(kept_ledger(made))
    measured = [_timed(reader, made, number) for number in range(0, made.services, made.services // SAMPLES)]
    reader.close()
    return median(measured, slowest=max(measured), services=float(made.services))


def _timed(reader: SqliteReader, made: Made, number: int) -> float:
    window = month_window("2026-01", ZoneInfo(ZONES[number // PER_AGENCY % len(ZONES)]))
    agency, service = key_of(number)
    began = time.perf_counter()
    history = reader.history(agency, service, start_ms=window.start_ms, end_ms=window.end_ms)
    if history is None:
        raise BenchError(f"{agency}/{service} is not in the ledger; this is a fault of ours")
    timeline = timeline_of(history, until_ms=data_until(history.lives, made.end_ms + HOUR_MS))
    found = statement(history, timeline, window)
    took_s = time.perf_counter() - began
    if found is None or not found.is_final:
        raise BenchError(f"{agency}/{service}: the month has no final figures; this is a fault of ours")
    return took_s
