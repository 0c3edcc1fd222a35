"""Who signed an entry: the registered key of the one it names, and nobody else's."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.entry import Entry, EntryKind, signed_bytes
from monitors.ledger.keys import PrivateKey
from monitors.ledger.signatures import WITHDRAW, register, registration, signed, verifier
from tests.factories import NOON_MS, an_entry

SITI, BUDI = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
REGISTERED = replace(registration(SITI, "Siti", NOON_MS), number=1)


def word(number: int = 5, *, key: PrivateKey = SITI, by: str = "Siti", **given) -> Entry:
    return replace(signed(an_entry(kind=EntryKind.DISPUTE, by=by, **given), key), number=number)


def test_an_entry_signed_with_the_registered_key_of_its_teller_is_signed():
    assert verifier([REGISTERED])(word())


def test_nobody_elses_key_nor_an_unknown_one_counts():
    budi = replace(registration(BUDI, "Budi", NOON_MS), number=2)
    check = verifier([REGISTERED, budi])
    assert not check(word(key=BUDI))
    assert not check(word(key=PrivateKey(b"\x03" * 32)))
    assert not check(word(by="Budi"))
    assert not verifier([])(word())


def test_any_changed_word_breaks_it():
    check = verifier([REGISTERED])
    entry = word()
    for changed in (
        replace(entry, at_ms=entry.at_ms + 1), replace(entry, agency="lain"), replace(entry, signature=""),
        replace(entry, body={**entry.body, "result": "other"}), replace(entry, kind=EntryKind.CORRECTION),
    ):
        assert not check(changed)


def test_a_key_counts_from_its_registration_to_its_withdrawal():
    ended = replace(
        signed(an_entry(kind=EntryKind.KEY, agency="", by="Siti", body={"act": WITHDRAW}), SITI), number=9,
    )
    check = verifier([ended, REGISTERED])
    assert [check(word(number)) for number in (0, 1, 2, 8, 9, 10)] == [False, False, True, True, False, False]


def test_a_key_is_registered_by_its_own_signature_once_and_withdrawn_by_it_alone():
    stolen = replace(registration(SITI, "Budi", NOON_MS), number=2)
    body = {"act": "register-person", "public": BUDI.public}
    forged = replace(signed(an_entry(kind=EntryKind.KEY, by="Budi", body=body), SITI), number=3)
    other = replace(
        an_entry(kind=EntryKind.KEY, by="Siti", body={"act": WITHDRAW, "key": SITI.id}), number=4,
    )
    other = replace(other, signature=BUDI.sign(signed_bytes(other)))
    found = register([REGISTERED, stolen, forged, other])
    assert list(found) == [SITI.id]
    assert (found[SITI.id].owner, found[SITI.id].until) == ("Siti", None)
