"""A monitor as a process of its own: started, asked, signalled and killed as on a real machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from monitors.core.document import to_document
from monitors.core.model import Run, Step, Target, Transaction
from monitors.ledger.sqlite_reader import SqliteReader
from tests.factories import a_target

ROOT = Path(__file__).parents[2]
SIAGA24 = "from cli.main import run; run()"
PATIENCE_S = 60.0                        # for a busy machine; nothing here takes so long
ADDRESS = re.compile(r"http://(\S+?)/metrics")


def every_second(name: str, url: str = "/", **given: Any) -> Transaction:
    """Build a transaction of one step that runs once a second."""
    defaults = {"steps": (Step(name="buka", url=url),), "interval_ms": 1000, "deadline_ms": 450}
    return Transaction(name=name, **{**defaults, **given})


def write_targets(file: Path, *targets: Target) -> Path:
    """Write a targets document in one stroke, as ``stack up`` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}")
    fresh.write_text(json.dumps(to_document(targets)), encoding="utf-8")
    fresh.replace(file)
    return file


def watched(url: str, *transactions: Transaction, **given: Any) -> Target:
    """Build a target at ``url``."""
    return a_target(base_url=url, transactions=transactions, **given)


@dataclass(slots=True)
class MonitorProcess:
    """``siaga24 monitor run --json --verbose`` on a folder: its lines as they are printed, its pages when asked."""

    folder: Path
    arguments: tuple[str, ...] = ()
    script: str = SIAGA24
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    process: subprocess.Popen[str] = field(init=False)
    lines: list[dict[str, Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    @property
    def ledger(self) -> Path:
        """Its ledger."""
        return self.folder / "ledger.sqlite"

    def __enter__(self) -> Self:
        arguments = self.arguments or (
            "--targets", str(self.folder / "targets"), "--ledger", str(self.ledger), "--listen", "127.0.0.1:0",
            "--vantage", "uji",
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.script, "monitor", "run", *arguments, "--json", "--verbose"], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self._take_line), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.told.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def _take_line(self, line: str) -> None:
        self.lines.append(json.loads(line))

    @staticmethod
    def _read(stream: Any, take: Callable[[str], object]) -> None:
        with stream:
            for line in stream:
                take(line)

    def wait(self) -> int:
        """Wait for its end and for all that it printed."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    @property
    def address(self) -> str:
        """``http://HOST:PORT`` of its pages, once it has said so."""
        self.until(lambda: any(ADDRESS.search(line) for line in self.told), "it says where it listens")
        return "http://" + next(found[1] for line in self.told if (found := ADDRESS.search(line)))

    def page(self, path: str) -> tuple[int, str]:
        """Ask for a page."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, exc.read().decode()

    def health(self) -> tuple[int, dict[str, Any]]:
        """Ask for /healthz."""
        status, text = self.page("/healthz")
        return status, json.loads(text)

    def runs_shown(self) -> dict[tuple[str, str], int]:
        """Ask for /metrics: how many runs each transaction had, by verdict."""
        _, text = self.page("/metrics")
        found = {}
        for line in text.splitlines():
            if line.startswith("siaga24_runs_total{"):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
                found[labels["transaction"], labels["verdict"]] = int(float(line.rpartition(" ")[2]))
        return found

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so; AssertionError, with all that the monitor said, where it never is."""
        ends = time.monotonic() + PATIENCE_S
        while not is_so():
            assert self.process.poll() is None, f"the monitor ended before {what}: {self.told}"
            assert time.monotonic() < ends, f"in {PATIENCE_S} s it never was so that {what}: {self.told} {self.lines[-3:]}"
            time.sleep(0.02)

    def until_runs(self, count: int, **labels: str) -> None:
        """Wait until ``count`` lines with such labels were printed."""
        self.until(lambda: self.count(**labels) >= count, f"{count} runs of {labels} were shown")

    def until_noted(self, words: str, *, times: int = 1) -> None:
        """Wait until a note with ``words`` was printed so often."""
        self.until(
            lambda: sum(words in line.get("note", "") for line in list(self.lines)) >= times, f"it noted: {words}",
        )

    def count(self, **labels: str) -> int:
        """Count the lines with such labels."""
        return sum(all(line.get(key) == value for key, value in labels.items()) for line in list(self.lines))


def runs_in(ledger: Path, targets: Iterable[Target]) -> list[Run]:
    """Read all runs of the targets from a ledger."""
    reader = SqliteReader(ledger)
    try:
        return [
            run for target in targets for run in reader.runs(target.agency, target.service, start_ms=0, end_ms=2**60)
        ]
    finally:
        reader.close()
