"""How many runs may be under way: what is given reaches the monitor, what is not stays as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from monitors import wiring
from monitors.core.document import to_document
from monitors.core.errors import Siaga24Error
from monitors.settings import MonitorSettings
from tests.factories import a_target


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[MonitorSettings]:
    """The settings that a monitor is asked for; it does not begin."""
    seen: list[MonitorSettings] = []

    def no_monitor(settings: MonitorSettings, **_given: object) -> None:
        seen.append(settings)
        raise Siaga24Error("not today")

    monkeypatch.setattr(wiring, "Monitor", no_monitor)
    return seen


def run(folder: Path, *options: str) -> int:
    (folder / "targets.json").write_text(json.dumps(to_document([a_target()])), encoding="utf-8")
    given = ["--targets", str(folder / "targets.json"), "--ledger", str(folder / "ledger.sqlite"), "--listen", "127.0.0.1:0"]
    return CliRunner().invoke(main, ["monitor", "run", *given, *options]).exit_code


def test_limits_that_are_given_reach_the_monitor(tmp_path: Path, asked: list[MonitorSettings]):
    run(tmp_path, "--most-runs", "500", "--most-runs-a-host", "20", "--most-runs-a-network", "70")
    assert [(s.most_runs_at_once, s.most_runs_a_host, s.most_runs_a_network) for s in asked] == [(500, 20, 70)]


def test_limits_that_are_not_given_stay_as_they_are(tmp_path: Path, asked: list[MonitorSettings]):
    run(tmp_path, "--most-runs-a-host", "20")
    assert [(s.most_runs_at_once, s.most_runs_a_host, s.most_runs_a_network) for s in asked] == [(10_000, 20, 0)]


@pytest.mark.parametrize("option", ["--most-runs", "--most-runs-a-host", "--most-runs-a-network"])
def test_no_run_at_all_is_wrong_use(tmp_path: Path, asked: list[MonitorSettings], option: str):
    assert run(tmp_path, option, "0") == 2
    assert asked == []
