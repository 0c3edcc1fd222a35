"""Which keys may sign a ledger's seals: the first introduces itself, each later one is introduced by the one before.

Where the one before was lost, a new key introduces itself and says so. Nobody has to believe that: whoever verifies is
given the new public key by another way, as the first one was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind, signed_bytes
from monitors.ledger.keys import PrivateKey, key_id, verify
from monitors.ledger.signatures import signed

if TYPE_CHECKING:
    from collections.abc import Iterable

INTRODUCE = "introduce-seal-key"         # act of an entry of kind key


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """A public key that signs seals, and the number of the entry that introduced it."""

    id: str
    public: str
    since: int
    by: str                              # who introduced it


def introduction(key: PrivateKey, former: PrivateKey | None, by: str, at_ms: int, lost: str = "") -> Entry:
    """Make the entry that introduces a key: signed by the key before it, the first one by itself.

    ``lost``: the id of the key before, which is no more; the new one then signs for itself.
    """
    body = {"act": INTRODUCE, "public": key.public} | ({"lost": lost} if lost else {})
    return signed(Entry(kind=EntryKind.KEY, at_ms=at_ms, by=by, body=body), former or key)


def is_introduction(entry: Entry) -> bool:
    """Tell whether an entry says that it introduces a key."""
    return entry.kind is EntryKind.KEY and entry.text("act") == INTRODUCE


def seal_keys(entries: Iterable[Entry]) -> tuple[SealKey, ...]:
    """Give the keys in their order; the last one signs from now on. Whoever was not introduced by it is left out."""
    found: list[SealKey] = []
    for entry in sorted((one for one in entries if is_introduction(one)), key=lambda one: one.number):
        public, signer = entry.text("public"), entry.text("key")
        try:
            id_ = key_id(public)
        except ValueError:
            continue
        former = SealKey(id=id_, public=public, since=0, by="")          # itself
        if found and entry.text("lost") != found[-1].id:
            former = found[-1]
        if signer != former.id or any(one.id == id_ for one in found):
            continue
        if verify(former.public, entry.signature, signed_bytes(entry)):
            found.append(SealKey(id=id_, public=public, since=entry.number, by=entry.by))
    return tuple(found)
