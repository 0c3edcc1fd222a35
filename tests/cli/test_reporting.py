"""``siaga24 monitor report``: each job with its address and its own token, and the line for its script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import Step
from monitors.core.requests import Heartbeat
from monitors.job_reports import read_key, token_of
from tests.cli.test_monitor import siaga24
from tests.factories import a_target, a_transaction
from tests.scenarios.monitor_process import write_targets

JOBS = tuple(Step(name=job, heartbeat=Heartbeat(job=job, every_ms=86_400_000, grace_ms=3_600_000)) for job in ("a", "b"))


def report(folder: Path, *arguments: str, steps: tuple[Step, ...] = JOBS) -> tuple[int, str]:
    file = write_targets(folder / "a.json", a_target(transactions=(a_transaction(steps=steps),)))
    key = folder / "reports.key"
    return siaga24("monitor", "report", "dinkes/antrean", "--targets", str(file), "--key", str(key), *arguments)


def test_each_job_has_an_address_and_a_token_of_its_own(tmp_path: Path):
    code, output = report(tmp_path, "--json", "--reports", "10.0.0.5:9925")
    key = read_key(tmp_path / "reports.key")
    assert code == 0
    assert json.loads(output) == [
        {
            "job": f"dinkes/antrean/{job}", "url": f"http://10.0.0.5:9925/report/dinkes/antrean/{job}",
            "token": token_of(key, f"dinkes/antrean/{job}"), "every_ms": 86_400_000, "grace_ms": 3_600_000,
        }
        for job in ("a", "b")
    ]


def test_the_line_for_the_script_stands_ready(tmp_path: Path):
    _, output = report(tmp_path)
    token = token_of(read_key(tmp_path / "reports.key"), "dinkes/antrean/a")
    url = "http://127.0.0.1:9925/report/dinkes/antrean/a"
    assert f"  curl -fsS --retry 5 -X POST -H 'Authorization: Bearer {token}' {url}\n" in output
    assert f"--data 'why it failed' '{url}?status=failed'\n" in output


def test_a_service_without_a_job_is_told_how_to_get_one(tmp_path: Path):
    with pytest.raises(UsageError, match='has no step "heartbeat"; give one of its transactions'):
        report(tmp_path, steps=(Step(name="buka"),))


def test_a_service_that_is_not_there_is_told(tmp_path: Path):
    file = write_targets(tmp_path / "a.json", a_target())
    with pytest.raises(UsageError, match='no target "x/y"; known targets: dinkes/antrean'):
        siaga24("monitor", "report", "x/y", "--targets", str(file), "--key", str(tmp_path / "k"))
