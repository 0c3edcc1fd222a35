"""Runs stack commands of several agencies side by side, one process each, and shows how far each is.

On a terminal a line for each agency that changes as it goes; elsewhere every line that a command prints, after its
agency's code.
"""

from __future__ import annotations

import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Self, cast

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli import demo_child

REFRESH_S = 0.2
INTERRUPT_PATIENCE_S = 90.0              # an interrupted update ends its running step first


@dataclass(slots=True, kw_only=True)
class Work:
    """One command on its way. ``code`` is the exit code, None while it runs."""

    agency: str
    process: subprocess.Popen[bytes]
    began: float
    lines: list[str] = field(default_factory=list)
    code: int | None = None
    seconds: float = 0.0

    def check(self) -> None:
        """Notice the end."""
        if self.code is None and self.process.poll() is not None:
            self.code, self.seconds = self.process.returncode, time.monotonic() - self.began

    @property
    def summary(self) -> str:
        """The line in which it sums itself up, else the last thing that it said."""
        summed = [line for line in self.lines if line.startswith(f"{self.agency}: ")]
        return (summed or self.lines or ["done"])[-1].strip().removeprefix(f"{self.agency}: ")

    @property
    def error(self) -> str:
        """The sentences with which it failed, else the last thing that it said."""
        at = next((index for index, line in enumerate(self.lines) if line.startswith("error: ")), None)
        if at is None:
            return self.lines[-1].strip() if self.lines else "it said nothing"
        # Steps that were still under way may end, and be told indented, after it.
        said = " / ".join(line for line in self.lines[at:] if not line.startswith(" "))
        return said.removeprefix("error: ")


def side_by_side(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], console: Console, doing: str,
) -> tuple[Work, ...]:
    """Run ``siaga24 ARGUMENTS`` for each agency at once and return what became of them.

    Interrupted, it passes the interruption on, waits until the commands have ended in good order, and lets it go on.
    """
    lines: queue.SimpleQueue[tuple[Work, str]] = queue.SimpleQueue()
    works, readers = [], []
    for agency, arguments in commands.items():
        process = demo_child.start(arguments, environment, subprocess.PIPE)
        work = Work(agency=agency, process=process, began=time.monotonic())
        stream = cast("IO[bytes]", process.stdout)
        reader = threading.Thread(target=_read, args=(stream, work, lines), daemon=True)
        reader.start()
        works.append(work)
        readers.append(reader)
    show = _LivePicture(works, console, doing) if console.is_terminal else _PlainLines(console)
    with show:
        try:
            _follow(works, lines, show)
        except KeyboardInterrupt:
            console.print("interrupted: ending what is under way; this takes a moment", style="yellow")
            _interrupt(works)
            _follow(works, lines, show, at_most_s=INTERRUPT_PATIENCE_S)
            raise
    for reader in readers:
        reader.join()
    return tuple(works)


class _PlainLines:
    """Every line after the agency's code."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return

    def line(self, work: Work, line: str) -> None:
        """Print it."""
        self._console.print(f"{work.agency}: {line.removeprefix(f'{work.agency}: ')}", markup=False, soft_wrap=True)

    def refresh(self) -> None:
        """Nothing moves here."""


class _LivePicture:
    """A line for each agency: mark, code, elapsed time, what its command said last."""

    def __init__(self, works: Sequence[Work], console: Console, doing: str) -> None:
        self._works, self._doing = works, doing
        self._spinner = Spinner("dots", style="cyan")
        self._live = Live(console=console, auto_refresh=False, transient=False, get_renderable=self._picture)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.refresh()
        self._live.__exit__(*error)  # type: ignore[arg-type]

    def line(self, _work: Work, _line: str) -> None:
        """It is seen with the next refresh."""

    def refresh(self) -> None:
        """Draw anew."""
        self._live.refresh()

    def _picture(self) -> Table:
        table = Table.grid(padding=(0, 1), expand=True)
        # Fixed widths: a long last column would take the room of the others, marks and all.
        table.add_column(width=1)
        table.add_column(width=max(len(work.agency) for work in self._works))
        table.add_column(width=len("000.0 s"), justify="right")
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for work in self._works:
            table.add_row(
                self._spinner.render(time.monotonic()) if work.code is None else _mark(work),
                Text(work.agency, style="bold"),
                Text(f"{time.monotonic() - work.began if work.code is None else work.seconds:.1f} s", style="dim"),
                Text(self._said(work)),
            )
        return table

    def _said(self, work: Work) -> str:
        if work.code:
            return work.error
        if work.code == 0:
            return work.summary
        return work.lines[-1].strip() if work.lines else self._doing


def _mark(work: Work) -> Text:
    return Text("✓", style="green") if work.code == 0 else Text("✗", style="bold red")


def _follow(
    works: Sequence[Work], lines: queue.SimpleQueue[tuple[Work, str]], show: _PlainLines | _LivePicture,
    at_most_s: float | None = None,
) -> None:
    give_up = None if at_most_s is None else time.monotonic() + at_most_s
    while any(work.code is None for work in works) and (give_up is None or time.monotonic() < give_up):
        _drain(lines, show)
        for work in works:
            work.check()
        show.refresh()
    _drain(lines, show)


def _drain(lines: queue.SimpleQueue[tuple[Work, str]], show: _PlainLines | _LivePicture) -> None:
    """Take what has come; wait a moment for the first line."""
    try:
        work, line = lines.get(timeout=REFRESH_S)
        while True:
            work.lines.append(line)
            show.line(work, line)
            work, line = lines.get_nowait()
    except queue.Empty:
        return


def _read(stream: IO[bytes], work: Work, lines: queue.SimpleQueue[tuple[Work, str]]) -> None:
    with stream:
        for line in stream:
            text = line.decode("utf-8", errors="replace").rstrip()
            if text:
                lines.put((work, text))


def _interrupt(works: Sequence[Work]) -> None:
    for work in works:
        if work.process.poll() is None:
            work.process.send_signal(signal.SIGINT)
