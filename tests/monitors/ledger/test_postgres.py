"""The ledger on PostgreSQL: durable, append-only, one writer a vantage, and a sentence for all that may befall a server."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from monitors import recorder as recording
from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Event, Gap, Life
from monitors.core.model import Run, Verdict
from monitors.ledger import postgres as module
from monitors.ledger import postgres_schema, postgres_server
from monitors.ledger.keys import PrivateKey
from monitors.ledger.memory import MemoryLedger
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger.postgres_entries import PostgresEntries
from monitors.ledger.postgres_reader import PostgresReader
from monitors.ledger.postgres_sealer import PostgresSealer
from monitors.ledger.verify_ledger import verify_ledger
from monitors.ledger_name import ServerLedger, ledger_name
from monitors.recorder import Recorder
from tests.factories import INTERVAL_MS, NOON_MS, a_run, a_target, an_entry, some_runs
from tests.monitors.test_recorder import Counted
from tests.postgres_cluster import OWNER, Cluster, postgres_cluster

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[3]
HOUR_MS = 3_600_000
SECRET = "kanari-sandi"


@pytest.fixture
def name(postgres: Cluster) -> Iterator[ServerLedger]:
    """Give a ledger's name whose database is empty or holds an empty ledger."""
    found = postgres.database()
    yield found
    postgres.give_back(found)


@pytest.fixture(scope="module")
def fragile() -> Iterator[Cluster]:
    """Give a server of this file's own, on disk, that may be killed."""
    with postgres_cluster() as cluster:
        yield cluster


def opened(name: ServerLedger, life: str = "life-1", vantage: str = "local") -> PostgresLedger:
    ledger = PostgresLedger(name)
    ledger.open_life(Life(life=life, vantage=vantage, opened_ms=NOON_MS))
    ledger.record_targets([a_target()], life=life, at_ms=NOON_MS)
    return ledger


def kept(name: ServerLedger, life: str | None = None) -> list[int]:
    """The sequences of all runs, of one life or all."""
    with contextlib.closing(PostgresReader(name)) as reader:
        runs = reader.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
        return [run.sequence for run in runs if life in (None, run.life)]


def folded_again(name: ServerLedger) -> None:
    """Check that the stretches in the ledger are those which its runs make in memory."""
    with contextlib.closing(PostgresReader(name)) as reader:
        stored = reader.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
        plain = MemoryLedger()
        for life in reader.lives():
            plain.open_life(replace(life, heartbeat_ms=life.opened_ms))
            plain.record_targets([a_target()], life=life.life, at_ms=NOON_MS)
        for life in reader.lives():
            runs = [one for one in reader.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2) if one.life == life.life]
            plain.append(runs, life=life.life, heartbeat_ms=life.heartbeat_ms)
    made = plain.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
    assert stored is not None
    assert made is not None
    assert sorted(stored.stretches, key=str) == sorted(made.stretches, key=str)


WRITER = """
import sys
from monitors.core.history import Life
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger_name import ledger_name
from tests.factories import NOON_MS, a_run, a_target
life, opened_ms = sys.argv[2], NOON_MS + int(sys.argv[3])
ledger = PostgresLedger(ledger_name(sys.argv[1]))
ledger.open_life(Life(life=life, vantage="local", opened_ms=opened_ms))
ledger.record_targets([a_target()], life=life, at_ms=opened_ms)
sequence = 0
while True:
    runs = [a_run(life=life, sequence=sequence + i, started_ms=opened_ms + 1000 * (sequence + i)) for i in range(7)]
    ledger.append(runs, life=life, heartbeat_ms=runs[-1].ended_ms)
    sequence += 7
    print(sequence, flush=True)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
def test_what_was_acknowledged_outlives_kill_9_of_the_monitor_and_of_the_server(fragile: Cluster, kills: int):
    """In turns; and the stretches that are there afterwards are those that the runs make."""
    name = fragile.database()
    chance = random.Random(24)
    acknowledged = {}
    for number in range(kills):
        life = f"life-{number}"
        child = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(name), life, str(number * 5 * HOUR_MS)], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        assert child.stdout is not None
        seen = 0
        for _ in range(chance.randrange(1, 60)):
            seen = int(child.stdout.readline())
        if number % 2:
            fragile.kill()
        else:
            os.kill(child.pid, signal.SIGKILL)
        rest, told = child.communicate(timeout=60)
        if number % 2:
            assert "LedgerError" in told
            assert "what was not written is given again" in told
            fragile.start()
        acknowledged[life] = max([seen, *(int(line) for line in rest.split("\n")[:-1])])
    for life, count in acknowledged.items():
        found = set(kept(name, life))
        assert found >= set(range(count))
        assert len(found) % 7 == 0, "half a batch was kept"
    folded_again(name)
    assert kept(name)
    sealer, key = PostgresSealer(name), PrivateKey(b"\x07" * 32)
    sealer.introduce(key, None, by="Sari", at_ms=NOON_MS)
    for _ in range(kills * 5 // 24 + 1):
        day = sealer.next_day()
        assert day is not None
        assert sealer.seal_day(day, key, now_ms=(day + 2) * 24 * HOUR_MS).faults == ()
    sealer.close()
    verified = verify_ledger(name, [key.public])
    assert verified.findings == []
    assert verified.counts.runs > 0


def test_a_server_that_is_gone_costs_no_result_and_probing_never_waits(fragile: Cluster, monkeypatch):
    """Results wait, packed where they are many; the problem is told as ours, and afterwards each is there once."""
    name = fragile.database()
    monkeypatch.setattr(recording, "SPOOL_FROM", 1_000)
    monkeypatch.setattr(recording, "SPOOL_BLOCK", 500)
    ledger = opened(name)
    shown: list[Run] = []
    recorder = Recorder(ledger, life="life-1", now_ms=NOON_MS, publish=shown.extend, gauges=Counted())
    recorder.define([a_target()], NOON_MS)
    recorder.put(a_run(sequence=0))
    recorder._write()
    recorder._write()
    assert [run.sequence for run in shown] == [0]
    fragile.kill()
    for sequence in range(1, 3_301):     # more than wait as they are
        recorder.put(a_run(sequence=sequence, started_ms=NOON_MS + 1_000 * sequence))
        if sequence % 1_100 == 0:
            recorder._write()
            assert "the ledger cannot be written: postgresql://" in recorder.state.problem
            assert "what was not written is given again" in recorder.state.problem
    assert recorder.state.waiting == 3_300
    assert recorder._spooled, "nothing was packed"
    assert len(shown) == 1, "what is not durable was shown"
    fragile.start()
    while recorder.state.waiting:
        recorder._write()
        assert recorder.state.problem == ""
    assert recorder.state.overflowed == 0
    assert sorted(run.sequence for run in shown) == list(range(3_301))
    ledger.close()
    assert sorted(kept(name)) == list(range(3_301))
    folded_again(name)


def test_a_server_that_says_nothing_is_given_up_and_the_same_batch_is_there_once(fragile: Cluster, monkeypatch):
    monkeypatch.setattr(PostgresLedger, "patience_s", 0.3)
    monkeypatch.setattr(postgres_server, "CONNECT_TIMEOUT_S", 2)
    name = fragile.database()
    ledger = opened(name)
    runs = some_runs("uduu")
    ledger.append(runs[:2], life="life-1", heartbeat_ms=NOON_MS + 60_000)
    with fragile.silent(), pytest.raises(LedgerError, match="cannot write the ledger"):
        ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 120_000)
    monkeypatch.setattr(PostgresLedger, "patience_s", 30.0)
    for _ in range(50):                  # its former session may still be ending what it had begun
        with contextlib.suppress(LedgerError):
            ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 120_000)
            break
        time.sleep(0.1)
    ledger.close()
    assert kept(name) == [0, 1, 2, 3]


def test_monitors_of_several_vantages_write_at_once_and_each_has_its_own(name: ServerLedger):
    """Three at once, a hundred batches, over a change of day: every run is there, and nobody waited for ever."""
    vantages, start = ("jakarta", "makassar", "jayapura"), NOON_MS + 12 * HOUR_MS
    expected = {vantage: some_runs("uudueu-u" * 50, vantage=vantage, life=vantage, started_ms=start) for vantage in vantages}
    problems: list[BaseException] = []

    def monitor(vantage: str) -> None:
        try:
            with contextlib.closing(PostgresLedger(name)) as ledger:
                ledger.open_life(Life(life=vantage, vantage=vantage, opened_ms=start))
                ledger.record_targets([a_target()], life=vantage, at_ms=start)
                for place in range(0, 400, 4):
                    batch = expected[vantage][place:place + 4]
                    ledger.append(batch, life=vantage, heartbeat_ms=batch[-1].ended_ms)
        except BaseException as exc:  # noqa: BLE001 - told below
            problems.append(exc)

    threads = [threading.Thread(target=monitor, args=(vantage,)) for vantage in vantages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with contextlib.closing(PostgresReader(name)) as reader:
        found = list(reader.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2))
        history = reader.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
    assert sorted((run.vantage, run.sequence) for run in found) == sorted(
        (vantage, run.sequence) for vantage, runs in expected.items() for run in runs
    )
    assert history is not None
    assert sum(stretch.runs for stretch in history.stretches) == 1_200
    assert {stretch.vantage for stretch in history.stretches} == set(vantages)


def test_a_second_monitor_of_the_same_vantage_is_told_who_writes(name: ServerLedger, monkeypatch):
    monkeypatch.setattr(module, "TAKEN_S", 0.2)
    first, second = opened(name), PostgresLedger(name)
    first.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 1_000)
    with pytest.raises(LedgerError, match=rf'"siaga24 .* {os.getpid()}" from 127.0.0.1 already writes for vantage "local"'):
        second.open_life(Life(life="life-2", vantage="local", opened_ms=NOON_MS))
    with pytest.raises(LedgerError, match='already writes for vantage "local"'):
        second.append([a_run(sequence=1)], life="life-1", heartbeat_ms=NOON_MS + 1_000)
    second.open_life(Life(life="other", vantage="makassar", opened_ms=NOON_MS))
    first.close()
    second.open_life(Life(life="life-2", vantage="local", opened_ms=NOON_MS + 5_000))
    second.close()
    assert kept(name) == [0]


CHANGES = (
    "UPDATE run SET code = 0", "DELETE FROM run", "TRUNCATE run", "TRUNCATE run_20260101", "DELETE FROM run_20260101",
    "UPDATE run_20260101 SET code = 0", "UPDATE evidence SET detail = ''", "DELETE FROM evidence", "TRUNCATE evidence",
    "UPDATE definition SET document = '{}'", "DELETE FROM definition", "UPDATE gap SET end_ms = end_ms + 1",
    "DELETE FROM gap", "UPDATE series SET service = 'lain'", "DELETE FROM series", "UPDATE report SET succeeded = 0",
    "DELETE FROM report", "UPDATE event SET note = ''", "DELETE FROM event", "UPDATE entry SET body = '{}'",
    "DELETE FROM entry", "UPDATE life SET opened_ms = 0", "UPDATE life SET heartbeat_ms = heartbeat_ms - 1",
    "UPDATE life SET host = 'lain'", "DELETE FROM life", "TRUNCATE life CASCADE", "TRUNCATE entry",
    "INSERT INTO run SELECT minute, series, sequence, 0, 0, 0, 0 FROM run ON CONFLICT (minute, series, sequence) DO UPDATE SET code = 2",
)


def test_nothing_in_it_can_be_changed_removed_or_replaced_even_by_its_owner(name: ServerLedger, postgres: Cluster):
    ledger = opened(name)
    gap = Gap(life="life-1", start_ms=NOON_MS + 1, end_ms=NOON_MS + 2, reason="suspended")
    ledger.append(some_runs("ud"), life="life-1", heartbeat_ms=NOON_MS + 60_000, gaps=[gap])
    ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS), life="life-1")
    ledger.keep_event(Event(life="life-1", at_ms=NOON_MS, kind="clock", note="set"))
    ledger.keep_entry(an_entry())
    ledger.close()
    with psycopg.connect(postgres.conninfo(OWNER, name.database), autocommit=True) as db:
        db.execute("SET search_path = siaga24")
        for change in CHANGES:
            with pytest.raises(psycopg.errors.IntegrityError, match="in the ledger"):
                db.execute(change.encode())


def test_a_role_of_a_monitors_own_can_write_the_ledger_and_change_nothing_raw(postgres: Cluster):
    """As docs/postgres.md sets it up: the schema is its owner's, the monitor's user is a member of siaga24_writer."""
    for role in ("siaga24_writer", "siaga24_reader"):
        postgres.sql("postgres", f"CREATE ROLE {role} NOLOGIN")
    postgres.sql("postgres", "CREATE ROLE siaga24_sealer LOGIN")
    postgres.sql("postgres", "CREATE ROLE pemantau LOGIN IN ROLE siaga24_writer; CREATE ROLE pembaca LOGIN IN ROLE siaga24_reader")
    made = postgres.fresh()
    try:
        postgres_schema.migrate(made)
        as_monitor, as_reader = (replace(made, user=user) for user in ("pemantau", "pembaca"))
        ledger = opened(as_monitor)
        gap = Gap(life="life-1", start_ms=NOON_MS + 1, end_ms=NOON_MS + 2, reason="suspended")
        ledger.append(some_runs("udu"), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS, gaps=[gap])
        late = [replace(run, sequence=run.sequence + 5) for run in some_runs("d", started_ms=NOON_MS + 150_000)]
        ledger.append(late, life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS)
        ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS), life="life-1")
        ledger.keep_event(Event(life="life-1", at_ms=NOON_MS, kind="clock", note="set"))
        ledger.keep_entry(an_entry())
        ledger.close()
        assert kept(as_reader) == [0, 1, 2, 5]
        with contextlib.closing(PostgresEntries(as_reader)) as told, pytest.raises(LedgerError, match="may not do that"):
            told.keep_entry(an_entry(by="orang lain"))
        sealer, key = PostgresSealer(replace(made, user="siaga24_sealer")), PrivateKey(b"\x07" * 32)
        sealer.introduce(key, None, by="Sari", at_ms=NOON_MS)
        day = sealer.next_day()
        assert day is not None
        sealer.seal_day(day, key, now_ms=(day + 2) * 24 * HOUR_MS)
        sealer.close()
        verified = verify_ledger(as_reader, [key.public])
        assert (verified.findings, verified.counts.runs) == ([], 4)
        for user in ("pemantau", "pembaca", "siaga24_sealer"):
            with psycopg.connect(postgres.conninfo(user, made.database), autocommit=True) as db:
                db.execute("SET search_path = siaga24")
                for change in (*CHANGES, "UPDATE seal SET document = ''", "DELETE FROM leaf", "TRUNCATE block", "ALTER TABLE run DISABLE TRIGGER ALL", "DROP TABLE run", "SET session_replication_role = replica"):
                    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError)):
                        db.execute(change.encode())
    finally:
        postgres.sql("postgres", f"DROP DATABASE {made.database} WITH (FORCE)")
        postgres.sql("postgres", "DROP ROLE pemantau, pembaca, siaga24_writer, siaga24_reader, siaga24_sealer")


def test_a_reader_reads_while_a_monitor_writes_and_a_snapshot_is_of_one_moment(name: ServerLedger):
    ledger = opened(name)
    ledger.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 1_000)
    with contextlib.closing(PostgresReader(name)) as reader:
        with reader.snapshot():
            assert len(reader.last_runs()) == 1
            ledger.append(some_runs("uuu"), life="life-1", heartbeat_ms=NOON_MS + 90_000)
            assert reader.lives()[0].heartbeat_ms == NOON_MS + 1_000
            assert reader.last_runs()[0].sequence == 0
        assert reader.lives()[0].heartbeat_ms == NOON_MS + 90_000
        assert reader.last_runs()[0].sequence == 2
        with pytest.raises(LedgerError, match="read-only transaction; it may only be read"), reader.snapshot():
            reader._ask("DELETE FROM stretch")
    ledger.close()


def test_numbers_of_entries_ascend_in_the_order_in_which_they_can_be_seen(name: ServerLedger):
    """Two tell at once: the second waits for the first, sees what it told, and comes after it."""
    PostgresLedger(name).close()
    first, second = PostgresEntries(name), PostgresEntries(name)
    seen: list[int] = []

    def tell() -> None:
        with second.deciding():
            seen.append(len(second.entries()))
            second.keep_entry(an_entry(by="kedua"))

    with first.deciding():
        thread = threading.Thread(target=tell)
        thread.start()
        first.keep_entry(an_entry(by="pertama"))
    thread.join()
    assert seen == [1]
    assert [(entry.number, entry.by) for entry in second.entries()] == [(1, "pertama"), (2, "kedua")]
    with pytest.raises(LedgerError), first.deciding():  # noqa: PT012 - one leaves what the other told
        first.keep_entry(an_entry(by="ketiga"))
        first._ask("SELECT 1 / 0")
    assert len(first.entries()) == 2
    first.close()
    second.close()


def test_after_a_failed_batch_the_lanes_are_taken_up_as_they_are_in_the_ledger(name: ServerLedger):
    """Hundreds of series, more than are read in one word, with an hour that is not folded yet."""
    targets = [a_target(service=f"layanan-{number}") for number in range(600)]
    ledger = PostgresLedger(name)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(targets, life="life-1", at_ms=NOON_MS)
    runs = [
        replace(run, service=target.service) for place, target in enumerate(targets)
        for run in some_runs("uueduu" if place % 7 == 0 else "uuuuuu")
    ]
    before = [run for run in runs if run.sequence < 4]
    ledger.append(before, life="life-1", heartbeat_ms=NOON_MS + 120_000)
    with pytest.raises(LedgerError, match="record the targets first"):
        ledger.append([a_run(service="tiada")], life="life-1", heartbeat_ms=NOON_MS + 120_000)
    ledger._db.close()                   # and the session with it
    assert ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 180_000) == 1_200
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS)
    for service in ("layanan-0", "layanan-1", "layanan-599"):
        history = ledger.history("dinkes", service, start_ms=0, end_ms=NOON_MS * 2)
        assert history is not None
        verdicts = [(stretch.verdict, stretch.runs) for stretch in history.stretches]
        assert verdicts == ([
            (Verdict.UP, 2), (Verdict.DEGRADED, 1), (Verdict.DOWN, 1), (Verdict.UP, 2),
        ] if service == "layanan-0" else [(Verdict.UP, 6)])
    assert len(ledger.last_runs()) == 600
    ledger.close()


def test_a_long_life_is_read_by_keys_and_never_a_day_whole(name: ServerLedger, postgres: Cluster):
    """The plans of what is asked most hold no scan of a partition, however little the server knows of it."""
    ledger = opened(name)
    for day in range(3):
        ledger.append(
            [replace(run, sequence=run.sequence + 10 * day) for run in some_runs("uudu", started_ms=NOON_MS + day * 24 * HOUR_MS)],
            life="life-1", heartbeat_ms=NOON_MS + (day * 24 + 1) * HOUR_MS,
        )
    from monitors.ledger.postgres_reader import LAST_RUNS, RUNS  # noqa: PLC0415

    minute = NOON_MS // 60_000
    for question, given in (
        (RUNS, {"first": minute, "last": minute + 59, "series": [1]}), (LAST_RUNS, ([1],)),
    ):
        plan = "\n".join(line for line, in ledger._rows("EXPLAIN " + question, given))
        assert "Seq Scan on run" not in plan, plan
        assert "Seq Scan on evidence" not in plan, plan
        assert "Index Scan" in plan
    ledger.close()


def test_what_a_page_wrote_is_kept_even_with_the_one_character_that_postgresql_has_no_room_for(name: ServerLedger):
    ledger = opened(name)
    ledger.append([a_run(verdict=Verdict.DOWN, reason="a\0b\tc\\d\n")], life="life-1", heartbeat_ms=NOON_MS + HOUR_MS)
    ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS, note="x\0y"), life="life-1")
    (run,) = ledger.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
    assert run.reason == "a\0b\tc\\d\n"
    history = ledger.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
    assert history is not None
    assert history.stretches[0].reason == "a\ufffdb\tc\\d\n"
    assert ledger.last_reports()["dinkes/antrean/cadangan"].note == "x\ufffdy"
    ledger.close()


@pytest.mark.parametrize(("statement", "problem"), [
    ("INSERT INTO siaga24.schema_version VALUES (999)", r"has schema 999 but this version knows schema \d+; use the newer"),
    ("DELETE FROM siaga24.schema_version; INSERT INTO siaga24.schema_version VALUES (0)", "the ledger is still empty"),
])
def test_another_schema_is_told(postgres: Cluster, statement: str, problem: str):
    name = postgres.fresh()
    PostgresLedger(name).close()
    postgres.sql(name.database, statement)
    with pytest.raises(LedgerError, match=problem):
        PostgresReader(name)


def test_an_older_schema_is_brought_forward_by_the_command_alone(postgres: Cluster, monkeypatch):
    name = postgres.fresh()
    PostgresLedger(name).close()
    known = postgres_schema.migrations()

    class Step:
        @staticmethod
        def read_bytes() -> bytes:
            return b"CREATE TABLE siaga24.langkah (id integer)"

    monkeypatch.setattr(postgres_schema, "migrations", lambda: (*known, (known[-1][0] + 1, Step())))
    with pytest.raises(LedgerError, match=r'needs \d+; take a backup .* then run "siaga24 ledger migrate --ledger postgresql://'):
        PostgresLedger(name)
    assert postgres_schema.migrate(name) == (known[-1][0], known[-1][0] + 1)
    assert postgres_schema.migrate(name) == (known[-1][0] + 1, known[-1][0] + 1)
    PostgresLedger(name).close()


def test_a_place_that_cannot_be_a_ledger_is_told(postgres: Cluster, tmp_path: Path):
    def problem(text: str) -> str:
        name = ledger_name(text)
        assert isinstance(name, ServerLedger)
        with pytest.raises(LedgerError) as caught:
            PostgresLedger(name)
        return str(caught.value)

    empty = postgres.fresh()
    with pytest.raises(LedgerError, match="the ledger is still empty"):
        PostgresReader(empty)
    there = f"127.0.0.1:{postgres.port}"
    assert "make the database first" in problem(f"postgresql://{OWNER}@{there}/tiada")
    assert "check the user" in problem(f"postgresql://tiada@{there}/{empty.database}")
    assert "look whether the server runs" in problem("postgresql://x@127.0.0.1:9/x")
    assert "sslrootcert" in problem(f"postgresql://x@{there}/x?sslmode=verify-full")
    postgres.sql(empty.database, "CREATE ROLE orang_luar LOGIN")
    assert "this user may not do that" in problem(f"postgresql://orang_luar@{there}/{empty.database}")
    postgres.sql(empty.database, "DROP ROLE orang_luar; CREATE SCHEMA siaga24 CREATE TABLE lain (n int)")
    assert "may not do that" in problem(str(empty))
    postgres.sql(empty.database, f"ALTER SCHEMA siaga24 OWNER TO {OWNER}")
    assert "holds tables that are no ledger" in problem(str(empty))


def test_a_server_that_forgets_what_it_acknowledged_is_refused_and_a_lazy_commit_made_strict(postgres: Cluster):
    name = postgres.fresh()
    postgres.sql("postgres", f"ALTER DATABASE {name.database} SET synchronous_commit = off")
    ledger = PostgresLedger(name)
    assert ledger._rows("SHOW synchronous_commit") == [("on",)]
    ledger.close()
    postgres.sql("postgres", "ALTER SYSTEM SET fsync = off")
    try:
        postgres.sql("postgres", "SELECT pg_reload_conf()")
        for _ in range(100):
            if postgres.sql("postgres", "SHOW fsync") == [("off",)]:
                break
            time.sleep(0.05)
        with pytest.raises(LedgerError, match=r"fsync off .* so that it forgets at a power cut"):
            PostgresLedger(name)
    finally:
        postgres.sql("postgres", "ALTER SYSTEM RESET fsync")
        postgres.sql("postgres", "SELECT pg_reload_conf()")
        while postgres.sql("postgres", "SHOW fsync") != [("on",)]:
            time.sleep(0.05)


def test_a_password_comes_from_a_file_and_is_shown_nowhere(fragile: Cluster, tmp_path: Path, monkeypatch):
    fragile.sql("postgres", f"CREATE ROLE bersandi LOGIN PASSWORD '{SECRET}'")
    rules = fragile.data / "pg_hba.conf"
    rules.write_text("host all bersandi 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
    fragile.sql("postgres", "SELECT pg_reload_conf()")
    place = fragile.database()
    fragile.sql("postgres", f"ALTER DATABASE {place.database} OWNER TO bersandi")
    name = replace(place, user="bersandi")
    file = tmp_path / "sandi"
    file.write_text("salah-sama-sekali\n")
    file.chmod(0o600)
    monkeypatch.setenv("SIAGA24_LEDGER_PASSWORD_FILE", str(file))
    for _ in range(50):                  # until the server has read its rules anew
        with contextlib.suppress(LedgerError):
            PostgresLedger(name).close()
            time.sleep(0.05)
            continue
        break
    with pytest.raises(LedgerError, match="check the user, and the password in the file") as caught:
        PostgresLedger(name)
    assert "salah-sama-sekali" not in str(caught.value)
    file.write_text(SECRET + "\n")
    PostgresLedger(name).close()
    file.chmod(0o644)
    with pytest.raises(LedgerError, match="others may read this password; expected mode 0600"):
        PostgresLedger(name)
    monkeypatch.delenv("SIAGA24_LEDGER_PASSWORD_FILE")
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"127.0.0.1:*:*:bersandi:{SECRET}\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    with contextlib.closing(PostgresLedger(name)) as ledger:
        assert SECRET not in str(ledger.name)
        assert SECRET not in repr(ledger.name)


def test_a_month_of_runs_out_of_order_costs_no_run(name: ServerLedger):
    """Runs that come late, in any order and twice, with a session that breaks in between: each is there once."""
    chance = random.Random(5)
    runs = list(some_runs("uuuduu-uuue" * 20))
    arriving = [*runs, *chance.sample(runs, 60)]
    chance.shuffle(arriving)
    ledger = opened(name)
    added = 0
    for place in range(0, len(arriving), 23):
        added += ledger.append(arriving[place:place + 23], life="life-1", heartbeat_ms=NOON_MS + INTERVAL_MS * place)
        if chance.random() < 0.3:
            ledger._db.close()
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 5 * HOUR_MS)
    ledger.close()
    assert added == len(runs)
    assert kept(name) == [run.sequence for run in runs]
    folded_again(name)
