"""Lets libcurl read an answer that the raw engine began: what came and what is to come, through a pair of sockets.

libcurl believes to have asked itself. What it sends is the same request once more, and goes nowhere; what it reads, and
how the connection ends, is what the server did. So whatever a strange server sends has one reader.
"""

from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.probes.raw_http import RawEngine

READ_AT_ONCE = 16 * 1024


class Relay:
    """The server's socket, and our end of the pair. Raises OSError where there is no descriptor left."""

    __slots__ = ("_engine", "_is_over", "_ours", "_pending", "_server", "theirs")

    def __init__(self, engine: RawEngine, server: socket.SocketType, received: Sequence[bytes]) -> None:
        self._engine, self._server = engine, server
        self._pending = b"".join(received)
        self._is_over = False            # the server sends no more
        self.theirs, self._ours = socket.socketpair()
        self._ours.setblocking(False)
        # once libcurl's request is here it listens, and a reset can be told from an end by what is left unread
        engine.watch(self._ours.fileno(), self, select.EPOLLIN)

    def act(self, events: int) -> None:  # noqa: ARG002 - the socket itself tells
        """Pass on what can be passed on."""
        try:
            self._engine.forget(self._ours.fileno())
            self._engine.forget(self._server.fileno())
            if not self._pending:
                self._pending = self._read()
            while self._pending:
                self._pending = self._pending[self._ours.send(self._pending) :]
        except BlockingIOError:
            pass
        except OSError:                  # reset by the server, or libcurl has heard enough
            self._ours.close()
            self._server.close()
            return
        if self._pending:
            self._engine.watch(self._ours.fileno(), self, select.EPOLLOUT)
        elif self._is_over:
            self._ours.shutdown(socket.SHUT_WR)
        else:
            self._engine.watch(self._server.fileno(), self, select.EPOLLIN)

    def abandon(self) -> None:
        """Close both. A repeat is harmless."""
        for opened in (self._ours, self._server):
            if opened.fileno() >= 0:
                self._engine.forget(opened.fileno())
                opened.close()
        self.theirs.close()

    def _read(self) -> bytes:
        data = self._server.recv(READ_AT_ONCE)
        self._is_over = not data
        return data
