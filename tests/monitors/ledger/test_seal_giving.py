"""Each party is given each seal once; what was not taken is given again."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitors.core.errors import DeliveryError
from monitors.core.seal import Seal
from monitors.ledger.memory import MemoryLedger
from monitors.ledger.seal_giving import Given, give
from tests.monitors.core.test_seal import some_seals


@dataclass
class Party:
    name: str = "BPK"
    how: str = "folder"
    is_there: bool = True
    taken: list[int] = field(default_factory=list)

    def give(self, seal: Seal) -> None:
        if not self.is_there:
            raise DeliveryError("the mount is away")
        self.taken.append(seal.number)


def given(ledger: MemoryLedger, seals: list[Seal], *parties: Party) -> tuple[Given, ...]:
    return give(ledger, seals, ledger.entries(), parties, now_ms=lambda: 5)


def test_a_new_party_gets_the_newest_and_then_each() -> None:
    ledger, party, seals = MemoryLedger(), Party(), some_seals(9)
    given(ledger, seals[:4], party)
    given(ledger, seals[:4], party)
    given(ledger, seals[:7], party)
    assert party.taken == [4, 5, 6, 7]


def test_what_was_not_taken_is_told_kept_and_given_again() -> None:
    ledger, party, seals = MemoryLedger(), Party(is_there=False), some_seals(9)
    assert [one.problem for one in given(ledger, seals[:3], party)] == ["the mount is away"]
    assert [one.problem for one in given(ledger, seals[:4], party)] == ["the mount is away"]
    party.is_there = True
    given(ledger, seals[:5], party)
    assert party.taken == [3, 4, 5]
    assert [(note.text("act"), note.number_of("seal"), note.text("to")) for note in ledger.entries()] == [
        ("refused", 3, "BPK"), ("given", 3, "BPK"), ("given", 4, "BPK"), ("given", 5, "BPK"),
    ]


def test_one_party_that_is_away_keeps_no_other_from_its_seal() -> None:
    ledger, away, there, seals = MemoryLedger(), Party(name="away", is_there=False), Party(name="there"), some_seals(2)
    done = given(ledger, seals, away, there)
    assert there.taken == [2]
    assert [bool(one.problem) for one in done] == [True, False]
