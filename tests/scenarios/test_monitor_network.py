"""What a monitor does not take for an outage: its own network's failure, and writing that ops have stopped."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

from click.testing import CliRunner

from cli.main import main
from monitors.core.model import Verdict
from tests.scenarios.monitor_process import MonitorProcess, every_second, runs_in, watched, write_targets
from tests.servers import page, serving


def test_services_that_fail_with_the_canaries_are_unknown_and_alone_they_are_down(tmp_path: Path):
    with contextlib.ExitStack() as witnesses, contextlib.ExitStack() as services:
        canaries = [witnesses.enter_context(serving(page())) for _ in range(3)]
        service = services.enter_context(serving(page()))
        target = watched(service.url, every_second("a"))
        write_targets(tmp_path / "targets" / "a.json", target)
        options = (
            "--targets", str(tmp_path / "targets"), "--ledger", str(tmp_path / "ledger.sqlite"),
            "--listen", "127.0.0.1:0", "--vantage", "uji",
            "--canary", canaries[0].url + "/", "--canary", f"127.0.0.1:{canaries[1].port}",
            "--canary", f"127.0.0.1:{canaries[2].port}",
        )
        with MonitorProcess(tmp_path, options) as monitor:
            monitor.until_runs(1, verdict="up")
            assert monitor.health()[1]["canaries"]["works"] is True
            services.close()
            monitor.until_runs(1, verdict="down")
            witnesses.close()
            monitor.until_runs(1, verdict="unknown")
            monitor.until_noted("this machine's own network fails")
            _, health = monitor.health()
            assert health["canaries"]["works"] is False
            assert "3 of 3 canaries could not be reached" in health["warnings"][0]
            _, metrics = monitor.page("/metrics")
            assert f'siaga24_canary_up{{canary="127.0.0.1:{canaries[1].port}"}} 0.0' in metrics
            assert 'siaga24_canary_checks_total{result="failed"}' in metrics
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
    runs = runs_in(monitor.ledger, [target])
    for run in runs:
        if run.verdict is Verdict.DOWN:
            assert run.canary is not None
            assert run.canary.works
            assert run.canary.began_ms >= run.tries[-1].started_ms + run.tries[-1].duration_us // 1000
        elif run.verdict is Verdict.UNKNOWN and run.tries:
            assert run.canary is not None
            assert not run.canary.works
            assert run.reason.startswith("the monitor's own network failed (3 of 3 canaries could not be reached: ")
    order = [run.verdict for run in runs if run.tries]
    assert order.index(Verdict.DOWN) < order.index(Verdict.UNKNOWN), "first alone, then together"
    assert Verdict.DOWN not in order[order.index(Verdict.UNKNOWN):]


def test_writing_is_stopped_and_let_go_by_one_command_and_its_budget_outlives_a_restart(tmp_path: Path):
    ledger = tmp_path / "ledger.sqlite"

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["monitor", "writes", "--ledger", str(ledger), *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    with serving(page()) as server:
        target = watched(server.url, every_second("tulis", writes=True), every_second("baca"))
        write_targets(tmp_path / "targets" / "a.json", target)
        with MonitorProcess(tmp_path) as monitor:
            monitor.until_runs(1, transaction="tulis", verdict="up")
            assert command("--stop", "uji") == "all transactions that write are stopped: uji\n"
            monitor.until_runs(1, transaction="tulis", verdict="unknown")
            seen = monitor.count(transaction="baca", verdict="up")
            monitor.until_runs(seen + 1, transaction="baca", verdict="up")
            assert monitor.health()[1]["warnings"] == [
                'all transactions that write are stopped: uji; they are unknown until "siaga24 monitor writes --go"',
            ]
            assert command() == "all transactions that write are stopped: uji\n"
            assert command("--go") == "transactions that write may run\n"
            seen = monitor.count(transaction="tulis", verdict="up")
            monitor.until_runs(seen + 1, transaction="tulis", verdict="up")
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
        made = sum(len(run.tries) for run in runs_in(ledger, [target]) if run.transaction == "tulis")
        few = watched(server.url, every_second("tulis", writes=True, writes_a_day=made + 2))
        write_targets(tmp_path / "targets" / "a.json", few)
        asked = len(server.asked)
        with MonitorProcess(tmp_path) as monitor:
            monitor.until_runs(2, transaction="tulis", verdict="unknown")
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
        assert len(server.asked) - asked == 1, "one run was left of the day"
