"""Old raw runs of a ledger on PostgreSQL are let go by its owner, what is not good stays longer, and no figure changes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monitors.core.entry import EntryKind
from monitors.core.errors import LedgerError
from monitors.core.history import Life
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import Window
from monitors.ledger.base import LedgerReader
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger.postgres_reader import PostgresReader
from monitors.ledger.postgres_tidy import PostgresTidy
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_days import DAY_MS, names_of
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_tidy import SqliteTidy, Thinned
from monitors.ledger_name import ServerLedger
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs
from tests.postgres_cluster import OWNER, Cluster

pytestmark = pytest.mark.postgres

INTERVAL_MS = 600_000
LETTERS = "uuuuuuuuuuuuuuuddduuuuuuuuuuuuuuuuuuuunuuuuuu" + "u" * 200 + "duuuuuuuuu"
LATER_MS = NOON_MS + 95 * DAY_MS
MUCH_LATER_MS = NOON_MS + 300 * DAY_MS
RULES = RetentionRules(dispute_days=90)
DAYS = [NOON_MS // DAY_MS + number for number in range(2)]
SOME_WINDOWS = [
    Window(start_ms=NOON_MS + start * INTERVAL_MS + shift, end_ms=NOON_MS + end * INTERVAL_MS + shift)
    for start, end in ((0, 255), (3, 17), (15, 40), (100, 200)) for shift in (0, 7_777)
]


def fill(ledger: SqliteLedger | PostgresLedger) -> None:
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    target = a_target(transactions=(a_transaction(interval_ms=INTERVAL_MS),))
    ledger.record_targets([target], life="life-1", at_ms=NOON_MS)
    end_ms = NOON_MS + len(LETTERS) * INTERVAL_MS + DAY_MS
    ledger.append(some_runs(LETTERS, interval_ms=INTERVAL_MS), life="life-1", heartbeat_ms=end_ms)
    ledger.close()


@pytest.fixture
def name(postgres: Cluster) -> Iterator[ServerLedger]:
    found = postgres.database()
    fill(PostgresLedger(found))
    yield found
    postgres.give_back(found)


def tidied(tidy: PostgresTidy | SqliteTidy, now_ms: int, rules: RetentionRules) -> tuple[Thinned, ...]:
    with contextlib.closing(tidy):
        return tidy.tidy(rules, now_ms=now_ms, pause=lambda _: None, is_stopped=lambda: False)


def sequences(name: ServerLedger) -> list[int]:
    with contextlib.closing(PostgresReader(name)) as reader:
        return [run.sequence for run in reader.runs("dinkes", "antrean", start_ms=0, end_ms=MUCH_LATER_MS)]


def stated(reader: LedgerReader, window: Window) -> SlaStatement | None:
    history = reader.history("dinkes", "antrean", start_ms=window.start_ms, end_ms=window.end_ms)
    assert history is not None
    return statement(history, service_timeline(history, until_ms=data_until(history.lives, MUCH_LATER_MS)), window)


def test_the_same_is_let_go_as_in_a_file_and_figures_stay(name: ServerLedger, tmp_path: Path):
    file = tmp_path / "ledger.sqlite"
    fill(SqliteLedger(file))
    whole = Window(start_ms=NOON_MS - 1, end_ms=NOON_MS + 3 * DAY_MS)
    with contextlib.closing(PostgresReader(name)) as reader:
        before = stated(reader, whole)
    for now_ms in (LATER_MS, MUCH_LATER_MS):
        done = tidied(PostgresTidy(name), now_ms, RULES)
        assert done == tidied(SqliteTidy(file), now_ms, RULES)
        assert done
    assert sequences(name) == []
    with contextlib.closing(PostgresReader(name)) as reader, contextlib.closing(SqliteReader(file)) as of_file:
        assert stated(reader, whole) == before
        for window in SOME_WINDOWS:
            assert stated(reader, window) == stated(of_file, window)
    assert tidied(PostgresTidy(name), MUCH_LATER_MS, RULES) == ()


def test_what_is_near_a_failure_stays_with_its_evidence_and_the_guards_are_up_again(name: ServerLedger, postgres: Cluster):
    tidied(PostgresTidy(name), LATER_MS, RetentionRules(dispute_days=200))
    left = sequences(name)
    assert set(range(10, 23)) <= set(left)
    assert 60 not in left
    with contextlib.closing(PostgresReader(name)) as reader:
        runs = list(reader.runs("dinkes", "antrean", start_ms=0, end_ms=MUCH_LATER_MS))
    assert [run.failed_step for run in runs if run.sequence == 15] == ["buka halaman"]
    with psycopg.connect(postgres.conninfo(OWNER, name.database), autocommit=True) as db:
        db.execute("SET search_path = siaga24")
        for change in (f"TRUNCATE {names_of(DAYS[0]).run}", "DELETE FROM run", "DELETE FROM retention"):
            with pytest.raises(psycopg.errors.IntegrityError, match="in the ledger"):
                db.execute(change.encode())


def test_what_a_dispute_rests_on_stays_as_long_as_it_lasts(name: ServerLedger):
    ledger = PostgresLedger(name)
    ledger.keep_entry(an_entry(kind=EntryKind.DISPUTE, service="antrean", body={"act": "open"}))
    ledger.close()
    tidied(PostgresTidy(name), MUCH_LATER_MS, RetentionRules())
    assert set(range(10, 23)) <= set(sequences(name))


def test_the_oldest_days_go_by_size_and_no_more_than_needed(name: ServerLedger):
    now_ms = NOON_MS + 10 * DAY_MS
    with contextlib.closing(PostgresTidy(name)) as tidy:
        used = tidy.bytes_used()
        assert used > 0
        assert tidy.due(RetentionRules(max_bytes=used + 1), now_ms) == tuple((day, "size") for day in DAYS)
    assert tidied(PostgresTidy(name), now_ms, RetentionRules(max_bytes=used + 1_000_000)) == ()
    done = tidied(PostgresTidy(name), now_ms, RetentionRules(max_bytes=1))
    assert [one.reason for one in done] == ["size"] * 2


def test_who_is_not_the_owner_is_told_and_nothing_is_gone(name: ServerLedger, postgres: Cluster):
    postgres.sql(name.database, """
        CREATE ROLE peniru LOGIN; GRANT USAGE ON SCHEMA siaga24 TO peniru;
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA siaga24 TO peniru;
        GRANT USAGE ON SCHEMA siaga24 TO peniru
    """)
    try:
        other = ServerLedger(user="peniru", hosts=name.hosts, database=name.database)
        with pytest.raises(LedgerError, match="this user may not do that"):
            tidied(PostgresTidy(other), LATER_MS, RetentionRules())
        assert sequences(name) == list(range(len(LETTERS)))
    finally:
        postgres.sql(name.database, "DROP OWNED BY peniru; DROP ROLE peniru")
