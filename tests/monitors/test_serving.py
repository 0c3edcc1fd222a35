"""/metrics and /healthz over real HTTP."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from monitors.core.errors import Siaga24Error
from monitors.serving import Serving
from monitors.settings import Listen


class Monitor:
    problems: list[str]

    def __init__(self) -> None:
        self.problems = []

    def health(self) -> dict[str, object]:
        return {"status": "failing" if self.problems else "ok", "problems": self.problems}


@pytest.fixture
def served() -> Iterator[tuple[Serving, Monitor]]:
    monitor = Monitor()
    serving = Serving(
        Listen(host="127.0.0.1", port=0), health=monitor.health,
        metrics=lambda accept: (accept or "text/plain; version=0.0.4", iter([b"siaga24_x 1\n", b"", b"siaga24_y 2\n"])),
    )
    serving.start()
    yield serving, monitor
    serving.stop()
    serving.stop()


def ask(serving: Serving, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{serving.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, dict(exc.headers), exc.read()


def test_metrics_are_served_in_their_own_content_type(served):
    status, headers, body = ask(served[0], "/metrics?x=1")
    assert (status, headers["Content-Type"], body) == (200, "text/plain; version=0.0.4", b"siaga24_x 1\nsiaga24_y 2\n")


def test_a_scraper_is_asked_for_the_format_that_it_accepts_and_gets_whole_pieces(served):
    said = raw_answer(served[0], b"GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/x\r\n\r\n")
    assert b"Content-Type: application/x\r\n" in said
    assert b"Transfer-Encoding: chunked\r\n" in said
    assert said.endswith(b"\r\n\r\nc\r\nsiaga24_x 1\n\r\nc\r\nsiaga24_y 2\n\r\n0\r\n\r\n")


def test_an_old_client_gets_the_body_until_the_connection_ends(served):
    said = raw_answer(served[0], b"GET /metrics HTTP/1.0\r\n\r\n")
    assert b"Transfer-Encoding" not in said
    assert said.endswith(b"\r\n\r\nsiaga24_x 1\nsiaga24_y 2\n")


def raw_answer(serving: Serving, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", serving.port), timeout=10) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_healthy_monitor_answers_200(served):
    status, headers, body = ask(served[0], "/healthz")
    assert status == 200
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(body) == {"status": "ok", "problems": []}


def test_a_monitor_with_a_problem_answers_503_with_the_sentence(served):
    serving, monitor = served
    monitor.problems = ["the ledger cannot be written: the disk is full"]
    status, _, body = ask(serving, "/healthz")
    assert status == 503
    assert json.loads(body)["problems"] == monitor.problems


def test_other_paths_and_methods_give_nothing(served):
    status, _, body = ask(served[0], "/../etc/passwd")
    assert status == 404
    assert body == b"nothing here; there are /metrics and /healthz\n"
    assert ask(served[0], "/metrics", "POST")[0] == 501
    status, headers, body = ask(served[0], "/metrics", "HEAD")
    assert (status, headers["Transfer-Encoding"], body) == (200, "chunked", b"")


def test_a_taken_port_is_told_with_what_to_do():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(Siaga24Error) as error:
            Serving(Listen(host="127.0.0.1", port=port), metrics=lambda _: ("", iter([])), health=dict)
    assert str(error.value) == (
        f"cannot listen on 127.0.0.1:{port}: address already in use; end what holds the port, or choose another with "
        "--listen HOST:PORT"
    )


def test_a_client_that_says_nothing_holds_up_no_other(served):
    serving, _ = served
    with socket.create_connection(("127.0.0.1", serving.port)):
        assert ask(serving, "/healthz")[0] == 200


def test_many_clients_at_once_are_all_answered(served):
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(ask(served[0], "/metrics")[0])) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 20


def test_a_scraper_that_takes_gzip_gets_the_same_text_packed(served):
    said = raw_answer(
        served[0], b"GET /metrics HTTP/1.0\r\nHost: x\r\nAccept-Encoding: deflate, gzip\r\n\r\n",
    )
    head, _, body = said.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == b"siaga24_x 1\nsiaga24_y 2\n"


@pytest.mark.parametrize("header", ["", "identity", "deflate, br", "gzip;q=0, deflate", "x-gzippy"])
def test_one_that_does_not_take_gzip_gets_plain_text(served, header):
    said = raw_answer(served[0], f"GET /metrics HTTP/1.0\r\nHost: x\r\nAccept-Encoding: {header}\r\n\r\n".encode())
    assert b"Content-Encoding" not in said
    assert said.endswith(b"siaga24_x 1\nsiaga24_y 2\n")
