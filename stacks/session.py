"""One run of one stack command: what all of its parts share, and the clock of its phases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stacks.interrupts import Interrupts
from stacks.progress import Phase, Progress, StepState
from stacks.redaction import Redactor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from stacks.engine import Engine


class Phases:
    """Tells and times the phases of a command."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: monotonic seconds."""
        self._progress, self._clock = progress, clock
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: Phase) -> Iterator[None]:
        """Run a block as a phase; a failing one is told as failed."""
        began = self._clock()
        self._progress.phase(phase, StepState.STARTED, 0.0)
        state = StepState.FAILED
        try:
            yield
            state = StepState.DONE
        finally:
            seconds = self._clock() - began
            self.seconds[phase.value] = round(self.seconds.get(phase.value, 0.0) + seconds, 3)
            self._progress.phase(phase, state, seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the parts of one run share."""

    code: str
    state: Path
    engine: Engine
    began: dt.datetime                   # when the run began, by the engine's clock
    began_s: float                       # the same moment by ``clock``
    progress: Progress
    interrupts: Interrupts = field(default_factory=Interrupts)
    redact: Redactor = field(default_factory=Redactor)
    clock: Callable[[], float] = time.monotonic
