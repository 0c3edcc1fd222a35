"""Sealed rows that are made and lie in memory: for tests of exports and of what reads them, and for test vectors.

Three days, two agencies and a national leaf. On the second day a run of the first comes late, so that its leaf is
restated; some runs are down and have evidence. The same call makes the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from monitors.core.seal import FIRST, Seal, signed_bytes
from monitors.core.seal_day import DayTree, Leaf, day_tree
from monitors.core.seal_lines import SeriesLines, block_digest, kept_line, leaf_lines, marks_of, run_line
from monitors.core.seal_parts import BlockPart, LeafPart
from monitors.core.seal_tree import leaf_digest
from monitors.ledger.keys import PrivateKey

KEY = PrivateKey(bytes(range(32)))
FIRST_DAY = date(2026, 11, 22)
SERVICES = (("dinkes", "antrean"), ("dinkes", "rujukan"), ("disdukcapil", "akta"))
EVIDENCE = '["langkah 1 dari 1 \\"buka\\": menunggu 200, dapat 503","buka",[]]'


def hour_lines(hour: int, first: int, count: int) -> tuple[list[str], list[str]]:
    """Make the lines of runs of an hour, a minute apart, and the evidence of each seventh, which is down."""
    lines, evidence = [], []
    for number in range(first, first + count):
        text = EVIDENCE if number % 7 == 3 else None
        phases = bytes((number % 128, 5)) if text is None else None
        at = (hour * 60 + number - first, number, 250 + number % 9, 2, 40 + number % 13, 0 if text is None else 10)
        lines.append(run_line(at, phases, text))
        evidence += [] if text is None else [text]
    return lines, evidence


class MadeSeals:
    """A sealed ledger as ``SealedRows`` has it."""

    def __init__(self, days: int = 3, key: PrivateKey = KEY) -> None:
        self.leaves: dict[tuple[int, str], list[LeafPart]] = {}
        self._blocks: dict[tuple[str, str, str], list[str]] = {}
        self._seals: list[Seal] = []
        for number in range(1, days + 1):
            self._seal(number, key)

    def seals(self) -> tuple[Seal, ...]:
        """All seals."""
        return tuple(self._seals)

    def introduced(self) -> tuple[str, ...]:
        """No other key."""
        return ()

    def tree_of(self, seal: Seal) -> DayTree:
        """The tree of what was sealed."""
        return day_tree(
            Leaf(agency=agency, day=part.day, service=part.service, digest=bytes.fromhex(part.digest))
            for (number, agency), parts in self.leaves.items() if number == seal.number for part in parts
        )

    def parts(self, seal: Seal, agency: str | None = None) -> Iterator[tuple[str, LeafPart]]:
        """The leaves."""
        for (number, code), parts in sorted(self.leaves.items(), key=lambda pair: pair[0]):
            if number == seal.number and agency in (None, code):
                yield from ((code, part) for part in parts)

    def _seal(self, number: int, key: PrivateKey) -> None:
        day = (FIRST_DAY + timedelta(days=number - 1)).isoformat()
        counts = {"services": 0, "restated": 0, "blocks": 0, "runs": 0, "late": 0}
        national = [kept_line("beat", number, "life-1", 1_795_000_000_000 + number)]
        if number == 1:
            national.append(kept_line("life", 1, "life-1", "kantor", 1_795_000_000_000, "host", 7, "0.1.0"))
        self._add(number, "", _leaf(day, "", "", national))
        for agency, service in SERVICES:
            if service == SERVICES[0][1] and number == 2:
                self._late_leaf(number, agency, service, counts)
            self._service_leaf(number, day, agency, service, counts)
        for agency in {agency for agency, _ in SERVICES}:
            self._add(number, agency, _leaf(day, agency, "", []))
        seal = Seal(
            day=day, number=number, previous=self._seals[-1].digest if self._seals else FIRST, root="", key=key.id,
            agencies=1 + len({agency for agency, _ in SERVICES}), services=counts["services"],
            blocks=counts["blocks"], runs=counts["runs"], late=counts["late"], restated=counts["restated"],
        )
        seal = replace(seal, root=self.tree_of(seal).root.hex())
        self._seals.append(replace(seal, signature=key.sign(signed_bytes(seal))))

    def _service_leaf(self, number: int, day: str, agency: str, service: str, counts: dict[str, int]) -> None:
        of = SeriesLines("buka", "kantor", "life-1")
        rows: list[str] = []
        given = []
        for hour in range((date.fromisoformat(day) - date(1970, 1, 1)).days * 24, 10**9):
            if len(rows) == 4:
                break
            lines, evidence = hour_lines(hour, hour % 24 * 60, 9)
            rows.append(of.block(hour, 0, len(lines), block_digest(lines)))
            given.append((rows[-1], lines, evidence))
            first = hour * 3_600_000
            rows.append(of.stretch((
                hour % 24 * 60, hour % 24 * 60 + 8, 0, first, first + 480_000, first + 480_040, 150_000, 0, 0,
                first + 40, first + 480_000, None, None, "", "",
            )))
            counts["blocks"] += 1
            counts["runs"] += len(lines)
        counts["services"] += 1
        self._blocks[day, agency, service] = rows
        self._add(number, agency, _leaf(day, agency, service, rows, given))

    def _late_leaf(self, number: int, agency: str, service: str, counts: dict[str, int]) -> None:
        day = FIRST_DAY.isoformat()
        hour = (FIRST_DAY - date(1970, 1, 1)).days * 24
        lines, evidence = hour_lines(hour, 500, 2)
        late = SeriesLines("buka", "kantor", "life-1").block(hour, 1, len(lines), block_digest(lines))
        counts["restated"] += 1
        counts["blocks"] += 1
        counts["runs"] += 2
        counts["late"] += 2
        rows = [*self._blocks[day, agency, service], late]
        self._add(number, agency, _leaf(day, agency, service, rows, [(late, lines, evidence)]))

    def _add(self, number: int, agency: str, part: LeafPart) -> None:
        parts = self.leaves.setdefault((number, agency), [])
        parts.append(part)
        parts.sort(key=lambda part: (part.day, part.service))


def _leaf(
    day: str, agency: str, service: str, rows: list[str], given: list[tuple[str, list[str], list[str]]] | None = None,
) -> LeafPart:
    lines = leaf_lines(day, agency, service, rows)
    return LeafPart(
        day=day, service=service, digest=leaf_digest(lines).hex(), marks=marks_of(lines), rows=joined(lines),
        blocks=tuple(sorted((
            BlockPart(line=lines.index(block), runs=joined(runs), evidence=joined(evidence))
            for block, runs, evidence in given or ()
        ), key=lambda block: block.line)),
    )


def joined(lines: list[str]) -> bytes:
    """Write lines as they are digested."""
    return "".join(f"{line}\n" for line in lines).encode()


def rebuilt(part: LeafPart, rows: bytes) -> LeafPart:
    """Give a leaf of other rows whose index was made to fit them, as a careful forger would."""
    marks = marks_of(rows.decode().split("\n")[:-1])
    return replace(part, rows=rows, digest=hashlib.sha256(b"\x00" + rows).hexdigest(), marks=marks)
