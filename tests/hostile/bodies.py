"""Servers whose body is late, endless, a bomb, or not as long or as encoded as they say."""

from __future__ import annotations

import gzip
import zlib

from monitors.core.model import AssertKind, Step
from tests.hostile.case import Case
from tests.hostile.stage import http
from tests.hostile.talks import CHUNKED, HTML, KIB, LONG, MIB, PAGE, answer, drip, flood, keeps_open, page, raw
from tests.probing import expect

HOST = r"127\.0\.0\.1:\d+"
TOO_LARGE = r"the body is larger than the 64 KiB allowed"
WORKS = (Step(name="buka", assertions=(expect(AssertKind.CONTAINS, "Ambil nomor"),)),)
TEXT = PAGE.encode()
# 200 MiB of spaces as the brotli library packs them
BROTLI_BOMB = bytes.fromhex(
    "cfffff7f002440e2b14072effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ffff3f001200715800baf7"
    "fffcffff074002200e0b40f7fe9fffffff004800c46101e8defff3ffff1f000980382c00ddfb7ffeffff032001108705a07b"
    "ffcfffff7f002400e2b00074effff9ffff0f8004401c1680eefd3fffffff01900088c302d0bdffe7ffff3f001200715800ba"
    "f7fff9ffff074002200e0b40f7fe0f"
)


def spaces(size: int, wbits: int = 31) -> bytes:
    """Pack ``size`` bytes of spaces with gzip, or with deflate (``wbits`` 15)."""
    packer = zlib.compressobj(1, wbits=wbits)
    return packer.compress(b" " * size) + packer.flush()


def bomb(mib: int, wbits: int = 31) -> bytes:
    """Pack so many MiB of spaces, one packed MiB repeated; without the sum at the end, where nobody should come."""
    packer = zlib.compressobj(9, wbits=wbits)
    first = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * MIB) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (mib - 1)


def encoded(body: bytes, *codings: str) -> bytes:
    """Answer with a body in these encodings."""
    return answer(body, Content_Encoding=", ".join(codings))


CASES = (
    Case(
        name="slow-loris body", bad=http(drip(LONG, b"x")), good=http(page("x" * 100)), stalls=True,
        reason=r"timed out after [\d.]+ s while reading the answer, \d+ bytes read",
    ),
    Case(
        name="a body that stops", bad=http(keeps_open(LONG + b"sebagian")), good=http(page("sebagian")), stalls=True,
        reason=r"timed out after [\d.]+ s while reading the answer, 8 bytes read",
    ),
    Case(name="endless body", bad=http(flood(HTML + b"\r\n", b"x" * 8192)), good=http(page("x" * 60 * KIB)), reason=TOO_LARGE),
    Case(
        name="endless chunks", bad=http(flood(CHUNKED, b"2000\r\n" + b"x" * 8192 + b"\r\n")),
        good=http(raw(CHUNKED + b"5\r\nhalo!\r\n0\r\n\r\n")), reason=TOO_LARGE,
    ),
    Case(name="a body that says it is too large", bad=http(page("x" * 65 * KIB)), good=http(page("x" * 64 * KIB)), reason=TOO_LARGE),
    Case(
        name="gzip bomb", bad=http(raw(encoded(bomb(1024), "gzip"))), good=http(raw(encoded(spaces(60 * KIB), "gzip"))),
        reason=TOO_LARGE,
    ),
    Case(
        # brotli was not asked for: to read it takes 16 MB a body where the server wants it so
        name="brotli bomb", bad=http(raw(encoded(BROTLI_BOMB, "br"))), good=http(raw(encoded(spaces(60 * KIB), "gzip"))),
        reason=r'the body has the encoding "br"; asked for was gzip, deflate after .*',
    ),
    Case(
        name="deflate bomb", bad=http(raw(encoded(bomb(200, wbits=15), "deflate"))),
        good=http(raw(encoded(spaces(60 * KIB, wbits=15), "deflate"))), reason=TOO_LARGE,
    ),
    Case(
        name="gzip in gzip in gzip", bad=http(raw(encoded(gzip.compress(gzip.compress(bomb(200))), "gzip", "gzip", "gzip"))),
        good=http(raw(encoded(gzip.compress(gzip.compress(TEXT)), "gzip", "gzip"))), steps=WORKS, reason=TOO_LARGE,
    ),
    Case(
        name="encodings nested without end", bad=http(raw(encoded(b"x", *["gzip"] * 50))),
        good=http(raw(encoded(gzip.compress(TEXT), "gzip"))), steps=WORKS, reason=r"the body is encoded over and over, more than 5 times after .*",
    ),
    Case(
        name="an encoding that was not asked for", bad=http(raw(encoded(TEXT, "zstd"))), good=http(raw(encoded(TEXT, "identity"))),
        steps=WORKS, reason=r'the body has the encoding "zstd"; asked for was gzip, deflate after .*',
    ),
    Case(
        name="not the gzip it says", bad=http(raw(encoded(TEXT, "gzip"))), good=http(raw(encoded(gzip.compress(TEXT), "gzip"))),
        steps=WORKS, reason=r"the body is not encoded as its header says after .*",
    ),
    Case(
        name="gzip cut short", bad=http(raw(encoded(gzip.compress(TEXT * 50)[:-10], "gzip"))),
        good=http(raw(encoded(gzip.compress(TEXT * 50), "gzip"))), steps=WORKS, reason=r"the body ends in the middle of its encoding after .*",
    ),
    Case(
        name="shorter than its Content-Length", bad=http(raw(HTML + b"Content-Length: 100\r\n\r\nhanya ini")),
        good=http(raw(HTML + b"Content-Length: 9\r\n\r\nhanya ini")),
        reason=rf"{HOST} closed the connection in the middle of the body, 9 bytes read after .*",
    ),
    Case(
        name="longer than its Content-Length", bad=http(raw(HTML + b"Content-Length: 20\r\n\r\n" + TEXT)),
        good=http(raw(HTML + b"Content-Length: %d\r\n\r\n" % len(TEXT) + TEXT)), steps=WORKS,
        reason=r'expected the text "Ambil nomor" in the body, did not find it after .*',
    ),
    Case(
        name="two Content-Lengths", bad=http(raw(HTML + b"Content-Length: 5\r\nContent-Length: %d\r\n\r\n" % len(TEXT) + TEXT)),
        good=http(raw(HTML + b"Content-Length: %d\r\n\r\n" % len(TEXT) + TEXT)), steps=WORKS, reason=r"the answer's Content-Length is no length, or there are two after .*",
    ),
    Case(
        name="a Content-Length that is no number", bad=http(raw(HTML + b"Content-Length: banyak\r\n\r\n" + TEXT)),
        good=http(raw(HTML + b"Content-Length: %d\r\n\r\n" % len(TEXT) + TEXT)), steps=WORKS, reason=r"the answer's Content-Length is no length, or there are two after .*",
    ),
    Case(
        name="a Content-Length below zero", bad=http(raw(HTML + b"Content-Length: -1\r\n\r\n" + TEXT)),
        good=http(raw(HTML + b"Content-Length: %d\r\n\r\n" % len(TEXT) + TEXT)), steps=WORKS, reason=r"the answer's Content-Length is no length, or there are two after .*",
    ),
    Case(
        name="a chunk size that is none", bad=http(raw(CHUNKED + b"zz\r\nhalo\r\n")),
        good=http(raw(CHUNKED + b"4\r\nhalo\r\n0\r\n\r\n")), reason=r"the body comes in chunks, and the length of one is no number after .*",
    ),
    Case(
        name="a chunk size beyond all numbers", bad=http(raw(CHUNKED + b"f" * 40 + b"\r\nhalo\r\n")),
        good=http(raw(CHUNKED + b"4\r\nhalo\r\n0\r\n\r\n")), reason=r"the body comes in chunks, and the length of one is too large after .*",
    ),
    Case(
        name="chunks without an end", bad=http(raw(CHUNKED + b"4\r\nhalo\r\n")), good=http(raw(CHUNKED + b"4\r\nhalo\r\n0\r\n\r\n")),
        reason=rf"{HOST} closed the connection in the middle of the body, 4 bytes read after .*",
    ),
    Case(
        name="reset in the middle of the body", bad=http(raw(LONG + b"sebagian", resets=True)), good=http(page("sebagian")),
        reason=rf"connection reset by {HOST} while reading the answer after .*",
    ),
    Case(
        name="204 with a body", bad=http(raw(b"HTTP/1.1 204 Kosong\r\nContent-Length: %d\r\n\r\n" % len(TEXT) + TEXT)),
        good=http(raw(answer())), steps=WORKS, reason=r'expected the text "Ambil nomor" in the body, did not find it after .*',
    ),
)
