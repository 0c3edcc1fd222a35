"""A web server on this machine that stands for a download server, and runs of ``tools/ready`` on a machine of their own."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.tools.fakes import SYSTEM

ROOT = Path(__file__).resolve().parents[2]
NOBODY_ANSWERS = "http://127.0.0.1:9"  # the discard port: a refusal at once


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder's files on a free port of 127.0.0.1 and give the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_machine(home: Path) -> dict[str, str]:
    """Give the environment of a machine with a home and a cache of its own; nobody answers at Pulumi's address."""
    return {
        **{name: value for name, value in os.environ.items() if "CERT" in name or "CA_BUNDLE" in name},
        "PATH": SYSTEM, "HOME": str(home), "SIAGA24_CACHE": str(home / "cache"), "SIAGA24_PYTHON": sys.executable,
        "SIAGA24_PULUMI_INSTALLER": NOBODY_ANSWERS, "CI": "true",
    }


def ready(
    home: Path, *arguments: str, path: str = SYSTEM, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``tools/ready`` on such a machine."""
    return subprocess.run(
        [ROOT / "tools" / "ready", *arguments], env={**a_machine(home), "PATH": path, **(more or {})},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=240,
    )
