"""What servers do with a connection: the good ways, and the bad ones that several families share."""

from __future__ import annotations

import asyncio

from tests.hostile.stage import Client, Request, Talk

OK = b"HTTP/1.1 200 OK\r\n"
HTML = OK + b"Content-Type: text/html; charset=utf-8\r\n"
LONG = HTML + b"Content-Length: 60000\r\n\r\n"
CHUNKED = HTML + b"Transfer-Encoding: chunked\r\n\r\n"
PAGE = "<!doctype html><title>Antrean</title><h1>Ambil nomor</h1>"
KIB = 1024
MIB = 1024 * KIB


def answer(
    body: bytes | str = PAGE, *, status: int = 200, kind: str = "text/html; charset=utf-8", **headers: str,
) -> bytes:
    """Write a whole answer; ``Content_Encoding="gzip"`` is a header."""
    data = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": str(len(data))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    return f"HTTP/1.1 {status} X\r\n".encode() + b"".join(
        f"{name}: {value}\r\n".encode() for name, value in lines.items() if value
    ) + b"\r\n" + data


def page(body: bytes | str = PAGE, **given: object) -> Talk:
    """Answer every request with one page."""
    data = answer(body, **given)         # type: ignore[arg-type]
    return lambda client: _each(client, data)


async def _each(client: Client, data: bytes) -> None:
    while await client.request():
        await client.send(data)


def raw(data: bytes, *, resets: bool = False) -> Talk:
    """Answer the first request with bytes as they are and close, the rude way where it ``resets``."""
    async def talk(client: Client) -> None:
        await client.request()
        await client.send(data)
        if resets:
            await client.reset()
    return talk


def keeps_open(data: bytes) -> Talk:
    """Answer with bytes as they are, and say nothing more until the other side goes away."""
    async def talk(client: Client) -> None:
        await client.request()
        await client.send(data)
        await client.gone()
    return talk


def drip(first: bytes, drop: bytes, *, every_s: float = 0.05) -> Talk:
    """Answer with ``first``, then one ``drop`` after the other, for ever."""
    async def talk(client: Client) -> None:
        await client.request()
        await client.send(first)
        while True:
            await client.send(drop)
            await asyncio.sleep(every_s)
    return talk


def flood(first: bytes, block: bytes) -> Talk:
    """Answer with ``first``, then ``block`` again and again as fast as it is taken."""
    async def talk(client: Client) -> None:
        await client.request()
        await client.send(first)
        while True:
            await client.send(block)
            await asyncio.sleep(0)       # others on this loop have their turn
    return talk


def routed(**pages: bytes) -> Talk:
    """Choose an answer by path: ``home`` is ``/``, ``masuk`` is ``/masuk``; 404 for others."""
    missing = answer("tidak ada", status=404)

    async def talk(client: Client) -> None:
        while asked := await client.request():
            await client.send(pages.get(name_of(asked), missing))
    return talk


def name_of(asked: Request) -> str:
    """Give a path without its slash and query; ``home`` for ``/``."""
    return asked.path.partition("?")[0].strip("/") or "home"


def redirect(location: str, status: int = 302, **headers: str) -> bytes:
    """Write an answer that redirects."""
    return answer("", status=status, Location=location, **headers)


async def silent(client: Client) -> None:
    """Read and say nothing until the other side goes away."""
    await client.gone()


async def deaf(client: Client) -> None:
    """Read nothing and say nothing."""
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(3600)
