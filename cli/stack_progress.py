"""How a running stack command looks: a live table on a terminal, plain lines elsewhere, JSON lines for programs.

Everything goes to standard error but JSON lines, which are the result. Calls come from several threads, and from signal
handlers in the middle of another call, hence the locks that may be taken twice.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.live import Live

from cli.output import error_console
from cli.stack_picture import DONE_WORDS, LiveProgress, planned
from stacks.progress import Phase, Progress, Step, StepState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


@contextmanager
def unheard() -> Iterator[None]:
    """Let a command go on to its end though whoever read its output has left: a stack is not left half made for that.

    Rich ends the program where a pipe is broken, hence SystemExit.
    """
    try:
        yield
    except (BrokenPipeError, SystemExit):
        devnull = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
                continue
            os.dup2(devnull, stream.fileno())    # or the interpreter would complain at its end
        os.close(devnull)


class PlainProgress:
    """One line for each thing that ended, in the order in which they did."""

    def __init__(self, console: Console, *, is_preview: bool = False) -> None:
        """Print to ``console``."""
        self._console, self._is_preview = console, is_preview
        self._lock = threading.RLock()

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        """Print that a phase began or ended."""
        text = f"{phase.value} ..." if state is StepState.STARTED else f"{phase.value} {state.value} in {seconds:.1f} s"
        self._line(text)

    def step(self, step: Step) -> None:
        """Print a step that ended."""
        if step.state is StepState.STARTED:
            return
        if self._is_preview:
            if word := planned(step):
                self._line(f"  {step.kind} {step.name}: {word}")
            return
        word = DONE_WORDS.get(step.action, step.action) if step.state is StepState.DONE else f"{step.action}: failed"
        detail = f" ({step.detail})" if step.detail else ""
        self._line(f"  {step.kind} {step.name}: {word} in {step.seconds:.1f} s{detail}")

    def note(self, text: str) -> None:
        """Print a sentence."""
        self._line(f"  note: {text}")

    def _line(self, text: str) -> None:
        with self._lock, unheard():
            self._console.print(text, markup=False, soft_wrap=True)


class JsonProgress:
    """One JSON object a line on standard output: types ``phase``, ``step``, ``note``; the command adds the last one."""

    def __init__(self) -> None:
        """Print to standard output."""
        self._lock = threading.RLock()

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        """Print a phase."""
        self.line("phase", phase=phase.value, state=state.value, seconds=round(seconds, 3))

    def step(self, step: Step) -> None:
        """Print a step."""
        fields = {name: value for name, value in asdict(step).items() if name != "key"}
        self.line("step", **{**fields, "state": step.state.value, "seconds": round(step.seconds, 3)})

    def note(self, text: str) -> None:
        """Print a note."""
        self.line("note", text=text)

    def line(self, kind: str, /, **fields: Any) -> None:
        """Print one object."""
        with self._lock, unheard():
            click.echo(json.dumps({"type": kind, **fields}, ensure_ascii=False, default=str))


@contextmanager
def watched(title: str, *, as_json: bool, is_preview: bool = False) -> Iterator[Progress]:
    """Give the listener that fits where the command runs."""
    if as_json:
        yield JsonProgress()
        return
    console = error_console()
    if not console.is_terminal:
        yield PlainProgress(console, is_preview=is_preview)
        return
    picture = LiveProgress(console, title, is_preview=is_preview)
    try:
        with Live(picture, console=console, refresh_per_second=8, transient=True):
            yield picture
    finally:
        picture.is_over = True           # the whole table stays on the screen, whatever the terminal had room for
        console.print(picture)
