"""Makes a ledger of an export: a SQLite file with all that was sealed, whose own export has the same bytes.

The file takes its name when it is whole. What was told after the last seal is in no export, so not in it either.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from monitors.core.errors import LedgerError
from monitors.core.seal import Seal, seal_text
from monitors.core.seal_lines import parts_of
from monitors.core.seal_parts import LeafPart
from monitors.ledger.export_files import PROOF, SEALS, agency_folder, read_agency, read_json, read_manifest
from monitors.ledger.importing_rows import RowWriter, Told
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_copy import must_be_free
from monitors.ledger.sqlite_file import told
from monitors.ledger.sqlite_sealed_day import ends
from monitors.ledger.sqlite_sealer import SqliteSealer
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_seals import read_seals

EPOCH = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000
OF_DAY = ("stretch", "block")
PUT_LEAF = "INSERT INTO leaf (seal, agency, day, service, digest, marks) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was made."""

    path: Path
    days: int
    rows: int = 0
    runs: int = 0
    left_out: int = 0                    # runs that no block holds, of an export that did not verify


def import_export(
    folder: Path, to: Path, keys: Sequence[str] | None, *, progress: Callable[[int, int], object] = lambda _d, _a: None,
) -> Imported:
    """Make the ledger ``to``, which must not be there, of the export in ``folder``.

    ``keys``: public keys by which it has to verify first; None: it is taken unverified. Raises LedgerError, and leaves
    nothing.
    """
    must_be_free(to)
    manifest = read_manifest(folder)
    seals, faults = read_seals(folder / SEALS)
    if manifest.agency or list(manifest.days) != [seal.day for seal in seals]:
        raise LedgerError(
            f"{folder}: this export is of one agency or of some days; a ledger is made of a whole one: "
            '"siaga24 ledger export DIR" without --agency, --from and --until',
        )
    if keys is not None:
        faults = verify_export(folder, keys).findings
        if faults:
            raise LedgerError(
                f"{folder}: it does not verify, in {len(faults)} places: {faults[0]}; use another copy, or give "
                "--unverified to import it as it is",
            )
    part = to.with_name(f".{to.name}.{os.getpid()}.part")
    try:
        with told(to, "import"):
            SqliteLedger(part).close()
            done = _Import(folder, part, seals).run(progress)
            part.rename(to)
    finally:
        for end in ("", "-wal", "-shm", "-journal", ".lock"):
            part.with_name(part.name + end).unlink(missing_ok=True)
    return replace(done, path=to)


class _Import:
    """One import."""

    def __init__(self, folder: Path, path: Path, seals: Sequence[Seal]) -> None:
        self._folder, self._path, self._seals = folder, path, seals
        self._done = Imported(path=path, days=len(seals))

    def run(self, progress: Callable[[int, int], object]) -> Imported:
        """Write all days."""
        with contextlib.closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")           # synced once, at the end
            self._db, self._write = db, RowWriter(db)
            for number, seal in enumerate(self._seals, 1):
                db.execute("BEGIN")
                self._day(seal)
                db.execute("COMMIT")
                progress(number, len(self._seals))
            db.execute("BEGIN")
            self._write.finish()
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._path.open("rb") as file:
            os.fsync(file.fileno())
        return self._done

    def _day(self, seal: Seal) -> None:
        buffer: dict[str, list[Told]] = {}
        restated: list[tuple[str, LeafPart]] = []
        leaves = []
        proof = read_json(self._folder / seal.day / PROOF)
        for agency, _ in proof["agencies"]:
            for part in read_agency(self._folder / seal.day / agency_folder(agency)):
                leaves.append((
                    seal.number, agency, _number(part.day), part.service, bytes.fromhex(part.digest), part.marks,
                ))
                if part.day != seal.day:
                    restated.append((agency, part))
                else:
                    self._leaf(agency, part, buffer)
            if not agency:               # all others name lives
                self._write.told("life", buffer.pop("life", []))
        for kind, rows in buffer.items():
            self._write.told(kind, rows)
        day = _number(seal.day)
        self._db.execute("INSERT INTO sealing (day) VALUES (?)", (day,))
        for agency, part in restated:
            self._restated(agency, part)
        late = self._db.execute("SELECT coalesce(max(id), 0) FROM late").fetchone()[0]
        until = ends(self._db, SqliteSealer.kinds) | {"late": late}
        self._db.execute(
            "INSERT INTO seal (number, day, document, told, sealed_ms) VALUES (?, ?, ?, ?, ?)",
            (seal.number, day, seal_text(seal), json.dumps(until, sort_keys=True), (day + 1) * DAY_MS),
        )
        self._db.executemany(PUT_LEAF, leaves)

    def _leaf(self, agency: str, part: LeafPart, buffer: dict[str, list[Told]]) -> None:
        blocks = {block.line: block for block in part.blocks}
        for place, (kind, *values) in _rows(part):
            if kind == "block" and values[4]:
                self._write.late_block(agency, part.service, values, blocks.get(place))
            elif kind in OF_DAY:
                self._write.day_row(agency, part.service, kind, values)
            elif kind != "leaf":
                buffer.setdefault(kind, []).append((values[0], agency, part.service, values[1:]))
            if kind == "block":
                self._runs(agency, part, values, place)
            self._done = replace(self._done, rows=self._done.rows + 1)
        self._done = replace(self._done, left_out=self._done.left_out + sum(
            block.runs.count(b"\n") for block in part.blocks if block.line < 0
        ))

    def _restated(self, agency: str, part: LeafPart) -> None:
        blocks = {block.line: block for block in part.blocks}
        stretches = []
        for place, (kind, *values) in _rows(part):
            if kind == "stretch":
                stretches.append(values)
            elif kind == "block" and place in blocks:
                if values[4]:
                    self._write.late_block(agency, part.service, values, blocks[place])
                else:
                    self._write.day_row(agency, part.service, kind, values)
                self._runs(agency, part, values, place)
        self._write.restate(agency, part.service, _number(part.day), stretches)

    def _runs(self, agency: str, part: LeafPart, values: list[Any], place: int) -> None:
        for block in part.blocks:
            if block.line == place:
                names = (str(values[0]), str(values[1]), str(values[2]))
                count = self._write.runs(agency, part.service, names, block)
                self._done = replace(self._done, runs=self._done.runs + count)


def _rows(part: LeafPart) -> list[tuple[int, list[Any]]]:
    try:
        return [(place, parts_of(line)) for place, line in enumerate(part.rows.decode().split("\n")[:-1])]
    except ValueError as exc:
        raise LedgerError(f"{part.day}, {part.service}: {exc}; the export was changed") from exc


def _number(day: str) -> int:
    return date.fromisoformat(day).toordinal() - EPOCH

