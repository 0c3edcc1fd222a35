"""How long the nation's statement takes, from a cold process, and whether raw runs say the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from monitors.core.history import Definition, Life, ServiceHistory
from monitors.core.rollup_month import statement_of
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_window
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from tests.bench.base import BenchError, Figure, benchmark, median, progress
from tests.bench.made_ledger import (
    HOUR_MS,
    LIFE,
    PER_AGENCY,
    START_MS,
    VANTAGE,
    Made,
    kept_ledger,
    key_of,
    runs_as_stretches,
    targets,
)

SERVICES = 13_000
REPEATS = 5
CHECKED = 100                            # services whose figures are computed from raw runs too
MONTH = "2026-01"
AGENCY = """version: 1
code: {code}
name: "Instansi {number}"
kind: city
province: jawa-barat
time_zone: Asia/Jakarta
wave: pilot
services: {{}}
"""


@benchmark(unit="s", target="<= 1")
def nation_statement() -> Figure:
    """``siaga24 sla nation`` of a finished month: 13,000 services of 650 agencies, 31 days, from a cold process.

    The ledger holds stretches and roll-ups of the month; the workspace a file for each agency. The figures of 100
    services are computed from every single raw run too and must be the same.
    """
    made = Made(services=SERVICES, raw_days=0, rollups=True)
    progress(f"{made.services} services, {made.days} days, and their roll-ups: tens of minutes")
    path = kept_ledger(made)
    check(path, made, CHECKED)
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        workspace = Path(folder) / "workspace"
        write_workspace(workspace, made)
        measured = []
        for repeat in range(REPEATS):
            progress(f"{repeat + 1} of {REPEATS}")
            measured.append(statement_takes(path, workspace))
    return median(measured, **{"services": float(made.services), "services checked": float(CHECKED)})


def statement_takes(path: Path, workspace: Path) -> float:
    """Measure the command, started anew; its output is looked at."""
    command = shutil.which("siaga24", path=str(Path(sys.executable).parent))
    if command is None:
        raise BenchError("siaga24 is not installed beside this Python; run: make setup")
    began = time.perf_counter()
    done = subprocess.run(
        [command, "sla", "nation", "--month", MONTH, "-w", str(workspace), "--ledger", str(path)],
        check=False, capture_output=True, text=True,
    )
    took_s = time.perf_counter() - began
    if done.returncode or "registered agencies" not in done.stdout:
        raise BenchError(f"siaga24 sla nation failed: {done.stderr.strip() or done.stdout.strip()}")
    return took_s


def write_workspace(folder: Path, made: Made) -> None:
    """Write a file for each agency."""
    folder.mkdir()
    (folder / "siaga24.yaml").write_text("version: 1\n", encoding="utf-8")
    for number in range(0, made.services, PER_AGENCY):
        code, _ = key_of(number)
        (folder / f"{code}.yaml").write_text(AGENCY.format(code=code, number=number // PER_AGENCY), encoding="utf-8")


def check(path: Path, made: Made, services: int) -> None:
    """Compare what is rolled up with what every single raw run says, for some services of all zones."""
    reader = SqliteRollupReader(path)
    rolled = {(one.agency, one.service): statement_of(one) for one in reader.month_rollups(MONTH)}
    reader.close()
    if len(rolled) != made.services:
        raise BenchError(f"{len(rolled)} services are rolled up, expected {made.services}; this is a fault of ours")
    chosen = range(0, made.services, max(1, made.services // services))[:services]
    progress(f"raw runs of {len(chosen)} services compared")
    with ProcessPoolExecutor(2) as pool:
        for number, expected in zip(chosen, pool.map(from_raw_runs, [made] * len(chosen), chosen), strict=True):
            if rolled[key_of(number)] != expected:
                raise BenchError(f"{key_of(number)}: rolled up {rolled[key_of(number)]}, from raw runs {expected}")


def from_raw_runs(made: Made, number: int) -> SlaStatement:
    """Judge a service's month by its single runs: 90,000 of them, none folded into a stretch."""
    agency, service = key_of(number)
    target = next(one for one in targets(replace(made, services=number + 1)) if one.key == f"{agency}/{service}")
    end_ms = made.end_ms + HOUR_MS
    life = Life(life=LIFE, vantage=VANTAGE, opened_ms=START_MS, heartbeat_ms=end_ms)
    definition = Definition(vantage=VANTAGE, life=LIFE, recorded_ms=START_MS, digest="", target=target)
    history = ServiceHistory(
        agency=agency, service=service, definitions=(definition,), lives=(life,),
        stretches=tuple(runs_as_stretches(made, number)),
    )
    timeline = service_timeline(history, until_ms=data_until(history.lives, end_ms))
    found = statement(history, timeline, month_window(MONTH, ZoneInfo(target.time_zone)))
    if found is None:
        raise BenchError(f"{agency}/{service}: no figures from raw runs; this is a fault of ours")
    return found
