"""What waits for the ledger: in order, packed, bounded, and beyond memory on a disk that may be full itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitors.spool import Spool
from tests.factories import a_run, some_runs

RUNS = some_runs("uued-nuu")


def filled(spool: Spool, blocks: int = 6) -> int:
    taken = 0
    for number in range(blocks):
        taken += spool.put([number, *RUNS])
    return taken


@pytest.mark.parametrize("memory_bytes", [0, 2_000, 1 << 20])
def test_all_comes_back_as_it_was_in_the_order_it_came(tmp_path: Path, memory_bytes: int):
    spool = Spool(tmp_path, memory_bytes=memory_bytes)
    assert filled(spool) == 6
    assert len(spool) == 6 * 9
    assert [spool.take() for _ in range(3)] == [[number, *RUNS] for number in range(3)]
    spool.put([6, *RUNS])
    assert [spool.take()[0] for _ in range(4)] == [3, 4, 5, 6]
    assert (len(spool), spool.take()) == (0, [])


def test_the_file_has_no_name_and_gives_its_room_back(tmp_path: Path):
    spool = Spool(tmp_path, memory_bytes=0)
    filled(spool)
    assert list(tmp_path.iterdir()) == []
    while spool.take():
        pass
    assert spool._file is None


def test_what_fits_neither_in_memory_nor_on_disk_is_not_taken(tmp_path: Path):
    one = Spool(None)
    one.put([0, *RUNS])
    size = one._blocks[0].size
    assert filled(Spool(None, memory_bytes=2 * size + 9)) == 2
    two = Spool(tmp_path, memory_bytes=size + 9, disk_bytes=2 * size + 9)
    assert filled(two) == 3
    two.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_loses_nothing_that_was_taken(tmp_path: Path):
    spool = Spool(tmp_path, memory_bytes=0)
    spool.put([1])
    assert spool._file is not None
    kept = spool._file
    spool._file = open("/dev/full", "r+b", buffering=0)  # noqa: PTH123, SIM115 - a real device that is always full
    assert not spool.put([2])
    spool._file.close()
    spool._file = kept
    assert (len(spool), spool.take()) == (1, [1])


def test_a_run_packed_needs_a_small_part_of_its_memory():
    """Ten minutes of a nation, 260,000 runs, are to fit into memory and file together many times over."""
    spool = Spool(None)
    spool.put([a_run(service=f"layanan-{n}", sequence=n, started_ms=1_767_243_600_000 + n * 31) for n in range(2_000)])
    assert spool._blocks[0].size / 2_000 < 120


def test_a_missing_folder_refuses_and_raises_nothing(tmp_path: Path):
    gone = tmp_path / "gone"
    gone.mkdir()
    spool = Spool(gone, memory_bytes=0)
    os.rmdir(gone)  # noqa: PTH106 - the folder of a disk that went away
    assert not spool.put([1])
