"""A body's bytes out of their encoding, piece by piece, and never more of them than are allowed. Pure.

Not left to the HTTP library: it takes a body that ends in the middle of its encoding for a whole one, and a server that
answers with brotli makes it hold 16 MB for each body. So gzip and deflate are asked for, and nothing else is read.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from monitors.probes.failures import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ACCEPTED = "gzip, deflate"
MOST_LAYERS = 5
_GZIP, _ZLIB, _BARE = 31, 15, -15        # zlib's own numbers for the three forms


class EncodingError(Exception):
    """A body is not encoded as it should be. The text says how."""


class _Layer(Protocol):
    def feed(self, data: bytes, most: int) -> bytes: ...

    @property
    def is_whole(self) -> bool: ...


class Sink:
    """Takes a body's bytes as they come, decodes them, and refuses those beyond the limit, which ends the transfer.

    ``head``: the header lines that have come by the first byte of the body.
    """

    __slots__ = ("_head", "_layers", "chunks", "limit", "problem", "size")

    def __init__(self, limit: int = 0, head: Callable[[], Sequence[bytes]] = tuple) -> None:
        self.limit, self.size = limit, 0
        self.chunks: list[bytes] = []
        self.problem = ""                # why what came cannot be decoded
        self._head = head
        self._layers: list[_Layer] | None = None

    def __call__(self, data: bytes) -> int | None:
        """Take ``data``; -1 says that it is refused."""
        try:
            if self._layers is None:
                self._layers = layers_of(self._head())
            room = self.limit - self.size
            for layer in self._layers:
                data = layer.feed(data, room + 1)
                if len(data) > room:
                    break                # what is inside of it only grows
        except EncodingError as exc:
            self.problem = str(exc)
            self.chunks.clear()
            return -1
        self.size += len(data)
        if len(data) > room:
            self.chunks.clear()
            return -1
        if data:
            self.chunks.append(data)
        return None

    def end(self) -> str:
        """Say what is wrong with a body that has come to its end, or ""."""
        if all(layer.is_whole for layer in self._layers or ()):
            return ""
        self.chunks.clear()
        return "the body ends in the middle of its encoding"


def layers_of(head: Sequence[bytes]) -> list[_Layer]:
    """Make what decodes a body of this header, the outermost encoding first. Raises EncodingError."""
    names: list[str] = []
    for line in head:
        if line[:1] in b"Cc" and line[:17].lower() == b"content-encoding:":
            names += [name.strip().lower() for name in line[17:].decode("latin-1").split(",")]
    names = [name for name in names if name not in {"", "identity"}]
    if len(names) > MOST_LAYERS:
        raise EncodingError(f"the body is encoded over and over, more than {MOST_LAYERS} times")
    return [_layer(name) for name in reversed(names)]


def _layer(name: str) -> _Layer:
    if name in {"gzip", "x-gzip"}:
        return _Packed(_GZIP)
    if name == "deflate":
        return _Packed(_ZLIB)
    raise EncodingError(f'the body has the encoding "{quoted(name, 20)}"; asked for was {ACCEPTED}')


class _Packed:
    """gzip or deflate; of deflate the standard's form, known by its first two bytes, and the bare one."""

    __slots__ = ("_first", "_wbits", "_zlib")

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._first = b""                # bytes that came before the form was known
        self._zlib: zlib._Decompress | None = None

    def feed(self, data: bytes, most: int) -> bytes:
        """Decode; where more than ``most`` bytes come out, the rest is left and forgotten."""
        if self._zlib is None:
            data = self._first = self._first + data
            if len(data) < 2:
                return b""
            is_bare = self._wbits == _ZLIB and (data[0] & 0x0F != 8 or (data[0] * 256 + data[1]) % 31)
            self._zlib = zlib.decompressobj(_BARE if is_bare else self._wbits)
        if self._zlib.eof:
            return b""                   # rubbish behind the end, which every browser passes over
        try:
            return self._zlib.decompress(data, most)
        except zlib.error:
            raise EncodingError("the body is not encoded as its header says") from None

    @property
    def is_whole(self) -> bool:
        """It has come to its end, or nothing came at all."""
        return not self._first if self._zlib is None else self._zlib.eof
