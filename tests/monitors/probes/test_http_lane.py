"""Transfers that end together: the loop has its turn between them, and none is handed out for another."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Any

import pytest

from monitors.probes import http_lane
from monitors.probes.http import HttpEngine
from monitors.probes.http_lane import Lane

TIMED_OUT = 28
Ended = list[tuple[str, int]]


class _Multi:
    """libcurl's end of a lane: it tells once what has finished."""

    def __init__(self, good: list[str], bad: list[str]) -> None:
        self._good, self._bad = good, bad

    def info_read(self) -> tuple[int, list[str], list[tuple[str, int, str]]]:
        good, bad, self._good, self._bad = self._good, self._bad, [], []
        return 0, good, [(curl, TIMED_OUT, "") for curl in bad]

    def remove_handle(self, _curl: str) -> None:
        """Nothing is kept here."""

    def setopt(self, *_: object) -> None:
        """Nobody is called back."""

    def close(self) -> None:
        """Nothing is open."""


class _Session:
    def __init__(self, ended: Ended, then: Callable[[], None]) -> None:
        self._ended, self._then = ended, then

    def finished(self, curl: Any, code: int, _message: str) -> None:
        self._ended.append((curl, code))
        self._then()


def _lane(
    engine: HttpEngine, ended: Ended, *, good: list[str], bad: list[str], then: Callable[[], None] = lambda: None,
) -> Lane:
    lane = Lane(engine, select.epoll(), {}, "")
    lane._multi.close()
    lane._multi = _Multi(good, bad)                      # type: ignore[assignment]
    for curl in [*bad, *good]:
        lane.running[curl] = _Session(ended, then)       # type: ignore[index,assignment]
    return lane


async def _in_turns(count: int, *, then: Callable[[Lane], None] = lambda _lane: None) -> tuple[Ended, list[int], Lane]:
    """Let ``count`` fail at once; give them, and how many had been handed out at each turn of the loop."""
    loop = asyncio.get_running_loop()
    engine, ended, seen = HttpEngine(loop), Ended(), list[int]()
    lane = _lane(engine, ended, good=["baik"], bad=[f"diam-{number}" for number in range(count)])
    lane.reap()
    then(lane)
    while lane.is_behind:
        seen.append(len(ended))
        await asyncio.sleep(0)
    engine.close()
    return ended, seen, lane


def test_between_failures_that_come_together_the_loop_has_its_turn(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http_lane, "BITE_S", -1.0)
    ended, seen, _ = asyncio.run(_in_turns(20))
    assert len(seen) >= 19
    assert seen == sorted(set(seen))
    assert ended == [("baik", 0), *((f"diam-{number}", TIMED_OUT) for number in range(20))]


def test_while_there_is_time_all_are_handed_out_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http_lane, "BITE_S", 60.0)
    ended, seen, lane = asyncio.run(_in_turns(20))
    assert (len(ended), seen, lane.is_behind) == (21, [], False)


def test_what_is_cancelled_while_it_waits_is_never_handed_out(monkeypatch: pytest.MonkeyPatch):
    # its handle is used again at once: an old end would be taken for that of the new request
    monkeypatch.setattr(http_lane, "BITE_S", -1.0)

    def again(lane: Lane) -> None:
        session = lane.running.pop("diam-7")             # type: ignore[call-overload]
        lane.cancel("diam-7")                            # type: ignore[arg-type]
        lane.running["diam-7"] = session                 # type: ignore[index]

    ended, _, lane = asyncio.run(_in_turns(10, then=again))
    assert "diam-7" not in dict(ended)
    assert "diam-7" in list(map(str, lane.running))


def test_a_lane_that_was_closed_hands_nothing_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http_lane, "BITE_S", -1.0)

    def close(lane: Lane) -> None:
        lane.running.clear()
        lane.close()

    ended, _, lane = asyncio.run(_in_turns(10, then=close))
    assert len(ended) <= 2
    assert not lane.is_behind
