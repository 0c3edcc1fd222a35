"""The check from outside against real TLS listeners: good, wrong status, wrong name, wrong authority, nobody."""

from __future__ import annotations

import datetime as dt
import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitors.core.errors import UnhealthyError
from stacks.interrupts import Interrupts
from stacks.outside import DEADLINE_S, Door, ask, check_doors
from stacks.progress import Silent
from tests.stacks.certs import Made, make

HOST = "antrean.dinkes.example"
ROOT = make("Akar", is_ca=True, start=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers 200 to /healthz of our host, 503 to /broken, 404 to all else."""

    def do_GET(self) -> None:
        is_ours = (self.headers["Host"] or "").partition(":")[0] == HOST
        codes = {"/healthz": 200, "/broken": 503}
        self.send_response(codes.get(self.path, 404) if is_ours else 421)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Callable[[Made], int]]:
    servers = []

    def serve(leaf: Made) -> int:
        path = tmp_path / "served.pem"
        path.write_bytes(leaf.pem + leaf.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # refused handshakes are expected
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1]

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def a_leaf(*hosts: str) -> Made:
    return make("host", signer=ROOT, hosts=hosts or (HOST,), start=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))


def a_door(port: int, path: str = "/healthz", ca: Made = ROOT) -> Door:
    return Door(
        service="antrean", base_url=f"https://{HOST}:{port}", connect_to=f"127.0.0.1:{port}", ca_pem=ca.pem.decode(),
        path=path,
    )


def test_a_service_that_answers_200_is_good(listener) -> None:
    port = listener(a_leaf())
    assert ask(a_door(port)) == ""
    check_doors([a_door(port)], Interrupts(), Silent())


def test_another_status_is_told(listener) -> None:
    assert ask(a_door(listener(a_leaf()), "/broken")) == "it answers status 503"


def test_a_certificate_for_another_host_or_of_another_authority_is_told(listener) -> None:
    assert "is not good for antrean.dinkes.example (Hostname mismatch" in ask(a_door(listener(a_leaf("lain.example"))))
    stranger = make("Lain", is_ca=True, start=dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
    assert "unable to get local issuer" in ask(a_door(listener(a_leaf()), ca=stranger))


def test_nobody_there_is_told() -> None:
    assert "no answer" in ask(a_door(1))


def test_all_services_that_do_not_answer_are_named_after_the_deadline(listener) -> None:
    port = listener(a_leaf())
    ticks = iter(range(0, 100_000, int(DEADLINE_S) + 1))
    with pytest.raises(UnhealthyError) as caught:
        check_doors([a_door(port), a_door(port, "/broken")], Interrupts(), Silent(), clock=lambda: float(next(ticks)))
    assert str(caught.value).startswith(
        f"service antrean: https://{HOST}:{port}/broken at 127.0.0.1:{port}: it answers status 503; expected status 200",
    )
