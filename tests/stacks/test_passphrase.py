"""The passphrase file: made once, private, never made anew over existing stacks."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from monitors.core.errors import PassphraseError
from stacks.passphrase import passphrase_file, read, wrong


def test_the_first_use_makes_a_private_file_and_the_second_finds_the_same(tmp_path: Path) -> None:
    first = passphrase_file(tmp_path / "state", has_stacks=False)
    text = read(first)
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert len(text) >= 40
    assert read(passphrase_file(tmp_path / "state", has_stacks=True)) == text


def test_many_first_uses_at_once_agree_on_one_passphrase(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda _: read(passphrase_file(tmp_path, has_stacks=False)), range(32)))
    assert len(texts) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["passphrase"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_open_to_others_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = passphrase_file(tmp_path, has_stacks=False)
    path.chmod(mode)
    with pytest.raises(PassphraseError, match=rf"mode {mode:04o}.*expected 0600; type: chmod 600 {path}"):
        passphrase_file(tmp_path, has_stacks=False)


def test_a_missing_file_is_never_replaced_where_stacks_exist(tmp_path: Path) -> None:
    with pytest.raises(PassphraseError, match=r"is missing, but stacks encrypted with it exist.*put your copy"):
        passphrase_file(tmp_path, has_stacks=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "passphrase").touch(0o600)
    with pytest.raises(PassphraseError, match=r"is empty"):
        passphrase_file(tmp_path, has_stacks=False)
    (tmp_path / "passphrase").unlink()
    (tmp_path / "passphrase").mkdir(0o700)
    with pytest.raises(PassphraseError, match=r"not a plain file"):
        passphrase_file(tmp_path, has_stacks=False)


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(PassphraseError, match=r"cannot be written.*--state"):
        passphrase_file(tmp_path / "state", has_stacks=False)


def test_the_error_of_a_wrong_passphrase_names_file_and_stack(tmp_path: Path) -> None:
    text = str(wrong(tmp_path / "passphrase", "dinkes"))
    assert str(tmp_path / "passphrase") in text
    assert "'dinkes'" in text
    assert "nothing was changed" in text
