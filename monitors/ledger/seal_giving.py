"""Who was given which seal: what is still to be given, and a note in the ledger of each that was, or was refused.

A new party is given the newest, which stands for all before it; after that it gets each. What was not taken is given
again with the next call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.seal import Seal
    from monitors.ledger.delivery import Destination

GIVEN, REFUSED = "given", "refused"
BY = "siaga24 ledger seal"
ENOUGH = 2                               # parties outside the operator


class NoteKeeper(Protocol):
    """The part of a ledger that keeps notes."""

    def keep_entry(self, entry: Entry) -> Entry:
        """Keep an entry."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What became of one seal at one party. ``problem`` "": it was taken."""

    number: int
    day: str
    to: str
    how: str
    problem: str = ""


def due(seals: Sequence[Seal], notes: Iterable[Entry], name: str) -> tuple[Seal, ...]:
    """Give the seals that a party is still to be given, in order."""
    tried = [
        (note.number_of("seal"), note.text("act")) for note in notes
        if note.kind is EntryKind.SEAL_NOTE and note.text("act") in {GIVEN, REFUSED} and note.text("to") == name
    ]
    if not tried:
        return tuple(seals[-1:])
    taken = {number for number, act in tried if act == GIVEN}
    return tuple(seal for seal in seals if seal.number >= min(tried)[0] and seal.number not in taken)


def give(
    keeper: NoteKeeper, seals: Sequence[Seal], notes: Sequence[Entry], destinations: Sequence[Destination], *,
    now_ms: Callable[[], int],
) -> tuple[Given, ...]:
    """Give each party what is due, and note what became of it. A party that refuses one is given no more this time."""
    done = []
    for destination in destinations:
        for seal in due(seals, notes, destination.name):
            problem = ""
            try:
                destination.give(seal)
            except DeliveryError as exc:
                problem = str(exc)
            told = Given(number=seal.number, day=seal.day, to=destination.name, how=destination.how, problem=problem)
            keeper.keep_entry(_note(told, now_ms()))
            done.append(told)
            if problem:
                break
    return tuple(done)


def _note(given: Given, at_ms: int) -> Entry:
    body: dict[str, str | int] = {
        "act": REFUSED if given.problem else GIVEN, "seal": given.number, "day": given.day, "to": given.to,
        "how": given.how,
    }
    if given.problem:
        body["problem"] = given.problem
    return Entry(kind=EntryKind.SEAL_NOTE, at_ms=at_ms, by=BY, body=body)
