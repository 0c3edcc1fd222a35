"""All hostile servers, and what opens and watches them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitors.clock import LifeClock
from monitors.core.model import Run, Target
from monitors.runner import Runner, Watched, watch
from monitors.wiring import probing
from tests.hostile import bodies, content, heads, network, redirects, tls
from tests.hostile.case import Case
from tests.hostile.stage import Client, Stage, open_stage
from tests.hostile.talks import answer

CASES: tuple[Case, ...] = (
    *heads.CASES, *bodies.CASES, *redirects.CASES, *content.CASES, *tls.CASES, *network.CASES,
)
TWINS_AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the monitor said of a hostile server and of its twin."""

    bad: Run
    good: Run


async def neighbour(client: Client) -> None:
    """Answer 401: whoever was sent here was not meant to be known here."""
    while await client.request():
        await client.send(answer("siapa Anda?", status=401))


@contextlib.contextmanager
def opened(folder: Path, cases: Sequence[Case] = CASES) -> Iterator[tuple[Stage, list[Target], list[Target]]]:
    """Open both servers of every case; give the stage, the targets of the bad ones and those of the good."""
    with open_stage(folder, neighbour) as stage:
        ca_pem = stage.certificates.ca_pem
        bad = [case.target(case.bad(stage), ca_pem, f"jahat-{n}") for n, case in enumerate(cases)]
        good = [case.target(case.good(stage), ca_pem, f"baik-{n}") for n, case in enumerate(cases)]
        yield stage, bad, good


def see_all(folder: Path, cases: Sequence[Case] = CASES) -> tuple[dict[str, Seen], Stage]:
    """Run every case once as ``siaga24 monitor once`` does: the twins a few at a time, then all bad ones at once."""
    with opened(folder, cases) as (stage, bad, good):
        runs = asyncio.run(_run_all(bad, good))
    return {case.name: Seen(bad=one, good=other) for case, one, other in zip(cases, *runs, strict=True)}, stage


async def _run_all(bad: Sequence[Target], good: Sequence[Target]) -> tuple[list[Run], list[Run]]:
    loop, clock = asyncio.get_running_loop(), LifeClock()
    runner = Runner(clock, vantage="uji", life="uji")
    with probing(loop, clock, reads_certificates=True) as probe:
        passed: list[Run] = []
        for start in range(0, len(good), TWINS_AT_ONCE):
            some = good[start : start + TWINS_AT_ONCE]
            passed += await asyncio.gather(*(one_run(runner, watch(probe, target)[0]) for target in some))
        failed = await asyncio.gather(*(one_run(runner, watch(probe, target)[0]) for target in bad))
    return list(failed), passed


async def one_run(runner: Runner, watched: Watched) -> Run:
    """Run one transaction now and wait for its record."""
    done: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
    runner.run(watched, sequence=0, scheduled_ms=runner.clock.now_ms, on_done=done.set_result)
    return await done
