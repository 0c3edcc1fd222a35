"""Seals the days of a SQLite ledger, from the sealing command's own process, while the monitor writes.

A day is sealed once it is over and the monitor's heartbeat is past it, or after a patience. What takes long is read in
a snapshot, which nobody waits for; leaves and seal are then written in one transaction, so that a crash at any moment
leaves a ledger that the next call goes on with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import LedgerError
from monitors.core.seal import FIRST, Seal, seal_text, signed_bytes
from monitors.core.seal_day import day_tree
from monitors.core.seal_lines import marks_of
from monitors.core.seal_tree import leaf_digest
from monitors.ledger.seal_keys import introduction, seal_keys
from monitors.ledger.sqlite_blocks import SETTLED_MS, SqliteBlocks
from monitors.ledger.sqlite_days import DAY_MS, date_of
from monitors.ledger.sqlite_entries import SqliteEntries
from monitors.ledger.sqlite_sealed_day import ROLLUPS, TOLD, DayRows, Owner, all_lines, ends, told_lines
from monitors.ledger.sqlite_seals import KeptLeaf, leaf_rows, read_seals, read_told, sealed_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from monitors.ledger.keys import PrivateKey
    from monitors.ledger.sql import SealStore, Sql

PATIENCE_MS = 6 * 3_600_000              # how long a day waits for a monitor that was not heard of since
SLICE_RUNS = 20_000                      # digested in one transaction, where the writer did not
PAUSE_S = 0.05                           # between two of them: the monitor writes
BEATS = """
INSERT INTO beat (life, heartbeat_ms) SELECT id, heartbeat_ms FROM life l WHERE heartbeat_ms IS NOT (
    SELECT heartbeat_ms FROM beat WHERE life = l.id ORDER BY id DESC LIMIT 1
) ORDER BY id
"""
OF_DAY = ('["block",', '["stretch",')
PUT_LEAF = "INSERT INTO leaf (seal, agency, day, service, digest, marks) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A seal that was made. ``faults``: rows of sealed days that were changed past the ledger's own writing."""

    seal: Seal
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class _Counts:
    blocks: int = 0
    runs: int = 0
    late: int = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            if line.startswith('["block",'):
                _, number, runs, _ = line.rsplit(",", 3)
                self.blocks += 1
                self.runs += int(runs)
                self.late += int(runs) if number != "0" else 0


class Sealer:
    """A ledger that is sealed, of any store. ``place``: its name in sentences."""

    patience_ms = PATIENCE_MS
    beats = BEATS
    kinds: tuple[str, ...] = tuple(TOLD)             # of rows that are told once, which the store has

    def __init__(self, store: SealStore, db: Sql, blocks: SqliteBlocks, place: object) -> None:
        self._db, self._blocks, self.path = db, blocks, place
        self.snapshot, self.deciding = store.snapshot, store.deciding
        self.keep_entry, self.entries, self.close = store.keep_entry, store.entries, store.close

    def introduce(
        self, key: PrivateKey, former: PrivateKey | None, *, by: str, at_ms: int, is_lost: bool = False,
    ) -> None:
        """Let ``key`` sign from now on. Raises LedgerError where another does and ``former`` is not it.

        ``is_lost``: that other one is no more.
        """
        with self.deciding():
            known = seal_keys(self.entries(EntryKind.KEY))
            if known and known[-1].id == key.id:
                return
            self.may_introduce(former, is_lost=is_lost)
            lost = known[-1].id if known and is_lost else ""
            if any(one.id == key.id for one in known):
                raise LedgerError(f"{self.path}: the key {key.id} signed earlier seals; a key comes into use once")
            self.keep_entry(introduction(key, former if known and not lost else None, by, at_ms, lost))

    def may_introduce(self, former: PrivateKey | None, *, is_lost: bool = False) -> None:
        """Raise LedgerError where a key signs already, is not lost, and ``former`` is not it."""
        known = seal_keys(self.entries(EntryKind.KEY))
        if known and not is_lost and (former is None or former.id != known[-1].id):
            raise LedgerError(
                f"{self.path}: seals are signed with the key {known[-1].id}, and only it can introduce another; give "
                'its file: "siaga24 ledger key new NEW --after OLD", or --former-lost where it is no more',
            )

    def seals(self) -> tuple[Seal, ...]:
        """All seals in order of number."""
        with self.snapshot():
            return read_seals(self._db)

    def next_day(self) -> int | None:
        """Give the first day (UTC, counted from 1970) that is not sealed; None for a ledger without a life."""
        with self.snapshot():
            sealed = sealed_to(self._db)
            first = self._db.execute("SELECT min(opened_ms) FROM life").fetchone()[0]
        if first is None:
            return None
        return sealed + 1 if sealed >= 0 else int(first) // DAY_MS

    def why_not(self, day: int, now_ms: int) -> str:
        """Say why a day cannot be sealed yet; "" where it can."""
        end_ms = (day + 1) * DAY_MS
        name = date_of(day).isoformat()
        if now_ms < end_ms + SETTLED_MS:
            return f"{name} is not over in UTC, or for less than {SETTLED_MS // 60_000} minutes"
        if now_ms >= end_ms + self.patience_ms:
            return ""
        with self.snapshot():
            behind = self._db.execute(
                "SELECT life, heartbeat_ms FROM life WHERE heartbeat_ms < ? AND folded_ms <= heartbeat_ms "
                "ORDER BY id DESC LIMIT 1", (end_ms + SETTLED_MS,),
            ).fetchone()
        if behind is None:
            return ""
        heard = datetime.fromtimestamp(behind[1] / 1000, UTC).isoformat(timespec="seconds")
        until = datetime.fromtimestamp((end_ms + self.patience_ms) / 1000, UTC).isoformat(timespec="minutes")
        return (
            f"{name}: the monitor was last heard of at {heard}; the day is sealed when it has written what came after, "
            f"or without that from {until} on"
        )

    def seal_day(
        self, day: int, key: PrivateKey, *, now_ms: int, pause: Callable[[float], object] = lambda _: None,
    ) -> Sealed:
        """Seal the next day. Raises LedgerError for another one, for a key that is not the newest, and for a race."""
        if day != self.next_day():
            raise LedgerError(f"{self.path}: {date_of(day)} is not the next day to seal; days are sealed in order")
        with self.snapshot():
            known = seal_keys(self.entries(EntryKind.KEY))
        if not known or known[-1].id != key.id:
            raise LedgerError(
                f"{self.path}: seals are signed with the key {known[-1].id}, and this is {key.id}; give its file, or "
                'make one that follows it: "siaga24 ledger key new NEW --after OLD"' if known else
                f"{self.path}: no key was introduced to the ledger; make one that is: "
                '"siaga24 ledger key new FILE --by NAME"',
            )
        late_to = self._make_blocks(day, pause)
        with self.deciding():
            # from here on, what becomes of the day's rows is told in table former
            self._db.execute("INSERT INTO sealing (day) VALUES (?)", (day,))
            self._db.execute(self.beats)
        with self.snapshot():
            seals = read_seals(self._db)
            until = ends(self._db, self.kinds) | {"late": late_to}
            counts = _Counts()
            leaves = list(self._leaves(day, read_told(self._db, len(seals)), until, counts))
            services = sum(1 for leaf in leaves if leaf.service)
            restated, faults = self._restated(day, len(seals), until, counts)
        leaves += restated
        tree = day_tree(leaf.leaf for leaf in leaves)
        seal = Seal(
            day=date_of(day).isoformat(), number=len(seals) + 1, previous=seals[-1].digest if seals else FIRST,
            root=tree.root.hex(), agencies=len(tree.agencies), services=services, blocks=counts.blocks,
            runs=counts.runs, late=counts.late, restated=len(restated), key=key.id,
        )
        seal = replace(seal, signature=key.sign(signed_bytes(seal)))
        with self.deciding():
            self._keep(day, seal, leaves, json.dumps(until, sort_keys=True), now_ms)
            for fault in faults:
                self.keep_entry(Entry(
                    kind=EntryKind.SEAL_NOTE, at_ms=now_ms, by="siaga24 ledger seal",
                    body={"act": "fault", "seal": seal.number, "fault": fault},
                ))
        return Sealed(seal=seal, faults=tuple(faults))

    def _make_blocks(self, day: int, pause: Callable[[float], object]) -> int:
        """Make the blocks that no writer made, and those of late runs; give the last late run that is in one."""
        with self.snapshot():
            hours = self._blocks.hours_of(day)
            late_to = read_told(self._db, len(read_seals(self._db))).get("late", 0)
        for life, hour in hours:
            after: int | None = 0
            while after is not None:
                with self.deciding():
                    after = max(after, self._blocks.begin(life, hour))
                    made = self._blocks.make_next(life, hour, after, SLICE_RUNS)
                after = made[0] if made is not None else None
                if after is not None:
                    pause(PAUSE_S)
        with self.deciding():
            return self._blocks.make_late(late_to)

    def _leaves(
        self, day: int, since: dict[str, int], until: dict[str, int], counts: _Counts,
    ) -> Iterator[KeptLeaf]:
        told = told_lines(self._db, since, until)
        rows = DayRows(self._db, day, until["former"])
        # an agency that ever had a leaf has one in every seal: a day that is cut out of its own export shows
        heads = {(agency, "") for agency, in self._db.execute(
            "SELECT DISTINCT agency FROM leaf WHERE seal = (SELECT max(number) FROM seal)",
        )}
        for owner in sorted({*rows.owners, *told, *heads}):
            lines = all_lines(day, owner, rows.lines(owner) + told.get(owner, []))
            counts.add(lines)
            yield _leaf(day, owner, lines)

    def _restated(
        self, day: int, last: int, until: dict[str, int], counts: _Counts,
    ) -> tuple[list[KeptLeaf], list[str]]:
        """Make leaves of sealed days anew where their rows changed since the last seal."""
        leaves, faults = [], []
        changed = self._db.execute(
            "SELECT DISTINCT day, agency, service FROM former WHERE id > ? AND day < ? ORDER BY day, agency, service",
            (read_told(self._db, last).get("former", 0), day),
        ).fetchall()
        for of_day, agency, service in changed:
            owner = (agency, service)
            before: list[str] = []
            number, kept = self._newest_leaf(last, of_day, owner)
            if kept is not None:
                _, before = next(leaf_rows(self._db, number, (kept,)))
                if leaf_digest(before) != kept.digest:
                    faults.append(
                        f"{date_of(of_day)}, {agency}/{service}: rows were changed since they were sealed, and not by "
                        "the ledger's own writing; compare with an export or a backup of before",
                    )
            rows = DayRows(self._db, of_day, until["former"], owner).lines(owner)
            # what was told once is not told again where a day is restated
            if kept is None or set(rows) != {line for line in before if line.startswith(OF_DAY)}:
                counts.add(set(rows) - set(before))
                leaves.append(_leaf(of_day, owner, all_lines(of_day, owner, rows)))
        return leaves, faults

    def _newest_leaf(self, last: int, day: int, owner: Owner) -> tuple[int, KeptLeaf | None]:
        """Find the newest leaf of a service's day, and the seal above it."""
        first = self._db.execute("SELECT number FROM seal WHERE day = ?", (day,)).fetchone()
        for number in range(last, first[0] - 1 if first is not None else 0, -1):
            row = self._db.execute(
                "SELECT digest, marks FROM leaf WHERE seal = ? AND agency = ? AND day = ? AND service = ?",
                (number, owner[0], day, owner[1]),
            ).fetchone()
            if row is not None:
                kept = KeptLeaf(agency=owner[0], day=day, service=owner[1], digest=row[0], marks=row[1])
                return number, kept
        return 0, None

    def _keep(self, day: int, seal: Seal, leaves: list[KeptLeaf], told: str, now_ms: int) -> None:
        last = self._db.execute("SELECT coalesce(max(number), 0) FROM seal").fetchone()[0]
        if last != seal.number - 1:
            raise LedgerError(f"{self.path}: another process sealed {seal.day} meanwhile; nothing is to be done")
        self._db.execute(
            "INSERT INTO seal (number, day, document, told, sealed_ms) VALUES (?, ?, ?, ?, ?)",
            (seal.number, day, seal_text(seal), told, now_ms),
        )
        self._db.executemany(PUT_LEAF, (
            (seal.number, one.agency, one.day, one.service, one.digest, one.marks) for one in leaves
        ))


class SqliteSealer(Sealer):
    """The ledger in ``path``, to be sealed. Raises LedgerError where there is none."""

    kinds = (*TOLD, *ROLLUPS)

    def __init__(self, path: Path) -> None:
        store = SqliteEntries(path)
        super().__init__(store, store._db, SqliteBlocks(store._db, store._days), path)  # noqa: SLF001 - of one family
        self.lives = store.lives


def _leaf(day: int, owner: Owner, lines: list[str]) -> KeptLeaf:
    return KeptLeaf(
        agency=owner[0], day=day, service=owner[1], digest=leaf_digest(lines), marks=marks_of(lines),
    )
