"""A day's seal: what is signed, and whether seals follow each other without a gap.

``signed_bytes`` are canonical JSON (keys sorted, no blanks, UTF-8), so that anybody can make the same bytes. A seal
names the digest of the one before it; the newest seal therefore fixes all that came earlier.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT = "siaga24-seal-1"
FIRST = ""                               # the digest before the first seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One UTC day, sealed. Digests and the signature are hexadecimal.

    A block is counted by the first seal that covers it, so that sums over all seals are those of the ledger.
    """

    day: str                             # YYYY-MM-DD, UTC
    number: int                          # from 1, without a gap
    previous: str                        # ``digest`` of the seal before, FIRST for number 1
    root: str                            # over the agencies' roots
    agencies: int                        # agency roots below ``root``; rows of no agency have one too
    services: int                        # leaves of services below them, of this day alone
    blocks: int                          # of runs, that no seal before covers
    runs: int                            # in these blocks
    late: int                            # of these, runs that came after their hour's block was made
    restated: int = 0                    # leaves of earlier days whose rows are others than when they were sealed
    key: str                             # id of the key that signed
    signature: str = ""                  # Ed25519 over ``signed_bytes``

    @property
    def digest(self) -> str:
        """SHA-256 over what is signed and, after a line's end, the signature."""
        return hashlib.sha256(signed_bytes(self) + b"\n" + self.signature.encode()).hexdigest()


def signed_bytes(seal: Seal) -> bytes:
    """Give what the signature is over: all but the signature, with the format's name."""
    told = {**asdict(seal), "format": FORMAT}
    del told["signature"]
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def seal_text(seal: Seal) -> str:
    """Write a seal as it is kept and given away: one line of canonical JSON, with its signature and a line's end."""
    told = {**asdict(seal), "format": FORMAT}
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def seal_of_text(text: str) -> Seal:
    """Read a seal as ``seal_text`` writes it. Raises ValueError, saying what is and what was expected."""
    try:
        told = json.loads(text)
    except ValueError as exc:
        raise ValueError(f"a seal that is no JSON: {exc}; expected one line of it") from exc
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f'no seal of format "{FORMAT}"; expected a JSON object that names it')
    del told["format"]
    expected = {field.name: int if field.type == "int" else str for field in fields(Seal)}
    for name in sorted({*expected, *told}):
        if name not in told or name not in expected or type(told[name]) is not expected[name]:
            raise ValueError(f'a seal whose "{name}" is missing, unknown or of the wrong type')
    return Seal(**told)


def chain_faults(seals: Sequence[Seal], newest: Seal | None = None) -> tuple[str, ...]:
    """Say where seals, in order of number, do not follow each other; nothing where they do.

    ``newest``: a seal that somebody else kept. It must be among them, unchanged: one that is missing tells of an end
    cut off, and another of the same number tells of a history that was signed anew. Signatures are not judged here.
    """
    found = []
    before = FIRST
    day = ""
    for place, seal in enumerate(seals, 1):
        where = f"seal {seal.number} of {seal.day}"
        if seal.number != place:
            found.append(f"{where}: expected number {place}; a seal is missing or stands twice")
        if seal.previous != before:
            found.append(f"{where}: it does not name the seal before it; one of the two was changed or removed")
        if seal.day <= day:
            found.append(f"{where}: expected a day after {day}")
        before, day = seal.digest, seal.day
    if newest is not None:
        same = [seal for seal in seals if seal.number == newest.number]
        where = f"seal {newest.number} of {newest.day}"
        if not same:
            found.append(f"{where}: it was given to another party and is not here; the end was cut off")
        elif all(seal.digest != newest.digest for seal in same):
            found.append(f"{where}: another was given to another party; the history was signed anew")
    return tuple(found)
