"""The shortest way of a plain GET: it ends where all is well, and else the longer way says of it what it always says."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from monitors.clock import LifeClock
from monitors.core.http_options import Connection, IpFamily
from monitors.core.model import AssertKind, SaveKind, Step, Target, Try
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.raw_http_journey import PlainJourney
from monitors.wiring import probing
from tests.probing import expect, save, tried, watching
from tests.servers import page, redirect, serving, silent


def journey_of(target: Target, *, guard: Guard = ANYWHERE) -> object:
    async def prepare() -> object:
        with probing(asyncio.get_running_loop(), LifeClock(), guard=guard) as probe:
            return probe.prepare(target, target.transactions[0])

    return asyncio.run(prepare())


def said(attempt: Try) -> tuple[object, ...]:
    """Give all that a try says, times left out."""
    return attempt.fault, tuple(
        (
            step.name, step.passed, step.critical, step.too_slow, step.status, step.address,
            re.sub(r"[\d.]+ (ms|µs|s)\b", "T", step.reason), step.evidence,
        ) for step in attempt.steps
    )


PLAIN = Step(name="buka", assertions=(
    expect(AssertKind.STATUS, "200"), expect(AssertKind.CONTAINS, "Ambil"), expect(AssertKind.CLEAN),
    expect(AssertKind.HEADER, "text/html", name="Content-Type"), expect(AssertKind.LATENCY, "1500"),
))


def test_a_plain_get_goes_the_shortest_way():
    assert isinstance(journey_of(watching("http://127.0.0.1:9/", PLAIN)), PlainJourney)


@pytest.mark.parametrize("target", [
    watching("http://127.0.0.1:9", PLAIN, PLAIN),
    watching("https://127.0.0.1:9", PLAIN),
    watching("http://layanan.example", PLAIN),
    watching("http://127.0.0.1:9", replace(PLAIN, method="POST")),
    watching("http://127.0.0.1:9", replace(PLAIN, body="x")),
    watching("http://127.0.0.1:9", replace(PLAIN, max_redirects=3)),
    watching("http://127.0.0.1:9", replace(PLAIN, url="/${run:uuid}")),
    watching("http://127.0.0.1:9", replace(PLAIN, headers=(("X-Kunci", "${secret:kunci}"),))),
    watching("http://127.0.0.1:9", replace(PLAIN, headers=(("Host", "lain.example"),))),
    watching("http://127.0.0.1:9", replace(PLAIN, saves=(save("a", SaveKind.HEADER, "Date"),))),
    watching("http://127.0.0.1:9", replace(PLAIN, url="/a/../b")),
], ids=["two steps", "TLS", "a name", "POST", "a body", "redirects", "run values", "a secret", "Host", "saves", "dots"])
def test_all_others_go_the_longer_way(target: Target):
    assert not isinstance(journey_of(target), PlainJourney)


def test_a_connection_that_the_definition_chose_goes_the_longer_way():
    target = watching("http://127.0.0.1:9", PLAIN)
    chosen = replace(target.transactions[0], connection=Connection(ip=IpFamily.V4))
    assert not isinstance(journey_of(replace(target, transactions=(chosen,))), PlainJourney)


def test_a_name_goes_the_shortest_way_where_the_toolkit_gave_it_an_address():
    target = watching("http://antrean.contoh.example", PLAIN, connect_to="127.0.0.1:9")
    assert isinstance(journey_of(target, guard=Guard()), PlainJourney)


@pytest.mark.parametrize("answer", [
    page("Ambil nomor"), page("Tutup"), page("Ambil slot gacor"), page("Ambil", status=503), redirect("/lain"),
    page("Ambil", kind="text/plain"), silent,
], ids=["well", "another text", "gambling", "503", "a redirect", "another type", "silence"])
def test_both_ways_say_the_same_and_ask_once(answer):
    with serving(answer) as server:
        target = watching(server.url, PLAIN, deadline_ms=600)
        curl = tried(target, is_raw=False)
        asked = len(server.asked)
        raw = tried(target)
        assert len(server.asked) == asked + 1
    ends = [[name for name, passed in ((step.name, step.passed) for step in attempt.steps) if passed] for attempt in (curl, raw)]
    assert ends[0] == ends[1]
    assert said(raw) == said(curl)


def test_a_slow_answer_and_one_of_another_size_are_degraded_and_no_failure():
    slow = replace(PLAIN, assertions=(expect(AssertKind.SIZE, "1-2"), expect(AssertKind.LATENCY, "0")))
    with serving(page("Ambil nomor")) as server:
        target = watching(server.url, slow)
        curl, raw = tried(target, is_raw=False), tried(target)
    assert said(raw) == said(curl)
    assert raw.steps[0].passed
    assert raw.steps[0].too_slow


def test_after_a_failing_try_the_next_one_goes_the_longer_way_until_one_is_well():
    answers = [page("Ambil", status=503), page("Ambil nomor"), page("Ambil nomor")]

    async def run(target: Target) -> list[tuple[bool, bool]]:
        loop = asyncio.get_running_loop()
        seen = []
        with probing(loop, LifeClock(), is_raw=True) as probe:
            journey = probe.prepare(target, target.transactions[0])
            assert isinstance(journey, PlainJourney)
            for _ in answers:
                goes_longer = journey._steps.is_suspect
                done: asyncio.Future[Try] = loop.create_future()
                journey.start(done.set_result)
                seen.append((goes_longer, (await done).steps[0].passed))
        return seen

    with serving(lambda asked, connection: answers[asked.connection - 1](asked, connection)) as server:
        assert asyncio.run(run(watching(server.url, PLAIN))) == [(False, False), (True, True), (False, True)]
