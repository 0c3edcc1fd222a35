"""The live table of a running stack command: a line for each resource, what is done to it, and how long that takes."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from stacks.progress import Phase, Step, StepState

if TYPE_CHECKING:
    from rich.console import Console

DONE_WORDS = {
    "create": "created", "update": "updated", "delete": "deleted", "create new": "made anew",
    "remove old": "old one removed", "wait until well": "well", "run": "done", "fill": "filled", "reload": "reloaded",
    "find replicas": "replicas found", "ask from outside": "answers", "delete data": "data deleted", "read": "read",
    "forget": "forgotten",
}
STOPPED = Text("-", style="yellow")      # it was still being worked on when the command ended
PLANNED_WORDS = {                        # of a preview; the removal of what is made anew goes without saying
    "create": "would be created", "update": "would be updated", "create new": "would be made anew",
    "delete": "would be deleted", "remove old": "",
}
ROOM_BELOW = 6                           # lines of the terminal that are not rows of the table


def planned(step: Step) -> str:
    """Say what would become of a resource, "" if nothing new is to be said."""
    word = PLANNED_WORDS.get(step.action, step.action)
    return f"{word} ({step.detail})" if word and step.detail else word


@dataclass(slots=True)
class _Row:
    """One resource of the live table."""

    kind: str
    name: str
    word: str
    began: float
    seconds: float = 0.0                 # of all that was done to it
    running: int = 0
    state: StepState = StepState.STARTED


class LiveProgress:
    """A table that grows: a line for each resource with what is done to it and how long that takes."""

    def __init__(self, console: Console, title: str, *, is_preview: bool = False) -> None:
        """Draw on ``console`` under ``title``."""
        self._console, self._title, self._is_preview = console, title, is_preview
        self._lock = threading.RLock()
        self._rows: dict[tuple[str, str], _Row] = {}
        self._phases: dict[Phase, tuple[StepState, float, float]] = {}
        self._notes: list[str] = []
        self._spinner = Spinner("dots")
        self.is_over = False

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        """Take a phase."""
        with self._lock:
            self._phases[phase] = (state, time.monotonic(), seconds)

    def step(self, step: Step) -> None:
        """Take a step into its resource's line."""
        now = time.monotonic()
        if self._is_preview and not planned(step):
            return
        with self._lock:
            row = self._rows.setdefault((step.kind, step.name), _Row(step.kind, step.name, step.action, now))
            if step.state is StepState.STARTED:
                if not row.running:
                    row.began = now
                row.running += 1
                row.word, row.state = step.action, StepState.STARTED
                return
            row.running = max(row.running - 1, 0)
            row.seconds += step.seconds
            if row.state is not StepState.FAILED:
                row.state = step.state
            if step.state is StepState.FAILED:
                row.word = f"{step.action}: {step.detail}" if step.detail else f"{step.action}: failed"
            elif self._is_preview:
                row.word = planned(step)
            else:
                row.word = DONE_WORDS.get(step.action, step.action)

    def note(self, text: str) -> None:
        """Take a sentence; it stays under the table."""
        with self._lock:
            self._notes.append(text)

    def __rich__(self) -> RenderableType:
        """Draw the picture of this moment."""
        with self._lock:
            rows = list(self._rows.values())
            phases, notes = dict(self._phases), list(self._notes)
        now = time.monotonic()
        table = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(4):
            table.add_column(no_wrap=True, overflow="ellipsis")
        shown = rows if self.is_over else self._fitting(rows, len(notes))
        for row in shown:
            mark, style = _mark(row.state, STOPPED if self.is_over else self._spinner.render(now))
            seconds = row.seconds + (now - row.began if row.running else 0.0)
            took = "" if self._is_preview else f"{seconds:5.1f} s"
            table.add_row(mark, Text(f"{row.kind} {row.name}"), Text(row.word, style=style), Text(took))
        parts: list[RenderableType] = [Text(self._title, style="bold")]
        if len(shown) < len(rows):
            parts.append(Text(f"  ({len(rows) - len(shown)} more are done)", style="dim"))
        parts += [table, self._phase_line(phases, now), *(Text(f"note: {text}", style="yellow") for text in notes)]
        return Group(*parts)

    def _fitting(self, rows: list[_Row], notes: int) -> list[_Row]:
        """Choose the rows that a terminal has room for: all that run, and of the others the latest."""
        room = max(shutil.get_terminal_size().lines - ROOM_BELOW - notes, 4)
        excess = len(rows) - room
        if excess <= 0:
            return rows
        shown = []
        for row in rows:
            if excess > 0 and row.state is StepState.DONE:
                excess -= 1
            else:
                shown.append(row)
        return shown

    @staticmethod
    def _phase_line(phases: dict[Phase, tuple[StepState, float, float]], now: float) -> Text:
        line = Text()
        for phase, (state, since, seconds) in phases.items():
            took = now - since if state is StepState.STARTED else seconds
            style = {StepState.STARTED: "cyan", StepState.DONE: "green", StepState.FAILED: "red"}[state]
            line.append(f"{phase.value} {took:.1f} s   ", style=style)
        return line


def _mark(state: StepState, spinner: RenderableType) -> tuple[RenderableType, str]:
    if state is StepState.DONE:
        return Text("✓", style="green"), ""
    if state is StepState.FAILED:
        return Text("✗", style="bold red"), "red"
    return spinner, "cyan"
