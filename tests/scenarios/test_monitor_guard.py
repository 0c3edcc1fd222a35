"""A real monitor that nobody allowed anything: it goes to no address of its own machine but the one `stack up` gave it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from monitors.core.model import Verdict
from tests.scenarios.monitor_process import MonitorProcess, every_second, runs_in, watched, write_targets
from tests.servers import page, serving


def test_without_leave_it_probes_nothing_of_its_own_machine_and_says_how_leave_is_given(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "SIAGA24_ALLOW_NETWORK"}
    with serving(page("rahasia")) as inner, serving(page()) as gateway:
        by_address = watched(inner.url, every_second("alamat"), service="alamat")
        by_name = watched(f"http://localhost:{inner.port}", every_second("nama"), service="nama")
        placed = watched(
            f"http://antrean.dinkes.example:{gateway.port}", every_second("ambil"), service="antrean",
            connect_to=f"127.0.0.1:{gateway.port}",
        )
        write_targets(tmp_path / "targets" / "a.json", by_address, by_name, placed)
        with MonitorProcess(tmp_path, environment=environment) as monitor:
            monitor.until_noted("not watched: dinkes/alamat: step \"buka\": 127.0.0.1 is an address of the monitor's own machine")
            monitor.until_runs(1, service="antrean", verdict="up")
            monitor.until_runs(1, service="nama", verdict="down")
            _, health = monitor.health()
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0
        assert inner.connections == 0
        assert gateway.asked
    assert any("--allow-network 127.0.0.1" in warning for warning in health["warnings"])
    refused = [run for run in runs_in(monitor.ledger, [by_name]) if run.tries]
    assert {run.verdict for run in refused} == {Verdict.DOWN}
    assert Verdict.DOWN not in {run.verdict for run in runs_in(monitor.ledger, [placed])}
    reason = refused[0].reason
    assert "leads to " in reason
    assert "ops allow it: siaga24 monitor run --allow-network " in reason
