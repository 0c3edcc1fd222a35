r"""What seals digest, as lines of text: a line for each run, and a line for each row that is kept for ever.

A run's line has its numbers between commas; a kept row's line is a compact JSON array that begins with its kind (UTF-8,
no blanks, no escapes but those that JSON demands). No line holds a "\n", and each is followed by one where it is
digested, so that a file of lines is exactly what was digested. Lines of one leaf are its head and then all others,
sorted by their bytes.

Text of a service's own rows names neither agency nor service: the head of their leaf does.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from monitors.core.seal_tree import lines_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MARK_BYTES = 4                           # of SHA-256 over a line: enough to name the one that does not agree
Value = str | int | None
_SERIES = ("transaction", "vantage", "life")
_COUNTS = ("runs", "missed", "first_try_failures")
_SPENT = ("up_ms", "degraded_ms", "down_ms", "unknown_ms", "possibly_down_ms", "certainly_down_ms")


def _spent(*parts: str) -> tuple[str, ...]:
    return tuple(f"{part}_{name}" for part in parts for name in _SPENT)


COLUMNS: Mapping[str, tuple[str, ...]] = {
    # of one UTC day, and what it is may change after: late runs make further blocks and other stretches
    "block": (*_SERIES, "hour", "number", "runs", "digest"),         # hour: UTC, counted from 1970
    "stretch": (
        *_SERIES, "first_sequence", "last_sequence", "verdict", "start_ms", "last_start_ms", "end_ms", "hold_ms",
        "missed", "first_try_failures", "good_end_ms", "good_start_ms", "bad_start_ms", "bad_end_ms", "failed_step",
        "reason",
    ),
    # told once: in the first seal after they were told, whatever their own times are
    "definition": ("number", "vantage", "life", "recorded_ms", "document"),
    "entry": ("number", "kind", "agency", "service", "at_ms", "by", "body", "signature"),
    "report": ("number", "life", "key", "at_ms", "succeeded", "note"),
    "life": ("number", "life", "vantage", "opened_ms", "host", "pid", "version"),
    "beat": ("number", "life", "heartbeat_ms"),                      # a life's newest heartbeat when a day was sealed
    "gap": ("number", "life", "start_ms", "end_ms", "reason"),
    "event": ("number", "life", "at_ms", "kind", "note"),
    "retention": ("number", "at_ms", "day", "reason", "kept", "gone"),
    # of a local day counted from 1970, and of a month counted from January of the year 0; lengths in milliseconds
    "rollup": (
        "number", "day", "version", "start_ms", "end_ms", "calendar", "is_closed", "target", "weight", "has_hours",
        *_spent("office", "outside", "undecided"), *_COUNTS,
    ),
    "rollup_month": (
        "number", "month", "version", "start_ms", "end_ms", "until_ms", "whole_ms", "calendar", "target", "weight",
        "days", *_spent("office", "outside", "undecided", "closures"), *_COUNTS,
    ),
    "leaf": ("day", "agency", "service"),                            # the first line of a leaf: whose rows follow
}
"""What a row of each kind says after its kind, in this order."""

# made once: json.dumps makes one with each call that has a wish
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def run_line(numbers: Sequence[int], phases: bytes | None, evidence: str | None) -> str:
    """Write a run: ``minute,sequence,offset_ms,late_ms,took_ms,code,phases,evidence``, of which numbers are six.

    ``minute`` is the run's start in whole minutes since 1970 (UTC) and ``offset_ms`` what is beyond it; ``late_ms`` how
    long after its time it started, ``took_ms`` how long it took. ``code``: verdict in bits 0-1 (up, degraded, down,
    unknown), missed in bit 2, first try failed in bit 3. ``phases`` in hexadecimal, as the ledger keeps them;
    ``evidence`` the SHA-256 of the evidence's text (JSON in UTF-8, not packed). Either is empty where there is none.
    """
    minute, sequence, offset_ms, late_ms, took_ms, code = numbers
    told = evidence_digest(evidence) if evidence is not None else ""
    spans = phases.hex() if phases is not None else ""
    return f"{minute},{sequence},{offset_ms},{late_ms},{took_ms},{code},{spans},{told}"


def evidence_digest(text: str) -> str:
    """Give the digest by which a run's line names its evidence."""
    return hashlib.sha256(text.encode()).hexdigest()


def block_digest(run_lines: Iterable[str]) -> str:
    """Digest the runs of one series and UTC hour, in the order of (minute, sequence): SHA-256 in hexadecimal."""
    return lines_digest(run_lines).hex()


def kept_line(kind: str, *values: Value) -> str:
    """Write a kept row with all its columns. Raises ValueError where they are not those of its kind."""
    if len(values) != len(COLUMNS[kind]):
        raise ValueError(f"a row of kind {kind} with {len(values)} values; expected {', '.join(COLUMNS[kind])}")
    return _json([kind, *values])


def parts_of(line: str) -> list[Value]:
    """Read a kept row's line: its kind and its values. Raises ValueError for a line that is none."""
    found = json.loads(line)
    if not isinstance(found, list) or not found or found[0] not in COLUMNS or len(found) != len(COLUMNS[found[0]]) + 1:
        raise ValueError("a line that is no row of a kind with its columns")
    if _json(found) != line:
        raise ValueError("a line that is not written in the one way in which its row is written")
    return found


def leaf_head(day: str, agency: str, service: str) -> str:
    """Write the first line of a leaf: its UTC day (YYYY-MM-DD), and whose rows follow ("": of all)."""
    return kept_line("leaf", day, agency, service)


def leaf_lines(day: str, agency: str, service: str, rows: Iterable[str]) -> list[str]:
    """Give all lines of a leaf in order: the head, then the rows sorted by their bytes (that is: by code point)."""
    return [leaf_head(day, agency, service), *sorted(rows)]


def marks_of(lines: Iterable[str]) -> bytes:
    """Give the first MARK_BYTES of each line's SHA-256, one after the other."""
    return b"".join([hashlib.sha256(line.encode()).digest()[:MARK_BYTES] for line in lines])


class SeriesLines:
    """Lines of one transaction at one vantage in one life. Its names are written once: there are many lines."""

    def __init__(self, transaction: str, vantage: str, life: str) -> None:
        self._names = ",".join(_json(name) for name in (transaction, vantage, life))

    def block(self, hour: int, number: int, runs: int, digest: str) -> str:
        """Write a block of runs: UTC ``hour`` counted from 1970, its number in it (0, then those that came late)."""
        return f'["block",{self._names},{hour},{number},{runs},"{digest}"]'

    def stretch(self, row: tuple[Value, ...]) -> str:
        """Write a stretch: the row's columns from ``first_sequence`` on, all numbers or None but the last two."""
        # a tuple of whole numbers is written as JSON has it, but for blanks and None; a nation's day has 300,000
        numbers = str(row[:-2])[1:-1].replace(" ", "").replace("None", "null")
        failed_step, reason = row[-2], row[-1]
        texts = '"",""' if failed_step == reason == "" else f"{_json(failed_step)},{_json(reason)}"
        return f'["stretch",{self._names},{numbers},{texts}]'
