"""Files of the state folder are whole or absent; records survive and damage is told."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from monitors.core.errors import StackError
from stacks.statefile import (
    Gate,
    StackRecord,
    forget_record,
    read_record,
    record_path,
    write_atomic,
    write_record,
)


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomic(path, b"one", mode=0o600)
    write_atomic(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StackError, match=r"cannot be written .No space left on device.*free space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = StackRecord(engine_id="AAAA:BBBB", engine_host="unix:///x", engine_name="vm").failed("replica 1 ended")
    write_record(tmp_path, "dinkes", record)
    assert read_record(tmp_path, "dinkes") == record
    assert record.gate is Gate.UNVERIFIED
    assert record.passed().failure == ""
    forget_record(tmp_path, "dinkes")
    assert read_record(tmp_path, "dinkes") == StackRecord()


def test_a_record_of_a_later_version_is_read_for_what_is_known(tmp_path: Path) -> None:
    path = record_path(tmp_path, "dinkes")
    path.parent.mkdir()
    path.write_text('{"gate": "passed", "engine_id": "A", "added_later": 1}', encoding="utf-8")
    assert read_record(tmp_path, "dinkes") == StackRecord(engine_id="A", gate=Gate.PASSED)


@pytest.mark.parametrize("text", ["{", "[]", '{"gate": "sideways"}', "{}"])
def test_a_damaged_record_is_told_and_not_guessed(tmp_path: Path, text: str) -> None:
    path = record_path(tmp_path, "dinkes")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StackError, match=r"dinkes.json: the record of stack 'dinkes' cannot be read"):
        read_record(tmp_path, "dinkes")
