"""A preview works on a copy that is gone afterwards; damage is told by the real file's name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from monitors.core.errors import StackError
from stacks.aside import set_aside
from stacks.pulumi_state import BackendFiles
from stacks.statefile import StackRecord, read_record, write_record
from stacks.workspace import open_workspace
from tests.factories import write_workspace


def test_the_copy_has_what_a_preview_needs_and_is_gone_afterwards(tmp_path: Path) -> None:
    workspace = open_workspace(write_workspace(tmp_path / "w"))
    files = BackendFiles(workspace.state)
    for path, text in (
        (workspace.state / "passphrase", "rahasia"), (workspace.state / "ca" / "ca.key", "kunci"),
        (files.config_file("dinkes"), "encryptionsalt: x\n"), (files.checkpoint("dinkes"), "{}"), (files.meta_file, "v"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    write_record(workspace.state, "dinkes", StackRecord(engine_id="AAAA"))
    with set_aside(workspace, "dinkes") as copy:
        assert copy.state != workspace.state
        assert BackendFiles(copy.state).exists("dinkes")
        assert BackendFiles(copy.state).has_secrets()
        assert read_record(copy.state, "dinkes").engine_id == "AAAA"
        assert stat.S_IMODE((copy.state / "passphrase").stat().st_mode) == 0o600
        assert stat.S_IMODE(copy.state.stat().st_mode) == 0o700
        (copy.state / "passphrase").write_text("changed", encoding="utf-8")
    assert not copy.state.exists()
    assert (workspace.state / "passphrase").read_text(encoding="utf-8") == "rahasia"


def test_a_stack_that_was_never_made_is_previewed_in_an_empty_folder(tmp_path: Path) -> None:
    workspace = open_workspace(write_workspace(tmp_path / "w"))
    with set_aside(workspace, "dinkes") as copy:
        assert not BackendFiles(copy.state).exists("dinkes")
    assert not workspace.state.exists(), "nothing was made"


def test_a_damaged_state_is_told_by_its_real_name(tmp_path: Path) -> None:
    workspace = open_workspace(write_workspace(tmp_path / "w"))
    path = BackendFiles(workspace.state).checkpoint("dinkes")
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StackError, match=f"^{path}: "), set_aside(workspace, "dinkes"):
        pass
