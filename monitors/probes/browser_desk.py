"""Hands journeys to processes with a browser, one at a time unless ops allow more; the monitor holds none itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from monitors.core.errors import ProbeFault

if TYPE_CHECKING:
    from collections.abc import Mapping

CHROMIUM = "SIAGA24_CHROMIUM"            # path of the browser
AT_ONCE = "SIAGA24_BROWSERS"             # how many journeys may be under way at the same time
SANDBOX = "SIAGA24_CHROMIUM_SANDBOX"     # "off": where the monitor runs as root, in a container that holds it
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR", "HOME")     # secrets are not
MAX_ANSWER = 1_048_576
END_PATIENCE_S = 8.0                     # with the process around a journey, which ends itself
STOP_PATIENCE_S = 3.0


def chromium(environ: Mapping[str, str]) -> str:
    """Find the browser. Raises ProbeFault, which says what to install."""
    given = environ.get(CHROMIUM, "")
    found = shutil.which(given) if given else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found:
        return found
    if given:
        raise ProbeFault(f"{CHROMIUM} names {given}, which is no program; name the path of Chromium or Chrome")
    raise ProbeFault(f"this machine has no Chromium; install the package chromium, or name its path in {CHROMIUM}")


def sandboxed(environ: Mapping[str, str], user: int) -> bool:
    """Tell whether Chromium can guard the machine from pages. Raises ProbeFault where it cannot and nobody said so."""
    is_off = environ.get(SANDBOX, "") == "off"
    if user == 0 and not is_off:
        raise ProbeFault(
            "Chromium guards the machine from pages only when root does not start it; let the monitor run as a user "
            f"of its own, or set {SANDBOX}=off where a container holds it",
        )
    return not is_off


def at_once(environ: Mapping[str, str]) -> int:
    """Read how many journeys may be under way. Raises ProbeFault."""
    text = environ.get(AT_ONCE, "1")
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= 64):
        raise ProbeFault(f'{AT_ONCE} is "{text}"; expected a whole number from 1 to 64')
    return int(text)


class Browsers:
    """The browsers of one event loop."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._places: asyncio.Semaphore | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def ready(self) -> dict[str, Any]:
        """Give what a job says of the browser. Raises ProbeFault where there is none."""
        if find_spec("playwright") is None:
            raise ProbeFault(
                "browser steps need the library playwright; install the extra: pip install 'siaga24[browser]'",
            )
        return {"chromium": chromium(self._environ), "sandbox": sandboxed(self._environ, os.geteuid())}

    async def place(self) -> Place:
        """Wait for a place; it must be used or left."""
        if self._places is None:
            self._places = asyncio.Semaphore(at_once(self._environ))
        await self._places.acquire()
        return Place(self, self._places)

    def start(self, place: asyncio.Semaphore, job: dict[str, Any], answer: asyncio.Future[dict[str, Any]]) -> None:
        """Run a job in the background; its place is free again when all of its processes are gone."""
        task = asyncio.get_running_loop().create_task(_run(job, answer))
        self._under_way.add(task)

        def gone(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            place.release()
            if not answer.done():
                problem = None if task.cancelled() else task.exception()
                answer.set_exception(ProbeFault(f"the browser's process ended without an answer{_why(problem)}"))
                answer.exception()       # whoever asked may be gone

        task.add_done_callback(gone)


class Place:
    """The right to one browser."""

    __slots__ = ("_browsers", "_place")

    def __init__(self, browsers: Browsers, place: asyncio.Semaphore) -> None:
        self._browsers, self._place = browsers, place

    async def travel(self, job: dict[str, Any]) -> dict[str, Any]:
        """Do one journey. May be cancelled: its processes are ended then. Raises ProbeFault."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._browsers.start(self._place, job, answer)
        return await answer              # cancelled with whoever asks; the task sees it


async def _run(job: dict[str, Any], answer: asyncio.Future[dict[str, Any]]) -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        process = _spawn(theirs)
        theirs.close()
        # whoever asked may be gone before the answer: the process is told so, and ends all below it
        answer.add_done_callback(lambda _: _let_go(ours))
        try:
            with contextlib.suppress(OSError):
                await loop.sock_sendall(ours, json.dumps(job).encode() + b"\n")
                told = await _line(loop, ours)
                if not answer.done() and told is not None:
                    answer.set_result(told)
                _let_go(ours)
            ends_s = loop.time() + END_PATIENCE_S
            while process.poll() is None and loop.time() < ends_s:  # noqa: ASYNC110 - no signal handler is ours to set
                await asyncio.sleep(0.01)
        finally:
            ours.close()
            _end(process)


def _spawn(connection: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "monitors.probes.browser_process"], stdin=connection.fileno(),
        stdout=connection.fileno(), stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        start_new_session=True,          # a Ctrl-C is the monitor's to deal with
    )


async def _line(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> dict[str, Any] | None:
    """Read an answer, as far as one may be long; None where there is none."""
    data = bytearray()
    while not data.endswith(b"\n") and len(data) <= MAX_ANSWER and (part := await loop.sock_recv(connection, 65_536)):
        data += part
    with contextlib.suppress(ValueError):
        told = json.loads(bytes(data))
        if isinstance(told, dict):
            return told
    return None


def _let_go(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was let go, or kill it. Blocks only where the loop itself ends, or where it hangs."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_PATIENCE_S)
        return
    process.kill()
    process.wait()


def _why(problem: BaseException | None) -> str:
    return f": {problem}" if problem is not None and str(problem) else ""
