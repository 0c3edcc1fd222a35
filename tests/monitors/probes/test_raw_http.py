"""The raw engine beside libcurl: the same server's answer is the same answer of both, whatever the server sends."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.probes.answer import Answer
from monitors.probes.guard import ANYWHERE
from monitors.probes.http import HttpEngine
from monitors.probes.http_request import OUR_LINES
from monitors.probes.http_session import HttpSession
from monitors.probes.redirects import Hop

OK = b"HTTP/1.1 200 OK\r\n"
LIMIT = 20_000
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def engine(*, is_raw: bool) -> AsyncIterator[HttpEngine]:
    made = HttpEngine(asyncio.get_running_loop(), guard=ANYWHERE, is_raw=is_raw)
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """Serve on a port of this loop, and leave nothing of it open."""
    open_ones: list[tuple[asyncio.Task[None] | None, asyncio.StreamWriter]] = []

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append((asyncio.current_task(), writer))
        # the client may go away, and the test be over
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task, writer in open_ones:
            if task is not None:
                task.cancel()
            writer.transport.abort()
        await asyncio.gather(*(task for task, _ in open_ones if task is not None), return_exceptions=True)
        await asyncio.sleep(0)


def send(session: HttpSession, port: int, on_done: Callable[[Answer], None], *, left_s: float = 20.0) -> None:
    session.send(
        Hop(method="GET", url=f"http://127.0.0.1:{port}/", headers=OUR_LINES), left_s=left_s, max_bytes=LIMIT,
        connect_to="", wants_headers=True, on_done=on_done,
    )


async def asked(port: int, *, is_raw: bool, left_s: float = 20.0) -> Answer:
    async with engine(is_raw=is_raw) as made:
        session = made.open(ca_pem="", keeps=False)
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        send(session, port, done.set_result, left_s=left_s)
        try:
            return await done
        finally:
            session.close()


def told(answer: Answer, port: int) -> tuple[object, ...]:
    """Give all that a user sees of an answer, times left out."""
    problem = answer.failure.problem.replace(str(port), "PORT") if answer.failure else ""
    # how much was read before a failure is a matter of milliseconds
    read = () if answer.failure else (answer.body, answer.headers, list(answer.head))
    return (
        re.sub(r"[\d.]+ (ms|µs|s)\b", "T", problem), answer.failure is not None and answer.failure.is_ours,
        answer.status, answer.content_type, answer.address, *read,
    )


def talk(pieces: list[bytes], *, resets: bool = False) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.002)
        if resets:
            await asyncio.sleep(0.01)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        writer.close()

    return serve


async def both(serve: Serve, *, left_s: float = 20.0) -> tuple[tuple[object, ...], tuple[object, ...]]:
    async with serving(serve) as port:
        curl, raw = [await asked(port, is_raw=is_raw, left_s=left_s) for is_raw in (False, True)]
        return told(curl, port), told(raw, port)


STATUS_LINES = st.sampled_from([
    OK, b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 404\r\n", b"HTTP/1.1 204 -\r\n", b"HTTP/1.1 304 -\r\n", b"HTTP/1.1 503 \xff\r\n", b"HTTP/1.1 200 OK\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + OK, b"HTTP/1.1 302 Found\r\nLocation: /x\r\n",
    b"HTTP/1.1 999 ?\r\n", b"HTTP/1.1 20 OK\r\n", b"HTTP/1.1 2000 OK\r\n", b"HTTP/9.1 200 OK\r\n", b"ICY 200 OK\r\n", b"HTTP/1.1\t200 OK\r\n", b"",
])
LINES = st.lists(st.sampled_from([
    b"Content-Type: text/html\r\n", b"Content-Type: a\r\nContent-Type: b\r\n", b"Content-Type: \xff\r\n", b"X: y\r\n", b"X : y\r\n", b"tanpa\r\n",
    b"X: a\r\n b\r\n", b"X: a\n", b"X:\r\n", b": x\r\n", b"X: \0\r\n", b"Set-Cookie: a=b\r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n", b"\xff: x\r\n",
    b"Content-Encoding: gzip\r\n", b"Content-Encoding: br\r\n", b"Content-Encoding: identity\r\n", b"X: \x7f\r\n", b"X: \r\r\n",
]), max_size=3)
FRAMINGS = st.sampled_from([
    b"", b"Content-Length: 4\r\n", b"Content-Length: 0\r\n", b"Content-Length: 400\r\n", b"Content-Length: 04\r\n", b"content-length:4\r\n",
    b"Content-Length: 4\r\nContent-Length: 4\r\n", b"Content-Length: 4, 4\r\n", b"Content-Length: empat\r\n", b"Content-Length: -4\r\n",
    b"Content-Length: 99999999\r\n", b"Content-Length:\r\n", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: CHUNKED\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: apa\r\n",
])
MANY, MANY_CHUNKS = b"<30,000 times x>", b"<3,000 chunks of x>"
MEANT = {MANY: b"x" * 30_000, MANY_CHUNKS: b"1\r\nx\r\n" * 3000}
BODIES = st.sampled_from([
    b"", b"halo", b"halo semua", b"4\r\nhalo\r\n0\r\n\r\n", b"4\r\nhalo\r\n0\r\nX: y\r\n\r\n", b"4;a=b\r\nhalo\r\n0\r\n\r\n", b"4\nhalo\n0\n\n",
    b"4\r\nhalo", b"4\r\nhalo\r\n", b"zz\r\nhalo\r\n", b"004\r\nhalo\r\n0\r\n\r\nlagi", b"0\r\n\r\n", MANY, MANY_CHUNKS,
    b"\x1f\x8b\x08\0\0\0\0\0\0\3\xcbH\xcc\xc9\7\0\xea\x1d\x1d\x90\4\0\0\0",
])


@settings(max_examples=120, deadline=None)
@given(
    status_line=STATUS_LINES, lines=LINES, framing=FRAMINGS, body=BODIES, resets=st.booleans(),
    cuts=st.lists(st.integers(1, 200), max_size=2),
)
def test_both_engines_say_the_same_of_any_answer(
    *, status_line: bytes, lines: list[bytes], framing: bytes, body: bytes, resets: bool, cuts: list[int],
):
    data = status_line + b"".join(lines) + framing + b"\r\n" + MEANT.get(body, body)
    places = [0, *sorted(cuts), len(data)]
    pieces = [piece for start, end in pairwise(places) if (piece := data[start:end])]
    curl, raw = asyncio.run(both(talk(pieces, resets=resets)))
    assert raw == curl


@pytest.mark.parametrize("pieces", [
    [], [OK], [OK + b"Content-Length: 9\r\n\r\n"], [OK + b"Content-Length: 9\r\n\r\nhalo"], [OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nha"],
    [OK + b"\r\nhalo"],
], ids=str)
@pytest.mark.parametrize("ending", ["silence", "reset", "end"])
def test_both_engines_say_the_same_of_an_answer_that_stops(pieces: list[bytes], ending: str):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if ending == "silence":
            await reader.readuntil(b"\r\n\r\n")
            writer.writelines(pieces)
            await reader.read()
            writer.close()
        else:
            await talk(pieces, resets=ending == "reset")(reader, writer)

    curl, raw = asyncio.run(both(serve, left_s=0.4 if ending == "silence" else 20.0))
    assert raw == curl


def test_a_refused_connection_is_told_alike():
    async def ask() -> tuple[Answer, Answer]:
        return await asked(port, is_raw=False), await asked(port, is_raw=True)

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        curl, raw = asyncio.run(ask())
    assert told(raw, port) == told(curl, port)
    assert raw.failure is not None
    assert "connection refused" in raw.failure.problem


def test_both_engines_send_the_same_bytes():
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Content-Length: 0\r\n\r\n")
        writer.close()

    asyncio.run(both(serve))
    assert heard[0] == heard[1]


def test_an_odd_answer_is_asked_for_once_and_read_by_libcurl():
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(OK + b"\r\n" + b"x" * 10_000)
        writer.close()
        heard.append(await reader.read())

    async def ask() -> Answer:
        async with serving(serve) as port:
            answer = await asked(port, is_raw=True)
            await asyncio.sleep(0.05)
            return answer

    answer = asyncio.run(ask())
    assert (answer.failure, answer.status, len(answer.body)) == (None, 200, 10_000)
    assert answer.phases.body_us > 40_000, "the time that it took is the server's"
    assert len(heard) == 2
    assert heard[1] == b"", "libcurl's own request goes nowhere"


@pytest.mark.parametrize("sent", [b"", OK + b"Content-Length: 9\r\n\r\nha", b"HTTP/1.1 100 Ya\r\n\r\n"], ids=["nothing", "a part", "odd"])
def test_a_closed_session_calls_nobody_and_leaves_no_socket(sent: bytes):
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        with suppress(ConnectionResetError):
            await reader.read()
        gone.set()
        writer.close()

    async def ask() -> list[Answer]:
        answers: list[Answer] = []
        async with serving(serve) as port, engine(is_raw=True) as made:
            session = made.open(ca_pem="", keeps=False)
            send(session, port, answers.append)
            await asyncio.sleep(0.1)
            session.close()
            await asyncio.wait_for(gone.wait(), 20)
            assert made.under_way == 0
        return answers

    assert asyncio.run(ask()) == []


def test_when_hundreds_run_out_together_all_are_told_and_the_loop_has_its_turns():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def ask() -> tuple[list[Answer], bool]:
        answers: list[Answer] = []
        all_told = asyncio.Event()

        def one_told(answer: Answer) -> None:
            answers.append(answer)
            if len(answers) == len(sessions):
                all_told.set()

        async with serving(serve) as port, engine(is_raw=True) as made:
            sessions = [made.open(ca_pem="", keeps=False) for _ in range(200)]
            for session in sessions:
                send(session, port, one_told, left_s=0.2)
            await asyncio.wait_for(all_told.wait(), 20)
            is_behind = made.is_behind()
            for session in sessions:
                session.close()
        return answers, is_behind

    answers, is_behind = asyncio.run(ask())
    assert not is_behind
    assert {bool(answer.failure and "timed out" in answer.failure.problem) for answer in answers} == {True}


def test_no_descriptor_left_is_our_own_fault(monkeypatch: pytest.MonkeyPatch):
    def none_left(*_: object) -> socket.socket:
        raise OSError(24, "Too many open files")

    async def ask() -> Answer:
        async with engine(is_raw=True) as made:
            session = made.open(ca_pem="", keeps=False)
            done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            with monkeypatch.context() as patch:
                patch.setattr("monitors.probes.raw_http_connection.SocketType", none_left)
                send(session, 9, done.set_result)
            answer = await done
            session.close()
            return answer

    answer = asyncio.run(ask())
    assert answer.failure is not None
    assert answer.failure.is_ours
    assert "no file descriptors left" in answer.failure.problem
