"""What a running stack command tells whoever listens: phases, resources, remarks. How it looks is the listener's.

Calls come from several threads; a listener brings its own lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Phase(StrEnum):
    """The parts of a command that are timed."""

    PREFLIGHT = "preflight"              # checks, before anything changes
    RECOVERY = "recovery"                # mending what an interrupted run or a hand left
    PULUMI = "pulumi"
    GATE = "gate"                        # from outside, through the gateway
    DATA = "data"                        # deleting data volumes, on demand


class StepState(StrEnum):
    """Where a step stands."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is done to one resource, or one wait for it."""

    key: str                             # tells steps apart; display text never is identity
    kind: str                            # container, network, volume, ...
    name: str                            # for people, e.g. "loket replica 2"
    action: str                          # create, update, replace, remove old, delete, wait, fill, ...
    state: StepState
    seconds: float = 0.0                 # how long it took; 0 while it runs
    detail: str = ""                     # what changed, or why it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the resources on the engine (containers, networks, volumes)."""

    created: int = 0
    updated: int = 0
    replaced: int = 0
    deleted: int = 0
    same: int = 0

    @property
    def changed(self) -> int:
        """How many were not left as they were."""
        return self.created + self.updated + self.replaced + self.deleted


class Progress(Protocol):
    """Listens to a command."""

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        """Tell that a phase began, ended or failed; ``seconds`` since it began."""
        ...

    def step(self, step: Step) -> None:
        """Tell that a step began, ended or failed."""
        ...

    def note(self, text: str) -> None:
        """Tell a sentence that people should read."""
        ...


class Silent:
    """A listener that ignores everything."""

    def phase(self, phase: Phase, state: StepState, seconds: float) -> None:
        """Ignore."""

    def step(self, step: Step) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""
