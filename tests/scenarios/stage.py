"""The stage of the end-to-end scenarios: a workspace with two agencies, their stacks, and a monitor that watches both.

Made once for all scenarios (``stage`` of conftest.py); each scenario leaves it as it found it.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import docker

from infra.gateway import servers_up
from monitors.core.document import from_document
from monitors.core.errors import LedgerError
from monitors.core.model import Run, Target
from monitors.ledger.sqlite_reader import SqliteReader
from stacks.toolchain import Toolchain
from tests.factories import write_workspace
from tests.scenarios.command import ROOT, SIAGA24, Done, environment_of, siaga24
from tests.scenarios.engine_things import gateway_says, remove_leftovers, until
from tests.scenarios.sample_agency import OLD, agency_text
from tests.servers import free_port

FIRST, SECOND = "e2e-satu", "e2e-dua"
SERVICE = "antrean"                      # both have a service of this code: names must not meet
SUBNETS = {FIRST: "10.127.0.0/26", SECOND: "10.127.0.64/26"}
PORTS = {FIRST: 23443, SECOND: 23444}
SLACK_MS = 60_000


@dataclass(slots=True, kw_only=True)
class Stage:
    """A workspace of two agencies on the engine. ``told``: everything that its commands printed."""

    folder: Path
    engine: docker.DockerClient
    toolchain: Toolchain
    told: list[tuple[str, str]] = field(default_factory=list)
    # a fixed port may be held by the monitor of a test run that was killed
    listen: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    monitor: subprocess.Popen[bytes] | None = None
    _log: IO[bytes] | None = None

    @property
    def state(self) -> Path:
        """The workspace's state folder."""
        return self.folder / ".siaga24"

    @property
    def monitor_log(self) -> Path:
        """What the monitor printed."""
        return self.folder / "monitor.log"

    def siaga24(self, *arguments: str, code: int | None = 0, environment: dict[str, str] | None = None) -> Done:
        """Run a command in the workspace and keep what it printed."""
        done = siaga24(*arguments, workspace=self.folder, code=None, environment=environment)
        self.told.append((f"output of siaga24 {' '.join(arguments)}", done.told))
        assert code is None or done.code == code, str(done)
        return done

    def define(self, code: str, **changes: str) -> None:
        """Write an agency's definition anew; ``image`` chooses the release, ``database`` says more of it."""
        text = agency_text(
            code, subnet=SUBNETS[code], port=PORTS[code], services=(SERVICE,), image=changes.pop("image", OLD),
        )
        for old, new in changes.items():
            assert f"    {old}: " in text, f"the definition has no {old!r}"
            text = "\n".join(
                f"    {old}: {new}" if line.startswith(f"    {old}: ") else line for line in text.splitlines()
            ) + "\n"
        (self.folder / f"{code}.yaml").write_text(text, encoding="utf-8")

    def up(self, code: str) -> Done:
        """Provision an agency as its definition now says."""
        return self.siaga24("stack", "up", code)

    def target(self, code: str) -> Target:
        """Return the service's target from the targets document that `stack up` wrote."""
        document = json.loads((self.state / "targets" / f"{code}.json").read_text(encoding="utf-8"))
        return next(target for target in from_document(document) if target.service == SERVICE)

    def start_monitor(self) -> None:
        """Start `siaga24 monitor run` as a process of its own, and wait until it answers."""
        self._log = self.monitor_log.open("ab")
        self.monitor = subprocess.Popen(
            [*SIAGA24, "monitor", "run"], cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=environment_of(self.folder),
        )

    def stop_monitor(self) -> int:
        """Ask the monitor to end and return its exit code."""
        assert self.monitor is not None
        self.monitor.send_signal(signal.SIGTERM)
        try:
            return self.monitor.wait(timeout=30)
        finally:
            if self.monitor.poll() is None:
                self.monitor.kill()
                self.monitor.wait()
            if self._log is not None:
                self._log.close()
            self.monitor = None

    def incidents(self) -> Any:
        """Return what `siaga24 incident list` says, as plain values."""
        return json.loads(self.siaga24("incident", "list", "--json").stdout)

    def runs(self, code: str) -> list[Run]:
        """Return the agency's runs as the ledger holds them, oldest first."""
        with contextlib.closing(SqliteReader(self.state / "ledger.sqlite")) as ledger:
            opened_ms = ledger.lives()[0].opened_ms
            return list(ledger.runs(code, SERVICE, start_ms=opened_ms, end_ms=now_ms() + SLACK_MS))

    def newest_run(self, code: str) -> Run | None:
        """Return the agency's newest run, or None before the first one."""
        with contextlib.suppress(LedgerError), \
                contextlib.closing(SqliteReader(self.state / "ledger.sqlite")) as ledger:
            return next((run for run in ledger.last_runs() if run.agency == code), None)
        return None                      # the monitor has not made the ledger yet

    def until_verdict(self, code: str, verdict: str, *, since_ms: int = 0) -> Run:
        """Wait until the agency's newest run, begun after ``since_ms``, has this verdict; return it."""
        def newest() -> Run | None:
            assert self.monitor is not None
            assert self.monitor.poll() is None, f"the monitor ended: {self.monitor_log.read_text(encoding='utf-8')}"
            run = self.newest_run(code)
            return run if run is not None and run.verdict == verdict and run.started_ms >= since_ms else None

        return until(f"{code} to be {verdict}", newest)

    def until_routed(self, code: str, *, replicas: int) -> None:
        """Wait until the agency's gateway finds as many replicas well."""
        until(
            f"{replicas} replicas behind the gateway of {code}",
            lambda: len(servers_up(gateway_says(self.engine, code, "/stats;csv"), SERVICE)) >= replicas,
        )


def set_stage(stage: Stage) -> None:
    """Provision both agencies side by side and start the monitor."""
    write_workspace(stage.folder, listen=stage.listen)
    for code in (FIRST, SECOND):
        remove_leftovers(stage.engine, code)
        stage.define(code)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(stage.up, (FIRST, SECOND)))
    stage.start_monitor()


def clear_stage(stage: Stage) -> None:
    """Stop the monitor and remove both agencies with their data."""
    try:
        if stage.monitor is not None:
            stage.stop_monitor()
        for code in (FIRST, SECOND):
            stage.siaga24("stack", "destroy", code, "--yes", "--delete-data", code, code=None)
    finally:
        for code in (FIRST, SECOND):
            remove_leftovers(stage.engine, code)


def now_ms() -> int:
    """UTC now, milliseconds since 1970."""
    return time.time_ns() // 1_000_000
