"""Which row it is, where digested lines do not agree with their digest.

Of a leaf's rows a few bytes of each line's digest are kept beside it (marks): they name the row. Of a block of runs the
digest alone is kept, so one change is looked for whose undoing gives that digest: a row too many, rows in another
order, one character of one row, or a row whose fields can be told from its neighbours. Whoever finds one has proved it,
since nobody can make another text with the same SHA-256.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from monitors.core.seal_lines import MARK_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOWN = 160                              # characters of a row that are told
CHARACTERS = b"0123456789abcdef,"        # what a run's line is made of
CODES = 16
USUAL_MS = 2_000                         # longer delays and durations are not looked through


def leaf_fault(lines: Sequence[bytes], marks: bytes) -> str:
    """Say which lines of a leaf are not those that were sealed; "" where the marks tell no difference.

    ``lines`` without their ends; ``marks``: those of the sealed lines, one after the other. Marks are not signed: who
    changed them too has left no more than a leaf that does not agree.
    """
    sealed = [marks[place:place + MARK_BYTES] for place in range(0, len(marks), MARK_BYTES)]
    found = [hashlib.sha256(line).digest()[:MARK_BYTES] for line in lines]
    surplus, missing = Counter(found) - Counter(sealed), Counter(sealed) - Counter(found)
    told = []
    for line, mark in zip(lines, found, strict=True):
        if surplus[mark]:
            surplus[mark] -= 1
            told.append(f"row {_shown(line)} is not the one that was sealed")
    for number, mark in enumerate(sealed, 1):
        if missing[mark]:
            missing[mark] -= 1
            told.append(f"the sealed row {number} of {len(sealed)} is not here")
    if not told and found != sealed:
        told.append("its rows stand in another order than they were sealed in")
    return "; ".join(told[:4]) + (f"; and {len(told) - 4} more" if len(told) > 4 else "")


def block_fault(text: bytes, digest: str, runs: int) -> str:
    """Say which run of a block of ``runs`` lines was added, changed or removed; "" where it cannot be told.

    ``text``: the block's lines as they are, ``digest``: SHA-256 in hexadecimal of the lines as they were sealed.
    """
    try:
        sealed = bytes.fromhex(digest)
    except ValueError:
        return f'its row says the digest "{digest[:SHOWN]}", which is none'
    lines = text.splitlines(keepends=True)
    if _digest(*sorted(lines, key=_key)) == sealed:
        return "its runs stand in another order than they were sealed in"
    if len(lines) > runs:
        for place, line in enumerate(lines):
            if _digest(*lines[:place], *lines[place + 1:]) == sealed:
                return f"run {_shown(line)} was added"
    if len(lines) < runs:
        return _holes(lines, runs)
    for others in (_near, _longer, _numbers):            # the likelier and quicker to look through, the earlier
        state = hashlib.sha256()
        for place, line in enumerate(lines):
            rest = b"".join(lines[place + 1:])
            for other in others(lines, place):
                trial = state.copy()
                trial.update(other)
                trial.update(rest)
                if trial.digest() == sealed:
                    return f"run {_shown(line)} was changed; it was sealed as {_shown(other)}"
            state.update(line)
    return ""


def _near(lines: Sequence[bytes], place: int) -> Iterator[bytes]:
    """Give what a line may have been by its neighbours, with another code, or with one character changed or less."""
    line = lines[place]
    parts = _parts(line)
    if parts:
        for code in range(CODES):
            yield b",".join([*parts[:5], str(code).encode(), *parts[6:]])
        before, after = (_parts(lines[at]) if 0 <= at < len(lines) else [] for at in (place - 1, place + 1))
        for near, step in ((before, 1), (after, -1)):
            if near and near[1].isdigit():
                yield b",".join([parts[0], str(int(near[1]) + step).encode(), *parts[2:]])
        if before and after and all(number.isdigit() for near in (before, after) for number in near[:4]):
            start_ms = (_scheduled(before) + _scheduled(after)) // 2 + (int(parts[3]) if parts[3].isdigit() else 0)
            minute, offset_ms = divmod(start_ms, 60_000)
            yield b",".join([str(minute).encode(), parts[1], str(offset_ms).encode(), *parts[3:]])
    for at in range(len(line) - 1):
        yield line[:at] + line[at + 1:]
        for character in CHARACTERS:
            yield line[:at] + bytes((character,)) + line[at + 1:]


def _longer(lines: Sequence[bytes], place: int) -> Iterator[bytes]:
    """Give a line with one character more."""
    line = lines[place]
    for at in range(len(line)):
        for character in CHARACTERS:
            yield line[:at] + bytes((character,)) + line[at:]


def _numbers(lines: Sequence[bytes], place: int) -> Iterator[bytes]:
    """Give a line with another delay or another duration, of those that are usual."""
    parts = _parts(lines[place])
    for field in (3, 4) if parts else ():
        for number in range(USUAL_MS):
            yield b",".join([*parts[:field], str(number).encode(), *parts[field + 1:]])


def _parts(line: bytes) -> list[bytes]:
    """Give the fields of a run's line, none where it is no such line."""
    parts = line.split(b",")
    return parts if len(parts) == 8 else []


def _scheduled(parts: Sequence[bytes]) -> int:
    minute, _, offset_ms, late_ms = (int(number) for number in parts[:4])
    return minute * 60_000 + offset_ms - late_ms


def _holes(lines: Sequence[bytes], runs: int) -> str:
    """Say which sequence numbers are missing between those that are there: likely what was removed, but no proof."""
    numbers = [int(parts[1]) for line in lines if len(parts := line.split(b",")) == 8 and parts[1].isdigit()]
    there = set(numbers)
    missing = [str(one) for one in range(min(there), max(there) + 1) if one not in there][:4] if there else []
    said = f"{len(lines)} runs of {runs} are here"
    return f"{said}; missing between them: sequence {', '.join(missing)}" if missing else said


def _digest(*lines: bytes) -> bytes:
    return hashlib.sha256(b"".join(lines)).digest()


def _key(line: bytes) -> tuple[int, int]:
    parts = line.split(b",")
    if len(parts) < 2 or not (parts[0].isdigit() and parts[1].isdigit()):
        return (0, 0)
    return (int(parts[0]), int(parts[1]))


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\n")
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
