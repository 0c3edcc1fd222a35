"""Answers of any bytes, made by Hypothesis and sent by a real server: the monitor judges each, and never blames itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitors.clock import LifeClock
from monitors.core.model import AssertKind, Run, SaveKind, Step, Target, Verdict
from monitors.runner import Runner, watch
from monitors.wiring import probing
from tests.factories import a_target, a_transaction
from tests.hostile.catalogue import neighbour, one_run
from tests.hostile.stage import Client, Stage, open_stage
from tests.probing import expect, save

BITS = st.sampled_from([
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.0 503 \xff\r\n", b"HTTP/2 200\r\n",
    b"Content-Type: text/html; charset=", b"utf-16\r\n", b"Content-Type: \xff\xfe\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n", b"5\r\nhalo!\r\n", b"0\r\n\r\n", b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate, br\r\n",
    b"Location: /0\r\n", b"Location: http://[::1\r\n", b"Location: \xe9\x00\r\n", b"Location: //\r\n", b"Set-Cookie: sesi=\xff; Path=/\r\n",
    b"Set-Cookie: sesi=7\r\n", b"Retry-After: \x80\r\n", b"\r\n", b"\r\n\r\n", b"\n", b" ", b"\x00", b": ", b"<p class=x>\xc3\x28</p>", b'{"a": 1',
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00", b"\xef\xbb\xbf", b"\xff\xfe<\x00p\x00",
])
ANSWERS = st.lists(st.one_of(BITS, st.binary(max_size=20)), max_size=12).map(b"".join)
CLAIMS = (
    expect(AssertKind.STATUS, "2xx,302"), expect(AssertKind.ABSENT, "tidak ada"), expect(AssertKind.HEADER, "", "Retry-After"),
)
SAVES = (save("k", SaveKind.COOKIE, "sesi"), save("v", SaveKind.CSS, "p.x"), save("j", SaveKind.JSON, "$.a"))


class Site:
    """Answers ``/3`` with the fourth of ``answers``, and closes."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.port = 0

    async def talk(self, client: Client) -> None:
        asked = await client.request()
        if asked is not None:
            await client.send(self.answers[int(asked.path.strip("/").partition("?")[0] or "0") % len(self.answers)])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_stage(tmp_path_factory.mktemp("any"), neighbour, {}) as stage:
        yield opened(stage)


def opened(stage: Stage) -> Site:
    site = Site()
    site.port = stage.listen(site.talk).port
    return site


@example([b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\nContent-Length: 0\r\n\r\n"])
@example([b"HTTP/1.1 302 Found\r\nSet-Cookie: sesi=\xff\r\nLocation: /0\r\nContent-Length: 0\r\n\r\n"])
@example([b"HTTP/1.1 200 OK\r\nContent-Ty"])
@given(st.lists(ANSWERS, min_size=10, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_an_answer_of_any_bytes_is_judged_and_the_monitor_never_blames_itself(site: Site, answers: list[bytes]):
    site.answers = answers
    for answer, run in zip(answers, asyncio.run(run_all(site)), strict=True):
        assert run.verdict is not Verdict.UNKNOWN, (answer, run.reason)
        assert run.reason.isprintable(), answer
        assert (run.verdict is Verdict.UP) is (run.reason == ""), (answer, run.reason)


async def run_all(site: Site) -> list[Run]:
    loop, clock = asyncio.get_running_loop(), LifeClock()
    runner = Runner(clock, vantage="uji", life="uji")
    with probing(loop, clock, reads_certificates=True) as probe:
        targets = [target(site.port, number) for number in range(len(site.answers))]
        return list(await asyncio.gather(*(one_run(runner, watch(probe, target)[0]) for target in targets)))


def target(port: int, number: int) -> Target:
    """Watch one of the answers in every way that looks at a part of it."""
    step = Step(name="buka", max_redirects=2, url=f"/{number}", assertions=CLAIMS, saves=SAVES)
    transaction = a_transaction(steps=(step,), deadline_ms=60_000, interval_ms=150_000)
    return a_target(base_url=f"http://127.0.0.1:{port}", transactions=(transaction,))
