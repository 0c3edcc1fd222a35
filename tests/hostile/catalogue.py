"""All hostile servers, and what opens and watches them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitors.clock import LifeClock
from monitors.core.model import Run, Target
from monitors.probes.guard import Guard
from monitors.runner import Runner, Watched, watch
from monitors.wiring import probing
from tests.hostile import bodies, content, dialogues, heads, network, redirects, resolving, tls
from tests.hostile.case import Case
from tests.hostile.stage import Client, Stage, open_stage
from tests.hostile.talks import answer

CASES: tuple[Case, ...] = (
    *heads.CASES, *bodies.CASES, *redirects.CASES, *content.CASES, *tls.CASES, *network.CASES, *resolving.CASES, *dialogues.CASES,
)
AT_ONCE = 12
ALLOWED = Guard(["127.0.0.1", "::1"])    # where the servers are, and no other address of this machine


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
    with open_stage(folder, neighbour, resolving.ZONE) as stage:
        ca_pem = stage.certificates.ca_pem

        def made(case: Case, number: int, *, is_bad: bool) -> Target:
            url = (case.bad if is_bad else case.good)(stage)
            return case.target(url, ca_pem, f"{'jahat' if is_bad else 'baik'}-{number}", stage.resolver, is_bad=is_bad)

        bad = [made(case, number, is_bad=True) for number, case in enumerate(cases)]
        good = [made(case, number, is_bad=False) for number, case in enumerate(cases)]
        yield stage, bad, good


def see_all(folder: Path, cases: Sequence[Case] = CASES, *, is_raw: bool = False) -> tuple[dict[str, Seen], Stage]:
    """Run every case once as ``siaga24 monitor once`` does.

    A few at a time, and all that stall together at the end: on a busy machine their short deadlines are theirs alone.
    """
    with opened(folder, cases) as (stage, bad, good):
        quick = [target for case, target in zip(cases, bad, strict=True) if not case.stalls]
        stalling = [target for case, target in zip(cases, bad, strict=True) if case.stalls]
        runs = asyncio.run(_run_all([*good, *quick], stalling, is_raw=is_raw))
    return {
        case.name: Seen(bad=runs[one.key], good=runs[other.key]) for case, one, other in zip(cases, bad, good, strict=True)
    }, stage


async def _run_all(quick: Sequence[Target], stalling: Sequence[Target], *, is_raw: bool) -> dict[str, Run]:
    loop, clock = asyncio.get_running_loop(), LifeClock()
    runner = Runner(clock, vantage="uji", life="uji")
    runs: dict[str, Run] = {}
    with probing(loop, clock, reads_certificates=True, guard=ALLOWED, is_raw=is_raw) as probe:
        groups = [quick[start : start + AT_ONCE] for start in range(0, len(quick), AT_ONCE)]
        for group in (*groups, stalling):
            done = await asyncio.gather(*(one_run(runner, watch(probe, target)[0]) for target in group))
            runs |= {target.key: run for target, run in zip(group, done, strict=True)}
    return runs


async def one_run(runner: Runner, watched: Watched) -> Run:
    """Run one transaction now and wait for its record."""
    done: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
    runner.run(watched, sequence=0, scheduled_ms=runner.clock.now_ms, on_done=done.set_result)
    return await done
