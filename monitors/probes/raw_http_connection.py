"""One plain request on a socket of its own: connect, send, read an answer that leaves nothing to interpret.

How it ended is told in libcurl's codes, so that there is one set of sentences for both engines. An answer that is odd
in any way ends it as ``is_odd``, with the socket open and all that was read kept, for libcurl to read the same bytes.
"""

from __future__ import annotations

import errno
import select
import socket
from socket import SocketType  # what socket.socket is made of, without what makes it slower
from typing import TYPE_CHECKING

from monitors.probes.decoding import Sink
from monitors.probes.failures import Phase
from monitors.probes.raw_http_head import Chunks, OddChunksError, ordinary_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.probes.raw_http import RawEngine
    from monitors.probes.raw_http_head import Head
    from monitors.probes.raw_http_request import Asked

COULD_NOT_CONNECT, REFUSED, TIMED_OUT, NOTHING_CAME, RECEIVING, SENDING, TOO_LARGE, CUT_SHORT = (
    7, 23, 28, 52, 56, 55, 63, 18,
)                                        # libcurl's numbers of what goes wrong
READ_AT_ONCE = 16 * 1024
MOST_KEPT = 256 * 1024                   # bytes that were read and may still be odd
PIECE_COSTS = 64                         # bytes that each piece takes beside its own
_STREAM = socket.SOCK_STREAM | socket.SOCK_NONBLOCK
_TROUBLE = select.EPOLLERR | select.EPOLLHUP


class RawConnection:
    """One request. ``code``: 0 where a whole answer came. Times in seconds of the loop, 0 for those not reached."""

    __slots__ = (
        "_chunks", "_engine", "_kept_bytes", "_left", "_on_end", "_taken", "_unsent", "address", "began_s", "code",
        "connected_s", "end_s", "ends_s", "fault", "first_s", "head", "head_data", "is_connecting", "is_done",
        "is_odd", "kept", "number", "phase", "sink", "socket", "system",
    )

    def __init__(
        self, engine: RawEngine, asked: Asked, number: int, *, ends_s: float, max_bytes: int,
        on_end: Callable[[RawConnection], None],
    ) -> None:
        self._engine, self._on_end = engine, on_end
        self.address, self.number, self.ends_s = asked.address, number, ends_s
        self.began_s = engine.loop.time()
        self.connected_s = self.first_s = self.end_s = 0.0
        self.code = self.system = 0
        self.fault = ""                  # our own
        self.phase = Phase.CONNECT
        self.head: Head | None = None
        self.head_data = b""
        self.kept: list[bytes] = []      # all that was read, where it may still turn out to be odd
        self._kept_bytes = 0
        self.is_odd = self.is_done = False
        self.is_connecting = True
        self.sink = Sink(max_bytes, self._lines)
        self._chunks: Chunks | None = None
        self._taken = 0                  # bytes of the body so far, as they came
        self._left = -1                  # bytes of the body that are still to come; -1: nobody said how many
        self._unsent = asked.data
        self.socket: SocketType | None = None

    def begin(self, port: int) -> None:
        """Open a socket and begin to connect; what fails at once is told soon, and not before this returns."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        try:
            opened = SocketType(family, _STREAM)
        except OSError as exc:
            self._engine.loop.call_soon(self.fail, COULD_NOT_CONNECT, exc.errno or 0)
            return
        self.socket = opened
        error = opened.connect_ex((self.address, port))
        if error in {0, errno.EINPROGRESS}:
            self._engine.watch(opened.fileno(), self, select.EPOLLOUT)
        else:
            self._engine.loop.call_soon(self.fail, COULD_NOT_CONNECT, error)

    def act(self, events: int) -> None:
        """Do what the socket is ready for."""
        opened = self.socket
        if opened is None or self.is_done:
            return
        try:
            if not self._unsent:
                self._take(opened.recv(READ_AT_ONCE))
            elif events & _TROUBLE and (error := opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                self._lost(error)
            else:
                self._send(opened)
        except BlockingIOError:
            return
        except OSError as exc:
            self._lost(exc.errno or 0)
        except OddChunksError:
            self._be_odd()
        except Exception as exc:  # noqa: BLE001 - the run must end, and its service is not to blame
            self.broke(f"an error in the monitor itself: {type(exc).__name__}: {exc}")

    def abandon(self) -> None:
        """Give it up, without calling back. A repeat is harmless."""
        self.is_done = True
        self._engine.ended(self)
        self.let_go()

    def let_go(self) -> None:
        """Close the socket."""
        opened, self.socket = self.socket, None
        if opened is not None:
            self._engine.closing(opened.fileno())
            opened.close()

    def take_socket(self) -> SocketType | None:
        """Give the socket to somebody else, who closes it."""
        opened, self.socket = self.socket, None
        if opened is not None:
            self._engine.forget(opened.fileno())
        return opened

    def broke(self, fault: str) -> None:
        """End it: the monitor itself is to blame."""
        self.fault = fault
        self._end()

    def run_out(self) -> None:
        """End it: its time is over."""
        self.fail(TIMED_OUT)

    def fail(self, code: int, system: int = 0) -> None:
        """End it. ``system``: errno or 0."""
        self.code, self.system = code, system
        self._end()

    def _lost(self, error: int) -> None:
        if self.is_connecting and error not in {errno.ECONNRESET, errno.EPIPE}:
            self.fail(COULD_NOT_CONNECT, error)
            return
        if self.is_connecting:           # it was there, and is gone already
            self._connected()
        self.fail(RECEIVING, error)

    def _connected(self) -> None:
        self.is_connecting = False
        self.connected_s = self._engine.loop.time()
        self.phase = Phase.FIRST_BYTE

    def _send(self, opened: SocketType) -> None:
        if self.is_connecting:
            self._connected()
        sent = opened.send(self._unsent)
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self._engine.watch_again(opened.fileno(), select.EPOLLIN)

    def _take(self, data: bytes) -> None:
        """Take what was read; nothing is the end of the connection."""
        if self.head is not None:
            self._take_body(data)
        elif not data:
            self.fail(NOTHING_CAME)
        else:
            self.first_s = self._engine.loop.time()
            head = ordinary_head(data)
            if head is None:
                self._keep(data)
                self._be_odd()
                return
            self.head, self.head_data, self.phase = head, data[: head.end], Phase.BODY
            self._left = head.length
            if head.is_chunked:
                self._chunks = Chunks()
                self._keep(self.head_data)
            if head.is_bodiless or head.length == 0:
                self._end()
            elif head.length > self.sink.limit:
                self.fail(TOO_LARGE)
            elif len(data) > head.end:
                self._take_body(data[head.end :])

    def _take_body(self, data: bytes) -> None:
        is_over = not data
        if self._chunks is not None:
            self._keep(data)
            data = self._chunks.feed(data)
            is_whole = self._chunks.is_whole
        elif self._left >= 0:
            data = data[: self._left]
            self._left -= len(data)
            is_whole = self._left == 0
        else:
            is_whole = is_over
        self._taken += len(data)
        if self._taken > self.sink.limit:
            self.fail(TOO_LARGE)
        elif data and self.sink(data) is not None:
            self.fail(REFUSED)
        elif is_whole:
            self._end()
        elif is_over:
            self.fail(CUT_SHORT)
        elif self._kept_bytes > MOST_KEPT:
            self._be_odd()               # enough is kept: libcurl reads on, and keeps nothing

    def _keep(self, data: bytes) -> None:
        self.kept.append(data)
        self._kept_bytes += len(data) + PIECE_COSTS

    def _be_odd(self) -> None:
        self.is_odd = True
        self._end()

    def _end(self) -> None:
        if self.is_done:
            return
        self.is_done = True
        self.end_s = self._engine.loop.time()
        self._engine.ended(self)
        if not self.is_odd:
            self.let_go()
        self._on_end(self)

    def _lines(self) -> list[bytes]:
        return self.head_data.splitlines(keepends=True)[1:-1]

    def head_lines(self) -> list[bytes]:
        """Give the lines of the head, with their ends, as they came."""
        return self.head_data.splitlines(keepends=True)
