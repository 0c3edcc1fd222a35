"""Verifies seals: that they follow each other, that trusted keys signed them, and that those others kept are there.

A key that is given is trusted, and so is one that a trusted key introduced by a signed entry. A seal by any other key
counts only through the seals after it: each names the digest of the one before, so that a trusted newest seal stands
for all earlier ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitors.core.entry import EntryKind, body_text
from monitors.core.errors import LedgerError
from monitors.core.seal import Seal, chain_faults, seal_of_text, seal_text, signed_bytes
from monitors.ledger.keys import PUBLIC_BYTES, key_id, verify
from monitors.ledger.seal_keys import INTRODUCE

PUBLIC = re.compile(rf"\b[0-9a-f]{{{2 * PUBLIC_BYTES}}}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """A key that another introduced."""

    public: str
    by: str                              # id of the key that signed
    message: bytes
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCheck:
    """What is to be checked."""

    seals: Sequence[Seal]                # in the order in which they stand
    keys: Sequence[str]                  # public, trusted
    kept: Sequence[Seal] = ()            # that others kept
    introduced: Sequence[Introduction] = ()


def check_seals(given: SealCheck) -> list[str]:
    """Say what does not agree; nothing where all does."""
    if not given.seals:
        return ["there is no seal; the end was cut off, or the ledger was never sealed"]
    trusted = trusted_keys(given.keys, given.introduced)
    public_of = {key_id(public): public for public in (one.public for one in given.introduced)} | trusted
    found = list(chain_faults(given.seals))
    for seal in given.seals:
        where = f"seal {seal.number} of {seal.day}"
        public = public_of.get(seal.key)
        if public is not None and not verify(public, seal.signature, signed_bytes(seal)):
            found.append(f"{where}: it was not signed by key {seal.key} as it says; it was changed or forged")
    newest = given.seals[-1]
    if newest.key not in trusted:
        found.append(
            f"seal {newest.number} of {newest.day}: the newest one is by key {newest.key}, which is not the key given; "
            "the history was signed anew, or another --key belongs to it",
        )
    for seal in given.kept:
        if seal.key not in trusted or not verify(trusted[seal.key], seal.signature, signed_bytes(seal)):
            found.append(f"the seal {seal.number} of {seal.day} that was kept is not signed by a key that is trusted")
        found += [text for text in chain_faults(given.seals, seal) if text not in found]
    return found


def trusted_keys(keys: Sequence[str], introduced: Sequence[Introduction]) -> dict[str, str]:
    """Give id and key of all that are given, and of those that they introduced, one after the other."""
    trusted = {key_id(public): public for public in keys}
    more = True
    while more:
        more = False
        for one in introduced:
            id_ = key_id(one.public)
            if id_ not in trusted and one.by in trusted and verify(trusted[one.by], one.signature, one.message):
                trusted[id_] = one.public
                more = True
    return trusted


def read_seals(path: Path) -> tuple[list[Seal], list[str]]:
    """Read a file of seals, one a line, and say which lines are none."""
    found: list[Seal] = []
    faults = []
    for number, line in enumerate(_text(path).splitlines(keepends=True), 1):
        try:
            found.append(seal_of_text(line))
        except ValueError as exc:
            faults.append(f"{path.name}:{number}: {exc}")
        else:
            if seal_text(found[-1]) != line:
                faults.append(f"{path.name}:{number}: a seal that is not written in the one way in which it is written")
    return found, faults


def read_public(text: str) -> str:
    """Read a public key: 64 hexadecimal digits, or a file that holds them. Raises LedgerError."""
    given = text.strip().lower()
    if PUBLIC.fullmatch(given):
        return given
    path = Path(text)
    found = PUBLIC.findall(_text(path).lower()) if path.is_file() else []
    if len(found) != 1:
        raise LedgerError(
            f"{text}: this is no public key; expected {2 * PUBLIC_BYTES} hexadecimal digits or a file that holds them, "
            'as "siaga24 ledger key show" tells them',
        )
    return str(found[0])


def introduction_of_text(line: str) -> Introduction:
    """Read the signed entry by which a key introduced another. Raises ValueError for a line that is none."""
    try:
        told = json.loads(line)
        body = json.loads(told["body"])
        signature, public, by = told.pop("signature"), body["public"], body["key"]
        if told["kind"] == EntryKind.KEY and body["act"] == INTRODUCE and PUBLIC.fullmatch(public):
            return Introduction(public=public, by=by, message=body_text(told).encode(), signature=signature)
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"{exc!r} is wrong or missing") from exc
    raise ValueError("it is about something else")


def read_keys(path: Path, faults: list[str]) -> list[Introduction]:
    """Read the file of introductions; lines that are none are added to ``faults``."""
    found = []
    for number, line in enumerate(_text(path).split("\n")[:-1], 1):
        try:
            found.append(introduction_of_text(line))
        except ValueError as exc:
            faults.append(f"{path.name}:{number}: this line introduces no key ({exc}); it was changed")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise LedgerError(f"{path}: it cannot be read: {(exc.strerror or str(exc)).lower()}") from exc
    except UnicodeDecodeError as exc:
        raise LedgerError(f"{path}: this is no text in UTF-8; it was changed, or is another file") from exc
