"""The agency that the stack benchmarks host, with a workspace and names of its own. Holds no benchmark."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.base import BenchError, progress
from tests.bench.machine import need_engine
from tests.factories import write_workspace
from tests.scenarios.command import siaga24
from tests.scenarios.sample_agency import agency_text

CODE = "e2e-bench"
SERVICES = ("antrean", "cetak")
FIRST_UP_PATIENCE_S = 60.0


@contextlib.contextmanager
def bench_workspace() -> Iterator[Path]:
    """Give a workspace with one agency that is not up yet; whatever is up of it at the end is removed."""
    need_engine()
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        workspace = write_workspace(
            Path(folder), listen="127.0.0.1:23980",
            agencies={CODE: agency_text(CODE, subnet="10.127.9.0/26", port=23900, services=SERVICES)},
        )
        try:
            yield workspace
        finally:
            progress("removing it again")
            remove(workspace)


def up(workspace: Path) -> None:
    """Provision the agency; BenchError with what was printed where that fails."""
    done = siaga24("stack", "up", CODE, workspace=workspace, code=None)
    if done.code:
        raise BenchError(f"the stack did not come up: {done}")


def remove(workspace: Path) -> None:
    """Destroy the agency and its data."""
    siaga24("stack", "destroy", CODE, "--yes", "--delete-data", CODE, workspace=workspace, code=None)


def first_up_transaction(workspace: Path) -> None:
    """Run the transactions of each service through the gateway until the monitor's verdict is up for all."""
    give_up = time.monotonic() + FIRST_UP_PATIENCE_S
    for service in SERVICES:
        while True:
            done = siaga24("monitor", "once", f"{CODE}/{service}", "--json", workspace=workspace, code=None)
            if done.code == 0 and all(run["verdict"] == "up" for run in json.loads(done.stdout)):
                break
            if time.monotonic() > give_up:
                raise BenchError(f"no transaction came up within {FIRST_UP_PATIENCE_S:g} s: {done}")
