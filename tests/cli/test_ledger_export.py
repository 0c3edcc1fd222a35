"""``siaga24 ledger export`` and ``verify`` over a real sealed ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.errors import Siaga24Error
from monitors.core.seal import seal_text
from tests.monitors.ledger.sealed import KEY, sealed, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written(tmp_path / "ledger.sqlite").close()
    return tmp_path / "ledger.sqlite"


def code_of(result: Result) -> int:
    return result.exception.exit_code if isinstance(result.exception, Siaga24Error) else result.exit_code


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["ledger", *map(str, args)])


def test_an_export_is_told_and_verified(path: Path, tmp_path: Path):
    seal, = sealed(path)
    kept = tmp_path / "kept.seal"
    kept.write_text(seal_text(seal))
    done = run("export", tmp_path / "out", "--ledger", path)
    assert done.exit_code == 0, done.output
    assert "out: all agencies, 1 sealed days (2026-01-01 to 2026-01-01), 342 raw runs in 57 blocks" in done.output
    found = run("verify", tmp_path / "out", "--key", KEY.public, "--seal", kept)
    assert found.exit_code == 0, found.output
    assert "all agrees: all agencies, 1 days (2026-01-01 to 2026-01-01), " in found.output
    assert f"number 1 of 2026-01-01, digest {seal.digest}, signed by key {KEY.id}" in found.output
    found = run("verify", "--ledger", path, "--key", KEY.public, "--json")
    assert (found.exit_code, json.loads(found.stdout)["is_genuine"]) == (0, True)


def test_one_agency_and_what_does_not_agree(path: Path, tmp_path: Path):
    sealed(path)
    done = run("export", tmp_path / "out", "--ledger", path, "--agency", "disdik", "--json")
    assert json.loads(done.stdout)["runs"] == 114
    runs = tmp_path / "out" / "2026-01-01" / "disdik" / "runs.txt.gz"
    runs.write_bytes(runs.read_bytes()[:-20])
    found = run("verify", tmp_path / "out", "--key", KEY.public, "--json")
    assert code_of(found) == 1
    assert "2026-01-01/disdik: its files cannot be read" in json.loads(found.stdout)["findings"][0]
    assert "2026-01-01/disdik: its files cannot be read" in run("verify", tmp_path / "out", "--key", KEY.public).output


def test_a_ledger_is_made_of_an_export(path: Path, tmp_path: Path):
    sealed(path)
    run("export", tmp_path / "out", "--ledger", path)
    to = tmp_path / "new.sqlite"
    assert code_of(run("import", tmp_path / "out", "--ledger", to)) == 2
    assert code_of(run("import", tmp_path / "out", "--ledger", to, "--key", "11" * 32)) == 1
    done = run("import", tmp_path / "out", "--ledger", to, "--key", KEY.public)
    assert (done.exit_code, "1 sealed days" in done.output, "342 raw runs" in done.output) == (0, True, True), done.output
    assert run("verify", "--ledger", to, "--key", KEY.public).exit_code == 0
    assert code_of(run("import", tmp_path / "out", "--ledger", to, "--unverified")) == 1


def test_wrong_use_is_told(path: Path, tmp_path: Path):
    empty = run("export", tmp_path / "out", "--ledger", path)
    assert (code_of(empty), "nothing is sealed yet" in str(empty.exception)) == (2, True)
    assert code_of(run("export", tmp_path / "out", "--ledger", path, "--from", "24.11.2026")) == 2
    assert code_of(run("verify", tmp_path, "--key", "abc")) == 1
    assert code_of(run("verify", tmp_path, "--key", KEY.public, "--ledger", path)) == 2
    assert code_of(run("verify", "--ledger", path, "--key", KEY.public)) == 1, "a ledger without a seal proves nothing"
