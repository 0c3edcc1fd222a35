"""The one way out of a browser under watch: a SOCKS 5 proxy (RFC 1928) on 127.0.0.1 that judges every connection.

The browser hands over names, not addresses. They are looked up here, judged by the guard, and connected to exactly as
judged, so that neither a redirect nor a second look-up nor a script leads to where the monitor does not connect.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault
from monitors.probes.names import NameProblem, NamesDesk

if TYPE_CHECKING:
    from monitors.probes.guard import Guard

CONNECT_S = 10.0
BLOCK = 65_536
REFUSED = b"\5\2\0\1\0\0\0\0\0\0"         # not allowed by the rules
UNREACHABLE = b"\5\4\0\1\0\0\0\0\0\0"
CONNECTED = b"\5\0\0\1\0\0\0\0\0\0"
# what Chromium asks of its maker by itself; no part of any journey
OF_CHROMIUM = frozenset((
    "accounts.google.com", "android.clients.google.com", "clients2.google.com", "connectivitycheck.gstatic.com",
    "content-autofill.googleapis.com", "mtalk.google.com", "optimizationguide-pa.googleapis.com",
    "safebrowsing.googleapis.com", "update.googleapis.com",
))


class WayOut:
    """The proxy of one journey.

    ``placed``: (host, port) of the service and (host, port) to connect to instead, as the toolkit placed it.
    ``why``: host and port to why no connection was made, in words; ``faults`` those that are our own.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, guard: Guard, *, service: tuple[str, int],
        placed: tuple[str, int] | None, max_bytes: int,
    ) -> None:
        self._names = NamesDesk(loop, guard)
        self._service, self._placed = service, placed
        self._left = max_bytes
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.why: dict[tuple[str, int], str] = {}
        self.faults: dict[tuple[str, int], str] = {}
        self.address = ""                # of the service, where it was connected to

    async def open(self) -> int:
        """Begin to listen; give the port."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Hear nobody any more, and end what is under way."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_flooded(self) -> bool:
        """Tell whether more came than a journey may take."""
        return self._left <= 0

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)        # the server keeps none
            task.add_done_callback(self._tasks.discard)
        # what is cancelled at the end is no error either
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            try:
                await self._serve(reader, writer)
            finally:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        version, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        if version != 5:
            return
        writer.write(b"\5\0")
        _, command, _, kind = await reader.readexactly(4)
        host = await _host(reader, kind)
        port: int = struct.unpack("!H", await reader.readexactly(2))[0]
        there = await self._connect(host, port) if command == 1 and host not in OF_CHROMIUM else None
        if there is None:
            writer.write(REFUSED if command != 1 else UNREACHABLE)
            await writer.drain()
            return
        far_reader, far_writer = there
        try:
            writer.write(CONNECTED)
            await asyncio.gather(self._pipe(reader, far_writer, 0), self._pipe(far_reader, writer, 1))
        finally:
            far_writer.close()

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        is_service = (host, port) == self._service
        place = self._placed if is_service and self._placed else (host, port)
        try:
            addresses = await self._names.addresses(place[0], is_placed=place is self._placed)
        except NameProblem as exc:
            self.why[host, port] = str(exc)
            return None
        except ProbeFault as exc:
            self.faults[host, port] = str(exc)
            return None
        tried = []
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_S):
                    there = await asyncio.open_connection(address, place[1])
            except TimeoutError:
                tried.append(f"{address} does not answer")
            except OSError as exc:
                tried.append(f"{address}: {os.strerror(exc.errno).lower() if exc.errno else exc}")
            else:
                self.address = address if is_service else self.address
                return there
        self.why[host, port] = f"no connection to {host} port {place[1]}: {', '.join(tried)}"
        return None

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counts: int) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(BLOCK):
                self._left -= counts * len(data)
                if self.is_flooded:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()


async def _host(reader: asyncio.StreamReader, kind: int) -> str:
    if kind == 3:
        length = (await reader.readexactly(1))[0]
        return (await reader.readexactly(length)).decode("ascii").lower()
    return str(ip_address(await reader.readexactly(16 if kind == 4 else 4)))
