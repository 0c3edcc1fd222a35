"""What a probe promises, in the words of the domain, and the fake that tests of its users get.

Nothing here waits: work is started, and a callback gets the result on the thread of the event loop. A service that
fails is a result. Only a fault of our own is a ``fault``, and the run becomes ``unknown``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from monitors.core.model import Phases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from monitors.core.evidence import Evidence
    from monitors.core.model import Target, Transaction, Try


class Journey(Protocol):
    """A transaction of a target, made ready to be tried any number of times."""

    def start(self, on_done: Callable[[Try], None]) -> None:
        """Begin one try on a fresh connection and cookie jar; ``on_done`` is called once, by the deadline.

        It may be called before this returns. Never raises: our own fault is in ``Try.fault``.
        """
        ...


class Probe(Protocol):
    """Makes journeys. What is the same for every try is done here, once for each definition."""

    def prepare(self, target: Target, transaction: Transaction) -> Journey:
        """Make a transaction ready. Raises UsageError where its definition cannot be run."""
        ...


@dataclass(slots=True, kw_only=True)
class StepOutcome:
    """What one step did; the journey makes a StepResult of it.

    ``problem``: what was expected and what was found, "" if all was well. ``slow``: the same for a latency target.
    ``fault``: our own. ``saved``: values for later steps.
    """

    problem: str = ""
    slow: str = ""
    fault: str = ""
    saved: dict[str, str] = field(default_factory=dict)
    status: int = 0
    phases: Phases = field(default_factory=Phases)
    address: str = ""
    certificate_ends_ms: int = 0
    evidence: Evidence | None = None     # of a step that failed, secrets left out


class Session(Protocol):
    """What the steps of one try share: connections and cookies. Nothing of it outlives ``close``."""

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        """Begin the step at ``index`` with the values saved so far; it ends within ``left_s`` seconds.

        Never raises. ``on_done`` is called once, perhaps before this returns, and not after ``close``.
        """
        ...

    def close(self) -> None:
        """End what is under way without calling back, and forget everything. A repeat is harmless."""
        ...


class Steps(Protocol):
    """The steps of a transaction, made ready."""

    def open(self) -> Session:
        """Begin one try."""
        ...


class StepKind(Protocol):
    """One protocol, such as HTTP: how its steps are made ready."""

    def prepare(self, target: Target, transaction: Transaction) -> Steps:
        """Make the steps ready. Raises UsageError where one cannot be run."""
        ...


class FakeProbe:
    """A probe that answers from a script instead of a network.

    ``answers`` maps a target's key to tries, given out in turn and the last one for ever. With ``holds`` nothing is
    answered before ``release`` is called: for tests of what happens while runs are under way.
    """

    def __init__(self, answers: Mapping[str, Iterable[Try]], *, holds: bool = False) -> None:
        self._answers = {key: deque(tries) for key, tries in answers.items()}
        self._holds = holds
        self.started: list[str] = []
        self.waiting: deque[tuple[str, Callable[[Try], None]]] = deque()

    def prepare(self, target: Target, transaction: Transaction) -> Journey:  # noqa: ARG002 - the protocol's signature
        """Make a journey that answers from the script."""
        return _FakeJourney(self, target.key)

    def start(self, key: str, on_done: Callable[[Try], None]) -> None:
        """Begin a try of the target's script."""
        self.started.append(key)
        if self._holds:
            self.waiting.append((key, on_done))
        else:
            on_done(self._next(key))

    def release(self) -> None:
        """Let the oldest try that is under way end."""
        key, on_done = self.waiting.popleft()
        on_done(self._next(key))

    def _next(self, key: str) -> Try:
        script = self._answers[key]
        return script.popleft() if len(script) > 1 else script[0]


class _FakeJourney:
    __slots__ = ("_key", "_probe")

    def __init__(self, probe: FakeProbe, key: str) -> None:
        self._probe, self._key = probe, key

    def start(self, on_done: Callable[[Try], None]) -> None:
        self._probe.start(self._key, on_done)
