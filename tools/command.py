"""Running one program: its output goes to a log and, line by line, to whoever watches; a failure is a sentence."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from tools.part import LineSeen, PartError

# a root shell made by `su` or cron may lack the folders of the system's own programs
SYSTEM_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"

COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_stopping = threading.Event()


def run(
    argv: Sequence[str | Path],
    *,
    what: str,
    mend: str,
    log: Path,
    on_line: LineSeen | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> None:
    """Run a program to its end. ``what``, ``mend``: for the sentence if it fails.

    With ``stdout`` only what it writes to standard error is logged and seen.

    The program gets a process group of its own, so that ``stop_all`` ends it with everything it started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    last = ""
    with log.open("ab") as record:
        record.write(f"$ {shlex.join(str(part) for part in argv)}\n".encode())
        record.flush()
        process = _start(argv, what=what, env=env, cwd=cwd, stdin=stdin, stdout=stdout)
        watched = process.stderr if stdout else process.stdout
        if watched is None:  # cannot be: both are pipes
            raise AssertionError("a pipe was asked for")
        try:
            for raw in watched:
                record.write(raw)
                record.flush()
                for piece in COLOURS.sub("", raw.decode(errors="replace")).replace("\r", "\n").split("\n"):
                    if piece.strip():
                        last = piece.strip()
                        if on_line:
                            on_line(last)
            code = process.wait()
        finally:
            with _lock:
                _running.discard(process)
            watched.close()
    if _stopping.is_set():
        raise PartError(f"{what} was interrupted; run this again", log=log)
    if code:
        raise PartError(f"{what} failed (exit code {code}): {last or 'no message'}; {mend}", log=log)


def read(argv: Sequence[str | Path], *, env: Mapping[str, str] | None = None, timeout_s: float = 30) -> str | None:
    """Return what a quick program prints, or None where it is missing, fails or hangs."""
    try:
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            env=_environment(env),
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def stop_all() -> None:
    """End every program that ``run`` has under way, with its children."""
    _stopping.set()
    with _lock:
        for process in _running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def _start(
    argv: Sequence[str | Path],
    *,
    what: str,
    env: Mapping[str, str] | None,
    cwd: Path | None,
    stdin: IO[bytes] | None,
    stdout: IO[bytes] | None,
) -> subprocess.Popen[bytes]:
    try:
        with _lock:
            if _stopping.is_set():
                raise PartError(f"{what} was interrupted; run this again")
            process = subprocess.Popen(
                argv,
                stdin=stdin or subprocess.DEVNULL,
                stdout=stdout or subprocess.PIPE,
                stderr=subprocess.PIPE if stdout else subprocess.STDOUT,
                cwd=cwd,
                env=_environment(env),
                start_new_session=True,
            )
            _running.add(process)
    except OSError as exc:
        raise PartError(f"{what} cannot start: {exc.strerror}: {argv[0]}") from exc
    return process


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**os.environ, "PATH": SYSTEM_PATH, **(env or {})}
