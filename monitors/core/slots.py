"""Which transactions run when, second by second: a slot for each second of each interval.

Pure: it is told the time. ``scheduler.py`` has one job for each slot and asks here what is due; ``cadence.py`` says at
which phase a transaction runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.cadence import phase_ms, ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOT_MS = 1000
# A wake-up may come a little early by its own clock; the next one is a whole interval away
EARLY_MS = 100


class SlotKey(NamedTuple):
    """One second of an interval: ``slot`` is its number, from 0."""

    interval_ms: int
    slot: int


class Tick(NamedTuple):
    """Transactions that are to start together at ``at_ms``, each once every ``interval_ms``."""

    at_ms: int
    interval_ms: int
    keys: tuple[str, ...]


@dataclass(slots=True)
class _Member:
    phase_ms: int
    since_ms: int                        # ticks up to here are none of its own


@dataclass(slots=True)
class _Slot:
    members: dict[str, _Member] = field(default_factory=dict)
    done_ms: int = 0                     # ticks up to here have been handed out


class Slots:
    """All transactions in their slots. Each key is in one slot at most."""

    def __init__(self) -> None:
        self._slots: dict[SlotKey, _Slot] = {}
        self._places: dict[str, SlotKey] = {}
        self._keys: dict[SlotKey, SlotKey] = {}      # one object for all members of a slot

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def places(self) -> Iterable[SlotKey]:
        """Slots that have members."""
        return self._slots.keys()

    def put(self, key: str, interval_ms: int, now_ms: int) -> tuple[SlotKey, SlotKey | None]:
        """Add a transaction, or move it to another interval; its ticks count from the next beginning of its second.

        Whoever wakes slots does so at their beginnings: a tick later in a second that runs already would come too late.
        Returns its slot, and the one that is empty because it left, if there is one.
        """
        phase = phase_ms(key, interval_ms)
        place = SlotKey(interval_ms, phase // SLOT_MS)
        if self._places.get(key) == place:
            return place, None
        emptied = self.remove(key)
        next_ms = now_ms + interval_ms - (now_ms - place.slot * SLOT_MS) % interval_ms
        place = self._keys.setdefault(place, place)
        self._slots.setdefault(place, _Slot(done_ms=now_ms)).members[key] = _Member(phase, next_ms - 1)
        self._places[key] = place
        return place, emptied

    def remove(self, key: str) -> SlotKey | None:
        """Take a transaction out; returns its slot where that is empty now."""
        place = self._places.pop(key, None)
        if place is None:
            return None
        members = self._slots[place].members
        del members[key]
        if members:
            return None
        del self._slots[place]
        return place

    def due(self, place: SlotKey, now_ms: int) -> list[Tick]:
        """Hand out the ticks of a slot up to the end of its second, each once, in order of time.

        A late or lost wake-up loses none: ticks of earlier seconds that nobody asked for come too.
        """
        slot = self._slots.get(place)
        if slot is None:
            return []
        interval_ms = place.interval_ms
        begin = now_ms + EARLY_MS - (now_ms + EARLY_MS - place.slot * SLOT_MS) % interval_ms
        until_ms = begin + SLOT_MS - 1
        together: dict[int, list[str]] = {}
        for key, member in slot.members.items():
            after_ms = max(slot.done_ms, member.since_ms)
            for at_ms in ticks(member.phase_ms, interval_ms, after_ms=after_ms, until_ms=until_ms):
                together.setdefault(at_ms, []).append(key)
        slot.done_ms = max(slot.done_ms, until_ms)
        return [Tick(at_ms, interval_ms, tuple(keys)) for at_ms, keys in sorted(together.items())]

    def skip(self, until_ms: int) -> int:
        """Forget all ticks up to ``until_ms``: nobody could have served them. Returns how many they were."""
        forgotten = 0
        for place, slot in self._slots.items():
            for member in slot.members.values():
                # in numbers, not one by one: years may lie between
                after_ms = max(slot.done_ms, member.since_ms) - member.phase_ms
                forgotten += max(0, (until_ms - member.phase_ms) // place.interval_ms - after_ms // place.interval_ms)
            slot.done_ms = max(slot.done_ms, until_ms)
        return forgotten
