"""``python -m monitors.probes.reader_process FD``: the process in which strangers' pages are parsed.

A parent that only waits, and a child that reads. A page that takes too much kills the child; the parent then says so
over the same socket and makes another one, which costs a fork and no start of Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import struct
import sys

from monitors.probes.extract import By, Found, Query, extract

FRAME = struct.Struct("!I")
CPU_S = 0.5
MEMORY_BYTES = 256 * 1024 * 1024         # beyond what the process has before its first page
LOST = b"null"                           # what is said of a page that killed its reader


def main() -> None:
    """Fork readers until the monitor closes the socket."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        child = os.fork()
        if child == 0:
            _serve(connection)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return                       # the monitor is gone
        with contextlib.suppress(OSError):
            connection.sendall(FRAME.pack(len(LOST)) + LOST)


def _serve(connection: socket.socket) -> None:
    """Read pages one after the other; return when the monitor closes the socket."""
    limit = _address_space() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while True:
        head = _exactly(connection, FRAME.size)
        if not head:
            return
        frame = _exactly(connection, FRAME.unpack(head)[0])
        if not frame:
            return
        signal.setitimer(signal.ITIMER_PROF, CPU_S)          # SIGPROF's default: the end
        job = json.loads(frame)
        queries = [Query(By(by), expression, attribute) for by, expression, attribute in job["queries"]]
        answer = json.dumps(_extract(job["body"], queries)).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        connection.sendall(FRAME.pack(len(answer)) + answer)


def _extract(body: str, queries: list[Query]) -> list[Found]:
    try:
        return extract(body, queries)
    except MemoryError:
        os._exit(1)                      # what is left of this process is not worth trusting


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 20))
        if not part:
            return b""
        data += part
    return bytes(data)


def _address_space() -> int:
    """Bytes of address space that this process has now (Linux), else a round guess."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()
    return 512 * 1024 * 1024


if __name__ == "__main__":
    main()
