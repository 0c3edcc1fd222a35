"""TLS steps against real servers: each fault of a certificate or of TLS named, beside a server that is well."""

from __future__ import annotations

import contextlib
import ssl
import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from monitors.core.model import Step, StepResult, Verdict
from monitors.core.requests import CipherFloor, Security, TlsCheck, TlsVersion
from monitors.core.verdict import judge
from monitors.probes.tls_certificate import Certificate, missing_issuer
from monitors.probes.tls_floor import cipher_problem, is_below, older_than
from tests.hostile.certificates import Certificates, issue
from tests.probing import tried, watching
from tests.servers import closed_port, full_backlog, page, raw, serving


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls"))


def looked(certificates, context, *, deadline_ms: int = 2000, **given) -> StepResult:
    with serving(page(), tls=context) as server:
        return looked_at(server.url, certificates, deadline_ms=deadline_ms, **given)


def looked_at(url: str, certificates, *, deadline_ms: int = 2000, **given) -> StepResult:
    step = Step(name="tls", tls=TlsCheck(**given))
    attempt = tried(watching(url, step, ca_pem=certificates.ca_pem, deadline_ms=deadline_ms))
    assert attempt.fault == ""
    return attempt.steps[0]


@pytest.mark.parametrize("kind", ["good", "whole chain"])
def test_a_good_server_is_up_and_its_certificates_end_is_kept(certificates, kind):
    step = looked(certificates, certificates.context(kind), min_days=7, ciphers=CipherFloor.MODERN, refuses_older=True)
    assert (step.passed, step.reason) == (True, "")
    assert step.certificate_ends_ms > 0
    assert step.address == "127.0.0.1"
    assert step.phases.tls_us > 0
    assert step.phases.connect_us > 0


@pytest.mark.parametrize(("kind", "problem"), [
    ("expired", "has expired on 20"),
    ("not yet valid", "is not valid before 20"),
    ("self-signed", "is self-signed"),
    ("wrong host", "is for lain.example, not for 127.0.0.1"),
    ("incomplete chain", 'incomplete chain: the server sends one certificate and leaves out that of "CA antara uji"'),
    ("expired between", 'the certificate of the authority "CA antara lama" has expired on 20'),
    ("weak key", "key that is too weak"),
    ("for clients only", "is not meant for a server"),
])
def test_each_fault_of_a_certificate_fails_in_its_own_words_and_is_only_a_flaw_without_verification(certificates, kind, problem):
    step = looked(certificates, certificates.context(kind))
    assert not step.passed
    assert problem in step.reason
    step = looked(certificates, certificates.context(kind), verify=False)
    assert (step.passed, step.too_slow) == (True, True)
    assert problem in step.reason
    assert step.certificate_ends_ms > 0


def test_a_stranger_authority_is_not_called_an_incomplete_chain(certificates, tmp_path):
    root = issue("CA asing", is_ca=True)
    between = issue("CA antara asing", signer=root, is_ca=True)
    leaf = issue("127.0.0.1", signer=between)
    file = tmp_path / "asing.pem"
    file.write_bytes(leaf.key_pem + leaf.pem + between.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    step = looked(certificates, context)
    assert not step.passed
    assert "signed by an authority that is not trusted" in step.reason
    assert "incomplete" not in step.reason


def test_a_chain_that_only_our_own_trust_completes_is_an_incomplete_one_too(certificates):
    """A monitor that knows the authority between would not see what citizens see."""
    between = certificates._between.pem.decode()
    with serving(page(), tls=certificates.context("incomplete chain")) as server:
        step = Step(name="tls", tls=TlsCheck())
        result = tried(watching(server.url, step, ca_pem=certificates.ca_pem + between)).steps[0]
    assert (result.passed, result.too_slow) == (True, True)
    assert 'incomplete chain: the server sends one certificate and leaves out that of "CA antara uji"' in result.reason


def test_too_few_days_left_are_degraded_and_say_how_many(certificates):
    with serving(page(), tls=certificates.context("good")) as server:
        attempt = tried(watching(server.url, Step(name="tls", tls=TlsCheck(min_days=30)), ca_pem=certificates.ca_pem))
    assert "in 19 days; expected at least 30 days" in attempt.steps[0].reason
    assert judge(attempt).verdict is Verdict.DEGRADED


def test_what_was_seen_is_kept_as_evidence(certificates):
    evidence = looked(certificates, certificates.context("wrong host")).evidence
    assert evidence is not None
    assert evidence.request.startswith("TLS 127.0.0.1:")
    assert evidence.certificate.startswith("lain.example for lain.example, issued by CA uji, ends 20")
    assert evidence.body.startswith("TLS 1.3, ")


def test_an_old_protocol_is_named(certificates):
    step = looked(certificates, certificates.context("TLS 1.1 only"))
    assert not step.passed
    assert "agreed on TLS 1.1, expected TLS 1.2 or newer" in step.reason


def test_an_old_protocol_is_taken_where_the_author_says_so(certificates):
    step = looked(certificates, certificates.context("TLS 1.1 only"), min_version=TlsVersion.V1_0)
    assert (step.passed, step.reason) == (True, "")


def test_a_server_that_still_takes_old_protocols_is_found(certificates):
    context = old_too(certificates)
    assert looked(certificates, context).passed
    step = looked(certificates, context, refuses_older=True)
    assert not step.passed
    assert "agrees on TLS 1.1 when offered no better, expected it to refuse what is below TLS 1.2" in step.reason


def old_too(certificates: Certificates) -> ssl.SSLContext:
    """Make a server that takes TLS 1.0 to 1.3."""
    context = certificates._make("good")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def test_a_weak_cipher_is_named(certificates):
    step = looked(certificates, certificates.context("weak cipher"))
    assert not step.passed
    assert "NULL" in step.reason
    assert "expected a strong one" in step.reason


def test_a_cipher_without_forward_secrecy_is_strong_and_not_modern(certificates, tmp_path):
    leaf = issue("127.0.0.1", signer=certificates._root, key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    file = tmp_path / "rsa.pem"
    file.write_bytes(leaf.key_pem + leaf.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")
    assert looked(certificates, context).passed
    step = looked(certificates, context, ciphers=CipherFloor.MODERN)
    assert "agreed on the cipher AES128-GCM-SHA256, expected one with forward secrecy (ECDHE)" in step.reason


def hang_up(_asked, connection) -> None:
    connection.recv(65536)
    connection.close()


def hang(_asked, connection) -> None:
    while connection.recv(65536):
        pass


@pytest.mark.parametrize(("answer", "problem"), [
    (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "the server does not speak TLS on this port"),
    (raw(b"220 halo\r\n"), "the server does not speak TLS on this port"),
    (hang_up, "the server closed the connection"),
])
def test_what_is_no_tls_is_said_to_be_none(certificates, answer, problem):
    with serving(answer, is_first=True) as server:
        step = looked_at(server.url.replace("http:", "https:"), certificates)
    assert not step.passed
    assert problem in step.reason


def test_a_server_that_stalls_runs_into_the_deadline(certificates):
    with serving(hang, is_first=True) as server:
        step = looked_at(server.url, certificates, deadline_ms=200)
    assert f"while agreeing on TLS with 127.0.0.1:{server.port}" in step.reason


def test_a_refused_port_and_a_silent_one_are_told_apart(certificates):
    with closed_port() as port:
        assert "connection refused by" in looked_at(f"https://127.0.0.1:{port}", certificates).reason
    with full_backlog() as port:
        step = looked_at(f"https://127.0.0.1:{port}", certificates, deadline_ms=200)
    assert f"while connecting to 127.0.0.1:{port}" in step.reason


@contextlib.contextmanager
def starttls_server(context: ssl.SSLContext, lines: list[tuple[bytes, bytes]], greeting: bytes):
    """A mail server that says ``greeting``, answers each line, and begins TLS after the last."""
    def answer(_asked, connection) -> None:
        connection.sendall(greeting)
        for wanted, said in lines:
            assert connection.recv(1000) == wanted
            connection.sendall(said)
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with serving(answer, is_first=True) as server:
        yield server


SMTP = ([(b"EHLO siaga24.invalid\r\n", b"250-mail\r\n250-SIZE 1\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"220 go\r\n")], b"220-mail\r\n220 siap\r\n")
IMAP = ([(b"s1 STARTTLS\r\n", b"* CAPABILITY X\r\ns1 OK mulai\r\n")], b"* OK siap\r\n")


@pytest.mark.parametrize(("security", "script"), [(Security.SMTP, SMTP), (Security.IMAP, IMAP)])
def test_tls_after_starttls_is_looked_at_like_any_other(certificates, security, script):
    with starttls_server(certificates.context("good"), *script) as server:
        step = looked_at(server.url, certificates, security=security, port=server.port)
    assert (step.passed, step.reason) == (True, "")
    with starttls_server(certificates.context("wrong host"), *script) as server:
        step = looked_at(server.url, certificates, security=security, port=server.port)
    assert "is for lain.example, not for 127.0.0.1" in step.reason


@pytest.mark.parametrize(("security", "greeting", "lines", "problem"), [
    (Security.SMTP, b"554 tutup\r\n", [], "a greeting of 127.0.0.1"),
    (Security.SMTP, b"220 a\r\n", [(b"EHLO siaga24.invalid\r\n", b"250 mail\r\n")], "does not offer STARTTLS"),
    (Security.SMTP, b"220 a\r\n", [SMTP[0][0], (b"STARTTLS\r\n", b"454 tidak\r\n")], 'expected an answer to STARTTLS with 220, got "454 tidak"'),
    (Security.SMTP, b"220 a\r\n", [SMTP[0][0], (b"STARTTLS\r\n", b"220 go\r\n250 sisipan\r\n")], "sent more after its answer to STARTTLS"),
    (Security.IMAP, b"* BYE\r\n", [], 'expected a greeting "* OK"'),
    (Security.IMAP, b"* OK\r\n", [(b"s1 STARTTLS\r\n", b"s1 BAD\r\n")], 'expected "OK" to STARTTLS'),
    (Security.IMAP, b"x" * 40_000, [], "expected a line within 16384 bytes"),
])
def test_a_mail_server_that_does_not_begin_tls_is_told_in_words(certificates, security, greeting, lines, problem):
    with starttls_server(certificates.context("good"), lines, greeting) as server:
        step = looked_at(server.url, certificates, security=security, port=server.port)
    assert not step.passed
    assert problem in step.reason


def a_certificate(subject: str, issuer: str, *, is_authority: bool = False) -> Certificate:
    return Certificate(
        subject=subject, issuer=issuer, names=(), begins_ms=0, ends_ms=1, is_authority=is_authority,
        is_self_signed=subject == issuer,
    )


@pytest.mark.parametrize(("chain", "trusted", "missing"), [
    ([("a", "antara", False)], [], "antara"),
    ([("a", "antara", False)], ["antara"], ""),
    ([("a", "antara", False), ("antara", "akar", True)], [], ""),
    ([("a", "antara", False), ("antara", "akar", True), ("akar", "akar", True)], [], ""),
    ([("a", "antara", False), ("lain", "akar", True)], ["akar"], "antara"),
    ([("a", "a", False)], [], ""),
    ([("a", "b", False), ("b", "a", True)], [], ""),
    ([], [], ""),
], ids=["leaf alone", "leaf of a trusted root", "root left out", "root sent", "wrong one sent", "self-signed", "a ring", "none"])
def test_what_a_chain_lacks_is_found_by_names_alone(chain, trusted, missing):
    certificates = [a_certificate(subject, issuer, is_authority=authority) for subject, issuer, authority in chain]
    assert missing_issuer(certificates, frozenset(trusted)) == missing


def test_floors():
    assert is_below("TLSv1.1", TlsVersion.V1_2)
    assert is_below("SSLv3", TlsVersion.V1_0)
    assert is_below(None, TlsVersion.V1_0)
    assert not is_below("TLSv1.3", TlsVersion.V1_2)
    assert older_than(TlsVersion.V1_0) is None
    assert older_than(TlsVersion.V1_3) is TlsVersion.V1_2
    assert cipher_problem("ECDHE-RSA-AES128-SHA", "TLSv1.2", 128, CipherFloor.STRONG) == ""
    assert "authenticated encryption" in cipher_problem("ECDHE-RSA-AES128-SHA", "TLSv1.2", 128, CipherFloor.MODERN)
    assert "112 bits" in cipher_problem("DES-CBC3-SHA", "TLSv1.2", 112, CipherFloor.STRONG)
    assert cipher_problem("DES-CBC3-SHA", "TLSv1.2", 112, CipherFloor.ANY) == ""
