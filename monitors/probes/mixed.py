"""Transactions whose steps speak several protocols: each step goes to its own protocol's session of the try.

A session is opened when its first step comes, so that a protocol costs nothing in tries that never get to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitors.core.model import Target, Transaction
    from monitors.probes.base import Session, StepKind, StepOutcome, Steps


def prepare_mixed(kinds: Mapping[str, StepKind], target: Target, transaction: Transaction) -> Steps:
    """Make the steps ready, each by its own kind. Raises UsageError where one cannot be run."""
    places: list[tuple[str, int]] = []
    counts: dict[str, int] = {}
    for step in transaction.steps:
        protocol = step.protocol
        if protocol not in kinds:
            raise UsageError(f'{target.key}: step "{step.name}": this monitor cannot ask by {protocol}')
        index = counts.get(protocol, 0)
        counts[protocol] = index + 1
        places.append((protocol, index))
    parts = {protocol: kinds[protocol].prepare(target, _only(transaction, protocol)) for protocol in counts}
    return MixedSteps(parts, tuple(places))


class MixedSteps:
    """The steps of one transaction. ``places``: protocol of each step, and its index among that protocol's."""

    __slots__ = ("parts", "places")

    def __init__(self, parts: Mapping[str, Steps], places: tuple[tuple[str, int], ...]) -> None:
        self.parts, self.places = parts, places

    def open(self) -> Session:
        """Begin one try."""
        return _MixedSession(self)


class _MixedSession:
    __slots__ = ("_sessions", "_steps")

    def __init__(self, steps: MixedSteps) -> None:
        self._steps = steps
        self._sessions: dict[str, Session] = {}

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        protocol, place = self._steps.places[index]
        session = self._sessions.get(protocol)
        if session is None:
            session = self._sessions[protocol] = self._steps.parts[protocol].open()
        session.start(place, saved, left_s, on_done)

    def close(self) -> None:
        for session in self._sessions.values():
            session.close()


def _only(transaction: Transaction, protocol: str) -> Transaction:
    """Give the transaction with the steps of one protocol; which of them are critical is not that protocol's concern.

    A transaction needs a critical step, and the only one may speak another protocol.
    """
    return replace(transaction, steps=tuple(
        replace(step, critical=True, always=False) for step in transaction.steps if step.protocol == protocol
    ))
