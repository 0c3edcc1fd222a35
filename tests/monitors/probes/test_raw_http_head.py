"""What the raw engine takes for an ordinary answer, and what it leaves to libcurl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.probes.raw_http_head import Chunks, OddChunksError, ordinary_head

OK = b"HTTP/1.1 200 OK\r\n"


def test_a_head_is_read_with_its_length_and_its_type():
    data = OK + b"Content-Type: text/html; charset=utf-8 \r\nContent-LENGTH: 12\r\n\r\n"
    head = ordinary_head(data + b"isi")
    assert head is not None
    assert (head.status, head.length, head.is_chunked) == (200, 12, False)
    assert head.content_type == b"text/html; charset=utf-8"
    assert head.end == len(data)


@pytest.mark.parametrize(("data", "length", "is_chunked"), [
    (OK + b"\r\n", -1, False),
    (b"HTTP/1.0 404\r\nX: \xff\xfe\r\n\r\n", -1, False),
    (OK + b"Transfer-Encoding: Chunked\r\n\r\n", -1, True),
    (OK + b"Content-Length:0\r\n\r\n", 0, False),
])
def test_what_every_server_sends_is_ordinary(data: bytes, length: int, is_chunked: bool):
    head = ordinary_head(data)
    assert head is not None
    assert (head.length, head.is_chunked) == (length, is_chunked)


@pytest.mark.parametrize("data", [
    b"", b"HTTP/1.1 200 OK\r\nA: b\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 600 Apa\r\n\r\n", b"HTTP/2 200\r\n\r\n",
    b"HTTP/1.1  200 OK\r\n\r\n", b"HTTP/1.1 200OK\r\n\r\n", b"\r\nHTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\n\n",
    OK + b"A: b\n\r\n", OK + b"A : b\r\n\r\n", OK + b"tanpa titik dua\r\n\r\n", OK + b"A: b\r\n terlipat\r\n\r\n",
    OK + b"A: \0\r\n\r\n", OK + b"A: \r b\r\n\r\n", OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    OK + b"Content-Length: 1, 1\r\n\r\n", OK + b"Content-Length: -1\r\n\r\n", OK + b"Content-Length: +1\r\n\r\n",
    OK + b"Content-Length:\r\n\r\n", OK + b"Content-Length: 9999999999999999\r\n\r\n",
    OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", OK + b"Content-Type:\r\n\r\n",
    OK + b"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n", OK + b"X: " + b"x" * 17_000 + b"\r\n\r\n",
], ids=str)
def test_what_could_be_read_in_two_ways_is_not(data: bytes):
    assert ordinary_head(data) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_it(data: bytes):
    ordinary_head(data)
    ordinary_head(OK + data)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.data())
def test_chunks_come_together_however_they_are_cut(pieces: list[bytes], data: st.DataObject):
    whole = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    chunks, out = Chunks(), b""
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        assert not chunks.is_whole
        out += chunks.feed(whole[:size])
        whole = whole[size:]
    assert chunks.is_whole
    assert out == b"".join(pieces)


@pytest.mark.parametrize("data", [
    b"zz\r\n", b"4;a=b\r\nhalo\r\n", b"\r\n", b"4\nhalo\n", b"4\r\nhalo!!", b"ffffffff\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\n\n", b" 4\r\n", b"4 \r\n",
    b"123456789", b"4\rX",
], ids=str)
def test_chunks_that_are_written_otherwise_are_odd(data: bytes):
    with pytest.raises(OddChunksError):
        Chunks().feed(data)


@given(st.binary(max_size=200))
def test_no_chunks_break_it(data: bytes):
    try:
        Chunks().feed(data)
    except OddChunksError:
        return
