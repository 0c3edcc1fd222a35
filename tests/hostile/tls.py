"""Servers whose certificate or TLS is not what a careful client accepts."""

from __future__ import annotations

import asyncio

from tests.hostile.case import Case
from tests.hostile.stage import Client, Server, Stage, http, https, on_tls_port
from tests.hostile.talks import page, silent
from tests.servers import page as threaded_page
from tests.servers import serving

HOST = r"127\.0\.0\.1(?::\d+)?"


def certificate(kind: str, reason: str, good: str = "good") -> Case:
    """Make the case of a certificate with one fault."""
    return Case(name=f"certificate: {kind}", bad=https(page(), kind), good=https(page(), good), reason=reason)


def threaded(kind: str) -> Server:
    """Serve over TLS from threads: asyncio closes without telling the client why a handshake failed."""
    def server(stage: Stage) -> str:
        return stage.resources.enter_context(serving(threaded_page(), tls=stage.certificates.context(kind))).url
    return server


async def plain(client: Client) -> None:
    """Answer a handshake as web servers without TLS do."""
    await client.reader.read(1024)
    await client.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


async def garbage(client: Client) -> None:
    """Answer a handshake with bytes that mean nothing."""
    await client.reader.read(1024)
    await client.send(b"\x16\x03\x03\x00\x40" + bytes(range(64)))


async def alert(client: Client) -> None:
    """Answer a handshake with a refusal in TLS's own words."""
    await client.reader.read(1024)
    await client.send(b"\x15\x03\x03\x00\x02\x02\x28")       # fatal, handshake_failure


async def half_a_hello(client: Client) -> None:
    """Begin a handshake, and never go on."""
    await client.reader.read(1024)
    await client.send(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
    await client.gone()


async def closes(client: Client) -> None:
    """Read a handshake's beginning and close."""
    await client.reader.read(1024)
    await asyncio.sleep(0.01)


CASES = (
    certificate("expired", rf"the certificate of {HOST} has expired"),
    certificate("not yet valid", rf"the certificate of {HOST} is not yet valid"),
    certificate("self-signed", rf"the certificate of {HOST} is self-signed"),
    certificate("wrong host", rf"the certificate is for another host than {HOST}"),
    certificate(
        "incomplete chain",
        rf"the certificate of {HOST} is signed by an authority that is not trusted, or a certificate between is missing",
         good="whole chain",
    ),
    certificate("expired between", rf"the certificate of {HOST} has expired", good="whole chain"),
    certificate("weak key", rf"the certificate of {HOST} has a key that is too weak"),
    certificate("SHA-1", rf"the certificate of {HOST} is signed with a method that is too weak"),
    certificate("for clients only", rf"the certificate of {HOST} is not meant for a server"),
    Case(name="TLS 1.1 only", bad=threaded("TLS 1.1 only"), good=https(page()), reason=rf"TLS with {HOST} failed: the server speaks no version of TLS from 1.2 on after .*"),
    Case(name="ciphers without encryption", bad=threaded("weak cipher"), good=https(page()), reason=rf"TLS with {HOST} failed: the server refused: no cipher or key exchange suits both sides after .*"),
    Case(name="TLS garbage", bad=on_tls_port(garbage), good=https(page()), reason=rf"TLS with {HOST} failed: .*"),
    Case(name="TLS refused", bad=on_tls_port(alert), good=https(page()), reason=rf"TLS with {HOST} failed: the server refused: no cipher or key exchange suits both sides after .*"),
    Case(
        name="TLS that is never answered", bad=on_tls_port(silent), good=https(page()), stalls=True,
        reason=r"timed out after [\d.]+ s while agreeing on TLS",
    ),
    Case(
        name="TLS that stops half way", bad=on_tls_port(half_a_hello), good=https(page()), stalls=True,
        reason=r"timed out after [\d.]+ s while agreeing on TLS",
    ),
    Case(
        name="TLS that is hung up on", bad=on_tls_port(closes), good=https(page()),
        reason=rf"TLS with {HOST} failed: the server closed the connection after .*",
    ),
    Case(
        name="plain HTTP on the TLS port", bad=on_tls_port(plain), good=https(page()),
        reason=rf"TLS with {HOST} failed: the server does not speak TLS on this port after .*",
    ),
    Case(
        name="TLS on the plain port", bad=http(alert), good=http(page()),
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
)
