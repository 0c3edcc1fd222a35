"""Canaries at work: checks that are shared and begin late enough, witnesses that are real listeners."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable

from monitors.canary import Canaries
from monitors.clock import LifeClock
from monitors.core.canary import CanaryCheck, witnesses
from monitors.core.model import Run, Verdict
from monitors.probes.base import FakeProbe
from monitors.runner import Runner, watch
from monitors.wiring import probing
from tests.factories import a_target, a_try
from tests.servers import closed_port, page, serving, silent


def in_loop(work: Callable[[asyncio.AbstractEventLoop], Awaitable[None]]) -> None:
    async def run() -> None:
        await work(asyncio.get_running_loop())

    asyncio.run(run())


async def asked(canaries: Canaries) -> CanaryCheck:
    done: asyncio.Future[CanaryCheck] = asyncio.get_running_loop().create_future()
    canaries.ask(done.set_result)
    return await asyncio.wait_for(done, 30)


def check_of(*places: str, patience_ms: int = 3000) -> CanaryCheck:
    """Ask once, by the real probe."""
    found: list[CanaryCheck] = []

    async def work(loop: asyncio.AbstractEventLoop) -> None:
        clock = LifeClock()
        with probing(loop, clock) as probe:
            canaries = Canaries(witnesses(places), probe, loop, clock, patience_ms=patience_ms)
            found.append(await asked(canaries))
            canaries.stop()

    in_loop(work)
    return found[0]


def test_a_listener_and_a_page_of_any_status_are_reached():
    with serving(page("rusak", status=500)) as site:
        check = check_of(f"127.0.0.1:{site.port}", site.url + "/")
    assert check.works
    assert check.summary == "all 2 canaries could be reached"


def test_those_that_cannot_be_reached_are_told_with_their_reasons():
    with closed_port() as port, serving(silent) as mute, serving(page()) as site:
        check = check_of(f"127.0.0.1:{port}", f"http://127.0.0.1:{port}/", mute.url + "/", f"127.0.0.1:{site.port}",
                         patience_ms=400)
    reasons = {one.name: one.reason for one in check.said}
    assert reasons[f"127.0.0.1:{port}"] == "connection refused"
    assert "refused" in reasons[f"http://127.0.0.1:{port}/"]
    assert re.match(r"timed out after \d+ ms while waiting for the first byte", reasons[mute.url + "/"])
    assert reasons[f"127.0.0.1:{site.port}"] == ""
    assert not check.works


def test_a_name_that_does_not_resolve_is_no_witness_for_the_network():
    check = check_of("tidak-ada.invalid:53")
    assert not check.works
    assert check.said[0].reason


def test_whoever_asks_during_a_check_gets_the_next_and_all_who_asked_before_it_share_one():
    heard: list[tuple[str, CanaryCheck]] = []
    checks: list[CanaryCheck] = []

    async def work(loop: asyncio.AbstractEventLoop) -> None:
        clock, is_over = LifeClock(), asyncio.Event()
        with serving(page()) as site:
            canaries = Canaries(
                witnesses((f"127.0.0.1:{site.port}",)), FakeProbe({}), loop, clock, on_check=checks.append, spacing_s=0,
            )

            def during(check: CanaryCheck) -> None:
                heard.append(("in the callback", check))
                is_over.set()

            def first(check: CanaryCheck) -> None:
                heard.append(("first", check))
                canaries.ask(during)

            canaries.ask(first)
            canaries.ask(lambda check: heard.append(("with the first", check)))
            await asyncio.wait_for(is_over.wait(), 30)
            canaries.stop()

    in_loop(work)
    assert [name for name, _ in heard] == ["first", "with the first", "in the callback"]
    assert heard[0][1] is heard[1][1] is checks[0]
    assert heard[2][1] is checks[1]
    assert checks[1].began_ms >= checks[0].ended_ms


def verdict_of_a_failing_run(*places: str) -> tuple[Verdict, str, CanaryCheck | None]:
    target = a_target()
    found: list[Run] = []

    async def work(loop: asyncio.AbstractEventLoop) -> None:
        clock = LifeClock()
        with probing(loop, clock) as probe:
            canaries = Canaries(witnesses(places), probe, loop, clock)
            [watched] = watch(FakeProbe({target.key: [a_try(passed=False)]}), target)
            done: asyncio.Future[Run] = loop.create_future()
            runner = Runner(clock, vantage="v", life="l", ask_canaries=canaries.ask)
            runner.run(watched, sequence=0, scheduled_ms=clock.now_ms, on_done=done.set_result)
            found.append(await asyncio.wait_for(done, 30))
            canaries.stop()

    in_loop(work)
    return found[0].verdict, found[0].reason, found[0].canary


def test_a_service_that_fails_alone_is_down_and_together_with_most_canaries_unknown():
    with serving(page()) as site, closed_port() as port:
        good, gone = f"127.0.0.1:{site.port}", f"127.0.0.1:{port}"
        verdict, reason, check = verdict_of_a_failing_run(good, gone)
        assert verdict is Verdict.DOWN
        assert reason.startswith("step 1 of 1")
        assert check is not None
        assert [one.works for one in check.said] == [True, False]
        verdict, reason, check = verdict_of_a_failing_run(gone)
        assert verdict is Verdict.UNKNOWN
        assert reason.startswith("the monitor's own network failed (1 of 1 canaries could not be reached: 127.0.0.1:")
        assert "what it saw: step 1 of 1" in reason


def test_a_stopped_canary_answers_nobody():
    heard: list[CanaryCheck] = []

    async def work(loop: asyncio.AbstractEventLoop) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            place = f"127.0.0.1:{listener.getsockname()[1]}"
            canaries = Canaries(witnesses((place,)), FakeProbe({}), loop, LifeClock(), spacing_s=0)
            canaries.start()
            canaries.ask(heard.append)
            canaries.stop()
            canaries.stop()
            for _ in range(10):
                await asyncio.sleep(0)

    in_loop(work)
    assert heard == []
