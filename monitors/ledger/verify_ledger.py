"""Verifies a SQLite ledger where it lies, without an export: the same checks, and what only the file can tell."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from monitors.core.seal import Seal
from monitors.core.seal_check import AgencyCheck, Checked, Looks
from monitors.ledger.entry_rows import entry_of_row
from monitors.ledger.export_source import LedgerExport
from monitors.ledger.sql import Days, SealedStore, Sql
from monitors.ledger.sqlite_blocks import SETTLED_MS
from monitors.ledger.sqlite_days import date_of
from monitors.ledger.sqlite_sealed_day import ROLLUPS, TOLD
from monitors.ledger.sqlite_sealer import PATIENCE_MS
from monitors.ledger.sqlite_seals import of_file, read_told
from monitors.ledger.verify import Progress
from monitors.ledger.verify_roots import Proof, Verified, check_gone, check_root
from monitors.ledger.verify_seals import SealCheck, check_seals, introduction_of_text
from monitors.ledger_name import LedgerName, ServerLedger

CHANGED = """
SELECT DISTINCT f.day, f.agency, f.service FROM former f WHERE f.id > ? AND NOT EXISTS (
    SELECT 1 FROM late x JOIN series s ON s.id = x.series
    WHERE x.id > ? AND x.hour / 24 = f.day AND s.agency = f.agency AND s.service = f.service
) AND NOT EXISTS (
    SELECT 1 FROM gap_order g WHERE g.id > ? AND g.start_ms / 86400000 <= f.day AND g.end_ms / 86400000 >= f.day
) AND NOT EXISTS (
    -- a day that waited no longer for a monitor that had died: the next life folds its last hour
    SELECT 1 FROM seal z JOIN series s ON s.id = CAST(substr(f.key, 1, instr(f.key, ':') - 1) AS integer)
    JOIN life l ON l.id = s.life
    WHERE z.day = f.day AND f.kind = 'stretch' AND z.sealed_ms >= (f.day + 1) * 86400000 + ?
      AND l.heartbeat_ms < (f.day + 1) * 86400000 + ?
) ORDER BY f.day, f.agency, f.service
"""
BEATS = """
SELECT l.life, l.heartbeat_ms, max(b.heartbeat_ms) FROM life l JOIN beat b ON b.life = l.id
GROUP BY l.id HAVING l.heartbeat_ms < max(b.heartbeat_ms)
"""
GAPS = """
SELECT life, start_ms, end_ms FROM gap g WHERE NOT EXISTS (
    SELECT 1 FROM gap_order o WHERE o.life = g.life AND o.start_ms = g.start_ms AND o.end_ms = g.end_ms
)
"""
ROLLED = """
SELECT s.agency, s.service, r.day FROM rollup r JOIN rollup_service s ON s.id = r.service WHERE NOT EXISTS (
    SELECT 1 FROM rollup_order o WHERE o.day = r.day AND o.service = r.service AND o.version = r.version
)
"""
ROLLED_MONTHS = """
SELECT s.agency, s.service FROM rollup_month r JOIN rollup_service s ON s.id = r.service WHERE NOT EXISTS (
    SELECT 1 FROM rollup_month_order o WHERE o.month = r.month AND o.service = r.service AND o.version = r.version
)
"""


def verify_ledger(
    name: LedgerName, keys: Sequence[str], kept: Sequence[Seal] = (), *, progress: Progress = lambda _done, _all: None,
) -> Verified:
    """Verify all sealed days of the ledger ``name``, also while a monitor writes it. Reads every raw run.

    ``keys``: public keys that are trusted; ``kept``: seals that others kept. Raises LedgerError where it is no ledger.
    """
    ledger: LedgerCheck = LedgerCheck(*of_file(name)) if isinstance(name, Path) else _on_server(name)
    try:
        return ledger.verify(keys, kept, progress)
    finally:
        ledger.close()


def _on_server(name: ServerLedger) -> LedgerCheck:
    from monitors.ledger.postgres_seals import of_server  # noqa: PLC0415 - a ledger in a file does without

    return LedgerCheck(*of_server(name), has_rollups=False)


class LedgerCheck(LedgerExport):
    """A ledger that is being verified."""

    def __init__(
        self, store: SealedStore, db: Sql, days: Days, place: object, *, has_rollups: bool = True,
    ) -> None:
        super().__init__(store, db, days, place)
        self._has_rollups = has_rollups

    def verify(self, keys: Sequence[str], kept: Sequence[Seal], progress: Progress) -> Verified:
        """Compare everything that was sealed with what is there."""
        seals = self.seals()
        introduced = [introduction_of_text(text) for text in self.introduced()]
        found = Verified(
            agency="", days=tuple(seal.day for seal in seals), seals=len(seals), newest=seals[-1] if seals else None,
            findings=check_seals(SealCheck(seals=seals, keys=keys, kept=kept, introduced=introduced)),
        )
        checks: dict[str, AgencyCheck] = {}
        looks = Looks()
        by_day: dict[str, dict[str, Checked]] = {}
        for done, seal in enumerate(seals, 1):
            tree = self.tree_of(seal)
            results = by_day[seal.day] = {}
            for agency, parts in groupby(self.parts(seal), key=itemgetter(0)):
                check = checks.setdefault(agency, AgencyCheck(agency, seals[0].day, looks))
                results[agency] = one = check.check(seal.day, (part for _, part in parts))
                found.findings += one.findings
                found.counts.add(one.counts)
            proof = Proof(roots=tuple(zip(tree.agencies, tree.roots, strict=True)))
            check_root(seal, proof, results, "", found)
            progress(done, len(seals))
        retained = {day for results in by_day.values() for one in results.values() for day in one.retention_days}
        check_gone("", by_day, retained, found)
        if seals:
            with self.snapshot():
                found.findings += self._beside(seals[-1])
        if self.unsealed:
            found.notes.append(f"{self.unsealed} runs of sealed days came late and are not sealed yet")
        return found

    def _beside(self, newest: Seal) -> list[str]:
        """Look at what hangs on sealed rows and is in no line of its own."""
        told = read_told(self._db, newest.number)
        found = [
            f"{date_of(day)}, {agency}/{service}: rows were changed since they were sealed, and nothing that came late "
            "is the cause"
            for day, agency, service in self._db.execute(
                CHANGED, (
                    told.get("former", 0), told.get("late", 0), told.get("gap", 0), PATIENCE_MS, SETTLED_MS,
                ),
            ) if self._is_sealed(day)
        ]
        found += [
            f"life {life}: its last heartbeat is {beat} and {sealed} was sealed; it was set back"
            for life, beat, sealed in self._db.execute(BEATS)
        ]
        return [*found, *self._outside(), *self._digests()]

    def _is_sealed(self, day: int) -> bool:
        return self._db.execute("SELECT 1 FROM seal WHERE day = ?", (day,)).fetchone() is not None

    def _outside(self) -> list[str]:
        """Find rows that no seal, past or to come, would ever cover."""
        found = [
            f"{kind} {number}: it stands before the first row that was ever told; it was added"
            for kind, (table, _) in (TOLD | (ROLLUPS if self._has_rollups else {})).items()
            for number, in self._db.execute(f"SELECT id FROM {table} WHERE id < 1")  # noqa: S608 - our own names
        ]
        if self._has_rollups:
            found += [
                f"roll-up of {agency}/{service} on {date_of(day)}: it was never made in its turn; it was added"
                for agency, service, day in self._db.execute(ROLLED)
            ]
            found += [
                f"roll-up of a month of {agency}/{service}: it was never made in its turn; it was added"
                for agency, service in self._db.execute(ROLLED_MONTHS)
            ]
        return found + [
            f"gap of life {life} from {start_ms} to {end_ms}: it was never told in its turn; it was added"
            for life, start_ms, end_ms in self._db.execute(GAPS)
        ]

    def _digests(self) -> list[str]:
        """Compare the digests by which definitions and entries are found with what they say."""
        found = [
            f"definition {number}: its digest is not that of what it says"
            for number, digest, document in self._db.execute("SELECT id, digest, document FROM definition")
            if hashlib.sha256(str(document).encode()).hexdigest() != digest
        ]
        for *row, digest in self._db.execute(
            "SELECT id, kind, agency, service, at_ms, told_by, body, signature, digest FROM entry",
        ):
            try:
                is_same = entry_of_row(row).digest == digest
            except (ValueError, TypeError):
                is_same = False
            if not is_same:
                found.append(f"entry {row[0]}: its digest is not that of what it says")
        return found
