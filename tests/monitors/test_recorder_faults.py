"""What befalls a disk befalls the recorder, never a service: real faults under a real SQLite ledger."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitors.core.history import Life
from monitors.core.model import Run
from monitors.core.timeline import service_timeline
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.recorder import Recorder
from tests.factories import NOON_MS, a_run, a_target
from tests.monitors.test_recorder import Counted

LIFE = "life-1"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True,
    ).returncode:
        pytest.skip("this user may mount no file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Rig:
    """A recorder over a ledger, as a monitor has it; ``shown`` are the runs that were published."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.sqlite"
        self.ledger = SqliteLedger(self.path)
        self.ledger.open_life(Life(life=LIFE, vantage="local", opened_ms=NOON_MS))
        self.shown: list[int] = []
        self.recorder = Recorder(
            self.ledger, life=LIFE, now_ms=NOON_MS, publish=self._show, gauges=Counted(),
        )
        self.recorder.define([a_target()], NOON_MS)
        self.recorder._write()
        self.next = 0

    def _show(self, runs: object) -> None:
        assert isinstance(runs, list)
        self.shown += [run.sequence for run in runs if isinstance(run, Run)]

    def probe(self, count: int = 20) -> None:
        """Let runs finish: putting one never waits and never fails."""
        for _ in range(count):
            self.recorder.put(a_run(sequence=self.next, started_ms=NOON_MS + 30_000 * self.next))
            self.next += 1

    def through(self, fault: str, mend: Callable[[], object]) -> None:
        """Go through a fault that is there already, and out of it, and find every run."""
        for _ in range(3):
            self.probe()
            self.recorder._write()
            assert fault in self.recorder.state.problem, self.recorder.state.problem
        shown = len(self.shown)
        assert self.recorder.state.waiting >= 60
        mend()
        self.recorder._write()
        assert self.recorder.state.problem == ""
        assert (self.recorder.state.waiting, self.recorder.state.overflowed) == (0, 0)
        assert len(self.shown) > shown
        self.judge()

    def judge(self) -> None:
        """All runs are in the ledger as they were put, and no instant of the service is worse for our fault."""
        self.ledger.close()
        reader = SqliteReader(self.path)
        end_ms = NOON_MS + 30_000 * self.next
        found = [run.sequence for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=end_ms)]
        history = reader.history("dinkes", "antrean", start_ms=NOON_MS, end_ms=end_ms)
        reader.close()
        assert found == list(range(self.next)) == self.shown
        assert history is not None
        timeline = service_timeline(history, until_ms=end_ms - 30_000)
        assert {verdict.value for _, _, verdict in timeline.segments} == {"up"}


def test_a_full_disk(small_disk: Path):
    rig = Rig(small_disk)
    rig.probe()
    rig.recorder._write()
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(b"0" * (4 << 20))
    # what the log already has room for is still written: fill that too
    while not rig.recorder.state.problem:
        rig.probe()
        rig.recorder._write()
    rig.through("the disk is full", filler.unlink)


def test_a_disk_that_has_become_read_only(small_disk: Path):
    rig = Rig(small_disk)
    rig.probe()
    rig.recorder._write()
    rig.ledger.close()

    def remount(how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(small_disk)], check=True)

    remount("ro")
    reader_only = sqlite3.connect(rig.path, isolation_level=None, check_same_thread=False)
    rig.ledger._db = reader_only         # as SQLite has a file after the kernel made its disk read-only
    rig.probe()
    rig.recorder._write()
    assert "may not be written" in rig.recorder.state.problem or "cannot be opened" in rig.recorder.state.problem
    assert rig.recorder.state.waiting == 20
    reader_only.close()
    remount("rw")
    rig.recorder._ledger = rig.ledger = SqliteLedger(rig.path)
    rig.recorder._write()
    assert rig.recorder.state.problem == ""
    rig.judge()


def test_a_database_that_another_program_holds_locked(tmp_path: Path):
    rig = Rig(tmp_path)
    rig.probe()
    rig.recorder._write()
    rig.ledger._db.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(rig.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    rig.through("another program held it locked", lambda: other.execute("ROLLBACK"))
    other.close()


def test_a_bound_on_the_files_size(tmp_path: Path):
    """As a quota has it: SQLite may not let the file grow."""
    rig = Rig(tmp_path)
    pages = rig.ledger._db.execute("PRAGMA page_count").fetchone()[0]
    rig.ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    while not rig.recorder.state.problem:
        rig.probe(200)
        rig.recorder._write()
    rig.through("the disk is full", lambda: rig.ledger._db.execute("PRAGMA max_page_count = 1000000"))
