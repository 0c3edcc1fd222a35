"""Encoded bodies, in pieces of any size: what was packed comes out, no byte more than is allowed, and faults are told."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.probes.decoding import Sink

LIMIT = 1000


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "X-GZip": gzip.compress, "deflate": zlib.compress, "Deflate": bare, "identity": bytes}


def taken(body: bytes, encoding: str, *, limit: int = LIMIT, piece: int = 7) -> tuple[Sink, bool]:
    """Feed a body in pieces; tell whether all of it was taken."""
    lines = [b"HTTP/1.1 200 OK\r\n", b"cONTENT-Encoding: " + encoding.encode() + b"\r\n", b"\r\n"]
    sink = Sink(limit, lambda: lines)
    return sink, all(sink(body[at : at + piece]) is None for at in range(0, len(body), piece))


@given(st.binary(max_size=LIMIT), st.lists(st.sampled_from(sorted(PACKERS)), max_size=5), st.integers(1, 300))
def test_what_was_packed_in_any_way_comes_out_whatever_the_pieces(data: bytes, encodings: list[str], piece: int):
    body = data
    for name in encodings:
        body = PACKERS[name](body)
    sink, is_taken = taken(body, ", ".join(encodings), limit=2 * LIMIT, piece=piece)
    assert is_taken
    assert (b"".join(sink.chunks), sink.end()) == (data, "")


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "gzip, deflate"]), st.integers(1, 300))
def test_bytes_of_any_kind_give_a_reason_or_a_body_within_its_limit(body: bytes, encoding: str, piece: int):
    sink, is_taken = taken(body, encoding, limit=50, piece=piece)
    assert sum(len(chunk) for chunk in sink.chunks) <= 50
    assert is_taken or sink.problem or sink.size > 50


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_refused(encoding: str):
    assert taken(PACKERS[encoding](b" " * LIMIT), encoding)[1]
    sink, is_taken = taken(PACKERS[encoding](b" " * (LIMIT + 1)), encoding)
    assert not is_taken
    assert (sink.problem, sink.chunks) == ("", [])


def test_of_a_bomb_only_a_little_more_than_the_limit_is_unpacked():
    sink, is_taken = taken(gzip.compress(b" " * 10_000_000), "gzip", piece=10_000)
    assert not is_taken
    assert sink.size == LIMIT + 1


@pytest.mark.parametrize(("body", "encoding", "problem"), [
    (b"bukan gzip", "gzip", "the body is not encoded as its header says"),
    (b"\xff\xff\xff", "deflate", "the body is not encoded as its header says"),
    (b"x", "br", 'the body has the encoding "br"; asked for was gzip, deflate'),
    (b"x", ", ".join(["gzip"] * 6), "the body is encoded over and over, more than 5 times"),
])
def test_what_cannot_be_decoded_is_told(body: bytes, encoding: str, problem: str):
    sink, is_taken = taken(body, encoding)
    assert not is_taken
    assert sink.problem == problem


def test_a_body_that_ends_in_the_middle_is_no_whole_one_and_rubbish_behind_the_end_is_passed_over():
    packed = gzip.compress(b"Ambil nomor" * 20)
    cut, is_taken = taken(packed[:-3], "gzip")
    assert is_taken
    assert cut.end() == "the body ends in the middle of its encoding"
    more, is_taken = taken(packed + b"sampah", "gzip")
    assert is_taken
    assert (b"".join(more.chunks), more.end()) == (b"Ambil nomor" * 20, "")


def test_a_body_without_bytes_is_whole_whatever_its_header_says():
    assert taken(b"", "gzip")[0].end() == ""


def test_without_an_encoding_bytes_are_kept_as_they_are():
    sink = Sink(5)
    assert sink(b"123") is None
    assert sink(b"45") is None
    assert b"".join(sink.chunks) == b"12345"
    assert sink(b"6") == -1
    assert sink.chunks == []
