r"""Checks what seals cover of one agency: rows against leaves, runs against blocks, evidence against runs.

What is found is told as near as it can be: the row, else the block of an hour, else the service's day, else the
agency's. Nothing is believed but what leads to a root: the caller compares ``Checked.root`` with what was signed.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitors.core.seal_faults import block_fault, leaf_fault
from monitors.core.seal_lines import leaf_head
from monitors.core.seal_tree import LEAF, tree_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitors.core.seal_parts import BlockPart, LeafPart

BLOCK = b'["block",'
RETENTION = b'["retention",'
EVIDENCE = re.compile(rb",([0-9a-f]{64})\n")
LOOKED_INTO = 3                          # blocks of which the changed run is looked for: each may take some seconds


@dataclass(slots=True, kw_only=True)
class Counts:
    """What was checked."""

    leaves: int = 0
    restated: int = 0
    rows: int = 0
    blocks: int = 0
    runs: int = 0                        # that the blocks were made of
    late: int = 0
    gone: int = 0                        # of these, let go since

    def add(self, other: Counts) -> None:
        """Add another's counts."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True, kw_only=True)
class Checked:
    """One agency below one seal."""

    agency: str
    day: str
    root: bytes                          # over the leaves as their rows are
    told_root: bytes                     # over the leaves as they are said to be
    counts: Counts = field(default_factory=Counts)
    findings: list[str] = field(default_factory=list)
    gone_days: set[str] = field(default_factory=set)             # of which runs were let go
    retention_days: set[int] = field(default_factory=set)        # that rows say were let go, counted from 1970


@dataclass(slots=True)
class Looks:
    """Into how many more blocks is looked for the run that was changed. Shared by the checks of several agencies."""

    left: int = LOOKED_INTO

    def take(self) -> bool:
        """Take one, if there is one."""
        self.left -= 1
        return self.left >= 0


class AgencyCheck:
    """Checks one agency, seal by seal. ``first_day``: runs of days before it are not looked for."""

    def __init__(self, agency: str, first_day: str, looks: Looks | None = None) -> None:
        self.agency = agency
        self._first_day = first_day
        self._known: dict[tuple[str, str], set[bytes]] = {}      # lines of blocks that former seals cover
        self._looks = looks if looks is not None else Looks()

    def check(self, day: str, parts: Iterable[LeafPart]) -> Checked:
        """Check what the seal of ``day`` covers. Seals come in their order."""
        said, made = [], []
        found = Checked(agency=self.agency, day=day, root=b"", told_root=b"")
        before = ("", "")
        for part in parts:
            where = self._where(part)
            if part.day > day or (part.day, part.service) <= before:
                found.findings.append(f"{where}: its rows stand twice, or where they do not belong")
            before = (part.day, part.service)
            digest = hashlib.sha256(LEAF + part.rows).digest()
            lines = part.rows.split(b"\n")
            if lines.pop() != b"" or not lines:
                found.findings.append(f"{where}: the last row has no end; it was cut off")
            self._check_rows(part, digest, lines, found)
            self._check_blocks(day, part, lines, found)
            made.append(digest)
            said.append(bytes.fromhex(part.digest))
            found.counts.leaves += part.day == day and part.service != ""
            found.counts.restated += part.day != day
            found.counts.rows += max(0, len(lines) - 1)
        found.root, found.told_root = tree_root(made), tree_root(said)
        return found

    def _where(self, part: LeafPart) -> str:
        return f"{part.day}, {self.agency or 'all agencies'}" + (f"/{part.service}" if part.service else "")

    def _check_rows(self, part: LeafPart, digest: bytes, lines: Sequence[bytes], found: Checked) -> None:
        head = leaf_head(part.day, self.agency, part.service).encode()
        if lines[:1] != [head]:
            found.findings.append(
                f"{self._where(part)}: its first line is not {head.decode()}; its rows were changed or are another's",
            )
        if digest.hex() != part.digest:
            named = leaf_fault(lines, part.marks)
            found.findings.append(f"{self._where(part)}: {named or 'its rows are not those that were sealed'}")
        for line in lines:
            if line.startswith(RETENTION):
                found.retention_days.add(int(_values(line)[3]))

    def _check_blocks(self, day: str, part: LeafPart, lines: Sequence[bytes], found: Checked) -> None:
        there = {number: line for number, line in enumerate(lines) if line.startswith(BLOCK)}
        former = self._known.setdefault((part.day, part.service), set())
        given = set()
        for block in part.blocks:
            line = there.get(block.line)
            if line is None:
                said = block.said or "runs"
                run = block.runs.split(b"\n", 1)[0].decode(errors="replace")
                told = f"no sealed block holds run {run}" if run else "there is evidence that no run names"
                found.findings.append(f"{self._where(part)}: {said}: {told}; it was added")
            elif block.line in given or line in former:
                found.findings.append(f"{self._where(part)}: {_block_name(line)}: its runs are given twice")
            else:
                self._check_runs(part, block, line, found)
            given.add(block.line)
        for number, line in there.items():
            # the runs of a day before the export lie in an earlier one
            if number not in given and line not in former and (part.day == day or part.day >= self._first_day):
                found.findings.append(f"{self._where(part)}: {_block_name(line)}: its runs are not here")
        former.update(there.values())

    def _check_runs(self, part: LeafPart, block: BlockPart, line: bytes, found: Checked) -> None:
        where = f"{self._where(part)}: {_block_name(line)}"
        *_, number, runs, digest = _values(line)
        here = block.runs.count(b"\n")
        found.counts.blocks += 1
        found.counts.runs += runs
        found.counts.late += runs if number else 0
        found.counts.gone += block.gone
        if block.gone:
            found.gone_days.add(part.day)
            if block.gone < 0 or here + block.gone != runs:
                found.findings.append(f"{where}: {here} of {runs} runs are here, and {block.gone} are told to be gone")
        elif hashlib.sha256(block.runs).hexdigest() != digest:
            named = block_fault(block.runs, digest, runs) if self._looks.take() else ""
            found.findings.append(f"{where}: {named or 'its runs are not those that were sealed'}")
        elif here != runs:
            found.findings.append(f"{where}: it holds {here} runs and says {runs}; the seal was made of a wrong block")
        if block.evidence or block.runs.count(b",\n") != here:
            fault = _evidence_fault(block)
            if fault:
                found.findings.append(f"{where}: {fault}")


def _evidence_fault(block: BlockPart) -> str:
    """Say which run's evidence is not what its line names."""
    wanted = EVIDENCE.findall(block.runs)
    texts = block.evidence.split(b"\n")
    if texts.pop() != b"" or len(texts) != len(wanted):
        return f"it names evidence of {len(wanted)} runs, and {len(texts)} are here; evidence was added or removed"
    for digest, text in zip(wanted, texts, strict=True):
        if hashlib.sha256(text).hexdigest().encode() != digest:
            at = block.runs.index(digest)
            run = block.runs[block.runs.rfind(b"\n", 0, at) + 1:at].decode(errors="replace")
            return f"the evidence of run {run}... is not the one that was sealed"
    return ""


def _block_name(line: bytes) -> str:
    _, transaction, vantage, life, hour, number, *_ = _values(line)
    return f"runs of {transaction} at {vantage}, life {life}, hour {hour % 24:02}:00 UTC, block {number}"


def _values(line: bytes) -> list[Any]:
    """Read a line that may have been changed: what is no row of its kind is read as one of nothing."""
    nothing = {BLOCK: ["block", "?", "?", "?", 0, 0, 0, ""], RETENTION: ["retention", 0, 0, -1, "", 0, 0]}
    empty = next(value for kind, value in nothing.items() if line.startswith(kind))
    try:
        found = json.loads(line)
    except ValueError:
        return empty
    fits = isinstance(found, list) and len(found) == len(empty)
    return found if fits and all(type(a) is type(b) for a, b in zip(found, empty, strict=True)) else empty
