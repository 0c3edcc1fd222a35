"""Writes an export: the seals, and all rows that they cover, as the very text that was digested (docs/seal.md).

An export takes its name when it is whole. Of one agency it holds that agency's rows alone, and of the others digests
from which nobody reads a name.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from monitors.core.errors import LedgerError, UsageError
from monitors.core.seal import Seal, seal_text
from monitors.core.seal_day import DayTree
from monitors.core.seal_parts import LeafPart
from monitors.ledger.export_files import (
    KEYS,
    PROOF,
    SEALS,
    AgencyWriter,
    Manifest,
    agency_folder,
    canonical,
    write_manifest,
)

Progress = Callable[[str, int, int], object]         # a day, agencies' days that are written, and all


class SealedRows(Protocol):
    """What an export is written of: a sealed ledger."""

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order."""
        ...

    def introduced(self) -> tuple[str, ...]:
        """The signed entries by which keys introduced others, as canonical JSON."""
        ...

    def tree_of(self, seal: Seal) -> DayTree:
        """The agencies below a seal with their roots, as they were kept."""
        ...

    def parts(self, seal: Seal, agency: str | None = None) -> Iterator[tuple[str, LeafPart]]:
        """What a seal covers, of all agencies or of one, as the ledger holds it now: (agency, leaf) in order."""
        ...


@dataclass(slots=True, kw_only=True)
class Exported:
    """What was written."""

    path: Path
    agency: str
    days: tuple[str, ...]
    seals: int
    leaves: int = 0
    blocks: int = 0
    runs: int = 0
    bytes: int = 0


def write_export(
    source: SealedRows, to: Path, *, agency: str = "", since: str = "", until: str = "",
    progress: Progress = lambda _day, _done, _all: None,
) -> Exported:
    """Write the days from ``since`` to ``until`` (UTC, both included; "": no bound) into ``to``, which must be free.

    ``agency``: of this one alone. Raises LedgerError and leaves nothing, UsageError where there is nothing to write.
    """
    if os.path.lexists(to):
        raise LedgerError(f"{to}: there is something already, and nothing is written over; give another name")
    seals = source.seals()
    chosen = [seal for seal in seals if (not since or seal.day >= since) and (not until or seal.day <= until)]
    if not chosen:
        raise UsageError(_nothing(seals))
    trees = {seal.number: source.tree_of(seal) for seal in chosen}
    if agency and not any(agency in tree.agencies for tree in trees.values()):
        raise UsageError(f'no sealed rows of agency "{agency}" from {chosen[0].day} to {chosen[-1].day}')
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        (part / SEALS).write_text("".join(seal_text(seal) for seal in seals), encoding="utf-8")
        (part / KEYS).write_text("".join(f"{line}\n" for line in source.introduced()), encoding="utf-8")
        done = Exported(path=to, agency=agency, days=tuple(seal.day for seal in chosen), seals=len(seals))
        _write_days(source, part, chosen, trees, done, progress=progress)
        write_manifest(part, Manifest(agency=agency, days=done.days, seals=len(seals)))
        part.rename(to)                  # not synced: what a cut of power takes of it, verify finds
    except OSError as exc:
        raise LedgerError(
            f"{to}: the export cannot be written: {(exc.strerror or str(exc)).lower()}; mend that or give another name",
        ) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return done


def _write_days(
    source: SealedRows, folder: Path, seals: Sequence[Seal], trees: dict[int, DayTree], done: Exported, *,
    progress: Progress,
) -> None:
    all_ = sum(len(tree.agencies) if not done.agency else done.agency in tree.agencies for tree in trees.values())
    count = 0
    for seal in seals:
        day = folder / seal.day
        day.mkdir()
        (day / PROOF).write_text(canonical(_proof(trees[seal.number], done.agency)), encoding="utf-8")
        for agency, leaves in groupby(source.parts(seal, done.agency or None), key=itemgetter(0)):
            with AgencyWriter(day / agency_folder(agency)) as writer:
                for _, leaf in leaves:
                    writer.add(leaf)
                    done.leaves += 1
                    done.blocks += len(leaf.blocks)
                    done.runs += sum(block.runs.count(b"\n") for block in leaf.blocks)
            done.bytes += sum(file.stat().st_size for file in (day / agency_folder(agency)).iterdir())
            count += 1
            progress(seal.day, count, all_)


def _proof(tree: DayTree, agency: str) -> dict[str, object]:
    if not agency:
        return {"agencies": [[code, root.hex()] for code, root in zip(tree.agencies, tree.roots, strict=True)]}
    if agency not in tree.agencies:
        return {"of": len(tree.agencies)}
    place, path = tree.path_of(agency)
    return {"of": len(tree.agencies), "path": [step.hex() for step in path], "place": place}


def _nothing(seals: Sequence[Seal]) -> str:
    if not seals:
        return 'nothing is sealed yet, and an export holds what is sealed; run "siaga24 ledger seal" first'
    return f"no sealed day lies there; sealed are {seals[0].day} to {seals[-1].day}; give other bounds"
