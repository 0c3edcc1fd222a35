"""The load client counts what really failed: it is tried on a server that misbehaves on purpose."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenarios.load import Load, running_load
from tests.scenarios.load_report import KEPT, NEW, LoadPlan
from tests.servers import Authority

NAME = "loket.example"
EVERY = 10                               # every tenth request is answered badly


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    asked = 0
    connections = 0

    def get_request(self):
        self.connections += 1
        return super().get_request()

    def handle_error(self, request, client_address):
        """A client that left is not this server's trouble."""


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True       # else head and body wait 40 ms for each other
    server: Server

    def do_GET(self):
        self.server.asked += 1
        bad = self.server.asked % EVERY == 0
        body = b"Ambil nomor"
        if self.path == "/closes" and bad:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(503 if self.path == "/busy" and bad else 200)
        self.send_header("Content-Length", str(len(body) + (5 if self.path == "/short" and bad else 0)))
        self.end_headers()
        self.wfile.write(b"Maaf rusak." if self.path == "/wrong" and bad else body)
        if self.path == "/short" and bad:
            self.close_connection = True

    def log_message(self, *_args):
        """Stay quiet."""


@pytest.fixture
def served(tmp_path) -> Iterator[tuple[Server, Path]]:
    authority = Authority(tmp_path)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority.pem, encoding="utf-8")
    server = Server(("127.0.0.1", 0), Answers)
    server.socket = authority.context(NAME).wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server, ca_file
    server.shutdown()
    thread.join()
    server.server_close()


def plan(served: tuple[Server, Path], path: str, **given: object) -> LoadPlan:
    server, ca_file = served
    defaults: dict[str, object] = {
        "url": f"https://{NAME}:{server.server_address[1]}{path}",
        "connect_to": f"127.0.0.1:{server.server_address[1]}", "ca_file": str(ca_file),
        "contains": "Ambil nomor", "clients": 4, "at_least": 50, "at_most": 400, "at_most_s": 20.0, "per_second": 400.0,
    }
    return LoadPlan(**{**defaults, **given})  # type: ignore[arg-type]


def finished(wanted: LoadPlan):
    load = Load(wanted)
    load.end.set()
    return load.run()


def test_a_good_server_fails_nothing_and_kept_connections_are_kept(served):
    report = finished(plan(served, "/"))
    assert report.total_failed == 0, str(report)
    assert report.requests[KEPT] >= 50
    assert report.requests[NEW] >= 50
    assert served[0].connections == report.requests[NEW] + 4


@pytest.mark.parametrize(("path", "reason"), [
    ("/busy", "status 503"),
    ("/wrong", "answer without the expected text"),
    ("/short", "answer cut short"),
])
def test_each_bad_answer_is_counted_with_its_kind(served, path, reason):
    report = finished(plan(served, path))
    assert report.reasons == {reason: served[0].asked // EVERY}
    assert report.total_failed == served[0].asked // EVERY > 0


def test_a_connection_closed_without_an_answer_is_a_failure_on_a_kept_one_too(served):
    report = finished(plan(served, "/closes", at_least=100))
    assert report.total_failed == served[0].asked // EVERY
    assert report.failed[KEPT] > 0
    assert report.failed[NEW] > 0


def test_a_certificate_of_another_name_fails_every_request(served):
    wanted = plan(served, "/", at_least=5, at_most=20)
    report = finished(replace(wanted, url=wanted.url.replace(NAME, "other.example")))
    assert report.total_failed == sum(report.requests.values()) > 0
    assert list(report.reasons) == ["TLS: CERTIFICATE_VERIFY_FAILED"]


def test_nothing_listening_is_counted_not_raised(served):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        wanted = plan(served, "/", connect_to=f"127.0.0.1:{unused.getsockname()[1]}", at_least=5, at_most=20)
        report = finished(wanted)
    assert report.total_failed == sum(report.requests.values()) > 0
    assert "ConnectionRefusedError" in next(iter(report.reasons))


def test_the_bound_on_requests_holds_even_if_nobody_ends_it(served):
    report = Load(plan(served, "/", at_most=60)).run()
    assert sum(report.requests.values()) == 60


def test_as_a_process_it_runs_around_the_block_and_reports(served):
    with running_load(plan(served, "/"), warm_up_s=0.1) as load:
        assert load.report is None
    assert load.report is not None
    assert load.report.total_failed == 0, str(load.report)
    assert load.report.requests[NEW] >= 50
