"""Mail servers that greet with rubbish, never, or without end."""

from __future__ import annotations

from monitors.core.model import Step
from monitors.core.requests import TcpDialogue, TcpTurn
from tests.hostile.case import Case
from tests.hostile.stage import Client, http
from tests.hostile.talks import silent

GREETED = (Step(name="salam", tcp=TcpDialogue(turns=(TcpTurn(expect=r"^220 .*ESMTP"), TcpTurn(send=r"QUIT\r\n", expect="221")))),)


async def polite(client: Client) -> None:
    """Greet, and answer to QUIT."""
    await client.send(b"220 surat.example ESMTP\r\n")
    await client.reader.readline()
    await client.send(b"221 sampai jumpa\r\n")


async def rubbish(client: Client) -> None:
    """Greet with bytes that mean nothing, and hang up."""
    await client.send(bytes(range(128, 256)) * 3 + b"\r\n")


async def babbler(client: Client) -> None:
    """Greet without end."""
    while True:
        await client.send(b"220-selamat datang " * 400 + b"\r\n")


async def hangs_up(client: Client) -> None:
    """Greet, and hang up when spoken to."""
    await client.send(b"220 surat.example ESMTP\r\n")
    await client.reader.readline()


CASES = (
    Case(
        name="mail: a banner of garbage", bad=http(rubbish), good=http(polite), steps=GREETED, failed_step="salam",
        reason=r'turn 1 of 2: expected text that matches "\^220 \.\*ESMTP", 127\.0\.0\.1:\d+ closed the connection; got ".*"',
    ),
    Case(
        name="mail: no banner", bad=http(silent), good=http(polite), steps=GREETED, failed_step="salam", stalls=True,
        reason=r'timed out after .* while waiting for text that matches "\^220 \.\*ESMTP" in turn 1 of 2',
    ),
    Case(
        name="mail: a banner without end", bad=http(babbler), good=http(polite), steps=GREETED, failed_step="salam",
        reason=r'turn 1 of 2: expected text that matches "\^220 \.\*ESMTP" within 65536 bytes, got "220-selamat datang .*…"',
    ),
    Case(
        name="mail: hung up on", bad=http(hangs_up), good=http(polite), steps=GREETED, failed_step="salam",
        reason=r'turn 2 of 2: expected text that matches "221", 127\.0\.0\.1:\d+ closed the connection; got ""',
    ),
)
