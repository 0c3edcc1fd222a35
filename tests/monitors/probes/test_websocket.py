"""WebSocket steps against real servers: what they say, how they refuse, and what is no WebSocket."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sized

import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from monitors.core.errors import UsageError
from monitors.core.model import SaveKind, Step, StepResult
from monitors.core.requests import WebSocketTalk
from monitors.probes.guard import Guard
from tests.hostile.certificates import Certificates
from tests.probing import save, tried, watching
from tests.servers import closed_port, page, raw, serving, silent, trickle


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("ws"))


@contextlib.contextmanager
def websocket_server(talk: Callable[[ServerConnection], None], **given) -> Iterator[int]:
    with serve(talk, "127.0.0.1", 0, compression=None, **given) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


def soon(noted: Sized) -> None:
    """Give a server's own thread two seconds to note what it saw."""
    until = time.monotonic() + 2
    while not noted and time.monotonic() < until:
        threading.Event().wait(0.005)


def echo(connection: ServerConnection) -> None:
    """Greet, and say back what comes."""
    connection.send("halo")
    for message in connection:
        connection.send(message)


def talked(port: int, *, scheme: str = "http", ca_pem: str = "", deadline_ms: int = 2000, guard=None, **given) -> StepResult:
    step = Step(name="ws", websocket=WebSocketTalk(**given))
    target = watching(f"{scheme}://127.0.0.1:{port}", step, ca_pem=ca_pem, deadline_ms=deadline_ms)
    attempt = tried(target, **({"guard": guard} if guard else {}))
    assert attempt.fault == ""
    return attempt.steps[0]


@pytest.fixture(scope="module")
def port():
    with websocket_server(echo) as running:
        yield running


@pytest.mark.parametrize("given", [
    {}, {"contains": "halo"}, {"send": "ping 007", "contains": "ping 007"}, {"send": "nomor 12", "matches": r"^nomor \d+$"},
])
def test_a_server_that_says_what_is_expected_is_up(port, given):
    step = talked(port, **given)
    assert (step.passed, step.reason, step.address) == (True, "", "127.0.0.1")
    assert step.phases.first_byte_us > 0


def test_a_server_is_told_goodbye():
    goodbyes: list[int | None] = []

    def note(connection: ServerConnection) -> None:
        echo(connection)
        goodbyes.append(connection.protocol.close_code)

    with websocket_server(note) as port:
        assert talked(port, contains="halo").passed
        soon(goodbyes)
    assert goodbyes == [1000]


def test_a_message_in_pieces_with_pings_between_is_one_message():
    def pieces(connection: ServerConnection) -> None:
        connection.ping().wait(1)
        connection.send(iter(["satu ", "dua ", "tiga"]))
        connection.recv()

    with websocket_server(pieces) as port:
        assert talked(port, contains="satu dua tiga").passed


def test_values_go_in_and_are_expected_as_they_are(port):
    with serving(page('{"n": "a/b \\"7\\""}')) as site:
        talk = WebSocketTalk(url=f"ws://127.0.0.1:{port}/${{n}}", send="${n}", contains="${n}")
        attempt = tried(watching(
            site.url, Step(name="buka", saves=(save("n", SaveKind.JSON, "$.n"),)), Step(name="ws", websocket=talk),
        ))
    assert [step.reason for step in attempt.steps] == ["", ""]


def test_the_request_says_that_no_citizen_made_it():
    seen: list[str | None] = []

    def note(connection: ServerConnection) -> None:
        seen.append(connection.request.headers.get("X-Siaga24-Synthetic") if connection.request else None)

    with websocket_server(note) as port:
        assert talked(port).passed
        soon(seen)
    assert seen == ["1"]


@pytest.mark.parametrize(("talk", "given", "problem"), [
    (lambda connection: connection.close(1011, "rusak"), {"contains": "x"},
     'expected a message that holds "x", 127.0.0.1:PORT closed before: none came (code 1011, "rusak")'),
    (lambda connection: connection.send("lain"), {"contains": "x"}, 'closed before: the last was "lain" (code 1000)'),
    (lambda connection: [connection.send("y" * 2000) for _ in range(9)], {"contains": "x", "max_bytes": 4096},
     "the messages of 127.0.0.1:PORT are larger than the 4096 bytes allowed"),
    (lambda connection: connection.send("y" * 9000), {"contains": "x", "max_bytes": 4096},
     "the messages of 127.0.0.1:PORT are larger than the 4096 bytes allowed"),
])
def test_a_server_that_ends_or_says_too_much_is_told(talk, given, problem):
    with websocket_server(talk) as port:
        step = talked(port, **given)
    assert not step.passed
    assert problem.replace("PORT", str(port)) in step.reason


def test_a_message_that_never_comes_runs_into_the_deadline(port):
    step = talked(port, send="a", contains="b", deadline_ms=200)
    assert step.reason.endswith('while waiting for a message that holds "b"')


@pytest.mark.parametrize(("answer", "is_first", "problem"), [
    (page("tidak", status=404), False, "expected 127.0.0.1:PORT to open a WebSocket (status 101), got 404"),
    (page("oke"), False, "(status 101), got 200"),
    (raw(b"HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n"), False,
     "what 127.0.0.1:PORT answered opens no WebSocket"),
    (raw(b"220 halo\r\n"), True, "what 127.0.0.1:PORT answered opens no WebSocket"),
    (raw(b""), False, "127.0.0.1:PORT closed the connection before the WebSocket was open"),
])
def test_what_is_no_websocket_is_said_to_be_none(answer, is_first, problem):
    with serving(answer, is_first=is_first) as server:
        step = talked(server.port)
    assert not step.passed
    assert problem.replace("PORT", str(server.port)) in step.reason


@pytest.mark.parametrize("answer", [silent, trickle(b"HTTP/1.1 101 X\r\n", b"a: b\r\n", every_s=0.01)])
def test_a_server_that_never_opens_runs_into_the_deadline(answer):
    with serving(answer) as server:
        step = talked(server.port, deadline_ms=200)
    assert f"while waiting for 127.0.0.1:{server.port} to open the WebSocket" in step.reason


def test_a_subprotocol_is_agreed_on_or_told(port):
    with websocket_server(echo, subprotocols=[Subprotocol("antrean.v1")]) as with_it:
        assert talked(with_it, subprotocol="antrean.v1").passed
        assert not talked(with_it, subprotocol="lain").passed
    assert 'expected the subprotocol "antrean.v1", 127.0.0.1' in talked(port, subprotocol="antrean.v1").reason


def test_tls_is_verified(certificates):
    with websocket_server(echo, ssl=certificates.context("good")) as port:
        step = talked(port, scheme="https", ca_pem=certificates.ca_pem, contains="halo")
    assert (step.passed, step.reason) == (True, "")
    assert step.phases.tls_us > 0
    with websocket_server(echo, ssl=certificates.context("expired")) as port:
        assert "has expired" in talked(port, scheme="https", ca_pem=certificates.ca_pem).reason


def test_a_refused_port_and_a_guarded_place_are_told(port):
    with closed_port() as closed:
        assert f"connection refused by 127.0.0.1:{closed}" in talked(closed).reason
    assert "an address of the monitor's own machine" in talked(port, guard=Guard()).reason


def test_a_pattern_that_is_none_is_refused_before_it_runs():
    with pytest.raises(UsageError, match=r'step "ws": "\(a" is not a regular expression'):
        talked(1, matches="(a")
