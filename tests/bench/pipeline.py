"""A nation's services through the whole monitor: the real ``siaga24 monitor run``, its ledger included. No benchmark.

The targets document is generated; the process is the installed command on a core of its own, nginx is on the other.
Runs are counted and their lateness read from the ledger that it wrote. What several figures need is measured once.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from monitors.core.document import to_document
from monitors.core.model import Target, Transaction
from monitors.ledger.sqlite_days import DayTables, names_of
from tests.bench.base import BenchError
from tests.bench.nginx import HOST, PROBE_CORE, cpu_s, on_core
from tests.bench.side_by_side import page_step
from tests.factories import a_target
from tests.servers import free_port

AGENCIES = 620
SIAGA24 = "from cli.main import run; run()"
PATIENCE_S = 120.0
MISSED = 4                               # in the column ``code`` of the ledger's runs; the two bits below: the verdict
SCRAPE_EVERY_S = 15.0                    # as Prometheus would


@dataclass(slots=True)
class Watching:
    """A monitor process that runs: its notes, its pages, and what the kernel says of it."""

    process: subprocess.Popen[str]
    port: int
    ledger: Path
    notes: list[tuple[float, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def page(self, path: str) -> bytes:
        """Ask for a page, as a scraper does."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return bytes(answer.read())

    def health(self) -> dict[str, Any]:
        """Ask for /healthz, whatever its status."""
        try:
            return dict(json.loads(self.page("/healthz")))
        except urllib.error.HTTPError as exc:
            with exc:
                return dict(json.loads(exc.read()))

    @property
    def cpu_s(self) -> float:
        """CPU seconds so far."""
        return cpu_s(self.process.pid)

    def memory_mb(self, key: str = "VmRSS") -> float:
        """Resident memory now, or the highest so far (``VmHWM``), in MB of a million bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.partition(f"{key}:")[2].split()[0]) * 1024 / 1e6

    def until(self, is_so: Callable[[], bool], what: str) -> float:
        """Wait until something is so, and say how long that took."""
        began = time.monotonic()
        while not is_so():
            if self.process.poll() is not None:
                raise BenchError(f"the monitor ended before {what}: {' '.join(self.told)[-600:]}")
            if time.monotonic() - began > PATIENCE_S:
                raise BenchError(f"in {PATIENCE_S:g} s it was not so that {what}: {' '.join(self.told)[-600:]}")
            time.sleep(0.02)
        return time.monotonic() - began


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was measured while a window lasted."""

    seconds: float
    cpu_s: float
    memory_mb: float                     # highest of one sample a second
    start_ms: int
    end_ms: int

    @property
    def core_percent(self) -> float:
        """CPU time as percent of one core."""
        return self.cpu_s / self.seconds * 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs of a window as the ledger has them. ``late_ms`` ascending, of those that began."""

    count: int
    up: int
    down: int
    unknown: int
    missed: int
    late_ms: Sequence[int]

    def late_p(self, share: float) -> float:
        """Lateness that ``share`` of the runs did not exceed (nearest rank), in milliseconds."""
        if not self.late_ms:
            raise BenchError("there is no run in the window")
        return float(self.late_ms[max(0, math.ceil(share * len(self.late_ms)) - 1)])


@contextlib.contextmanager
def monitor(targets: Iterable[Target], *arguments: str) -> Iterator[Watching]:
    """Run ``siaga24 monitor run`` on generated targets until the block ends."""
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as name:
        folder = Path(name)
        write(folder / "targets" / "negeri.json", targets)
        port, ledger = free_port(), folder / "ledger.sqlite"
        with on_core(PROBE_CORE):
            process = subprocess.Popen(
                [
                    sys.executable, "-c", SIAGA24, "monitor", "run", "--targets", folder / "targets", "--ledger",
                    ledger, "--listen", f"127.0.0.1:{port}", "--vantage", "uji", "--json", *arguments,
                ],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            )
        watching = Watching(process=process, port=port, ledger=ledger)
        readers = [
            threading.Thread(target=_read_notes, args=(process.stdout, watching.notes), daemon=True),
            threading.Thread(target=_read, args=(process.stderr, watching.told), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            yield watching
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for reader in readers:
                reader.join(PATIENCE_S)


def write(file: Path, targets: Iterable[Target]) -> None:
    """Write a targets document in one stroke, as ``stack up`` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}")
    fresh.write_text(json.dumps(to_document(list(targets))), encoding="utf-8")
    fresh.replace(file)


def services(
    count: int, *, url: str, connect_to: str, interval_ms: int, ca_pem: str = "", deadline_ms: int = 10_000,
) -> list[Target]:
    """Build services of ``AGENCIES`` agencies, each with one transaction of one step and a path of its own."""
    return [
        a_target(
            agency=f"instansi-{number % AGENCIES:03}", service=f"layanan-{number:06}", base_url=url,
            connect_to=connect_to, ca_pem=ca_pem, transactions=(Transaction(
                name="buka", steps=(replace(page_step(), url=f"/layanan-{number:06}"),), interval_ms=interval_ms,
                deadline_ms=deadline_ms,
            ),),
        )
        for number in range(count)
    ]


def measure(watching: Watching, seconds: float, *, scrapes: bool = True) -> Window:
    """Watch a monitor for a while; Prometheus' scrapes are part of it."""
    began, began_cpu, start_ms = time.monotonic(), watching.cpu_s, int(time.time() * 1000)
    highest, next_scrape = 0.0, began + SCRAPE_EVERY_S / 2
    while (now := time.monotonic()) < began + seconds:
        if scrapes and now >= next_scrape:
            watching.page("/metrics")
            next_scrape += SCRAPE_EVERY_S
        highest = max(highest, watching.memory_mb())
        time.sleep(min(1.0, max(0.0, began + seconds - time.monotonic())))
    return Window(
        seconds=time.monotonic() - began, cpu_s=watching.cpu_s - began_cpu, memory_mb=highest, start_ms=start_ms,
        end_ms=int(time.time() * 1000),
    )


def runs_of(ledger: Path, window: Window, *, services_like: str = "%") -> Runs:
    """Read the runs that were due in a window."""
    with contextlib.closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database:
        days = DayTables(database).look()
        rows = [row for day in days for row in database.execute(
            f"SELECT r.late_ms, r.code FROM {names_of(day).run} r JOIN series s ON s.id = r.series "  # noqa: S608 - a date's digits
            "WHERE s.service LIKE ? AND r.minute * 60000 + r.offset_ms - r.late_ms BETWEEN ? AND ?",
            (services_like, window.start_ms, window.end_ms),
        ).fetchall()]
    done = [(late_ms, code & 3) for late_ms, code in rows if not code & MISSED]
    return Runs(
        count=len(rows), up=sum(verdict == 0 for _, verdict in done), down=sum(verdict == 2 for _, verdict in done),
        unknown=sum(verdict == 3 for _, verdict in done), missed=len(rows) - len(done),
        late_ms=sorted(late_ms for late_ms, _ in done),
    )


def need_no_lie(runs: Runs) -> None:
    """Raise BenchError where no run was made, or one that was made is not up: a figure would be one of something else."""
    if not runs.late_ms or runs.up != len(runs.late_ms):
        raise BenchError(
            f"of {runs.count} runs {runs.up} are up, {runs.down} down, {runs.unknown} unknown, {runs.missed} missed: "
            "the figure would not be what it says",
        )


def load() -> str:
    """Say how busy the machine is, for the side of a figure."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg())




def site_url(scheme: str, port: int) -> str:
    """Give the address that the generated services have."""
    return f"{scheme}://{HOST}:{port}"


def _read_notes(stream: Iterable[str], notes: list[tuple[float, str]]) -> None:
    for line in stream:
        found = json.loads(line)
        if "note" in found:
            notes.append((time.monotonic(), found["note"]))


def _read(stream: Iterable[str], told: list[str]) -> None:
    told.extend(stream)
