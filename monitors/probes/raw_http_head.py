"""Heads and chunks of answers that leave nothing to interpret. Pure.

What is read here is what well-behaved servers send: everything as the standard writes it, in one way of reading alone.
All else is odd, and libcurl says what it means (``raw_http_relay.py``): two readers of odd answers would disagree.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LARGEST_HEAD = 16 * 1024                 # bytes, far below what libcurl takes
_HEAD = re.compile(
    rb"HTTP/1\.(?P<minor>[01]) (?P<status>[2-5][0-9][0-9])(?: [\t -~\x80-\xff]*)?\r\n"
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*\r\n",
)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*(?=\r\n)")
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*(?=\r\n)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,7})\r\n")
_LONGEST_CHUNK_LINE = 9
_WITHOUT_BODY = (204, 304)


class Head(NamedTuple):
    """What a head says of its answer. ``length``: bytes of the body, -1: until the end of the connection."""

    status: int
    end: int                             # bytes of the head itself
    length: int
    is_chunked: bool
    content_type: bytes

    @property
    def has_body(self) -> bool:
        """A body may follow."""
        return self.is_chunked or self.length != 0

    @property
    def is_bodiless(self) -> bool:
        """Its status says that no body follows, whatever its head says."""
        return self.status in _WITHOUT_BODY


def ordinary_head(data: bytes) -> Head | None:
    """Read the head that ``data`` begins with; None where it is not whole or not ordinary."""
    found = _HEAD.match(data, 0, LARGEST_HEAD)
    if found is None:
        return None
    end = found.end()
    lower = data[:end].lower()
    length, is_chunked = -1, False
    if (count := lower.count(b"\r\ncontent-length:")):
        told = _LENGTH.search(lower)
        if told is None or count > 1:
            return None
        length = int(told[1])
    if (count := lower.count(b"\r\ntransfer-encoding:")):
        if length >= 0 or count > 1 or found["minor"] == b"0" or _CHUNKED.search(lower) is None:
            return None
        is_chunked = True
    content_type = b""
    if (count := lower.count(b"\r\ncontent-type:")):
        start = lower.index(b"\r\ncontent-type:") + len(b"\r\ncontent-type:")
        content_type = data[start : data.index(b"\r\n", start)].strip(b" \t")
        if count > 1 or not content_type:
            return None
    return Head(int(found["status"]), end, length, is_chunked, content_type)


class OddChunksError(Exception):
    """Chunks that are not written in the one ordinary way."""


class Chunks:
    """A body in chunks, as it comes. ``is_whole``: its last chunk was there."""

    __slots__ = ("_left", "_rest", "is_whole")

    def __init__(self) -> None:
        self._left = 0                   # bytes of the chunk that is being read, its line's end included
        self._rest = b""                 # a chunk's line that is not whole yet
        self.is_whole = False

    def feed(self, data: bytes) -> bytes:
        """Give what ``data`` holds of the body. Raises OddChunksError."""
        data, self._rest = self._rest + data, b""
        pieces, at = [], 0
        while at < len(data):
            if self._left > 2:
                piece = data[at : at + self._left - 2]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
            elif self._left:
                ends = data[at : at + self._left]
                if ends != b"\r\n"[2 - self._left :][: len(ends)]:
                    raise OddChunksError
                at += len(ends)
                self._left -= len(ends)
            elif (found := _CHUNK.match(data, at)) is not None and (size := int(found[1], 16)):
                at, self._left = found.end(), size + 2
            elif found is not None:
                if not b"\r\n".startswith(data[found.end() : found.end() + 2]):
                    raise OddChunksError         # a trailer
                self.is_whole = len(data) >= found.end() + 2
                self._rest = data[at:]
                break
            else:
                if len(data) - at >= _LONGEST_CHUNK_LINE or re.fullmatch(rb"[0-9A-Fa-f]*\r?", data[at:]) is None:
                    raise OddChunksError
                self._rest = data[at:]
                break
        return b"".join(pieces)
