"""Hosts that take every connection and say nothing, in a process of their own. No benchmark.

``python -m tests.bench.silence`` prints its port and listens at it on ``HOSTS``, all of them this machine's own loop,
until its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from monitors.load import allow_descriptors
from tests.bench.base import BenchError
from tests.bench.nginx import SITE_CORE, on_core
from tests.servers import free_port

HOSTS = [f"127.1.{number}.1" for number in range(64)]       # each in a network of its own
MOST_CONNECTIONS = 19_000


@contextlib.contextmanager
def silence() -> Iterator[int]:
    """Take connections as long as the block runs; give the port."""
    with on_core(SITE_CORE):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.silence"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.strip().isdigit():
            raise BenchError("the silent hosts did not start")
        yield int(line)
    finally:
        process.communicate()


async def _serve() -> None:
    allow_descriptors(MOST_CONNECTIONS)
    port = free_port()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, HOSTS, port, backlog=1024)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
