"""A day is sealed once, whole or not at all; what comes late or changes after is told by the next seal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError
from monitors.core.history import Gap, Life
from monitors.core.seal import chain_faults, signed_bytes
from monitors.core.seal_day import day_tree
from monitors.core.seal_lines import marks_of, parts_of
from monitors.core.seal_tree import leaf_digest
from monitors.ledger import sqlite_sealer
from monitors.ledger.keys import PrivateKey, verify
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_seals import SqliteSeals
from monitors.ledger.verify_ledger import verify_ledger
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs
from tests.monitors.ledger.sealed import (
    A_DAY,
    DAY,
    INTERVAL_MS,
    KEY,
    MIDNIGHT_MS,
    SERVICES,
    SETTLED_MS,
    runs_of,
    sealed,
    sealing,
    sealings,
    write,
    written,
)

OTHER = PrivateKey(b"\x08" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def checked(path: Path) -> list[str]:
    """Say which leaves of which seals the ledger's rows do not lead to, and which seals do not follow."""
    reader = SqliteSeals(path)
    found = list(chain_faults(reader.seals()))
    for seal in reader.seals():
        leaves = reader.leaves(seal.number)
        if day_tree(kept.leaf for kept in leaves).root.hex() != seal.root or not verify(
            KEY.public, seal.signature, signed_bytes(seal),
        ):
            found.append(f"seal {seal.number}")
        found += [
            f"{seal.number}: {kept.day - DAY} {kept.agency}/{kept.service}"
            for kept, lines in reader.lines(seal.number, leaves)
            if leaf_digest(lines) != kept.digest or marks_of(lines) != kept.marks
        ]
    reader.close()
    return found


def lines_of(path: Path, number: int) -> dict[tuple[int, str, str], list[str]]:
    reader = SqliteSeals(path)
    found = {
        (kept.day - DAY, kept.agency, kept.service): lines
        for kept, lines in reader.lines(number, reader.leaves(number))
    }
    reader.close()
    return found


def kinds(lines: list[str]) -> set[object]:
    return {parts_of(line)[0] for line in lines}


def by_hand(path: Path, *statements: str, without: str = "") -> None:
    """Change a ledger past its own code."""
    with sqlite3.connect(path) as db:
        if without:
            db.execute(f"DROP TRIGGER {without}")
        for statement in statements:
            db.execute(statement)
    db.close()


def test_a_seal_covers_all_rows_of_a_day_and_all_that_was_told(path: Path) -> None:
    written(path).close()
    seal, = sealed(path)
    assert (seal.day, seal.number, seal.previous) == ("2026-01-01", 1, "")
    assert (seal.agencies, seal.services, seal.restated) == (3, 3, 0)
    assert (seal.runs, seal.late) == (3 * A_DAY, 0)
    assert seal.blocks == 3 * 19         # hours from 05:00 to 24:00
    lines = lines_of(path, 1)
    assert set(lines) == {(0, "", ""), (0, "dinkes", ""), *((0, *service) for service in SERVICES)}
    assert kinds(lines[0, "", ""]) == {"leaf", "life", "beat", "gap", "entry"}
    assert kinds(lines[0, "dinkes", ""]) == {"leaf", "entry"}
    assert kinds(lines[0, "dinkes", "obat"]) == {"leaf", "definition", "block", "stretch"}
    assert checked(path) == []


def test_days_follow_each_other_and_a_repeat_changes_nothing(path: Path) -> None:
    ledger = written(path)
    first = sealed(path)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    second = sealed(path)
    assert [seal.day for seal in first + second] == ["2026-01-01", "2026-01-02"]
    with sealing(path) as sealer, pytest.raises(LedgerError, match="not the next day"):
        sealer.seal_day(DAY + 1, KEY, now_ms=SETTLED_MS + 9 * DAY_MS)
    assert checked(path) == []
    assert second[0].restated == 0
    assert "entry" not in kinds(lines_of(path, 2)[1, "dinkes", "obat"])
    ledger.close()


def test_a_day_waits_for_the_monitor_but_not_for_ever(path: Path) -> None:
    written(path, until=A_DAY - 3).close()
    with sealing(path) as sealer:
        assert "not over" in sealer.why_not(DAY, MIDNIGHT_MS)
        assert "last heard of at 2026-01-01T23:30" in sealer.why_not(DAY, SETTLED_MS)
        assert sealer.why_not(DAY, MIDNIGHT_MS + sealer.patience_ms) == ""
        seal = sealer.seal_day(DAY, KEY, now_ms=MIDNIGHT_MS + sealer.patience_ms).seal
    assert seal.runs == 3 * (A_DAY - 3)
    # what the monitor had not folded is told when it lives again
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-2", vantage="local", opened_ms=MIDNIGHT_MS + 8 * 3_600_000))
    ledger.append([], life="life-2", heartbeat_ms=MIDNIGHT_MS + 40 * 3_600_000)
    ledger.close()
    assert checked(path) == []
    assert not verify_ledger(path, [KEY.public]).findings
    assert sealed(path)[0].restated == 3
    assert checked(path) == []


def test_a_life_that_ended_keeps_no_day_waiting(path: Path) -> None:
    written(path, until=50).close()
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-2", vantage="local", opened_ms=MIDNIGHT_MS - 60_000))
    ledger.append([], life="life-2", heartbeat_ms=SETTLED_MS)
    ledger.close()
    assert sealed(path)[0].runs == 3 * 50
    assert checked(path) == []


def test_a_restart_after_an_outage_over_midnight_restates_nothing(path: Path) -> None:
    """A new life writes the stretches of the former one again from the last good one on, which lies in a sealed day."""
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets([
        a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),)),
    ], life="life-1", at_ms=NOON_MS)
    runs = some_runs("u" * 100 + "d" * 40, interval_ms=INTERVAL_MS)
    ledger.append(runs, life="life-1", heartbeat_ms=runs[-1].ended_ms)
    sealed(path)
    ledger.close()
    later = SqliteLedger(path)
    later.open_life(Life(life="life-2", vantage="local", opened_ms=runs[-1].ended_ms + 60_000))
    later.append([], life="life-2", heartbeat_ms=SETTLED_MS + DAY_MS)
    later.close()
    assert not verify_ledger(path, [KEY.public]).findings
    assert sealed(path)[0].restated == 0


def test_runs_that_come_late_enter_the_next_seal_under_their_own_day(path: Path) -> None:
    ledger = written(path, leave_out=(30, 31))
    first, = sealed(path)
    assert first.runs == 3 * (A_DAY - 2)
    ledger.append(
        [runs_of("dinkes", "obat")[30], runs_of("dinkes", "obat")[31]], life="life-1", heartbeat_ms=SETTLED_MS,
    )
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    second, = sealed(path)
    assert (second.late, second.restated) == (2, 1)
    restated = lines_of(path, 2)[0, "dinkes", "obat"]
    blocks = [parts for line in restated if (parts := parts_of(line))[0] == "block"]
    assert sum(int(str(parts[6])) for parts in blocks) == A_DAY
    assert [parts[5] for parts in blocks].count(1) == 1
    assert kinds(restated) == {"leaf", "block", "stretch"}
    assert checked(path) == []           # the first seal's leaf too, of which rows were made anew
    ledger.close()


def test_a_late_gap_makes_stretches_anew_and_what_they_were_is_kept(path: Path) -> None:
    ledger = written(path)
    before = sealed(path) and lines_of(path, 1)
    gap = Gap(life="life-1", start_ms=NOON_MS + 60 * INTERVAL_MS + 1, end_ms=NOON_MS + 62 * INTERVAL_MS, reason="late")
    ledger.append([], life="life-1", heartbeat_ms=SETTLED_MS + 1, gaps=(gap,))
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    assert lines_of(path, 1) == before
    assert sealed(path)[0].restated == 3
    assert lines_of(path, 1) == before
    assert checked(path) == []
    assert lines_of(path, 2)[0, "dinkes", "obat"] != before[0, "dinkes", "obat"]
    assert "gap" in kinds(lines_of(path, 2)[1, "", ""])
    ledger.close()


@pytest.mark.parametrize("at", ["blocks", "begun", "leaves", "seal"])
def test_a_sealing_killed_in_the_middle_leaves_nothing_half(
    path: Path, at: str, monkeypatch: pytest.MonkeyPatch,
) -> None:
    written(path, leave_out=(30,)).close()

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    names = {"blocks": "SqliteBlocks.make_late", "begun": "ends", "leaves": "day_tree", "seal": "seal_text"}
    with monkeypatch.context() as patched:
        patched.setattr(f"{sqlite_sealer.__name__}.{names[at]}", cut)
        with pytest.raises(KeyboardInterrupt):
            sealed(path)
    reader = SqliteSeals(path)
    assert reader.seals() == ()
    assert reader.leaves(1) == ()
    reader.close()
    assert sealed(path)[0].runs == 3 * (A_DAY - 1)
    assert checked(path) == []


def test_what_changes_between_a_killed_sealing_and_the_next_is_in_the_seal(
    path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = written(path, leave_out=(30,))
    with monkeypatch.context() as patched:
        patched.setattr(f"{sqlite_sealer.__name__}.day_tree", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            sealed(path)
    ledger.append([runs_of("dinkes", "obat")[30]], life="life-1", heartbeat_ms=SETTLED_MS)
    seal, = sealed(path)
    assert (seal.runs, seal.late, seal.restated) == (3 * A_DAY - 2, 1, 0)
    assert checked(path) == []
    ledger.close()


@pytest.mark.parametrize(("statement", "without", "which"), [
    ("UPDATE stretch SET end_ms = end_ms + 1 WHERE series = 2 AND verdict = 2", "stretch_of_sealed_day_is_changed",
     "1: 0 dinkes/obat"),
    ("UPDATE block SET runs = 5 WHERE series = 3 AND hour % 24 = 7", "block_is_never_changed", "1: 0 disdik/ppdb"),
    ("DELETE FROM entry WHERE agency = ''", "entry_is_never_removed", "1: 0 /"),
    ("UPDATE definition SET document = '{}' WHERE service = 'antrean'", "definition_is_never_changed",
     "1: 0 dinkes/antrean"),
    ("DELETE FROM gap", "gap_is_never_removed", "1: 0 /"),
    ("UPDATE life SET host = 'other'", "life_only_grows", "1: 0 /"),
    ("UPDATE beat SET heartbeat_ms = heartbeat_ms + 1", "beat_is_never_changed", "1: 0 /"),
], ids=["a stretch", "a block", "an entry removed", "a definition", "a gap removed", "a life", "a heartbeat"])
def test_a_row_changed_past_the_ledger_does_not_agree_with_its_leaf(
    path: Path, statement: str, without: str, which: str,
) -> None:
    written(path).close()
    sealed(path)
    by_hand(path, statement, without=without)
    assert checked(path) == [which]


def test_a_stretch_changed_by_sql_is_told_with_what_it_was(path: Path) -> None:
    """The file's own triggers keep what it was, so that the former leaf can be read, and the next seal restates."""
    ledger = written(path)
    sealed(path)
    before = lines_of(path, 1)
    by_hand(path, "UPDATE stretch SET verdict = 0 WHERE series = 2 AND verdict = 2")
    assert "nothing that came late is the cause" in verify_ledger(path, [KEY.public]).findings[0]
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    assert lines_of(path, 1) == before
    assert sealed(path)[0].restated == 1
    assert lines_of(path, 2)[0, "dinkes", "obat"] != before[0, "dinkes", "obat"]


def test_a_change_that_no_trigger_saw_is_a_fault_where_the_day_is_restated(path: Path) -> None:
    ledger = written(path, leave_out=(30,))
    sealed(path)
    by_hand(
        path, "UPDATE stretch SET end_ms = end_ms + 1 WHERE series = 2 AND verdict = 2",
        without="stretch_of_sealed_day_is_changed",
    )
    ledger.append([runs_of("dinkes", "obat")[30]], life="life-1", heartbeat_ms=SETTLED_MS)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    made, = sealings(path)
    assert "2026-01-01, dinkes/obat: rows were changed" in made.faults[0]
    reader = SqliteSeals(path)
    assert [entry.text("fault") for entry in reader.entries() if entry.kind == "seal-note"] == list(made.faults)
    reader.close()


def test_only_the_newest_key_seals_and_introduces_another(path: Path) -> None:
    ledger = written(path)
    sealed(path)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    with sealing(path) as sealer:
        with pytest.raises(LedgerError, match="only it can introduce"):
            sealer.introduce(OTHER, None, by="Budi", at_ms=SETTLED_MS)
        with pytest.raises(LedgerError, match=f"signed with the key {KEY.id}"):
            sealer.seal_day(DAY + 1, OTHER, now_ms=SETTLED_MS + DAY_MS)
        sealer.introduce(OTHER, KEY, by="Budi", at_ms=SETTLED_MS)
        with pytest.raises(LedgerError, match="comes into use once"):
            sealer.introduce(KEY, OTHER, by="Budi", at_ms=SETTLED_MS)
        seal = sealer.seal_day(DAY + 1, OTHER, now_ms=SETTLED_MS + DAY_MS).seal
    assert seal.key == OTHER.id
    assert verify(OTHER.public, seal.signature, signed_bytes(seal))
    assert "entry" in kinds(lines_of(path, 2)[1, "", ""])        # that it was introduced is sealed too


def test_without_a_key_nothing_is_sealed(path: Path) -> None:
    written(path).close()
    with sealing(path, OTHER) as sealer, pytest.raises(LedgerError, match="signed with the key"):
        sealer.seal_day(DAY, KEY, now_ms=SETTLED_MS)


def test_a_day_without_anything_has_a_seal_too(path: Path) -> None:
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.append([], life="life-1", heartbeat_ms=NOON_MS + 9 * DAY_MS)
    ledger.close()
    seals = sealed(path, 3)
    assert [seal.runs for seal in seals] == [0, 0, 0]
    assert [seal.agencies for seal in seals] == [1, 1, 1], "who ever had a leaf has one in every seal"
    assert checked(path) == []


def test_what_is_told_while_a_day_is_sealed_is_in_the_next(path: Path) -> None:
    ledger = written(path)
    sealed(path)
    ledger.keep_entry(an_entry(agency="disdik", at_ms=NOON_MS, body={"result": "late"}))
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)
    ledger.close()
    sealed(path)
    assert kinds(lines_of(path, 2)[1, "disdik", ""]) == {"leaf", "entry"}
    assert checked(path) == []


def test_nothing_of_seals_can_be_changed_or_removed(path: Path) -> None:
    ledger = written(path, leave_out=(30,))
    sealed(path)
    ledger.append([runs_of("dinkes", "obat")[30]], life="life-1", heartbeat_ms=SETTLED_MS)
    ledger.close()
    with sqlite3.connect(path) as db:
        for table in ("block", "block_hour", "late", "beat", "gap_order", "sealing", "former", "seal", "leaf"):
            column = db.execute("SELECT name FROM pragma_table_info(?) LIMIT 1", (table,)).fetchone()[0]
            before = db.execute(f"SELECT * FROM {table}").fetchall()     # noqa: S608 - our own names
            assert before, table
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608 - the same
                with pytest.raises(sqlite3.IntegrityError, match="in the ledger is never"):
                    db.execute(statement)
            db.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")      # noqa: S608 - the same
            assert db.execute(f"SELECT * FROM {table}").fetchall() == before         # noqa: S608 - the same
    db.close()
