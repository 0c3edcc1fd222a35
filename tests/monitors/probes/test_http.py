"""The HTTP engine against real listeners: what good servers get and give."""

from __future__ import annotations

import asyncio
import gzip
import time
from pathlib import Path

import pytest

from monitors.clock import LifeClock
from monitors.core.model import AssertKind, SaveKind, Step, Target, Try
from monitors.probes.http import HttpEngine
from monitors.probes.redirects import Hop
from monitors.wiring import probing
from tests.probing import expect, save, tried, tried_all, watching
from tests.servers import Asked, Authority, page, reply, routes, serving


def test_a_good_page_passes_with_status_address_and_phases():
    with serving(page()) as server:
        attempt = tried(watching(server.url))
    [step] = attempt.steps
    assert (step.passed, step.status, step.address, step.reason) == (True, 200, "127.0.0.1", "")
    assert step.phases.connect_us > 0
    assert step.phases.first_byte_us > 0
    assert step.phases.tls_us == 0
    assert step.phases.total_us <= attempt.duration_us
    assert step.started_ms >= attempt.started_ms > 1_700_000_000_000


def test_every_request_says_that_no_citizen_made_it():
    with serving(page()) as server:
        tried(watching(server.url, Step(name="buka", headers=(("X-Lain", "ya"),)), Step(name="lagi", url="/lagi")))
    assert [asked.headers["x-siaga24-synthetic"] for asked in server.asked] == ["1", "1"]
    assert all(asked.headers["user-agent"].startswith("Siaga24/") for asked in server.asked)
    assert server.asked[0].headers["x-lain"] == "ya"


def test_two_tries_never_share_a_connection_but_steps_of_one_do():
    with serving(page()) as server:
        target = watching(server.url, Step(name="satu", url="/1"), Step(name="dua", url="/2"))
        tried_all([target, target])
    assert [(asked.path, asked.connection) for asked in server.asked] == [("/1", 1), ("/2", 1), ("/1", 2), ("/2", 2)]


def test_tries_of_one_step_use_a_new_connection_each():
    with serving(page()) as server:
        tried_all([watching(server.url)] * 3)
    assert [asked.connection for asked in server.asked] == [1, 2, 3]


def test_cookies_live_for_one_try_only():
    def answer(asked: Asked, connection):
        seen = asked.cookies.get("sesi", "none")
        connection.sendall(reply(f"<p>{seen}</p>", headers={"Set-Cookie": f"sesi=s{asked.connection}; Path=/; HttpOnly"}))

    with serving(answer) as server:
        steps = (Step(name="masuk"), Step(name="lihat", saves=(save("sesi", SaveKind.COOKIE, "sesi"),)))
        tried_all([watching(server.url, *steps)] * 2)
    assert [asked.cookies.get("sesi") for asked in server.asked] == [None, "s1", None, "s2"]


def test_cookies_are_not_sent_to_another_host():
    with serving(page(headers={"Set-Cookie": "sesi=rahasia; Path=/"})) as server, \
            serving(page(), host="127.0.0.2") as other:
        tried(watching(server.url, Step(name="masuk"), Step(name="lain", url=other.url), Step(name="kembali")))
    assert other.asked[0].cookies == {}
    assert server.asked[1].cookies == {"sesi": "rahasia"}


def test_a_compressed_page_is_read_in_clear():
    with serving(page(gzip.compress(b"<p>Ambil nomor</p>"), headers={"Content-Encoding": "gzip"})) as server:
        attempt = tried(watching(server.url, Step(name="b", assertions=(expect(AssertKind.CONTAINS, "Ambil nomor"),))))
    assert attempt.failed_step is None
    assert "gzip" in server.asked[0].headers["accept-encoding"]


@pytest.mark.parametrize(("method", "body"), [
    ("POST", ""), ("PUT", '{"a": 1}'), ("PATCH", '{"a": 1}'), ("DELETE", ""), ("HEAD", ""), ("OPTIONS", ""),
])
def test_methods_and_bodies_arrive_as_written(method: str, body: str):
    head_only = page(b"") if method == "HEAD" else page()
    with serving(head_only) as server:
        attempt = tried(watching(server.url, Step(name="kirim", method=method, url="/kirim?a=b", json_body=body)))
    assert attempt.failed_step is None
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == (method, "/kirim?a=b", body)
    assert (asked.headers.get("content-type") == "application/json") is bool(body)
    assert "expect" not in asked.headers


def test_the_environment_s_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(page()) as server:
        assert tried(watching(server.url)).failed_step is None


def test_connect_to_reaches_the_service_by_its_own_name(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(), tls=authority.context("antrean.dinkes.example")) as server:
        target = watching(
            "https://antrean.dinkes.example:8443", connect_to=f"127.0.0.1:{server.port}", ca_pem=authority.pem,
        )
        attempt = tried(target)
    [step] = attempt.steps
    assert step.passed, step.reason
    assert server.asked[0].headers["host"] == "antrean.dinkes.example:8443"
    assert step.phases.tls_us > 0


def test_the_certificate_s_end_is_told_where_it_is_asked_for(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(), tls=authority.context(ends_days=10)) as server:
        [with_end] = tried(watching(server.url, ca_pem=authority.pem), reads_certificates=True).steps
    days = (with_end.certificate_ends_ms - with_end.started_ms) / 86_400_000
    assert 9.9 < days < 10.1


def test_the_certificate_s_end_of_a_service_that_is_well_is_read_at_first_and_every_ten_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
):
    authority = Authority(tmp_path)

    async def run(target: Target) -> list[int]:
        loop = asyncio.get_running_loop()
        now_s, shift_s = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: now_s() + shift_s)
        ends = []
        with probing(loop, LifeClock()) as probe:
            journey = probe.prepare(target, target.transactions[0])
            for _ in range(4):
                done: asyncio.Future[Try] = loop.create_future()
                journey.start(done.set_result)
                [step] = (await done).steps
                assert step.passed, step.reason
                ends.append(step.certificate_ends_ms)
                shift_s += 301
        return [int((end - time.time() * 1000) / 86_400_000 + 0.5) if end else 0 for end in ends]

    with serving(page(), tls=authority.context(ends_days=10)) as server:
        assert asyncio.run(run(watching(server.url, ca_pem=authority.pem))) == [10, 0, 10, 0]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_thousand_tries_leave_no_file_open_and_a_bounded_number_of_handles():
    async def run(url: str) -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        engine = HttpEngine(loop)
        before = open_files()
        for keeps in (False, True) * 500:
            session = engine.open(ca_pem="", keeps=keeps)
            done = loop.create_future()
            session.send(
                Hop(method="GET", url=url, headers=()), left_s=2, max_bytes=1000, connect_to="", wants_headers=True,
                on_done=done.set_result,
            )
            assert (await done).status == 200
            session.close()
        await asyncio.sleep(0.05)
        after, idle = open_files(), engine.idle
        engine.close()
        return after - before, idle

    with serving(routes({"/": page()})) as server:
        more, idle = asyncio.run(run(server.url + "/"))
    assert more <= 2
    assert idle == 1


def test_a_closed_session_ends_its_request_without_calling_back():
    async def run(url: str) -> None:
        loop = asyncio.get_running_loop()
        engine = HttpEngine(loop)
        target = watching(url)
        session = engine.open(ca_pem="", keeps=False)
        called: list[object] = []
        session.send(
            Hop(method="GET", url=target.base_url, headers=()), left_s=2, max_bytes=1000, connect_to="",
            wants_headers=False, on_done=called.append,
        )
        assert engine.under_way == 1
        session.close()
        session.close()
        assert engine.under_way == 0
        await asyncio.sleep(0.05)
        assert called == []
        engine.close()

    with serving(page()) as server:
        asyncio.run(run(server.url))
