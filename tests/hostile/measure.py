"""``python -m tests.hostile.measure overrun|rss``: what hostile servers cost a monitor that does nothing else.

Reads the line that ``serve`` prints from standard input, and prints what it measured as one line of JSON. A process of
its own, so that no memory of tests and servers is in its figures.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from monitors.clock import LifeClock
from monitors.core.model import Run, Target
from monitors.runner import Runner, Watched, watch
from monitors.wiring import probing
from tests.hostile.case import Case
from tests.hostile.catalogue import ALLOWED, CASES, one_run

DEADLINE_MS = 1_000
ROUNDS = 3
AT_ONCE = 50
DEFAULT_BODY = 1_048_576                 # what the monitor reads of an answer where a definition says nothing
SAMPLE_S = 0.005
MB = 1_000_000


def overrun(places: dict[str, Any]) -> dict[str, float | str]:
    """Run all, 50 at once, three times, each try within 1 s: by how much is the worst over its deadline, in seconds?

    Beside it the longest that the loop did not come round, and how much of that it was really computing: the rest of
    it the machine gave to other processes.
    """
    lags: list[tuple[float, float]] = [(0.0, 0.0)]

    async def work() -> list[tuple[float, str]]:
        watching = asyncio.get_running_loop().create_task(_watch_loop(lags))
        with probing(*(around := _around()), reads_certificates=True, guard=ALLOWED) as probe:
            runner = Runner(around[1], vantage="ukur", life="ukur")
            watched = [watch(probe, target)[0] for target in targets(places, "bad", CASES)]
            found = []
            for _ in range(ROUNDS):
                for start in range(0, len(watched), AT_ONCE):
                    runs = await _together(runner, watched[start : start + AT_ONCE])
                    found += [(_over_s(run), case.name) for case, run in zip(CASES[start:], runs, strict=False)]
            watching.cancel()
            return found

    found = asyncio.run(work())
    worst, name = max(found)
    ended = sum(over > -DEADLINE_MS / 1000 * 0.05 for over, _ in found)
    lag_s, computing_s = max(lags)
    return {
        "worst_s": worst, "by": name, "runs": len(found), "ended_by_deadline": ended, "loop_away_s": lag_s,
        "computing_s": computing_s,
    }


def rss(places: dict[str, Any]) -> dict[str, float | str]:
    """Run 50 at once, three times: by how much does the process grow over what it has after 50 good runs, in MB?"""
    chosen = heaviest()

    async def work() -> dict[str, float | str]:
        with probing(*(around := _around()), reads_certificates=True, guard=ALLOWED) as probe:
            runner = Runner(around[1], vantage="ukur", life="ukur")

            async def all_of(side: str) -> list[Run]:
                watched = [watch(probe, target)[0] for target in targets(places, side, chosen, body=DEFAULT_BODY)]
                return await _together(runner, watched)

            passed = await all_of("good")
            idle = _rss_bytes()
            with _Peak() as peak:
                for _ in range(ROUNDS):
                    failed = await all_of("bad")
            return {
                "above_idle_mb": (peak.bytes - idle) / MB, "idle_mb": idle / MB, "peak_mb": peak.bytes / MB,
                "after_mb": _rss_bytes() / MB, "targets": len(chosen),
                "good_up": sum(run.verdict == "up" for run in passed), "bad_not_up": sum(run.verdict != "up" for run in failed),
            }

    return asyncio.run(work())


def heaviest() -> list[Case]:
    """Choose 50: all that stall and all of the bodies first, since these hold on to most."""
    bodies = ("body", "bomb", "endless", "gzip", "flood", "HTML", "JSON", "header", "without end")
    # not one that is for a smaller limit, and none that itself sends 4 MB, which is the definition's own weight
    unfit = ("a body that says it is too large", "a request that is never read", "500 before the request was read")
    fitting = [case for case in CASES if case.name not in unfit]
    order = sorted(fitting, key=lambda case: not (case.stalls or any(word in case.name for word in bodies)))
    return order[:AT_ONCE]


def targets(places: dict[str, Any], side: str, cases: Sequence[Case], *, body: int = 0) -> list[Target]:
    """Make the targets of one side, each try within ``DEADLINE_MS``; a good one has time."""
    made = []
    for number, case in enumerate(cases):
        target = case.target(
            places[side][case.name], places["ca_pem"], f"{side}-{number}", places["resolver"], is_bad=side == "bad",
        )
        deadline_ms = DEADLINE_MS if side == "bad" else 10_000
        transaction = replace(
            target.transactions[0], deadline_ms=deadline_ms, interval_ms=2 * deadline_ms + 1000,
            max_body_bytes=body or target.transactions[0].max_body_bytes,
        )
        made.append(replace(target, transactions=(transaction,)))
    return made


async def _watch_loop(lags: list[tuple[float, float]]) -> None:
    """Note how late each tick of 5 ms came, and the CPU time that this thread took in it."""
    while True:
        began, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(SAMPLE_S)
        lags.append((time.perf_counter() - began - SAMPLE_S, time.thread_time() - cpu))


async def _together(runner: Runner, watched: Sequence[Watched]) -> list[Run]:
    return list(await asyncio.gather(*(one_run(runner, one) for one in watched)))


def _around() -> tuple[asyncio.AbstractEventLoop, LifeClock]:
    return asyncio.get_running_loop(), LifeClock()


def _over_s(run: Run) -> float:
    return max(attempt.duration_us for attempt in run.tries) / 1e6 - DEADLINE_MS / 1000


def _rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Peak:
    """Looks at the process's memory every 5 ms; ``bytes`` is the most that was seen."""

    def __init__(self) -> None:
        self.bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self.bytes = max(self.bytes, _rss_bytes())


MEASURES: dict[str, Callable[[dict[str, Any]], dict[str, float | str]]] = {"overrun": overrun, "rss": rss}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(MEASURES[sys.argv[1]](json.loads(sys.stdin.readline()))) + "\n")
