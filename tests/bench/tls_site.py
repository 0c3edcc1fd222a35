"""A small site over TLS for probes to ask, in a process of its own: its CPU time is nobody's figure. No benchmark.

``python -m tests.bench.tls_site FOLDER`` prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.base import BenchError
from tests.servers import Authority

HOST = "bench.example"
TEXT = "Ambil nomor"
_BODY = (f"<!doctype html><title>Antrean</title><h1>{TEXT}</h1>" + "<p>Layanan antrean daring.</p>" * 60).encode()
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n" % len(_BODY)
) + _BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where it answers; ``ca_file`` signed its certificate for ``HOST``."""

    port: int
    ca_file: Path


@contextlib.contextmanager
def tls_site() -> Iterator[Site]:
    """Serve as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.tls_site", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=Path(__file__).parents[2],
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.strip().isdigit():
                raise BenchError("the site for probes did not start")
            yield Site(port=int(line), ca_file=Path(folder) / "ca.pem")
        finally:
            process.communicate()


async def _serve(folder: Path) -> None:
    authority = Authority(folder)
    (folder / "ca.pem").write_text(authority.pem, encoding="utf-8")
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, ssl=authority.context(HOST), backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
