"""A stack that was changed tells the ledger, where there is one; nothing of the ledger holds up a stack."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cli.deployment_note import DeploymentNote
from monitors.core.deployment import Deployment, from_entries
from monitors.core.errors import PreflightError, StackError
from monitors.ledger import sqlite_file
from monitors.ledger.sqlite_reader import SqliteReader
from stacks.progress import Counts
from tests.cli.ledgers import write_ledger


def told(state: Path) -> tuple[Deployment, ...]:
    reader = SqliteReader(state / "ledger.sqlite")
    try:
        return from_entries(reader.entries())
    finally:
        reader.close()


def test_what_changed_is_told_with_its_beginning(tmp_path: Path):
    write_ledger(tmp_path / "ledger.sqlite")
    with DeploymentNote(tmp_path, "dinkes-bandung", "up") as note:
        note.done(Counts(created=3, replaced=1, same=9))
    (one,) = told(tmp_path)
    assert (one.agency, one.command, one.succeeded, one.changed) == ("dinkes-bandung", "up", True, 4)
    assert one.started_ms <= one.ended_ms


def test_a_failure_is_told_with_its_first_line_and_raised_on(tmp_path: Path):
    write_ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(StackError), DeploymentNote(tmp_path, "dinkes-bandung", "up"):
        raise StackError("the gateway is not healthy; look at its log\nline two")
    (one,) = told(tmp_path)
    assert (one.succeeded, one.failure) == (False, "the gateway is not healthy; look at its log")


def test_of_a_strange_error_only_the_kind_is_kept(tmp_path: Path):
    write_ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(RuntimeError), DeploymentNote(tmp_path, "dinkes-bandung", "up"):
        raise RuntimeError("password=rahasia")
    assert told(tmp_path)[0].failure == "RuntimeError"


def test_what_changed_nothing_is_not_told(tmp_path: Path):
    write_ledger(tmp_path / "ledger.sqlite")
    with DeploymentNote(tmp_path, "dinkes-bandung", "up") as note:
        note.done(Counts(same=9))
    with pytest.raises(PreflightError), DeploymentNote(tmp_path, "dinkes-bandung", "up"):
        raise PreflightError(["a port is taken"])
    assert told(tmp_path) == ()


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path):
    with DeploymentNote(tmp_path, "dinkes-bandung", "up") as note:
        note.done(Counts(created=1))
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_is_locked_holds_up_no_stack_and_is_told(tmp_path: Path, monkeypatch, capsys):
    path = write_ledger(tmp_path / "ledger.sqlite")
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with DeploymentNote(tmp_path, "dinkes-bandung", "up") as note:
        note.done(Counts(created=1))
    holder.close()
    assert "the ledger was not told of this up" in capsys.readouterr().err
