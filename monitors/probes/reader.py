"""Reads pages that strangers made: in a process of its own, with limits, for all but the smallest bodies.

70 KB of hostile HTML make a good parser take 7 s and 3.5 GB, and a library in C cannot be interrupted. So a worker
reads one page at a time with at most 0.5 s of CPU and 256 MB; where that is not enough it dies, and the page is said to
be unreadable. Bodies of up to 4 KB cannot do such harm and are read where they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.probes.extract import Found, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAME = struct.Struct("!I")
READABLE = "more than 0.5 s of computing or 256 MB of memory"
STOP_PATIENCE_S = 2.0
RETRY_S = 1.0


@dataclass(slots=True)
class _Job:
    body: str
    queries: Sequence[Query]
    on_done: Callable[[list[Found]], None] | None


class Ticket:
    """A page that waits to be read, or is being read."""

    __slots__ = ("_job",)

    def __init__(self, job: _Job) -> None:
        self._job = job

    def cancel(self) -> None:
        """Ask for no answer any more. The worker ends by its own limits."""
        self._job.on_done = None


class PageReader:
    """Hands pages to worker processes, which start with ``warm`` or the first page.

    Used on the thread of the event loop. ``close`` ends the workers.
    """

    def __init__(self, *, workers: int = 2) -> None:
        self._count = workers
        self._jobs: asyncio.Queue[_Job] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._processes: set[subprocess.Popen[bytes]] = set()

    def read(self, body: str, queries: Sequence[Query], on_done: Callable[[list[Found]], None]) -> Ticket:
        """Look for ``queries`` in ``body`` in another process; ``on_done`` gets what was found, in their order."""
        job = _Job(body, queries, on_done)
        self._started().put_nowait(job)
        return Ticket(job)

    def warm(self) -> None:
        """Start the workers now, so that the first page need not wait for them."""
        self._started()

    def _started(self) -> asyncio.Queue[_Job]:
        if self._jobs is None:
            self._jobs = asyncio.Queue()
            self._tasks = [asyncio.get_running_loop().create_task(self._work(self._jobs)) for _ in range(self._count)]
        return self._jobs

    @property
    def waiting(self) -> int:
        """How many pages wait for a worker."""
        return 0 if self._jobs is None else self._jobs.qsize()

    def close(self) -> None:
        """End the workers. A repeat is harmless."""
        for task in self._tasks:
            task.cancel()
        for process in self._processes:
            _end(process)
        self._tasks, self._processes, self._jobs = [], set(), None

    async def _work(self, jobs: asyncio.Queue[_Job]) -> None:
        """Serve one worker process for as long as the monitor lives; another is made where it is lost altogether."""
        while True:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            with theirs, ours:
                try:
                    process = _spawn(theirs)
                except OSError:          # no memory, no process: the pages that wait run into their deadlines
                    await asyncio.sleep(RETRY_S)
                    continue
                theirs.close()
                self._processes.add(process)
                try:
                    await self._feed(jobs, ours)
                finally:
                    self._processes.discard(process)         # ``close`` may have been faster
                    _end(process)

    @staticmethod
    async def _feed(jobs: asyncio.Queue[_Job], connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            job = await jobs.get()
            if job.on_done is None:
                continue
            frame = json.dumps({"body": job.body, "queries": job.queries}).encode()
            try:
                await loop.sock_sendall(connection, FRAME.pack(len(frame)) + frame)
                found = _found(await _receive(loop, connection), job)
            except OSError as exc:
                _answer(job, [Found(None, f"the page reader ended: {exc}", is_ours=True)] * len(job.queries))
                return
            _answer(job, found)


def _spawn(connection: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "monitors.probes.reader_process", str(connection.fileno())],
        pass_fds=[connection.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        process_group=0,                 # a Ctrl-C is the monitor's to deal with
    )


def _answer(job: _Job, found: list[Found]) -> None:
    if job.on_done is not None:
        job.on_done(found)


async def _receive(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> bytes:
    head = await _exactly(loop, connection, FRAME.size)
    return await _exactly(loop, connection, FRAME.unpack(head)[0])


async def _exactly(loop: asyncio.AbstractEventLoop, connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = await loop.sock_recv(connection, count - len(data))
        if not part:
            raise ConnectionResetError("its process is gone")
        data += part
    return bytes(data)


def _found(frame: bytes, job: _Job) -> list[Found]:
    """Read a worker's answer. It is plain JSON: whoever took a worker over gains nothing here."""
    try:
        answer = json.loads(frame)
        found = [Found(item[0], str(item[1]), bool(item[2])) for item in answer]
        if len(found) == len(job.queries) and all(item.value is None or isinstance(item.value, str) for item in found):
            return found
    except (ValueError, TypeError, LookupError):
        pass
    return [Found(None, f"reading the page needs {READABLE}")] * len(job.queries)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a worker's whole process group: the worker may be deep in a page. A repeat is harmless."""
    if process.returncode is not None:
        return                           # ended and waited for: its number may be another process's by now
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_PATIENCE_S)
