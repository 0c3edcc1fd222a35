"""The life of a monitor process: what it needs, what it takes up while it runs, and how it ends."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import threading
from pathlib import Path

import pytest

from monitors.core.cadence import phase_ms
from monitors.core.model import Outcome, Target, Verdict
from tests.factories import write_workspace
from tests.scenarios.monitor_process import MonitorProcess, every_second, runs_in, watched, write_targets
from tests.servers import Asked, page, serving

FENCED = """
import sys
class Fence:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {forbidden!r}:
            raise ImportError(f"{{name}} must not be needed by the monitor")
sys.meta_path.insert(0, Fence())
from cli.main import run
run()
"""
NOT_FOR_THE_MONITOR = ("docker", "pulumi", "pulumi_docker", "infra")


def fenced(*forbidden: str) -> str:
    """The command with an import hook that refuses what a bare machine may lack."""
    return FENCED.format(forbidden=forbidden)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "targets").mkdir()
    return tmp_path


def bare_machine(tmp_path: Path) -> dict[str, str]:
    """An environment without Docker or Pulumi: none on PATH, no engine named."""
    empty = tmp_path / "bin"
    empty.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DOCKER", "PULUMI", "SIAGA24"))}
    return kept | {"PATH": str(empty), "HOME": str(tmp_path), "SIAGA24_ALLOW_NETWORK": "127.0.0.0/8"}


def test_the_monitor_needs_neither_docker_nor_pulumi_nor_the_packages_that_use_them(folder: Path, tmp_path: Path):
    with serving(page()) as server:
        target = watched(server.url, every_second("a"))
        write_targets(folder / "targets" / "a.json", target)
        script = fenced(*NOT_FOR_THE_MONITOR, "stacks")
        with MonitorProcess(folder, script=script, environment=bare_machine(tmp_path)) as monitor:
            monitor.until_runs(2, verdict="up")
            assert monitor.health()[0] == 200
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
    assert {run.verdict for run in runs_in(monitor.ledger, [target])} == {Verdict.UP}


def test_in_a_workspace_it_takes_address_and_vantage_from_the_settings(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    workspace = write_workspace(tmp_path / "ruang", listen=address, vantage="surabaya-1")
    with serving(page()) as server:
        target = watched(server.url, every_second("a"))
        write_targets(workspace / ".siaga24" / "targets" / "a.json", target)
        with MonitorProcess(
            workspace / ".siaga24", ("--workspace", str(workspace)), script=fenced(*NOT_FOR_THE_MONITOR),
            environment=bare_machine(tmp_path),
        ) as monitor:
            monitor.until_runs(1, vantage="surabaya-1", verdict="up")
            assert monitor.address == f"http://{address}"
            monitor.signal(signal.SIGINT)
            assert monitor.wait() == 0
    assert runs_in(workspace / ".siaga24" / "ledger.sqlite", [target])


def test_targets_are_taken_up_changed_and_let_go_while_it_runs(folder: Path):
    targets = folder / "targets"
    with serving(page()) as server, MonitorProcess(folder) as monitor:
        monitor.until(lambda: any("there are no targets" in line for line in monitor.told), "it says that it waits")
        write_targets(targets / "a.json", watched(server.url, every_second("a", "/a")))
        monitor.until_runs(2, transaction="a", verdict="up")
        write_targets(targets / "b.json", watched(server.url, every_second("b", "/b"), service="lain"))
        monitor.until_runs(2, transaction="b", verdict="up")

        (targets / "b.json").write_text("{ rusak", encoding="utf-8")
        monitor.until(lambda: bool(monitor.health()[1]["warnings"]), "/healthz warns")
        status, health = monitor.health()
        assert status == 200
        assert "the targets changed and cannot be used; the old ones stay in force: " in health["warnings"][0]
        assert "b.json: not JSON: " in health["warnings"][0]
        seen = monitor.count(transaction="b")
        monitor.until_runs(seen + 2, transaction="b", verdict="up")

        (targets / "b.json").unlink()
        monitor.until(lambda: not monitor.health()[1]["warnings"], "/healthz warns no more")
        assert monitor.health()[1]["targets"] == 1
        seen = monitor.count(transaction="a")
        monitor.until_runs(seen + 2, transaction="a", verdict="up")
    scheduled = {run.scheduled_ms % 1000 for run in runs_in(monitor.ledger, [watched("http://x", every_second("a"))])}
    assert scheduled == {phase_ms("dinkes/antrean/a", 1000)}, "a phase was moved by what came and went"


def test_a_target_that_cannot_be_run_is_told_and_leaves_the_others_watched(folder: Path):
    with serving(page()) as server:
        broken = watched("ftp://127.0.0.1", every_second("x"), service="rusak")
        write_targets(folder / "targets" / "a.json", broken, watched(server.url, every_second("a")))
        with MonitorProcess(folder) as monitor:
            monitor.until_runs(1, transaction="a", verdict="up")
            _, health = monitor.health()
    assert health["warnings"] == [
        'not watched: "ftp://127.0.0.1/" cannot be probed: expected an address that begins with http:// or https://',
    ]


class Gate:
    """An answer that waits until it is let go."""

    def __init__(self) -> None:
        self.arrived, self.opened = threading.Event(), threading.Event()

    def __call__(self, asked: Asked, connection) -> None:
        self.arrived.set()
        self.opened.wait(30)
        page()(asked, connection)


def slow_target(url: str) -> Target:
    return watched(url, every_second("lambat", interval_ms=6000, deadline_ms=2900))


def test_stopping_lets_a_run_end_writes_it_and_exits_with_0(folder: Path):
    gate = Gate()
    with serving(gate) as server:
        target = slow_target(server.url)
        write_targets(folder / "targets" / "a.json", target)
        with MonitorProcess(folder) as monitor:
            monitor.until(gate.arrived.is_set, "the run is under way")
            monitor.signal(signal.SIGTERM)
            monitor.until_noted("waiting for 1 runs to end")
            gate.opened.set()
            assert monitor.wait() == 0, monitor.told
    [run] = runs_in(monitor.ledger, [target])
    assert (run.outcome, run.verdict) == (Outcome.DONE, Verdict.UP)


def test_a_second_signal_does_not_wait_and_the_run_is_unknown(folder: Path):
    gate = Gate()
    with serving(gate) as server:
        target = slow_target(server.url)
        write_targets(folder / "targets" / "a.json", target)
        with MonitorProcess(folder) as monitor:
            monitor.until(gate.arrived.is_set, "the run is under way")
            monitor.signal(signal.SIGINT)
            monitor.until_noted("waiting for 1 runs to end")
            monitor.signal(signal.SIGINT)
            assert monitor.wait() == 0, monitor.told
        gate.opened.set()
    [run] = runs_in(monitor.ledger, [target])
    assert (run.verdict, run.reason) == (Verdict.UNKNOWN, "the monitor was stopped during this run")


def test_a_full_disk_stops_no_probe_shows_nothing_and_loses_nothing(folder: Path):
    """The kernel refuses to let the monitor's files grow, as a full disk does; then there is room again."""
    with serving(page()) as server:
        target = watched(server.url, *(every_second(f"t{number}") for number in range(4)))
        write_targets(folder / "targets" / "a.json", target)
        with MonitorProcess(folder) as monitor:
            monitor.until_runs(8)
            pid = monitor.process.pid
            soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
            monitor.until(lambda: monitor.health()[0] == 503, "/healthz says that it fails")
            _, health = monitor.health()
            assert health["problems"][0].startswith("the ledger cannot be written: ")
            assert str(monitor.ledger) in health["problems"][0]

            shown, asked = monitor.runs_shown(), len(server.asked)
            monitor.until(lambda: len(server.asked) >= asked + 8, "it goes on probing")
            assert monitor.runs_shown() == shown
            assert monitor.health()[1]["ledger"]["waiting"] > 0

            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
            monitor.until(lambda: monitor.health()[0] == 200, "/healthz is well again")
            monitor.until(lambda: monitor.health()[1]["ledger"]["waiting"] == 0, "all is written")
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
    runs = runs_in(monitor.ledger, [target])
    for transaction in target.transactions:
        numbers = sorted(run.sequence for run in runs if run.transaction == transaction.name)
        assert numbers == list(range(len(numbers)))
    assert sum(run.outcome is Outcome.DONE for run in runs) >= len(server.asked)


def test_a_taken_port_and_a_ledger_that_is_held_end_it_with_a_sentence(folder: Path):
    with MonitorProcess(folder) as monitor:
        address = monitor.address.removeprefix("http://")
        targets = str(folder / "targets")
        other = ("--targets", targets, "--ledger", str(folder / "lain.sqlite"), "--listen", address)
        with MonitorProcess(folder, other) as second:
            assert second.wait() == 1
        assert "".join(second.told) == (
            f"error: cannot listen on {address}: address already in use; end what holds the port, or choose another "
            "with --listen HOST:PORT\n"
        )
        with MonitorProcess(folder) as third:
            assert third.wait() == 1
        assert "already writes this ledger" in "".join(third.told)
        assert monitor.health()[0] == 200


def test_targets_that_cannot_be_read_end_it_as_wrong_use(folder: Path):
    (folder / "targets" / "a.json").write_text(json.dumps({"version": 7}), encoding="utf-8")
    with MonitorProcess(folder) as monitor:
        assert monitor.wait() == 2
    assert "version 7, but this monitor reads version 1" in "".join(monitor.told)
    assert not monitor.ledger.exists()


def test_sighup_reads_the_targets_anew_keeps_phases_and_the_old_ones_where_they_are_broken(folder: Path):
    file = folder / "targets" / "a.json"
    with serving(page()) as server, MonitorProcess(folder) as monitor:
        kept = watched(server.url, every_second("a"))
        write_targets(file, kept)
        monitor.until_runs(2, transaction="a", verdict="up")
        for number in range(1, 4):
            monitor.signal(signal.SIGHUP)
            monitor.until_noted("targets read anew", times=number)
        file.write_text("{ rusak", encoding="utf-8")
        monitor.signal(signal.SIGHUP)
        monitor.until_noted("the targets changed and cannot be used; the old ones stay in force")
        seen = monitor.count(transaction="a")
        monitor.until_runs(seen + 2, transaction="a", verdict="up")
        monitor.signal(signal.SIGTERM)
        assert monitor.wait() == 0, monitor.told
    runs = runs_in(monitor.ledger, [kept])
    assert sorted(run.sequence for run in runs) == list(range(len(runs))), "nothing was lost"
    assert {run.scheduled_ms % 1000 for run in runs} == {phase_ms("dinkes/antrean/a", 1000)}


def test_a_stop_waits_for_a_run_no_longer_than_it_may(folder: Path):
    gate = Gate()
    with serving(gate) as server:
        target = slow_target(server.url)
        write_targets(folder / "targets" / "a.json", target)
        arguments = (
            "--targets", str(folder / "targets"), "--ledger", str(folder / "ledger.sqlite"), "--listen", "127.0.0.1:0",
            "--vantage", "uji", "--drain", "0.3",
        )
        with MonitorProcess(folder, arguments) as monitor:
            monitor.until(gate.arrived.is_set, "the run is under way")
            monitor.signal(signal.SIGTERM)
            monitor.until_noted("1 runs did not end within 300 ms")
            assert monitor.wait() == 0, monitor.told
        gate.opened.set()
    [run] = runs_in(monitor.ledger, [target])
    assert (run.verdict, run.reason) == (Verdict.UNKNOWN, "the monitor was stopped during this run")
