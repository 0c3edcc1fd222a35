"""A ledger on PostgreSQL is sealed as one in a file is: the same runs give the same seals, byte for byte."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Event, Gap, Life
from monitors.core.seal import Seal, chain_faults, seal_text, signed_bytes
from monitors.core.seal_day import day_tree
from monitors.core.seal_lines import marks_of
from monitors.core.seal_tree import leaf_digest
from monitors.ledger.export import write_export
from monitors.ledger.keys import PrivateKey, verify
from monitors.ledger.opening import open_export
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger.postgres_sealer import PostgresSealer
from monitors.ledger.postgres_seals import PostgresSeals
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS
from monitors.ledger.sqlite_sealer import Sealer, SqliteSealer
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_ledger import verify_ledger
from monitors.ledger_name import ServerLedger
from tests.factories import NOON_MS, a_target, a_transaction, an_entry
from tests.monitors.ledger.sealed import A_DAY, INTERVAL_MS, KEY, SERVICES, SETTLED_MS, runs_of, write
from tests.postgres_cluster import OWNER, Cluster

pytestmark = pytest.mark.postgres

DAY = NOON_MS // DAY_MS


@pytest.fixture
def name(postgres: Cluster) -> Iterator[ServerLedger]:
    found = postgres.database()
    yield found
    postgres.give_back(found)


def begin(ledger: SqliteLedger | PostgresLedger) -> None:
    """Write all kinds of things that are told, and runs of a day and a bit but one that comes late."""
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS, host="h", pid=7, version="1"))
    ledger.record_targets([
        a_target(agency=agency, service=service, transactions=(a_transaction(interval_ms=INTERVAL_MS),))
        for agency, service in SERVICES
    ], life="life-1", at_ms=NOON_MS)
    ledger.keep_entry(an_entry(body={"why": "ü", "n": 3}))
    ledger.keep_entry(an_entry(agency=""))
    ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS, succeeded=False, note="penuh"), life="life-1")
    ledger.keep_event(Event(life="life-1", at_ms=NOON_MS, kind="clock", note="jam"))
    gap = Gap(life="life-1", start_ms=NOON_MS + 9_000_000, end_ms=NOON_MS + 9_060_000, reason="asleep")
    # told in the one order that both stores have: what a file writes run by run a server takes at once
    write(ledger, 0, A_DAY + 20, leave_out=(30,), gaps=(gap,))  # type: ignore[arg-type]


def late(ledger: SqliteLedger | PostgresLedger) -> None:
    """Let the run come that was left out, into a sealed day, and go on for a day."""
    runs = [runs_of(agency, service)[30] for agency, service in SERVICES]
    ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + (A_DAY + 20) * INTERVAL_MS)
    write(ledger, A_DAY + 20, 2 * A_DAY + 60)  # type: ignore[arg-type]


def seal_next(sealer: Sealer, *, after_ms: int = 180_000) -> Seal:
    with contextlib.closing(sealer):
        sealer.introduce(KEY, None, by="Sari", at_ms=SETTLED_MS)
        day = sealer.next_day()
        assert day is not None
        now_ms = (day + 1) * DAY_MS + after_ms
        assert sealer.why_not(day, now_ms) == ""
        made = sealer.seal_day(day, KEY, now_ms=now_ms)
        assert made.faults == ()
        return made.seal


def checked(name: ServerLedger) -> list[str]:
    """Say what is found where it lies, and which leaves of which seals the ledger's rows do not lead to."""
    findings = verify_ledger(name, [KEY.public]).findings
    with contextlib.closing(PostgresSeals(name)) as reader:
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
    assert bool(found) <= bool(findings)
    return [*findings, *found]


def test_the_same_told_to_both_gives_the_same_seals_with_late_runs_and_restated_days(name: ServerLedger, tmp_path: Path):
    file = tmp_path / "ledger.sqlite"
    of_file, of_server = SqliteLedger(file), PostgresLedger(name)
    seals = []
    for told in (begin, late):
        told(of_file)
        told(of_server)
        seals.append((seal_next(SqliteSealer(file)), seal_next(PostgresSealer(name))))
    of_file.close()
    of_server.close()
    (first, first_there), (second, second_there) = seals
    assert seal_text(first_there) == seal_text(first)
    assert seal_text(second_there) == seal_text(second)
    assert (second.late, second.restated) == (3, 3)
    assert checked(name) == []
    exports = []
    for source, folder in ((open_export(file), tmp_path / "of-file"), (open_export(name), tmp_path / "of-server")):
        with contextlib.closing(source):
            write_export(source, folder)
        assert verify_export(folder, [KEY.public], []).findings == []
        exports.append({one.relative_to(folder): one.read_bytes() for one in folder.rglob("*") if one.is_file()})
    assert exports[1] == exports[0]
    found = verify_ledger(name, [KEY.public], [first, second])
    assert (found.findings, found.seals, found.counts.runs) == ([], 2, verify_ledger(file, [KEY.public]).counts.runs)


def test_what_is_changed_past_the_ledger_in_a_sealed_day_is_found(name: ServerLedger, postgres: Cluster):
    ledger = PostgresLedger(name)
    begin(ledger)
    ledger.close()
    seal_next(PostgresSealer(name))
    for table, change in (
        ("run", "UPDATE siaga24.run SET took_ms = took_ms + 1 WHERE series = 1 AND sequence = 3"),
        ("stretch", "UPDATE siaga24.stretch SET end_ms = end_ms + 1 WHERE series = 1 AND first_sequence = 0"),
        ("entry", "UPDATE siaga24.entry SET body = '{}' WHERE id = 1"),
        ("block", "DELETE FROM siaga24.block WHERE series = 2 AND hour = (SELECT min(hour) FROM siaga24.block)"),
        ("report", "UPDATE siaga24.report SET succeeded = 1"),
    ):
        assert checked(name) == []
        with psycopg.connect(postgres.conninfo("postgres", name.database)) as db:
            db.execute("SET session_replication_role = replica")
            db.execute(change.encode())
            db.commit()
            found = checked(name)
            assert found, f"a change of {table} was not seen"
            db.execute("SET search_path = siaga24")
            before = {
                "run": "UPDATE run SET took_ms = took_ms - 1 WHERE series = 1 AND sequence = 3",
                "stretch": "UPDATE stretch SET end_ms = end_ms - 1 WHERE series = 1 AND first_sequence = 0",
                "entry": "UPDATE entry SET body = '{\"n\":3,\"why\":\"ü\"}' WHERE id = 1",
            }.get(table)
            if before is None:
                break
            db.execute(before.encode())
            db.commit()


def test_a_day_is_sealed_while_monitors_of_two_vantages_write_and_nothing_told_is_left_out(name: ServerLedger):
    """Events are told all the while: each is in one seal or comes after the newest."""
    first = PostgresLedger(name)
    begin(first)
    stopping = threading.Event()
    told: dict[str, int] = {}

    def tell(vantage: str) -> None:
        with contextlib.closing(PostgresLedger(name)) as ledger:
            life = f"of-{vantage}"
            ledger.open_life(Life(life=life, vantage=vantage, opened_ms=SETTLED_MS))
            ledger.record_targets([a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))], life=life, at_ms=SETTLED_MS)
            count = 0
            while not stopping.is_set():
                runs = [replace(run, vantage=vantage, life=life, sequence=count) for run in runs_of("dinkes", "antrean")[A_DAY + 1:A_DAY + 2]]
                ledger.append(runs, life=life, heartbeat_ms=SETTLED_MS + 60_000 + count)
                ledger.keep_event(Event(life=life, at_ms=SETTLED_MS + count, kind="clock", note=f"{vantage} {count}"))
                count += 1
            told[vantage] = count

    threads = [threading.Thread(target=tell, args=(vantage,)) for vantage in ("makassar", "jayapura")]
    for thread in threads:
        thread.start()
    seal_next(PostgresSealer(name))
    stopping.set()
    for thread in threads:
        thread.join()
    write(first, A_DAY + 20, 2 * A_DAY + 60)  # type: ignore[arg-type]
    first.close()
    seal_next(PostgresSealer(name), after_ms=DAY_MS)
    assert checked(name) == []
    with contextlib.closing(PostgresSeals(name)) as reader:
        lines = [line for number in (1, 2) for _, of_leaf in reader.lines(number, reader.leaves(number)) for line in of_leaf]
    events = [line for line in lines if line.startswith('["event",')]
    assert len(events) == len(set(events)) == 1 + sum(told.values())
    assert min(told.values()) > 0


def test_another_key_is_refused_and_seals_cannot_be_changed(name: ServerLedger, postgres: Cluster):
    ledger = PostgresLedger(name)
    begin(ledger)
    ledger.close()
    seal_next(PostgresSealer(name))
    with contextlib.closing(PostgresSealer(name)) as sealer, pytest.raises(LedgerError, match="signed with the key"):
        sealer.seal_day(DAY + 1, PrivateKey(b"\x08" * 32), now_ms=NOON_MS + 9 * DAY_MS)
    with psycopg.connect(postgres.conninfo(OWNER, name.database), autocommit=True) as db:
        db.execute("SET search_path = siaga24")
        for table in ("block_hour", "block", "beat", "gap_order", "sealing", "seal", "leaf"):
            for change in ("DELETE FROM " + table, f"TRUNCATE {table} CASCADE"):  # noqa: S608 - our own names
                with pytest.raises(psycopg.errors.IntegrityError, match="in the ledger"):
                    db.execute(change.encode())
