"""What people see while parts run side by side: a live block on a terminal, plain lines with elapsed time elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Self, TextIO

REPAINT_S = 0.2
HEARTBEAT_S = 20.0  # a log that says nothing for longer looks dead


@dataclass(slots=True)
class _Row:
    phase: str
    detail: str = ""
    since: float = field(default_factory=time.monotonic)


class Board:
    """Shows what each running part does. Use as a context manager; may be called from any thread."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
        self.colour = self.live and not os.environ.get("NO_COLOR")
        self.began = time.monotonic()
        self._rows: dict[str, _Row] = {}
        self._painted = 0
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep_up, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        with self._lock:
            self._wipe()

    def begin(self, name: str) -> Voice:
        """Open a row for a part and return the voice it speaks with."""
        with self._lock:
            self._rows[name] = _Row("starting")
        return Voice(self, name)

    def finish(self, name: str, text: str, *, failed: bool = False) -> None:
        """Close the part's row with what is now there, or what went wrong."""
        with self._lock:
            row = self._rows.pop(name, _Row(""))
            mark = self._paint("31", "failed ") if failed else self._paint("32", "ready  ")
            self._line(f"{self._stamp()} {name:<9} {mark}{text} ({elapsed(time.monotonic() - row.since)})")

    def phase(self, name: str, text: str) -> None:
        """Show that the part begins something new."""
        with self._lock:
            row = self._rows[name]
            row.phase, row.detail = text, ""
            if not self.live:
                self._line(f"{self._stamp()} {name:<9} {text}")

    def detail(self, name: str, text: str) -> None:
        """Remember how far the part is, for the next painting or heartbeat."""
        with self._lock:
            self._rows[name].detail = text

    def _keep_up(self) -> None:
        while not self._end.wait(REPAINT_S if self.live else HEARTBEAT_S):
            with self._lock:
                if self.live:
                    self._repaint()
                else:
                    for name, row in self._rows.items():
                        self._line(f"{self._stamp()} {name:<9} {_told(row)}")

    def _repaint(self) -> None:
        width = shutil.get_terminal_size().columns
        self._wipe()
        for name, row in self._rows.items():
            took = elapsed(time.monotonic() - row.since)
            self.stream.write(f"{took:>12}  {name:<9} {_told(row)}"[: width - 1] + "\n")
        self._painted = len(self._rows)
        self.stream.flush()

    def _line(self, text: str) -> None:
        self._wipe()
        self.stream.write(text + "\n")
        self.stream.flush()

    def _wipe(self) -> None:
        if self._painted:
            self.stream.write(f"\x1b[{self._painted}F\x1b[J")
            self._painted = 0

    def _stamp(self) -> str:
        return f"[{elapsed(time.monotonic() - self.began):>10}]"

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


class Voice:
    """One part's way to speak on the board."""

    def __init__(self, board: Board, name: str) -> None:
        self._board = board
        self._name = name

    def phase(self, text: str) -> None:
        """Begin a new phase; always shown."""
        self._board.phase(self._name, text)

    def detail(self, text: str) -> None:
        """Tell how far the phase is."""
        self._board.detail(self._name, text)


def elapsed(seconds: float) -> str:
    """Write a duration for people: 8.2 s, 4 min 05 s."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def _told(row: _Row) -> str:
    return f"{row.phase}: {row.detail}" if row.detail else row.phase
