"""An export is whole or not there, has the same bytes each time, and of one agency names no other."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError, UsageError
from monitors.ledger.export import write_export
from monitors.ledger.verify import verify_export
from tests.monitors.ledger.made_seals import KEY, MadeSeals

VERIFIER = Path("tools/verify_export.py")


def test_a_whole_export_and_one_of_an_agency_verify(tmp_path: Path):
    source = MadeSeals()
    done = write_export(source, tmp_path / "all")
    found = verify_export(tmp_path / "all", [KEY.public], source.seals())
    assert (found.findings, found.notes) == ([], [])
    assert (done.runs, found.counts.runs, found.counts.late, found.counts.restated) == (164, 164, 2, 1)
    write_export(source, tmp_path / "one", agency="dinkes")
    found = verify_export(tmp_path / "one", [KEY.public], source.seals())
    assert (found.findings, found.notes, found.counts.leaves) == ([], [], 6)
    for name in ("all", "one"):
        said = subprocess.run(
            [sys.executable, VERIFIER, tmp_path / name, KEY.public], capture_output=True, text=True, check=False,
        )
        assert (said.returncode, said.stdout) == (0, f"{tmp_path / name}: all agrees\n"), said.stderr


def test_it_is_the_same_bytes_each_time(tmp_path: Path):
    for name in ("one", "two"):
        write_export(MadeSeals(), tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_agencys_export_names_no_other(tmp_path: Path):
    write_export(MadeSeals(), tmp_path / "one", agency="dinkes")
    for name, data in contents(tmp_path / "one").items():
        plain = gzip.decompress(data) if name.endswith(".gz") else data
        assert b"disdukcapil" not in plain + name.encode()
        assert b"akta" not in plain


def test_a_part_of_the_days_is_told_to_be_one(tmp_path: Path):
    write_export(MadeSeals(), tmp_path / "part", since="2026-11-23", until="2026-11-23")
    found = verify_export(tmp_path / "part", [KEY.public])
    assert [text.partition(";")[0] for text in found.findings] == [
        "rows of 2 sealed days are not here, 2026-11-22 to 2026-11-24",
    ]
    assert verify_export(tmp_path / "part", [KEY.public], is_part=True).findings == []


def test_nothing_is_written_over_and_nothing_is_left_of_what_failed(tmp_path: Path):
    (tmp_path / "there").mkdir()
    with pytest.raises(LedgerError, match="nothing is written over"):
        write_export(MadeSeals(), tmp_path / "there")
    with pytest.raises(UsageError, match="sealed are 2026-11-22 to 2026-11-24"):
        write_export(MadeSeals(), tmp_path / "none", since="2027-01-01")
    with pytest.raises(UsageError, match='agency "lain"'):
        write_export(MadeSeals(), tmp_path / "none", agency="lain")

    def stop(_day: str, done: int, _all: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_export(MadeSeals(), tmp_path / "cut", progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def contents(folder: Path) -> dict[str, bytes]:
    """Give each file's bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
