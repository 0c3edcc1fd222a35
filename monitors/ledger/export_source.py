"""What a sealed SQLite ledger holds below each seal, piece by piece, as it lies there now.

Nothing is repaired or left out: what does not agree with its seal is given as it is, and rows that no seal covers on a
day that is sealed are given as such, so that whoever verifies finds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from monitors.core.errors import LedgerError
from monitors.core.seal import Seal
from monitors.core.seal_day import DayTree
from monitors.core.seal_parts import NO_LINE, BlockPart, LeafPart
from monitors.ledger.export_runs import Line, SeriesRuns, runs_of
from monitors.ledger.sql import Days, SealedStore, Sql
from monitors.ledger.sqlite_days import date_of, thinned_days
from monitors.ledger.sqlite_sealed_day import Owner
from monitors.ledger.sqlite_seals import (
    KeptLeaf,
    SealReader,
    introduction_text,
    leaf_rows,
    of_file,
    read_leaves,
    read_told,
    sealed_to,
)

TOGETHER = 16                            # services whose runs are read at once: some ten megabytes
BLOCK = '["block",'


class Block(NamedTuple):
    """A line of a leaf that is a block's."""

    line: int
    series: int
    hour: int
    number: int
    runs: int


class LedgerExport(SealReader):
    """A ledger, to be exported or verified. ``SealedRows`` of monitors/ledger/export.py."""

    def __init__(self, store: SealedStore, db: Sql, days: Days, place: object) -> None:
        super().__init__(store, db, days, place)
        self.unsealed = 0                # late runs of sealed days that were found and no seal covers yet

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order. Raises LedgerError where a row is no seal."""
        try:
            return super().seals()
        except ValueError as exc:
            raise LedgerError(f"{self.path}: table seal holds {exc}; it was changed; restore a backup") from exc

    def introduced(self) -> tuple[str, ...]:
        """The signed entries by which keys introduced others, a line each."""
        return tuple(introduction_text(entry) for entry in self.introductions())

    def tree_of(self, seal: Seal) -> DayTree:
        """The agencies below a seal with their roots, as they were kept."""
        return self.tree(seal.number)

    def parts(self, seal: Seal, agency: str | None = None) -> Iterator[tuple[str, LeafPart]]:
        """What a seal covers, of all agencies or of one, in order. All of it is of one moment."""
        with self.snapshot():
            row = self._db.execute("SELECT day FROM seal WHERE number = ?", (seal.number,)).fetchone()
            if row is None or date_of(row[0]).isoformat() != seal.day:
                raise LedgerError(f"{self.path}: seal {seal.number} of {seal.day} stands under another number or day")
            day = int(row[0])
            leaves = read_leaves(self._db, seal.number, agency)
            strays = self._strays(day, leaves) if agency is None else ()
            chunks = groupby(
                enumerate(leaf_rows(self._db, seal.number, leaves)),
                key=lambda pair: (pair[1][0].agency, pair[1][0].day, pair[0] // TOGETHER),
            )
            for _, chunk in chunks:
                for owner, part in self._chunk(seal.number, day, [pair[1] for pair in chunk]):
                    if strays:
                        yield owner, _with(part, strays)
                        strays = ()
                    else:
                        yield owner, part

    # What follows is called within a snapshot.

    def _chunk(
        self, number: int, day: int, chunk: Sequence[tuple[KeptLeaf, list[str]]],
    ) -> Iterator[tuple[str, LeafPart]]:
        of_day = chunk[0][0].day
        series = {kept.owner: self._series_of(kept.owner) for kept, _ in chunk}
        there = self._days.at(of_day * 1_440) is not None
        ids = [id_ for names in series.values() for id_ in names.values()]
        runs = runs_of(self._db, of_day, ids) if there and of_day == day else {}
        is_thinned = of_day in thinned_days(self._db)
        for kept, lines in chunk:
            names = series[kept.owner]
            blocks = _blocks(lines, names)
            if of_day != day:
                fresh = self._made_between(number, of_day)
                blocks = [one for one in blocks if (one.hour, one.series, one.number) in fresh]
                runs = runs_of(self._db, of_day, {one.series for one in blocks}) if there else {}
            given = [self._block(one, runs.get(one.series), is_thinned=is_thinned) for one in blocks]
            if of_day == day:
                given += self._loose(names, blocks, runs)
            yield kept.agency, LeafPart(
                day=date_of(of_day).isoformat(), service=kept.service, digest=kept.digest.hex(), marks=kept.marks,
                rows=_joined(lines), blocks=tuple(given),
            )

    def _block(self, block: Block, runs: SeriesRuns | None, *, is_thinned: bool) -> BlockPart:
        lines: list[Line] = []
        if runs is not None and block.number == 0:
            lines = runs.hours.get(block.hour, [])
        elif runs is not None:
            first, last = self._late_of(block.series, block.hour)[block.number]
            lines = [line for id_, line in runs.late.get(block.hour, ()) if first < id_ <= last]
        gone = max(0, block.runs - len(lines)) if is_thinned else 0
        return _part(block.line, lines, gone=gone)

    def _loose(
        self, names: dict[tuple[str, str, str], int], blocks: Sequence[Block], runs: dict[int, SeriesRuns],
    ) -> Iterator[BlockPart]:
        """Give what lies there on the day and stands in no block that any seal covers."""
        held = {(block.series, block.hour) for block in blocks if block.number == 0}
        covered_to = read_told(self._db, self._newest_seal()).get("late", 0)
        for name, series in names.items():
            of_series = runs.get(series)
            if of_series is None:
                continue
            said = f"runs of {name[0]} at {name[1]}, life {name[2]}"
            for hour, lines in of_series.hours.items():
                if (series, hour) not in held:
                    yield _part(NO_LINE, lines, said=said)
            for hour, late in of_series.late.items():
                spans = self._late_of(series, hour).values()
                in_none = [(id_, line) for id_, line in late if not any(low < id_ <= high for low, high in spans)]
                self.unsealed += sum(id_ > covered_to for id_, _ in in_none)
                lines = [line for id_, line in in_none if id_ <= covered_to]
                if lines:
                    yield _part(NO_LINE, lines, said=said)
            if of_series.surplus:
                yield BlockPart(line=NO_LINE, runs=b"", evidence=_joined(of_series.surplus), said=said)

    def _strays(self, day: int, leaves: Iterable[KeptLeaf]) -> tuple[BlockPart, ...]:
        """Give the runs and the evidence of a day whose service has no leaf on it."""
        names = self._days.at(day * 1_440)
        if names is None:
            return ()
        owners = {kept.owner for kept in leaves if kept.day == day}
        known = {id_: (agency, service) for id_, agency, service in self._db.execute(
            "SELECT id, agency, service FROM series",
        )}
        there = {number for table in names for number, in self._db.execute(
            f"SELECT DISTINCT series FROM {table}",  # noqa: S608 - digits of a date
        )}
        covered_to = read_told(self._db, self._newest_seal()).get("late", 0)
        found = []
        for number in sorted(there):
            if known.get(number) in owners:
                continue
            of_series = runs_of(self._db, day, [number])[number]
            late = [(id_, line) for lines in of_series.late.values() for id_, line in lines]
            self.unsealed += sum(id_ > covered_to for id_, _ in late)
            lines = [line for of_hour in of_series.hours.values() for line in of_hour]
            lines += [line for id_, line in late if id_ <= covered_to and not self._in_block(number, id_, line)]
            said = f"runs of series {number} ({'/'.join(known.get(number, ('nobody',)))})"
            if lines or of_series.surplus:
                found.append(_part(NO_LINE, lines, said=said, more=of_series.surplus))
        return tuple(found)

    def _in_block(self, series: int, id_: int, line: Line) -> bool:
        return any(low < id_ <= high for low, high in self._late_of(series, line.minute // 60).values())

    def _series_of(self, owner: Owner) -> dict[tuple[str, str, str], int]:
        return {(transaction, vantage, life): id_ for id_, transaction, vantage, life in self._db.execute(
            'SELECT s.id, s."transaction", l.vantage, l.life FROM series s JOIN life l ON l.id = s.life '
            "WHERE s.agency = ? AND s.service = ? ORDER BY s.id", owner,
        )}

    def _late_of(self, series: int, hour: int) -> dict[int, tuple[int, int]]:
        """Give for each further block of an hour which rows of table late are in it: after the first, to the last."""
        found, before = {}, 0
        for number, late_to in self._db.execute(
            "SELECT number, late_to FROM block WHERE series = ? AND hour = ? AND number > 0 ORDER BY number",
            (series, hour),
        ).fetchall():
            found[number] = (before, late_to)
            before = late_to
        return found

    def _made_between(self, number: int, day: int) -> set[tuple[int, int, int]]:
        """Give hour, series and number of the blocks of a sealed day that came with a seal."""
        since, until = (read_told(self._db, one).get("former", 0) for one in (number - 1, number))
        rows = self._db.execute(
            "SELECT key FROM former WHERE day = ? AND kind = 'block' AND id > ? AND id <= ?", (day, since, until),
        )
        return {(int(hour), int(series), int(block)) for hour, series, block in (key.split(":") for key, in rows)}

    def _newest_seal(self) -> int:
        row = self._db.execute("SELECT number FROM seal WHERE day = ?", (sealed_to(self._db),)).fetchone()
        return int(row[0]) if row is not None else 0


class SqliteExport(LedgerExport):
    """The ledger in ``path``. Raises LedgerError where there is none."""

    def __init__(self, path: Path) -> None:
        super().__init__(*of_file(path))


def _blocks(lines: Sequence[str], names: dict[tuple[str, str, str], int]) -> list[Block]:
    found = []
    for place, line in enumerate(lines):
        if line.startswith(BLOCK):
            _, transaction, vantage, life, hour, number, runs, _ = json.loads(line)
            found.append(Block(place, names[transaction, vantage, life], hour, number, runs))
    return found


def _part(
    line: int, lines: Sequence[Line], *, gone: int = 0, said: str = "", more: Sequence[str] = (),
) -> BlockPart:
    evidence = [one.evidence for one in lines if one.evidence is not None]
    return BlockPart(
        line=line, runs=_joined(one.text for one in lines), evidence=_joined([*evidence, *more]), gone=gone, said=said,
    )


def _with(part: LeafPart, blocks: Sequence[BlockPart]) -> LeafPart:
    return LeafPart(
        day=part.day, service=part.service, digest=part.digest, marks=part.marks, rows=part.rows,
        blocks=(*part.blocks, *blocks),
    )


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
