"""How connections are made, against real servers: name server, address, family, proxy, HTTP/2, client certificate."""

from __future__ import annotations

import contextlib
import datetime as dt
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitors.core.errors import UsageError
from monitors.core.http_options import Connection, Http2, IpFamily, Part
from monitors.core.model import Step, Target, Try
from monitors.probes.guard import Guard
from monitors.probes.secrets_store import SecretStore
from tests.factories import a_target, a_transaction
from tests.name_server import Zone, name_server, silent
from tests.probing import tried, tried_all
from tests.servers import Asked, Authority, closed_port, page, redirect, serving

LOOPBACK = Guard(["127.0.0.0/8", "::1"])


def over(url: str, connection: Connection, *steps: Step, **given) -> Target:
    transaction = a_transaction(
        steps=steps or (Step(name="buka"),), deadline_ms=2000, interval_ms=5000, connection=connection,
    )
    return a_target(base_url=url, transactions=(transaction,), **given)


def said(attempt: Try) -> str:
    assert attempt.failed_step is not None, attempt
    return attempt.failed_step.reason


# names

def test_a_name_server_of_the_transaction_s_own_is_asked_and_its_time_counts():
    with serving(page()) as server, name_server({"antrean.example": ["A 127.0.0.1"]}) as names:
        attempt = tried(over(f"http://antrean.example:{server.port}", Connection(resolver=names.address)))
        assert attempt.steps[0].passed, attempt
        assert attempt.steps[0].phases.dns_us > 0
        assert server.asked[0].headers["host"] == f"antrean.example:{server.port}"
        assert {name for _, _, name in names.asked} == {"antrean.example"}


@pytest.mark.parametrize(("answer", "words"), [
    ("NXDOMAIN", "says that antrean.example does not exist"), ("SERVFAIL", "could not say where antrean.example is (SERVFAIL)"),
    ("REFUSED", "could not say where antrean.example is (REFUSED)"), ([], "has no IPv4 or IPv6 address of antrean.example"),
    (silent, "did not answer in time when asked for antrean.example"),
])
def test_what_a_name_server_lacks_is_told_apart_in_words(answer, words: str):
    with name_server({"antrean.example": answer}) as names:
        transaction = a_transaction(
            steps=(Step(name="a"),), deadline_ms=600, interval_ms=5000, connection=Connection(resolver=names.address),
        )
        assert f"the name server {names.address} {words}" in said(tried(a_target(base_url="http://antrean.example", transactions=(transaction,))))


def test_a_name_that_leads_to_a_good_address_first_and_to_a_refused_one_then_is_not_connected_to():
    """DNS rebinding: what is looked up is what is judged, in every try anew."""
    answers = iter(["127.0.0.2", "127.0.0.3"])
    leads: Zone = {"antrean.example": ["A 127.0.0.2"]}
    guard = Guard(["127.0.0.1", "127.0.0.2"])            # the name server, and what stands for the public network
    with serving(page(), host="127.0.0.2") as public, serving(page("rahasia"), port=public.port, host="127.0.0.3") as inner, \
            name_server(leads) as names:
        target = over(f"http://antrean.example:{public.port}", Connection(resolver=names.address))
        first, second = [
            (leads.update({"antrean.example": [f"A {next(answers)}"]}), tried(target, guard=guard))[1] for _ in range(2)
        ]
        assert first.steps[0].passed
        assert "leads to 127.0.0.3, an address of the monitor's own machine, where the monitor does not connect" in said(second)
        assert inner.connections == 0
        # both at once: only the good one is connected to
        leads["antrean.example"] = ["A 127.0.0.3", "A 127.0.0.2"]
        assert tried(target, guard=guard).steps[0].address == "127.0.0.2"
        assert inner.connections == 0


def test_what_a_name_led_to_holds_for_the_whole_try():
    """A second answer within a try cannot send its later steps elsewhere."""
    asked: list[str] = []

    def flips(query):
        import dns.message  # noqa: PLC0415
        import dns.rrset  # noqa: PLC0415

        asked.append("x")
        reply = dns.message.make_response(query)
        if query.question[0].rdtype == 1:
            address = "127.0.0.2" if len(asked) <= 2 else "127.0.0.1"
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 0, "IN", "A", address))
        return reply.to_wire()

    closing = page(headers={"Connection": "close"})
    # the inner one first: a port that is free on 127.0.0.2 may be anybody's on 127.0.0.1
    with serving(page()) as inner, serving(closing, host="127.0.0.2", port=inner.port) as public, \
            name_server({"a.example": flips}) as names:
        steps = (Step(name="satu"), Step(name="dua"), Step(name="tiga"))
        attempt = tried(over(f"http://a.example:{public.port}", Connection(resolver=names.address), *steps), guard=LOOPBACK)
        assert [step.address for step in attempt.steps] == ["127.0.0.2"] * 3
        assert inner.connections == 0


def test_two_transactions_with_name_servers_of_their_own_do_not_share_what_they_found():
    with serving(page()) as other, serving(page(), host="127.0.0.2", port=other.port) as one, \
            name_server({"a.example": ["A 127.0.0.2"]}) as first, name_server({"a.example": ["A 127.0.0.1"]}) as second:
        url = f"http://a.example:{one.port}"
        found = tried_all([over(url, Connection(resolver=names.address)) for names in (first, second, first)])
        assert [attempt.steps[0].address for attempt in found] == ["127.0.0.2", "127.0.0.1", "127.0.0.2"]
        assert (one.connections, other.connections) == (2, 1)


def test_a_fixed_address_is_connected_to_without_a_look_up_and_judged_like_others():
    with serving(page()) as server:
        target = over(f"http://tidak-ada.invalid:{server.port}", Connection(address="127.0.0.1"))
        assert tried(target, guard=LOOPBACK).steps[0].address == "127.0.0.1"
        assert server.asked[0].headers["host"] == f"tidak-ada.invalid:{server.port}"
        with pytest.raises(UsageError, match=r"127\.0\.0\.1 is an address of the monitor's own machine"):
            tried(target, guard=Guard())


def test_a_name_server_at_a_refused_address_is_not_asked():
    with name_server({}) as names, pytest.raises(UsageError, match=r"127\.0\.0\.1 is an address of the monitor's own machine, where"):
        tried(over("http://a.example", Connection(resolver=names.address)), guard=Guard())
    assert names.asked == []


def test_what_is_no_name_server_is_refused_before_anything_runs():
    with pytest.raises(UsageError, match=r'the name server "dns.example": .*; expected ADDRESS or ADDRESS:PORT'):
        tried(over("http://a.example", Connection(resolver="dns.example")))


# families

def test_a_broken_ipv6_beside_a_good_ipv4_is_up_and_named_where_it_is_asked_for_alone():
    zone: Zone = {"a.example": ["A 127.0.0.1", "AAAA ::1"]}
    with serving(page()) as server, name_server(zone) as names:
        url = f"http://a.example:{server.port}"
        by_any = tried(over(url, Connection(resolver=names.address)))
        assert (by_any.steps[0].passed, by_any.steps[0].address) == (True, "127.0.0.1")
        assert tried(over(url, Connection(resolver=names.address, ip=IpFamily.V4))).steps[0].passed
        told = said(tried(over(url, Connection(resolver=names.address, ip=IpFamily.V6))))
        assert f"connection refused by a.example:{server.port}" in told
        assert "(tried IPv6 ::1)" in told


def test_both_families_that_were_tried_are_named():
    with closed_port() as port, name_server({"a.example": ["A 127.0.0.1", "AAAA ::1"]}) as names:
        told = said(tried(over(f"http://a.example:{port}", Connection(resolver=names.address))))
    assert "IPv6 ::1" in told
    assert "IPv4 127.0.0.1" in told


def test_a_host_without_an_address_of_the_family_is_told_so():
    with name_server({"a.example": ["A 127.0.0.1"]}) as names:
        told = said(tried(over("http://a.example", Connection(resolver=names.address, ip=IpFamily.V6))))
    assert "has no IPv6 address of a.example" in told


# proxy

@contextlib.contextmanager
def a_proxy() -> Iterator[tuple[int, list[str]]]:
    """Run an HTTP proxy that makes tunnels; give its port and what it was asked."""
    asked: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                head += self.request.recv(4096)
            asked.append(head.decode())
            host, _, port = head.split(b" ")[1].decode().partition(":")
            with socket.create_connection(("127.0.0.1" if host.endswith(".invalid") else host, int(port)), 5) as beyond:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                ends = [self.request, beyond]
                while True:
                    for ready in select.select(ends, [], [], 5)[0]:
                        data = ready.recv(65536)
                        if not data:
                            return
                        ends[1 - ends.index(ready)].sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1], asked
        server.shutdown()


def test_a_proxy_looks_the_name_up_and_gets_its_password_by_reference(tmp_path: Path):
    (tmp_path / "dinkes").mkdir()
    (tmp_path / "dinkes" / "proksi").write_text("sandi@proksi")
    with serving(page()) as server, a_proxy() as (port, asked):
        target = over(
            f"http://hanya-proksi.invalid:{server.port}", Connection(proxy=f"http://pemantau:${{secret:proksi}}@127.0.0.1:{port}"),
        )
        attempt = tried(target, secrets=SecretStore(tmp_path))
        assert attempt.steps[0].passed, attempt
        assert asked[0].startswith(f"CONNECT hanya-proksi.invalid:{server.port} HTTP/1.1")
        assert "Proxy-Authorization: Basic cGVtYW50YXU6c2FuZGlAcHJva3Np" in asked[0]
        assert "proxy-authorization" not in server.asked[0].headers


def test_a_proxy_at_a_refused_address_is_not_connected_to_for_a_service_that_the_toolkit_placed_either():
    with a_proxy() as (port, asked), serving(page()) as server:
        placed = over(
            f"http://antrean.example:{server.port}", Connection(proxy=f"http://127.0.0.1:{port}"),
            connect_to=f"127.0.0.1:{server.port}",
        )
        assert "an address of the monitor's own machine" in said(tried(placed, guard=Guard()))
        assert asked == []


def test_a_proxy_is_not_sent_to_a_refused_address_by_a_redirect():
    with serving(page("rahasia"), host="127.0.0.3") as inner, serving(redirect(f"{inner.url}/")) as outer, a_proxy() as (port, asked):
        target = over(
            f"http://publik.invalid:{outer.port}", Connection(proxy=f"http://127.0.0.1:{port}"), Step(name="a", max_redirects=2),
        )
        told = said(tried(target, guard=Guard(["127.0.0.1"])))
        assert "127.0.0.3 is an address of the monitor's own machine, where the monitor does not connect" in told
        assert (len(asked), inner.connections) == (1, 0)
        assert tried(target, guard=LOOPBACK).steps[0].passed


def test_a_proxy_at_a_refused_address_is_not_connected_to():
    with a_proxy() as (port, asked):
        attempt = tried(over("http://8.8.8.8", Connection(proxy=f"http://127.0.0.1:{port}")), guard=Guard())
        assert "an address of the monitor's own machine, where the monitor does not connect" in said(attempt)
        assert asked == []


# HTTP/2

def _h2(connection: ssl.SSLSocket, seen: list[str]) -> None:
    talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    talk.initiate_connection()
    connection.sendall(talk.data_to_send())
    while data := connection.recv(65536):
        for event in talk.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                seen.append("h2")
                talk.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/plain")])
                talk.send_data(event.stream_id, b"halo lewat dua", end_stream=True)
        connection.sendall(talk.data_to_send())


@contextlib.contextmanager
def an_h2_server(context: ssl.SSLContext) -> Iterator[tuple[int, list[str]]]:
    """Run a server that speaks HTTP/2 to whoever agrees, else HTTP/1.1."""
    context.set_alpn_protocols(["h2", "http/1.1"])
    seen: list[str] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True) as connection:
                if connection.selected_alpn_protocol() == "h2":
                    _h2(connection, seen)
                else:
                    connection.recv(65536)
                    seen.append("http/1.1")
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalo")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.server_address[1], seen
        server.shutdown()


def test_http_2_is_agreed_on_where_it_is_wanted(tmp_path: Path):
    authority = Authority(tmp_path)
    with an_h2_server(authority.context()) as (port, seen):
        for wish in (Http2.NEVER, Http2.PREFER, Http2.REQUIRE):
            attempt = tried(over(f"https://127.0.0.1:{port}", Connection(http2=wish), ca_pem=authority.pem))
            assert attempt.steps[0].passed, attempt
        assert seen == ["http/1.1", "h2", "h2"]


def test_a_server_without_http_2_passes_where_it_is_preferred_and_fails_where_it_is_required(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(), tls=authority.context()) as server:
        assert tried(over(server.url, Connection(http2=Http2.PREFER), ca_pem=authority.pem)).steps[0].passed
        told = said(tried(over(server.url, Connection(http2=Http2.REQUIRE), ca_pem=authority.pem)))
        assert f"expected HTTP/2, 127.0.0.1:{server.port} answered by HTTP/1.1" in told


# client certificates

def a_client(folder: Path) -> tuple[str, str, str]:
    """Make a client's authority, certificate and key, PEM each."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)

    def signed(name: str, public, *, is_authority: bool) -> x509.Certificate:
        return (
            x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA klien")])).public_key(public)
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True).sign(key, hashes.SHA256())
        )

    texts = [
        signed(*of, is_authority=is_authority).public_bytes(serialization.Encoding.PEM).decode()
        for of, is_authority in ((("CA klien", key.public_key()), True), (("pemantau", own.public_key()), False))
    ]
    return texts[0], texts[1], own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ).decode()


def test_a_client_certificate_is_shown_to_the_server_and_its_absence_fails_in_words(tmp_path: Path):
    authority, (client_ca, certificate, key) = Authority(tmp_path), a_client(tmp_path)
    (tmp_path / "dinkes").mkdir()
    (tmp_path / "dinkes" / "sertifikat").write_text(certificate)
    (tmp_path / "dinkes" / "kunci").write_text(key)
    context = authority.context()
    context.load_verify_locations(cadata=client_ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with serving(page(), tls=context) as server:
        shown = Connection(certificate="${secret:sertifikat}", key="${secret:kunci}")
        attempt = tried(over(server.url, shown, ca_pem=authority.pem), secrets=SecretStore(tmp_path))
        assert attempt.steps[0].passed, attempt
        without = said(tried(over(server.url, Connection(), ca_pem=authority.pem)))
        assert "certificate required" in without or "connection" in without


# bodies

def test_a_multipart_form_arrives_part_by_part():
    with serving(page()) as server:
        step = Step(name="unggah", method="POST", parts=(
            Part(name="jenis", value="KTP"), Part(name='be"rkas', value="isi\r\nberkas", file_name="ktp é.txt", content_type="text/plain"),
        ))
        assert tried(over(server.url, Connection(), step)).steps[0].passed
        asked: Asked = server.asked[0]
    boundary = asked.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert asked.body == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="jenis"\r\n\r\nKTP\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="be%22rkas"; filename="ktp é.txt"\r\nContent-Type: text/plain\r\n\r\n'
        f"isi\r\nberkas\r\n--{boundary}--\r\n"
    )


@pytest.mark.parametrize(("headers", "kind"), [((), "text/plain; charset=utf-8"), ((("Content-Type", "application/xml"),), "application/xml")])
def test_raw_text_is_sent_as_it_is(headers: tuple[tuple[str, str], ...], kind: str):
    with serving(page()) as server:
        assert tried(over(server.url, Connection(), Step(name="a", method="PUT", body="<cek>${x</cek>", headers=headers))).steps[0].passed
        assert (server.asked[0].body, server.asked[0].headers["content-type"]) == ("<cek>${x</cek>", kind)


# evidence of a way

def test_each_hop_of_a_redirect_is_kept_with_status_address_and_certificate(tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page("salah", status=500), tls=authority.context()) as last, \
            serving(redirect(f"https://127.0.0.1:{last.port}/akhir"), tls=authority.context()) as first:
        target = over(first.url, Connection(), Step(name="a", max_redirects=3), ca_pem=authority.pem)
        evidence = tried(target, reads_certificates=True).steps[0].evidence
    assert evidence is not None
    assert [hop.partition("; certificate: ")[0] for hop in evidence.hops] == [
        f"302 GET {first.url}/ at 127.0.0.1", f"500 GET {last.url}/akhir at 127.0.0.1",
    ]
    assert all("issuer CN = CA uji" in hop or "issuer CN=CA uji" in hop for hop in evidence.hops)
    assert "names IP Address:127.0.0.1" in evidence.certificate
    assert evidence.request == f"GET {last.url}/akhir"


@pytest.mark.parametrize(("given", "words"), [
    ({"self_signed": True}, "self-signed"), ({"begins_days": -9, "ends_days": -2}, "has expired"), ({"host": "lain.example"}, "another host"),
])
def test_a_certificate_that_is_not_believed_is_read_all_the_same_and_nothing_is_sent(given: dict[str, Any], words: str, tmp_path: Path):
    authority = Authority(tmp_path)
    with serving(page(), tls=authority.context(**given)) as server:
        step = tried(over(server.url, Connection(), Step(name="a", headers=(("X-Kunci", "k"),)), ca_pem=authority.pem)).steps[0]
        assert words in step.reason
        assert server.asked == []
    name = given.get("host", "127.0.0.1")
    assert step.evidence is not None
    assert f"subject CN={name}" in step.evidence.certificate.replace("CN = ", "CN=")
    assert name in step.evidence.certificate.partition("names ")[2]
    assert step.certificate_ends_ms > 0
    assert step.evidence.body == step.evidence.head == ""
