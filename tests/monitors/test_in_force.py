"""Which targets are in force: one that cannot be run does not take the others with it, and new ones that are wrong change nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from monitors.core.document import to_document
from monitors.core.errors import UsageError
from monitors.core.model import Target, Transaction
from monitors.in_force import TargetsInForce
from monitors.probes.base import FakeProbe, Journey
from tests.factories import a_target


class Picky(FakeProbe):
    """Cannot run one service."""

    def prepare(self, target: Target, transaction: Transaction) -> Journey:
        if target.service == "rusak":
            raise UsageError(f"{target.key}: cannot be run")
        return super().prepare(target, transaction)


def write(file: Path, *services: str) -> None:
    file.write_text(json.dumps(to_document([a_target(service=service) for service in services])), encoding="utf-8")


def test_a_target_that_cannot_be_run_is_told_of_and_the_others_are_watched(tmp_path: Path):
    write(tmp_path / "a.json", "antrean", "rusak")
    notes: list[str] = []
    in_force = TargetsInForce((tmp_path,), notes.append)
    in_force.make_ready(Picky({}))
    assert [one.target.service for one in in_force.watched] == ["antrean"]
    assert len(in_force.targets) == 2
    assert notes == in_force.warnings == ["not watched: dinkes/rusak: cannot be run"]


def test_targets_that_cannot_be_read_leave_the_old_ones_in_force_until_they_can(tmp_path: Path):
    write(tmp_path / "a.json", "antrean")
    notes: asyncio.Queue[str] = asyncio.Queue()

    async def follow() -> None:
        in_force = TargetsInForce((tmp_path,), notes.put_nowait)
        probe = FakeProbe({})
        in_force.make_ready(probe)
        kept = in_force.watched[0]
        asked, changes = asyncio.Event(), asyncio.Event()
        following = asyncio.create_task(in_force.follow(probe, asked, every_s=60, on_change=changes.set))
        (tmp_path / "a.json").write_text("{", encoding="utf-8")
        asked.set()
        assert "the old ones stay in force" in await asyncio.wait_for(notes.get(), 20)
        assert not changes.is_set()
        assert in_force.watched == (kept,)
        assert len(in_force.warnings) == 1
        write(tmp_path / "a.json", "antrean", "loket")
        asked.set()
        assert await asyncio.wait_for(notes.get(), 20) == "targets read anew: 2 services, 2 transactions"
        assert changes.is_set()
        assert in_force.warnings == []
        assert in_force.watched[0] is kept, "what did not change is the very same"
        following.cancel()

    asyncio.run(follow())
