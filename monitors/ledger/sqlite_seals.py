"""Reads the seals of a SQLite ledger, and what each covers: as it was kept, and as the ledger's rows say now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.entry import EntryKind, body_text, signed_bytes
from monitors.core.seal import Seal, seal_of_text
from monitors.core.seal_day import DayTree, Leaf, day_tree
from monitors.ledger.seal_keys import INTRODUCE, seal_keys
from monitors.ledger.sqlite_days import date_of
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_sealed_day import DayRows, Owner, all_lines, told_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from monitors.core.entry import Entry
    from monitors.ledger.seal_keys import SealKey
    from monitors.ledger.sql import Days, SealedStore, Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLeaf:
    """A leaf as it was sealed. ``marks``: four bytes of the SHA-256 of each of its lines."""

    agency: str
    day: int                             # UTC, counted from 1970
    service: str
    digest: bytes
    marks: bytes

    @property
    def owner(self) -> Owner:
        """Whose rows it is of."""
        return (self.agency, self.service)

    @property
    def leaf(self) -> Leaf:
        """Its place in a day's tree."""
        return Leaf(agency=self.agency, day=date_of(self.day).isoformat(), service=self.service, digest=self.digest)


class SealReader:
    """The seals of a ledger of any store. What is read in one ``snapshot`` is of one moment.

    ``place``: its name in sentences.
    """

    def __init__(self, store: SealedStore, db: Sql, days: Days, place: object) -> None:
        self._db, self._days, self.path = db, days, place
        self.snapshot, self.entries, self.close = store.snapshot, store.entries, store.close

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order of number."""
        with self.snapshot():
            return read_seals(self._db)

    def keys(self) -> tuple[SealKey, ...]:
        """The keys that may sign, in their order."""
        return seal_keys(self.entries(EntryKind.KEY))

    def introductions(self) -> tuple[Entry, ...]:
        """The signed entries by which keys were introduced, in order."""
        return tuple(entry for entry in self.entries(EntryKind.KEY) if entry.text("act") == INTRODUCE)

    def leaves(self, number: int, agency: str | None = None) -> tuple[KeptLeaf, ...]:
        """Give the leaves below a seal by (agency, day, service); of one agency where one is named."""
        with self.snapshot():
            return read_leaves(self._db, number, agency)

    def tree(self, number: int) -> DayTree:
        """Build the tree below a seal of the leaves' digests as they were kept."""
        return day_tree(kept.leaf for kept in self.leaves(number))

    def lines(self, number: int, leaves: tuple[KeptLeaf, ...]) -> Iterator[tuple[KeptLeaf, list[str]]]:
        """Give leaves of a seal with their lines as the ledger's rows say now: those of a genuine ledger agree.

        Within one snapshot. Rows that were made anew since are given as they were then.
        """
        with self.snapshot():
            yield from leaf_rows(self._db, number, leaves)


class SqliteSeals(SealReader):
    """The seals of the ledger in ``path``. Raises LedgerError where there is none."""

    def __init__(self, path: Path) -> None:
        store, db, days, _ = of_file(path)
        super().__init__(store, db, days, path)
        self.lives = store.lives


def of_file(path: Path) -> tuple[SqliteReader, Sql, Days, Path]:
    """Open the ledger in ``path`` for a SealReader."""
    reader = SqliteReader(path)
    return reader, reader._db, reader._days, path  # noqa: SLF001 - of one family


def introduction_text(entry: Entry) -> str:
    """Write an introduction as one line: what its signature is over, and the signature."""
    return body_text({**json.loads(signed_bytes(entry)), "signature": entry.signature})


# What follows is called within a snapshot or transaction.

def read_seals(db: Sql) -> tuple[Seal, ...]:
    """Read all seals."""
    return tuple(seal_of_text(text) for text, in db.execute("SELECT document FROM seal ORDER BY number").fetchall())


def read_leaves(db: Sql, number: int, agency: str | None = None) -> tuple[KeptLeaf, ...]:
    """Read the leaves below a seal."""
    rows = db.execute(
        "SELECT agency, day, service, digest, marks FROM leaf "
        "WHERE seal = ? AND (CAST(? AS text) IS NULL OR agency = ?) ORDER BY agency, day, service",
        (number, agency, agency),
    ).fetchall()
    return tuple(
        KeptLeaf(agency=code, day=day, service=service, digest=digest, marks=marks)
        for code, day, service, digest, marks in rows
    )


def read_told(db: Sql, number: int) -> dict[str, int]:
    """Read which row of each table was the last that a seal covers; nothing before the first seal."""
    row = db.execute("SELECT told FROM seal WHERE number = ?", (number,)).fetchone()
    return {str(kind): int(last) for kind, last in json.loads(row[0]).items()} if row is not None else {}


def leaf_rows(
    db: Sql, number: int, leaves: tuple[KeptLeaf, ...],
) -> Iterator[tuple[KeptLeaf, list[str]]]:
    """Give the lines of leaves as they were when the seal was made."""
    day = int(db.execute("SELECT day FROM seal WHERE number = ?", (number,)).fetchone()[0])
    since, until = read_told(db, number - 1), read_told(db, number)
    told: dict[Owner, list[str]] | None = None
    whole: DayRows | None = None
    for kept in leaves:
        if kept.day == day:
            if told is None:
                told = told_lines(db, since, until)
            if whole is None and len(leaves) > 1:
                whole = DayRows(db, day, until["former"])
            rows = whole or DayRows(db, day, until["former"], kept.owner)
            yield kept, all_lines(day, kept.owner, rows.lines(kept.owner) + told.get(kept.owner, []))
        else:
            restated = DayRows(db, kept.day, until["former"], kept.owner)
            yield kept, all_lines(kept.day, kept.owner, restated.lines(kept.owner))


def is_key_set_up(db: Sql) -> bool:
    """Tell whether seals are to be made: a key was introduced, or there is a seal."""
    return db.execute(
        "SELECT 1 FROM entry WHERE kind = ? AND instr(body, ?) > 0 UNION ALL SELECT 1 FROM seal LIMIT 1",
        (EntryKind.KEY, f'"act":"{INTRODUCE}"'),
    ).fetchone() is not None


def sealed_to(db: Sql) -> int:
    """Give the newest day that is sealed, -1 where none is."""
    return int(db.execute("SELECT coalesce(max(day), -1) FROM seal").fetchone()[0])
