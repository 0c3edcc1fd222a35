"""``python -m monitors.probes.browser_process``: the process around one journey in a browser.

A parent that only watches, and a child with Playwright and Chromium below it. The job comes as one line of JSON on
standard input, which the monitor holds open for as long as it wants the answer: one line of JSON on standard output.
When the child is done, the time is over or the monitor lets go, everything below is ended, wherever it went, and the
browser's home is removed; the end of this process says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1                     # prctl(2): should this process be killed, the journey is too
PR_SET_CHILD_SUBREAPER = 36              # prctl(2): orphans below become this process's own children
PATIENCE_S = 5.0                         # with what cannot be killed at once: the kernel holds it
ANSWER = "answer.json"


def main() -> None:
    """Do one job."""
    line = sys.stdin.buffer.readline()
    if not line:
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    job = json.loads(line)
    home = tempfile.mkdtemp(prefix="siaga24-browser-")
    try:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            _journey(job | {"home": home})
        _wait(child, job["ends_s"])
        with contextlib.suppress(OSError):
            sys.stdout.buffer.write(Path(home, ANSWER).read_bytes() + b"\n")
            sys.stdout.buffer.flush()
    finally:
        end_all()
        shutil.rmtree(home, ignore_errors=True)


def _journey(job: dict[str, Any]) -> None:
    """Travel, write the answer, and go. Never returns."""
    code = 1
    try:
        import asyncio  # noqa: PLC0415 - in the child alone

        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        os.environ |= {"TMPDIR": job["home"], "HOME": job["home"]}       # Playwright's profiles too are removed with it
        try:
            from monitors.probes.browser_journey import travel  # noqa: PLC0415 - the library is an extra
        except ImportError as exc:
            answer = {"fault": f"the library playwright cannot be used: {exc}"}
        else:
            answer = asyncio.run(_first(travel(job), job["home"]))
        _put(job["home"], answer)
        code = 0
    except BaseException as exc:  # noqa: BLE001 - told, whatever it is: this process has nobody above it
        _put(job["home"], {"fault": f"an error in the browser's process: {type(exc).__name__}: {exc}"})
    finally:
        os._exit(code)


async def _first(journey: Any, home: str) -> dict[str, Any]:
    """Write the answer as soon as it is there; closing the browser with care is not waited for."""
    answer: dict[str, Any] = (await journey).plain()
    _put(home, answer)
    os._exit(0)


def _put(home: str, answer: dict[str, Any]) -> None:
    made = Path(home, f"{ANSWER}.new")
    made.write_text(json.dumps(answer), encoding="utf-8")
    made.replace(Path(home, ANSWER))


def _wait(child: int, ends_s: float) -> None:
    """Wait until the child has ended, the time is over, or the monitor has let go."""
    ended = os.pidfd_open(child)
    try:
        left_s = max(0.0, ends_s - time.monotonic())
        select.select([ended, sys.stdin.buffer], [], [], left_s)        # the job was all; what comes is the end
    finally:
        os.close(ended)


def end_all() -> None:
    """Kill whatever is below this process, in any session or group, until nothing is."""
    ends_s = time.monotonic() + PATIENCE_S
    while (below := _below(os.getpid())) and time.monotonic() < ends_s:
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


def _below(root: int) -> list[int]:
    """Find the descendants of a process (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - hundreds of names, no paths are needed
        if entry.isdecimal():
            with contextlib.suppress(OSError, ValueError, IndexError):
                stat = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
                children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            found.append(pid)
            waiting.append(pid)
    return found


if __name__ == "__main__":
    main()
