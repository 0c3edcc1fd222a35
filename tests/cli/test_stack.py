"""``siaga24 stack`` without an engine: what it shows, what it refuses, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.stack import stack
from monitors.core.errors import StackError, ToolchainError, UsageError
from stacks.pulumi_state import BackendFiles
from stacks.statefile import StackRecord, write_record
from tests.factories import write_workspace

AGENCY = """\
version: 1
code: dinkes
name: Dinas Kesehatan
kind: city
time_zone: Asia/Jakarta
network: {subnet: 10.127.250.0/26}
gateway: {bind: 127.0.0.1, https_port: 21991}
services:
  antrean:
    name: Antrean
    image: siaga24/loket:1.0.0
    port: 8000
    transactions:
      buka:
        interval: 30s
        deadline: 5s
        steps: [{name: buka, get: /, expect: {status: 200}}]
"""
WATCHED = """\
version: 1
code: kemenag
name: Kementerian Agama
kind: ministry
time_zone: Asia/Jakarta
services:
  haji:
    name: Haji
    hosting: external
    url: https://haji.example
    transactions:
      buka:
        interval: 30s
        deadline: 5s
        steps: [{name: buka, get: /, expect: {status: 200}}]
"""
OUTPUTS = {
    "endpoints": {"antrean": {"url": "https://antrean.dinkes.example:21991", "connectTo": "127.0.0.1:21991"}},
    "releases": {"antrean": "0123456789ab"}, "engine": "AAAA:BBBB", "targets": {"version": 1, "targets": []},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace whose Docker engine is not there."""
    folder = write_workspace(tmp_path / "w", agencies={"dinkes": AGENCY, "kemenag": WATCHED})
    settings = folder / "siaga24.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("unix:///var/run/docker.sock", "unix:///nowhere/docker.sock"),
        encoding="utf-8",
    )
    return folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(stack, [*arguments, "--workspace", str(folder)])


def brought_up(folder: Path, record: StackRecord, outputs: dict[str, Any] | None = None) -> None:
    """Leave the state that an ``up`` leaves."""
    path = BackendFiles(folder / ".siaga24").checkpoint("dinkes")
    path.parent.mkdir(parents=True)
    entry = {"urn": "urn", "type": "pulumi:pulumi:Stack", "custom": False, "outputs": outputs or OUTPUTS}
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [entry]}}}), encoding="utf-8")
    write_record(folder / ".siaga24", "dinkes", record)


def test_outputs_show_where_services_answer_and_whether_the_release_was_checked(folder: Path) -> None:
    brought_up(folder, StackRecord().passed())
    result = run(folder, "outputs", "dinkes")
    assert result.exit_code == 0
    assert re.search(
        r"antrean +https://antrean.dinkes.example:21991 +127.0.0.1:21991 +0123456789ab +passed", result.stdout,
    )


def test_outputs_as_json_hold_everything_and_as_csv_a_header(folder: Path) -> None:
    brought_up(folder, StackRecord().failed("replica 1 of antrean ended"))
    shown = json.loads(run(folder, "outputs", "dinkes", "--json").stdout)
    assert shown == {
        **OUTPUTS, "agency": "dinkes", "gate": "unverified", "failure": "replica 1 of antrean ended",
        "targets_file": str(folder / ".siaga24" / "targets" / "dinkes.json"),
    }
    assert run(folder, "outputs", "dinkes", "-o", "csv").stdout.splitlines() == [
        "service,address,gateway,release,checks",
        "antrean,https://antrean.dinkes.example:21991,127.0.0.1:21991,0123456789ab,unverified",
    ]


def test_a_failed_release_is_shown_with_why(folder: Path) -> None:
    brought_up(folder, StackRecord().failed("replica 1 of antrean ended"))
    assert "its last up failed: replica 1 of antrean ended" in run(folder, "outputs", "dinkes").output


def test_a_stack_that_is_not_up_has_no_outputs(folder: Path) -> None:
    result = run(folder, "outputs", "dinkes")
    assert isinstance(result.exception, StackError)
    assert str(result.exception).endswith("type: siaga24 stack up dinkes")


def test_a_stack_that_was_taken_down_has_no_outputs_though_its_kept_data_has_a_state(folder: Path) -> None:
    brought_up(folder, StackRecord(engine_id="AAAA").passed().gone())
    assert "is not up" in str(run(folder, "outputs", "dinkes").exception)


@pytest.mark.parametrize("command", ["up", "preview", "outputs", "destroy"])
def test_an_unknown_agency_is_wrong_use_with_near_names(folder: Path, command: str) -> None:
    result = run(folder, command, "dinkess")
    assert isinstance(result.exception, UsageError)
    assert '"dinkes"' in str(result.exception)


@pytest.mark.parametrize("command", ["up", "preview", "destroy"])
def test_an_engine_that_is_not_there_is_told_before_anything_is_done(folder: Path, command: str) -> None:
    result = run(folder, command, "dinkes")
    assert isinstance(result.exception, ToolchainError)
    assert "Docker engine unix:///nowhere/docker.sock: there is no such socket" in str(result.exception)
    assert result.exception.exit_code == 1
    assert not (folder / ".siaga24" / "pulumi").exists(), "nothing was made"


def test_data_is_only_deleted_for_the_typed_code(folder: Path) -> None:
    result = run(folder, "destroy", "dinkes", "--delete-data", "disdik", "--yes")
    assert isinstance(result.exception, UsageError)
    assert "type the same code to delete its data; nothing was changed" in str(result.exception)


def test_an_agency_that_is_only_watched_gets_its_targets_document_without_engine_and_pulumi(folder: Path) -> None:
    result = run(folder, "up", "kemenag")
    assert result.exit_code == 0, result.output
    path = folder / ".siaga24" / "targets" / "kemenag.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["targets"][0]["base_url"] == "https://haji.example"
    assert str(path) in result.stdout


def test_errors_are_the_last_json_line(folder: Path) -> None:
    result = run(folder, "up", "dinkes", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["type"] for line in lines] == ["phase", "phase", "error"]
    assert lines[1] == {"type": "phase", "phase": "preflight", "state": "failed", "seconds": lines[1]["seconds"]}
    assert lines[-1]["exit_code"] == 1
    assert "there is no such socket" in lines[-1]["message"]


def test_plain_progress_goes_to_standard_error_and_never_to_the_result(folder: Path) -> None:
    result = run(folder, "up", "dinkes")
    assert result.stdout == ""
    assert "preflight ..." in result.stderr
    assert "preflight failed in" in result.stderr
