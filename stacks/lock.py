"""One command at a time for each stack: a lock file that the kernel frees when its holder ends, however it ends.

``<state>/locks/CODE.lock`` is held by flock; its text only tells others who holds it. A killed holder's text is
harmless, but the Pulumi process it started may live on for a moment: its pid stands in the text too, and is waited for.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

from monitors.core.errors import StackBusyError
from stacks.process import end_session, is_alive, is_same_process, start_ticks
from stacks.statefile import unwritable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ORPHAN_PATIENCE_S = 60.0
ORPHAN_POLL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a stack. ``child``: its running Pulumi process, 0 if none; pid and ticks together tell it again."""

    pid: int
    host: str
    command: str
    since: str                           # UTC, ISO 8601
    child: int = 0
    child_ticks: int = 0

    def __str__(self) -> str:
        return f'process {self.pid} on {self.host} ("{self.command}", since {self.since})'


class StackLock:
    """The held lock of one stack. Use ``hold_stack`` to get it."""

    def __init__(self, file: IO[str], holder: Holder) -> None:
        """Take over the locked ``file``."""
        self._file = file
        self.holder = holder
        self._write(json.dumps(asdict(holder)) + "\n")

    def note_child(self, pid: int) -> None:
        """Record the Pulumi process that works for us now; 0 when it has ended."""
        self.holder = Holder(
            pid=self.holder.pid, host=self.holder.host, command=self.holder.command, since=self.holder.since,
            child=pid, child_ticks=start_ticks(pid) if pid else 0,
        )
        self._write(json.dumps(asdict(self.holder)) + "\n")

    def clear(self) -> None:
        """Leave no name behind, unless our Pulumi process outlives us."""
        if not self.holder.child:
            self._write("")

    def _write(self, text: str) -> None:
        try:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(text)
            self._file.flush()
        except OSError as exc:
            raise unwritable(self._file.name, exc) from exc


@contextlib.contextmanager
def hold_stack(
    state: Path, code: str, command: str, *, on_wait: Callable[[str], None] = lambda _text: None,
    patience_s: float = ORPHAN_PATIENCE_S,
) -> Iterator[StackLock]:
    """Hold the lock of stack ``code`` while ``command`` runs.

    Raises StackBusyError at once if another command holds it, and after ``patience_s`` if the Pulumi process of a
    killed command is still at work; ``on_wait`` is told of that wait in a sentence.
    """
    path = state / "locks" / f"{code}.lock"
    file = _open(path)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackBusyError(
                f"stack {code!r} is busy: {_read(file) or 'another command'} works on it; expected one command at a "
                "time; wait until it has ended, then try again",
            ) from None
        _wait_for_orphan(_read(file), code, on_wait, patience_s)
        lock = StackLock(file, Holder(
            pid=os.getpid(), host=socket.gethostname(), command=command,
            since=datetime.now(UTC).isoformat(timespec="seconds"),
        ))
        try:
            yield lock
        finally:
            lock.clear()
    finally:
        file.close()


def _open(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # "a+" makes the file where there is none and truncates none: the text of a holder stays readable.
        return path.open("a+", encoding="utf-8")
    except OSError as exc:
        raise unwritable(path, exc) from exc


def _read(file: IO[str]) -> Holder | None:
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (ValueError, TypeError):
        return None                      # empty, or caught in the middle of being written


def _wait_for_orphan(
    last: Holder | None, code: str, on_wait: Callable[[str], None], patience_s: float,
) -> None:
    """Wait for the Pulumi process of a holder that was killed; it notices within moments that nobody listens.

    What a killed one left running is ended.
    """
    if last is None or not last.child or last.host != socket.gethostname():
        return
    deadline = time.monotonic() + patience_s
    told = False
    while is_same_process(last.child, last.child_ticks):
        if not told:
            on_wait(f"waiting for Pulumi (pid {last.child}) of a command that was killed ({last.command})")
            told = True
        if time.monotonic() > deadline:
            raise StackBusyError(
                f"stack {code!r} is busy: {last} was killed, but its Pulumi process {last.child} still works; "
                f"wait until it has ended, or end it with: kill -INT {last.child}",
            )
        time.sleep(ORPHAN_POLL_S)
    if not is_alive(last.child):
        end_session(last.child)          # a provider outlives a Pulumi that was killed
