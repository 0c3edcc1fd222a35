"""Keys follow each other: nobody signs for the next one but the one before, or a new one that says it was lost."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.entry import Entry
from monitors.ledger.keys import PrivateKey
from monitors.ledger.seal_keys import introduction, seal_keys

ONE, TWO, OTHER = (PrivateKey(bytes([number]) * 32) for number in (1, 2, 3))


def told(*entries: Entry) -> list[str]:
    return [key.id for key in seal_keys(replace(entry, number=place) for place, entry in enumerate(entries, 1))]


def test_the_first_key_introduces_itself_and_signs_for_the_next() -> None:
    assert told(introduction(ONE, None, "Sari", 1), introduction(TWO, ONE, "Sari", 2)) == [ONE.id, TWO.id]


def test_a_stranger_introduces_nothing() -> None:
    first = introduction(ONE, None, "Sari", 1)
    assert told(first, introduction(OTHER, None, "Sari", 2)) == [ONE.id]
    assert told(first, introduction(TWO, OTHER, "Sari", 2)) == [ONE.id]
    assert told(first, introduction(TWO, ONE, "Sari", 2), introduction(OTHER, ONE, "Sari", 3)) == [ONE.id, TWO.id]
    assert told(first, introduction(ONE, ONE, "Sari", 2)) == [ONE.id]


def test_a_changed_introduction_counts_for_nothing() -> None:
    second = introduction(TWO, ONE, "Sari", 2)
    forged = replace(second, body={**second.body, "public": OTHER.public})
    assert told(introduction(ONE, None, "Sari", 1), forged) == [ONE.id]
    assert told(replace(introduction(ONE, None, "Sari", 1), body={"act": "introduce-seal-key", "public": "zz"})) == []


def test_after_a_loss_a_new_key_signs_for_itself_and_names_what_was_lost() -> None:
    first = introduction(ONE, None, "Sari", 1)
    assert told(first, introduction(TWO, None, "Sari", 2, ONE.id)) == [ONE.id, TWO.id]
    assert told(first, introduction(TWO, None, "Sari", 2, OTHER.id)) == [ONE.id]
