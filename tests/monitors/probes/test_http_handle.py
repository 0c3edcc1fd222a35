"""A handle that keeps its options between requests never carries one request's into another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from monitors.probes.answer import Answer
from monitors.probes.http import HttpEngine
from monitors.probes.redirects import Hop
from tests.servers import Asked, page, raw, reply, serving


def asked_in_turn(*requests: tuple[Hop, str], max_bytes: Sequence[int] = ()) -> tuple[list[Answer], int]:
    """Send requests one after the other, each in a session of its own; give the answers and how many handles lie idle."""
    async def run() -> tuple[list[Answer], int]:
        loop = asyncio.get_running_loop()
        engine, answers = HttpEngine(loop), []
        for index, (hop, connect_to) in enumerate(requests):
            session = engine.open(ca_pem="", keeps=False)
            done: asyncio.Future[Answer] = loop.create_future()
            session.send(
                hop, left_s=2, max_bytes=max_bytes[index] if max_bytes else 1000, connect_to=connect_to,
                wants_headers=False, on_done=done.set_result, is_placed=True,
            )
            answers.append(await done)
            session.close()
        idle = engine.idle
        engine.close()
        return answers, idle

    return asyncio.run(run())


def get(url: str, *headers: bytes) -> Hop:
    return Hop(method="GET", url=url, headers=headers)


def echo(asked: Asked, connection) -> None:
    lines = "".join(f"{name}: {value}\n" for name, value in sorted(asked.headers.items()))
    connection.sendall(reply(f"{asked.method} {asked.path}\n{lines}"))


def test_a_request_goes_to_its_own_place_and_not_to_that_of_the_request_before():
    with serving(page("satu")) as one, serving(page("dua")) as two:
        to_one, to_two = f"::127.0.0.1:{one.port}", f"::127.0.0.1:{two.port}"
        answers, idle = asked_in_turn(
            (get("http://antrean.example/"), to_one), (get("http://antrean.example/"), to_two),
            (get(f"http://127.0.0.1:{one.port}/"), ""), (get("http://antrean.example/"), to_two),
        )
    assert [answer.body for answer in answers] == [b"satu", b"dua", b"satu", b"dua"]
    assert idle == 1, "they did not share a handle, so this shows nothing"


def test_headers_method_and_body_of_a_request_are_gone_with_it():
    with serving(echo) as server:
        url = f"http://127.0.0.1:{server.port}/"
        answers, _ = asked_in_turn(
            (get(url, b"X-Rahasia: 1234"), ""), (get(url), ""),
            (Hop(method="POST", url=url, headers=(b"X-Rahasia: 5678",), body=b"a=1"), ""), (get(url), ""),
            (Hop(method="HEAD", url=url, headers=()), ""), (get(url, b"Accept: text/plain"), ""), (get(url), ""),
        )
    told = [answer.body for answer in answers]
    assert b"x-rahasia: 1234" in told[0]
    assert told[2].startswith(b"POST /")
    assert b"accept: text/plain" in told[5]
    assert told[1] == told[3] == told[6]
    assert told[1].startswith(b"GET /")
    assert b"rahasia" not in told[1]


def test_a_limit_of_bytes_is_that_of_its_own_request():
    with serving(page("x" * 500)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        answers, _ = asked_in_turn((get(url), ""), (get(url), ""), (get(url), ""), max_bytes=(1000, 100, 1000))
    assert [answer.failure is None for answer in answers] == [True, False, True]


def test_what_failed_leaves_no_trace_in_the_answer_after_it():
    with serving(raw(b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nshort")) as bad, serving(page("baik")) as good:
        answers, idle = asked_in_turn(
            (get(f"http://127.0.0.1:{bad.port}/"), ""), (get(f"http://127.0.0.1:{good.port}/"), ""),
        )
    assert answers[0].failure is not None
    assert (answers[1].failure, answers[1].status, answers[1].body) == (None, 200, b"baik")
    assert idle == 1
