"""The archive that fills a volume: owner, modes, order; and which volumes may stay as they are."""
# ruff: noqa: ARG002 - the methods have the signatures of the engine's

from __future__ import annotations

import io
import tarfile
from typing import Any, cast

import pytest

from infra.hooks import DIGEST_FILE, FileEntry, VolumeFiles
from infra.spec import Sensitive
from stacks.engine import Engine
from stacks.filevolume import ROOT, archive, fill
from tests.stacks.fake_engine import FakeEngine, a_container


def some_files(**given: Any) -> VolumeFiles:
    defaults: dict[str, Any] = {
        "volume": "v", "image": "sha256:0", "uid": 10001, "gid": 10002, "digest": "abc",
        "files": (FileEntry(path="abc/deep/key.pem", content=Sensitive("rahasia")),), "links": (("current", "abc"),),
    }
    return VolumeFiles(**{**defaults, **given})


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getmembers()


def test_the_digest_is_emptied_first_and_written_last() -> None:
    assert [(m.name.removeprefix(f"{ROOT}/"), m.size) for m in members(archive(some_files()))] == [
        (ROOT, 0), (DIGEST_FILE, 0), ("abc", 0), ("abc/deep", 0), ("abc/deep/key.pem", 7), ("current", 0),
        (DIGEST_FILE, 3),
    ]


def test_everything_belongs_to_the_user_and_is_as_closed_as_asked_for() -> None:
    found = {m.name.removeprefix(f"{ROOT}/"): m for m in members(archive(some_files()))}
    assert {(m.uid, m.gid) for m in found.values()} == {(10001, 10002)}
    assert found[ROOT].mode == found["abc"].mode == 0o500
    assert found["abc/deep/key.pem"].mode == 0o400
    assert found["current"].linkname == "abc"


def test_what_is_written_beside_has_neither_links_nor_digest() -> None:
    names = {m.name.removeprefix(f"{ROOT}/") for m in members(archive(some_files(), with_links=False))}
    assert names == {ROOT, "abc", "abc/deep", "abc/deep/key.pem"}


def test_a_data_volume_only_gets_its_owner() -> None:
    member, = members(archive(some_files(digest="", files=(), links=(), directory_mode=0o750)))
    assert (member.name, member.isdir(), member.mode, member.uid) == (ROOT, True, 0o750, 10001)


class Volumes(FakeEngine):
    """One volume that a container has mounted at /data, or none."""

    held = ""
    is_mounted = True
    written = 0

    def mounting(self, volume: str):
        return (a_container(mounts={volume: "/data"}),) if self.is_mounted else ()

    def read_file(self, container_id: str, path: str) -> bytes | None:
        return self.held.encode() if self.held else None

    def put_tar(self, container_id: str, folder: str, data: bytes) -> None:
        self.written += 1


@pytest.mark.parametrize(("held", "is_initial", "is_written"), [
    ("abc", False, False), ("old", False, True), ("", False, True), ("old", True, False), ("", True, True),
])
@pytest.mark.parametrize("is_mounted", [True, False])
def test_a_volume_is_written_only_where_it_does_not_hold_what_it_should(
    held: str, is_initial: bool, is_written: bool, is_mounted: bool,
) -> None:
    engine = Volumes()
    engine.held, engine.is_mounted = held, is_mounted
    assert fill(cast("Engine", engine), some_files(is_initial=is_initial), {}) is is_written
    assert engine.written == int(is_written)
