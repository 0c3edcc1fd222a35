"""A stage for hostile servers: real listeners on 127.0.0.1, all on one event loop in a thread of their own.

A *talk* is what a server does with one connection. A *server* opens what it needs on the stage and gives its base URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.certificates import Certificates
from tests.name_server import Zone, name_server

HOST = "127.0.0.1"
READ_AT_ONCE = 64 * 1024


@dataclass(slots=True)
class Request:
    """One request as a server read it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Listener:
    """A port that is served. ``asked``: every request that was read on it."""

    port: int
    scheme: str
    asked: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.scheme}://{HOST}:{self.port}"


@dataclass(slots=True)
class Client:
    """One connection, seen from the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    listener: Listener
    stage: Stage

    async def request(self) -> Request | None:
        """Read the next request, None at the end of the connection."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        asked = Request(method, path, headers, body)
        self.listener.asked.append(asked)
        return asked

    async def send(self, data: bytes) -> None:
        """Send, as slowly as the other side takes it."""
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Wait until the other side has closed, reading and forgetting what it sends."""
        while await self.reader.read(READ_AT_ONCE):
            pass

    async def reset(self) -> None:
        """End the connection the rude way, what was sent before having arrived."""
        await asyncio.sleep(0.05)
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Talk = Callable[[Client], Awaitable[None]]


class Stage:
    """Runs listeners until it is closed. ``neighbour``: a well-behaved server that others may point to."""

    def __init__(self, folder: Path) -> None:
        self.certificates = Certificates(folder)
        self.resources = contextlib.ExitStack()
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_complain)
        self._thread = threading.Thread(target=self._loop.run_forever, name="hostile servers", daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []
        self.listeners: list[Listener] = []
        self._connections: set[asyncio.Task[None]] = set()
        self.neighbour = Listener(0, "http")
        self.resolver = ""               # ADDRESS:PORT of the name server of this stage

    def listen(self, talk: Talk, *, tls: ssl.SSLContext | None = None, receive_buffer: int = 0) -> Listener:
        """Serve a new port with ``talk``; ``receive_buffer`` bytes at most are taken unread, where it is given."""
        listener = Listener(0, "https" if tls else "http")

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
            listener.connections += 1
            try:
                await talk(Client(reader, writer, listener, self))
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass                     # the other side went away or sent what is not read here, or the stage ends
            finally:
                writer.close()

        async def start() -> asyncio.Server:
            port = socket.socket()
            if receive_buffer:
                port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            port.bind((HOST, 0))
            return await asyncio.start_server(serve, sock=port, ssl=tls, backlog=128, limit=READ_AT_ONCE)

        server = self._do(start())
        self._servers.append(server)
        self.listeners.append(listener)
        listener.port = server.sockets[0].getsockname()[1]
        return listener

    def close(self) -> None:
        """End all listeners and connections."""
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.resources.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(timeout=30)


Server = Callable[[Stage], str]


def _complain(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """Say nothing of clients that went away: that is what these servers are for."""
    if not isinstance(told.get("exception"), OSError):
        loop.default_exception_handler(told)


@contextlib.contextmanager
def open_stage(folder: Path, neighbour: Talk, zone: Zone) -> Iterator[Stage]:
    """Open a stage with a neighbour and a name server for as long as the block runs."""
    stage = Stage(folder)
    try:
        stage.neighbour = stage.listen(neighbour)
        stage.resolver = stage.resources.enter_context(name_server(zone)).address
        yield stage
    finally:
        stage.close()


def http(talk: Talk, *, receive_buffer: int = 0) -> Server:
    """Serve without TLS."""
    return lambda stage: stage.listen(talk, receive_buffer=receive_buffer).url


def https(talk: Talk, certificate: str = "good") -> Server:
    """Serve over TLS with one of the stage's certificates."""
    return lambda stage: stage.listen(talk, tls=stage.certificates.context(certificate)).url


def on_tls_port(talk: Talk) -> Server:
    """Serve raw bytes where the client expects TLS."""
    return lambda stage: stage.listen(talk).url.replace("http:", "https:")
