"""TCP steps against real listeners: dialogues, TLS on the way, and servers that do not play along."""

from __future__ import annotations

import socket

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import SaveKind, Step, StepResult
from monitors.core.requests import Security, TcpDialogue, TcpTurn
from monitors.probes.guard import Guard
from monitors.probes.secrets_store import SecretStore
from monitors.probes.tcp_talk import as_bytes, authored
from tests.hostile.certificates import Certificates
from tests.probing import save, tried, watching
from tests.servers import Server, closed_port, flood, page, raw, serving, trickle


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tcp"))


SECRET = SecretStore(None, {"SIAGA24_SECRET_DINKES__KUNCI": "kanari-rahasia"})


def talked(server: Server | str, *turns: tuple[str, str], deadline_ms: int = 2000, ca_pem: str = "", guard=None, **given) -> StepResult:
    dialogue = TcpDialogue(turns=tuple(TcpTurn(send=send, expect=expect) for send, expect in turns), **given)
    url = server if isinstance(server, str) else server.url
    target = watching(url, Step(name="tcp", tcp=dialogue), deadline_ms=deadline_ms, ca_pem=ca_pem)
    attempt = tried(target, secrets=SECRET, **({"guard": guard} if guard else {}))
    assert attempt.fault == ""
    return attempt.steps[0]


def echo(_asked, connection: socket.socket) -> None:
    """Greet, then say back each line in capitals, in two pieces."""
    connection.sendall(b"220 halo\r\n")
    while line := connection.recv(1000):
        connection.sendall(line[:2].upper())
        connection.sendall(line[2:].upper())


def test_a_connection_alone_is_enough_and_says_where_it_went():
    with serving(echo, is_first=True) as server:
        step = talked(server)
    assert (step.passed, step.reason, step.address) == (True, "", "127.0.0.1")
    assert step.phases.connect_us > 0


def test_a_dialogue_goes_turn_by_turn_and_what_was_read_early_is_kept():
    with serving(echo, is_first=True) as server:
        step = talked(server, ("", "^220 "), (r"satu\r\n", r"halo\r\nSATU"), (r"dua\r\n", "^\\s*DUA"))
    assert (step.passed, step.reason) == (True, "")
    assert step.phases.first_byte_us > 0


def test_a_saved_value_is_sent_as_text_and_quoted_in_what_is_expected():
    with serving(page('<i id="n">0.07*</i>')) as site, serving(echo, is_first=True) as server:
        turns = (TcpTurn(expect="^220"), TcpTurn(send=r"n=${n}\r\n", expect=r"N=${n}\r"))
        dialogue = TcpDialogue(host="127.0.0.1", port=server.port, turns=turns)
        attempt = tried(watching(
            site.url, Step(name="buka", saves=(save("n", SaveKind.CSS, "#n"),)), Step(name="tcp", tcp=dialogue),
        ))
    assert [step.reason for step in attempt.steps] == ["", ""]


def test_a_saved_value_with_a_line_break_becomes_no_command():
    with serving(page('{"n": "a\\r\\nQUIT"}')) as site, serving(echo, is_first=True) as server:
        dialogue = TcpDialogue(host="127.0.0.1", port=server.port, turns=(TcpTurn(send="${n}"),))
        attempt = tried(watching(
            site.url, Step(name="buka", saves=(save("n", SaveKind.JSON, "$.n"),)), Step(name="tcp", tcp=dialogue),
        ))
    assert 'the saved value "n" holds a line break' in attempt.steps[1].reason


@pytest.mark.parametrize(("answer", "problem"), [
    (raw(b"554 tidak\r\n"), 'turn 1 of 1: expected text that matches "^220", 127.0.0.1:PORT closed the connection; got "554 tidak"'),
    (raw(b""), "closed the connection; got nothing"),
    (raw(b"\xff\x00\xfe", reset=True), "connection reset by 127.0.0.1:PORT"),
    (flood(b"", b"x" * 8192), 'within 2048 bytes, got "xxxx'),
])
def test_what_is_not_expected_is_shown(answer, problem):
    with serving(answer, is_first=True) as server:
        step = talked(server, ("", "^220 "), max_bytes=2048)
    assert not step.passed
    assert problem.replace("PORT", str(server.port)) in step.reason


def test_a_secret_is_sent_and_comes_out_nowhere():
    with serving(echo, is_first=True) as server:
        step = talked(server, ("", "^220"), (r"AUTH ${secret:kunci}\r\n", "KANARI-RAHASIA"), (r"${secret:kunci}\r\n", "tiada"), deadline_ms=300)
        assert "in turn 3 of 3" in step.reason
    with serving(lambda _, connection: connection.sendall(connection.recv(99)), is_first=True) as server:
        step = talked(server, (r"AUTH ${secret:kunci}\r\n", "^250"), deadline_ms=300)
    assert "AUTH ${secret:kunci}" in step.reason
    assert step.evidence is not None
    assert step.evidence.body.strip() == "AUTH ${secret:kunci}"
    assert "kanari" not in repr(step)


def test_single_bytes_for_ever_end_with_the_deadline():
    with serving(trickle(b"2", b"a", every_s=0.001), is_first=True) as server:
        step = talked(server, ("", "^220 "), deadline_ms=200)
    assert 'while waiting for text that matches "^220 " in turn 1 of 1' in step.reason


def test_a_pattern_that_never_ends_is_our_own_fault():
    with serving(raw(b"a" * 60 + b"!"), is_first=True) as server:
        dialogue = TcpDialogue(turns=(TcpTurn(expect="^(?:a|aa)+$"),))
        attempt = tried(watching(server.url, Step(name="tcp", tcp=dialogue)))
    assert 'the pattern "^(?:a|aa)+$" takes too long' in attempt.fault


def test_a_refused_port_is_said_to_be_one():
    with closed_port() as port:
        assert f"connection refused by 127.0.0.1:{port}" in talked(f"http://127.0.0.1:{port}").reason


def test_a_guarded_place_is_refused_and_the_toolkits_own_address_is_not():
    with serving(echo, is_first=True) as server:
        step = talked(server, guard=Guard())
        assert "an address of the monitor's own machine" in step.reason
        target = watching(
            f"http://layanan.example:{server.port}", Step(name="tcp", tcp=TcpDialogue()), connect_to=f"127.0.0.1:{server.port}",
        )
        assert tried(target, guard=Guard()).steps[0].passed


def test_tls_from_the_first_byte_carries_the_dialogue(certificates):
    with serving(echo, is_first=True, tls=certificates.context("good")) as server:
        step = talked(server, ("", "^220 "), (r"a\r\n", "A"), security=Security.TLS, ca_pem=certificates.ca_pem)
    assert (step.passed, step.reason) == (True, "")
    assert step.phases.tls_us > 0


@pytest.mark.parametrize(("kind", "problem"), [("expired", "has expired"), ("wrong host", "for another host")])
def test_a_bad_certificate_fails_the_step(certificates, kind, problem):
    with serving(echo, is_first=True, tls=certificates.context(kind)) as server:
        step = talked(server, security=Security.TLS, ca_pem=certificates.ca_pem)
    assert problem in step.reason


def test_a_dialogue_goes_on_after_starttls(certificates):
    def mail(_asked, connection) -> None:
        connection.sendall(b"220 mail\r\n")
        connection.recv(1000)
        connection.sendall(b"250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go\r\n")
        with certificates.context("good").wrap_socket(connection, server_side=True) as tls:
            tls.sendall(b"250 " + tls.recv(1000))

    with serving(mail, is_first=True) as server:
        step = talked(server, (r"NOOP\r\n", "^250 NOOP"), security=Security.SMTP, ca_pem=certificates.ca_pem)
    assert (step.passed, step.reason) == (True, "")


@pytest.mark.parametrize(("text", "data"), [
    (r"a\r\nb", b"a\r\nb"), (r"\x00\xff\\n", b"\x00\xff\\n"), ("é", "é".encode()), (r"\q", rb"\q"), (r"\t\0", b"\t\0"),
])
def test_what_is_written_becomes_the_bytes_that_are_meant(text, data):
    assert as_bytes(authored(text)) == data


def test_a_pattern_that_is_none_is_refused_before_it_runs():
    with pytest.raises(UsageError, match=r'step "tcp": "\(a" is not a regular expression'):
        talked("http://127.0.0.1:1", ("", "(a"))
