"""Secrets: made once, kept for ever, read from files that only their owner may read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from monitors.core.errors import PreflightError
from stacks.automation import StackAutomation
from stacks.secrets_store import ensure_secrets, placeholders, read_secret_files


class Kept:
    """Keeps secrets as a stack's configuration does."""

    def __init__(self, **kept: str) -> None:
        self.kept = dict(kept)
        self.writes = 0

    def secrets(self) -> dict[str, str]:
        return dict(self.kept)

    def keep_secrets(self, secrets: Mapping[str, str]) -> None:
        self.kept = dict(secrets)
        self.writes += 1


def ensure(kept: Kept, *keys: str) -> dict[str, str]:
    return ensure_secrets(cast("StackAutomation", kept), keys)


def test_all_missing_secrets_are_made_in_one_write_and_never_again() -> None:
    kept = Kept()
    first = ensure(kept, "digest-key", "antrean.SECRET_KEY")
    assert set(first) == {"digest-key", "antrean.SECRET_KEY"}
    assert len(set(first.values())) == 2
    assert all(len(value) >= 43 for value in first.values())
    assert ensure(kept, "digest-key", "antrean.SECRET_KEY") == first
    assert kept.writes == 1


def test_existing_ones_never_change_and_those_of_lost_services_are_kept() -> None:
    kept = Kept(a="old", gone="still")
    assert ensure(kept, "a", "b") == {"a": "old", "gone": "still", "b": kept.kept["b"]}


def test_a_preview_makes_up_what_is_missing_and_keeps_nothing() -> None:
    found = placeholders({"a": "old"}, ("a", "b"))
    assert found["a"] == "old"
    assert len(found["b"]) >= 43


def test_secrets_in_files_of_people_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("rahasia\n", encoding="utf-8")
    path.chmod(0o600)
    assert read_secret_files({"antrean.database-password": path}) == {"antrean.database-password": "rahasia"}


def test_every_file_that_cannot_serve_is_told(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("rahasia", encoding="utf-8")
    (tmp_path / "open").chmod(0o644)
    (tmp_path / "empty").touch(0o600)
    with pytest.raises(PreflightError) as caught:
        read_secret_files({key: tmp_path / key for key in ("missing", "open", "empty")})
    missing, open_, empty = caught.value.reasons
    assert "the secret missing cannot be read" in missing
    assert f"is open to other users (mode 0644); type: chmod 600 {tmp_path / 'open'}" in open_
    assert "the secret empty is empty" in empty
    assert "rahasia" not in str(caught.value)
