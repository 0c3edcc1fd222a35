"""Whether an entry was signed by the person it names: the register of people's keys, itself entries of the ledger.

A key is registered with its owner's name by an entry that the key signs itself, and withdrawn by another. The register
says who signed, and the seals that nobody changed it since; that a key is really its owner's is checked by people, who
compare its id ("siaga24 ledger entries --kind key").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind, signed_bytes
from monitors.ledger.keys import PrivateKey, key_id, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REGISTER, WITHDRAW = "register-person", "withdraw-person"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """A person's public key, and between which entries of the ledger it counts."""

    id: str
    public: str
    owner: str
    since: int                           # number of the entry that registered it
    until: int | None = None             # number of the entry that withdrew it


def signed(entry: Entry, key: PrivateKey) -> Entry:
    """Sign an entry; its body then names the key."""
    named = replace(entry, body={**entry.body, "key": key.id}, signature="")
    return replace(named, signature=key.sign(signed_bytes(named)))


def registration(key: PrivateKey, owner: str, at_ms: int) -> Entry:
    """Make the entry that registers a key as its owner's."""
    return signed(
        Entry(kind=EntryKind.KEY, at_ms=at_ms, by=owner, body={"act": REGISTER, "public": key.public}), key,
    )


def withdrawal(key: PrivateKey, owner: str, at_ms: int) -> Entry:
    """Make the entry after which a key signs no more."""
    return signed(Entry(kind=EntryKind.KEY, at_ms=at_ms, by=owner, body={"act": WITHDRAW}), key)


def register(entries: Iterable[Entry]) -> dict[str, PersonKey]:
    """Read the register: key id -> key. A key is registered once, and withdrawn by its own signature once."""
    found: dict[str, PersonKey] = {}
    for entry in sorted((e for e in entries if e.kind is EntryKind.KEY), key=lambda e: e.number):
        public, id_ = entry.text("public"), entry.text("key")
        if entry.text("act") == REGISTER and id_ not in found:
            if verify(public, entry.signature, signed_bytes(entry)) and key_id(public) == id_:
                found[id_] = PersonKey(id=id_, public=public, owner=entry.by, since=entry.number)
        elif entry.text("act") == WITHDRAW and id_ in found and found[id_].until is None:
            known = found[id_]
            if verify(known.public, entry.signature, signed_bytes(entry)):
                found[id_] = replace(known, until=entry.number)
    return found


def verifier(entries: Iterable[Entry]) -> Callable[[Entry], bool]:
    """Give the check that an entry was signed with the registered key of the one who it says told it.

    The key has to be registered before the entry and not be withdrawn before it.
    """
    known = register(entries)

    def is_signed(entry: Entry) -> bool:
        key = known.get(entry.text("key"))
        if key is None or not entry.signature or not key.since < entry.number or key.owner != entry.by:
            return False
        return (key.until is None or entry.number < key.until) and verify(
            key.public, entry.signature, signed_bytes(entry),
        )

    return is_signed
