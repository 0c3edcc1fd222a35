"""Servers whose answer's head is late, endless, too large or no head at all."""

from __future__ import annotations

import asyncio

from monitors.core.model import AssertKind, SaveKind, Step
from tests.hostile.case import Case
from tests.hostile.stage import Client, http
from tests.hostile.talks import HTML, OK, PAGE, answer, deaf, drip, flood, keeps_open, page, raw, silent
from tests.probing import expect, save

HOST = r"127\.0\.0\.1:\d+"
WORKS = (Step(name="buka", assertions=(expect(AssertKind.CONTAINS, "Ambil nomor"),)),)
END = b"Content-Length: 0\r\n\r\n"
BIG = '"' + "x" * 4_000_000 + '"'
SENDS = (Step(name="kirim", method="POST", json_body=BIG),)


def headers(count: int, size: int = 200) -> bytes:
    """Write an answer with so many header lines of so many bytes."""
    lines = b"".join(b"X-Isi-%d: %s\r\n" % (number, b"x" * size) for number in range(count))
    return OK + lines + END


def cookies(count: int) -> bytes:
    """Write an answer that sets so many cookies."""
    lines = b"".join(b"\r\nSet-Cookie: k%d=%s" % (number, b"x" * 100) for number in range(count))
    return answer().replace(b"\r\n\r\n", lines + b"\r\n\r\n", 1)


async def early_error(client: Client) -> None:
    """Answer 500 at once and close, with most of the request unread."""
    await client.reader.read(1024)
    await client.send(answer("Gangguan", status=500, Connection="close"))
    await client.reset()


async def late_error(client: Client) -> None:
    """Read a request to its end, however slowly, and answer."""
    while await client.request():
        await client.send(answer())


async def interim(client: Client) -> None:
    """Tell twice that an answer is on its way, then give it."""
    await client.request()
    await client.send(b"HTTP/1.1 102 Processing\r\n\r\n")
    await asyncio.sleep(0)
    await client.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer())


CASES = (
    Case(
        name="slow-loris head", bad=http(drip(OK, b"X-Lagi: ya\r\n")), good=http(raw(headers(10))), stalls=True,
        reason=r"timed out after [\d.]+ s while reading the answer's header",
    ),
    Case(
        name="one byte of the head at a time", bad=http(drip(b"H", b"T")), good=http(page()), stalls=True,
        reason=r"what 127\.0\.0\.1:\d+ answered is not HTTP after .*",
    ),
    Case(
        name="accepted and never answered", bad=http(silent), good=http(page()), stalls=True,
        reason=r"timed out after [\d.]+ s while waiting for the first byte of the answer",
    ),
    Case(
        name="a request that is never read", bad=http(deaf, receive_buffer=4096), good=http(late_error), stalls=True,
        steps=SENDS, failed_step="kirim", reason=r"timed out after [\d.]+ s while sending the request",
    ),
    Case(
        name="500 before the request was read", bad=http(early_error), good=http(late_error), steps=SENDS,
        failed_step="kirim", reason=r"expected status 2xx, got 500 after .*",
    ),
    Case(
        name="header lines without end", bad=http(flood(OK, b"X-Isi: " + b"x" * 200 + b"\r\n")), good=http(raw(headers(100))),
        reason=r"the answer's header is larger than 300 KiB after .*",
    ),
    Case(
        name="too many header lines", bad=http(raw(headers(6000, size=5))), good=http(raw(headers(1000, size=5))),
        reason=r"the answer's header has more than 5000 lines after .*",
    ),
    Case(
        name="one header line without end", bad=http(flood(OK + b"X-Isi: ", b"x" * 8192)), good=http(raw(headers(1, 60_000))),
        reason=r"the answer's header (has a line that is longer than 100 KiB|is larger than 300 KiB) after .*",
    ),
    Case(
        name="a flood of cookies", bad=http(raw(cookies(4000))), good=http(raw(cookies(10))), steps=WORKS,
        reason=r"the answer's header is larger than 300 KiB after .*",
    ),
    Case(
        name="interim answers without end", bad=http(flood(b"", b"HTTP/1.1 102 Processing\r\nX-Isi: 1\r\n\r\n")),
        good=http(interim), reason=r"the answer's header has more than 5000 lines after .*",
    ),
    Case(
        name="protocol switched unasked",
        bad=http(keeps_open(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")),
        good=http(page()), stalls=True,
        reason=r"timed out after [\d.]+ s while waiting for the answer itself: only interim ones \(1xx\) came",
    ),
    Case(name="an empty answer", bad=http(raw(b"")), good=http(page()), reason=rf"{HOST} closed the connection without an answer after .*"),
    Case(
        name="garbage instead of HTTP", bad=http(raw(bytes(range(1, 256)) * 40)), good=http(page()),
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
    Case(
        name="a mail server's banner", bad=http(raw(b"220 mail.example ESMTP\r\n")), good=http(page()),
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
    Case(
        name="HTTP/0.9", bad=http(raw(PAGE.encode())), good=http(raw(answer())), steps=WORKS,
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
    Case(
        name="a version that does not exist", bad=http(raw(answer().replace(b"HTTP/1.1", b"HTTP/7.3"))), good=http(raw(answer())),
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
    Case(
        name="a status that is none", bad=http(raw(answer().replace(b" 200 ", b" OK! "))), good=http(raw(answer())),
        reason=rf"what {HOST} answered is not HTTP after .*",
    ),
    Case(
        name="zero byte in a header", bad=http(raw(HTML + b"X-Isi: a\0b\r\n" + END)), good=http(raw(HTML + b"X-Isi: ab\r\n" + END)),
        reason=r"the answer's header holds a zero byte after .*",
    ),
    Case(
        name="reset instead of an answer", bad=http(raw(b"", resets=True)), good=http(page()),
        reason=rf"connection reset by {HOST} while waiting for the first byte of the answer after .*",
    ),
    Case(
        name="reset in the middle of the head", bad=http(raw(OK + b"Content-Ty", resets=True)), good=http(page()),
        reason=rf"connection reset by {HOST} while reading the answer's header after .*",
    ),
    Case(
        name="closed in the middle of the head", bad=http(raw(OK + b"Content-Ty")), good=http(page()),
        reason=rf"{HOST} closed the connection in the middle of the answer's header after .*",
    ),
    Case(
        name="closed after the first line", bad=http(raw(OK)), good=http(page()),
        reason=rf"{HOST} closed the connection in the middle of the answer's header after .*",
    ),
    Case(
        name="a Content-Type of bytes that are no text", bad=http(raw(b"HTTP/1.1 503 \xff\r\nContent-Type: \xff\xfe\r\n" + END)),
        good=http(raw(b"HTTP/1.1 200 \xff\r\nContent-Type: \xff\xfe\r\n" + END)), reason=r"expected status 2xx, got 503 after .*",
    ),
    Case(
        name="a cookie of bytes that are no text", bad=http(raw(OK + b"Set-Cookie: k=\xff\xfe\r\n" + END)),
        good=http(raw(OK + b"Set-Cookie: k=\xff\xfe\r\nSet-Cookie: sesi=7\r\n" + END)),
        steps=(Step(name="buka", saves=(save("s", SaveKind.COOKIE, "sesi"),)),),
        reason=r'could not save "s": no cookie sesi was set after .*',
    ),
)
