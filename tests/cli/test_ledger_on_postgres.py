"""The commands read and tell a ledger on PostgreSQL as they do one in a file."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from monitors.core.errors import LedgerError, Siaga24Error, UsageError
from monitors.core.history import Life
from monitors.core.model import Verdict
from monitors.core.timeline import service_timeline
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger.postgres_reader import PostgresReader
from monitors.ledger_name import ServerLedger
from tests.cli.ledgers import END_MS, LETTERS, TARGETS, runs_of, write_ledger
from tests.factories import NOON_MS
from tests.postgres_cluster import Cluster
from tests.scenarios.monitor_process import MonitorProcess, every_second, watched, write_targets
from tests.servers import page, serving

pytestmark = pytest.mark.postgres

SECRET = "kanari-sandi"


@pytest.fixture
def name(postgres: Cluster) -> Iterator[ServerLedger]:
    """Give a ledger that holds what ``write_ledger`` writes into a file."""
    found = postgres.database()
    ledger = PostgresLedger(found)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(TARGETS, life="life-1", at_ms=NOON_MS)
    ledger.append(runs_of(LETTERS), life="life-1", heartbeat_ms=END_MS)
    ledger.close()
    yield found
    postgres.give_back(found)


def siaga24(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def refused(kind: type[Siaga24Error], *arguments: object) -> str:
    """Run a command that must end with an error, and give all that a person is told."""
    done = siaga24(*arguments)
    assert isinstance(done.exception, kind), (done.exception, done.output)
    return f"{done.output}{done.exception}"


@pytest.mark.parametrize("command", [
    ("sla", "show", "--month", "2026-01", "--json"),
    ("sla", "show", "dinkes-bandung/antrean", "--month", "2026-01"),
    ("incident", "list", "--from", "2026-01-01", "--to", "2026-01-02", "--json"),
    ("maintenance", "list", "--json"), ("ledger", "entries", "--json"), ("retirement", "list", "--json"),
])
def test_what_is_read_is_the_same_as_from_a_file(name: ServerLedger, tmp_path: Path, command: tuple[str, ...]):
    from_file = siaga24(*command, "--ledger", write_ledger(tmp_path / "ledger.sqlite"))
    from_server = siaga24(*command, "--ledger", name)
    assert (from_file.exit_code, from_server.exit_code) == (0, 0), from_server.output
    assert from_server.output == from_file.output
    assert from_server.output


def test_what_is_told_is_kept_there(name: ServerLedger):
    told = siaga24(
        "maintenance", "announce", "dinkes-bandung/antrean", "--from", "2099-01-01T01:00", "--to", "2099-01-01T02:00",
        "--reason", "pindah server", "--by", "operator", "--ledger", name,
    )
    assert told.exit_code == 0, told.output
    listed = json.loads(siaga24("ledger", "entries", "--json", "--ledger", name).output)
    assert [one["kind"] for one in listed] == ["maintenance"]


def test_the_care_of_a_file_is_refused_with_what_does_it_there_and_schema_and_tidying_are_ours(name: ServerLedger, tmp_path: Path):
    for command in (("backup", tmp_path / "x"), ("restore", tmp_path / "x")):
        assert "docs/postgres.md says what there is on PostgreSQL" in refused(UsageError, "ledger", *command, "--ledger", name)
    migrated = siaga24("ledger", "migrate", "--ledger", name, "--json")
    assert json.loads(migrated.output)["schema"] >= 1
    tidied = siaga24("ledger", "tidy", "--dry-run", "--ledger", name, "--output", "json")
    assert tidied.exit_code == 0, tidied.output


def test_its_days_are_sealed_by_the_command_with_the_key(name: ServerLedger, tmp_path: Path):
    key = tmp_path / "seal.key"
    assert siaga24("ledger", "key", "new", key, "--by", "Sari", "--ledger", name).exit_code == 0
    shown = json.loads(siaga24("ledger", "key", "show", "--json", "--ledger", name).output)
    assert [one["by"] for one in shown] == ["Sari"]
    (tmp_path / "bpk").mkdir()
    done = siaga24("ledger", "seal", "--key", key, "--day", "2026-01-01", "--to", tmp_path / "bpk", "--json", "--ledger", name)
    assert done.exit_code == 0, (done.output, done.exception)
    (seal,) = json.loads(done.stdout)["seals"]
    assert (seal["day"], seal["runs"], seal["services"]) == ("2026-01-01", 30, 3)
    assert list((tmp_path / "bpk").iterdir())
    public = tmp_path / "seal.pub"
    public.write_text(json.loads(siaga24("ledger", "key", "show", "--json", "--ledger", name).output)[0]["public"] + "\n")
    there = siaga24("ledger", "verify", "--key", public, "--ledger", name)
    assert there.exit_code == 0, (there.output, there.exception)
    exported = siaga24("ledger", "export", tmp_path / "export", "--ledger", name)
    assert exported.exit_code == 0, (exported.output, exported.exception)
    alone = siaga24("ledger", "verify", tmp_path / "export", "--key", public)
    assert alone.exit_code == 0, (alone.output, alone.exception)


def test_an_address_with_a_password_in_it_is_refused_and_not_shown():
    told = refused(UsageError, "sla", "show", "--ledger", f"postgresql://u:{SECRET}@db/x")
    assert "never holds a password" in told
    assert SECRET not in told


def test_a_server_that_is_not_there_is_told_in_a_sentence():
    assert "look whether the server runs" in refused(LedgerError, "sla", "show", "--ledger", "postgresql://u@127.0.0.1:9/x")


def test_a_server_that_dies_under_a_monitor_costs_no_run_and_makes_no_service_worse(postgres: Cluster, tmp_path: Path):
    """Probing goes on, the problem is told as ours, and afterwards every run is there and no instant is unknown.

    What lies beside a ledger in a file lies in the monitor's state.
    """
    name = postgres.database()
    with serving(page("baik")) as site:
        target = watched(site.url, every_second("cek"))
        write_targets(tmp_path / "targets" / "dinkes.json", target)
        with MonitorProcess(tmp_path, arguments=(
            "--targets", str(tmp_path / "targets"), "--ledger", str(name), "--listen", "127.0.0.1:0", "--vantage", "uji",
            "--state", str(tmp_path / "state"),
        )) as monitor:
            monitor.until_runs(2)
            assert any(f"ledger {name};" in line for line in monitor.told)
            stopped = siaga24("monitor", "writes", "--stop", "uji", "--ledger", name, "--state", tmp_path / "state")
            assert stopped.exit_code == 0, stopped.output
            postgres.kill()
            monitor.until(lambda: "the ledger cannot be written" in str(monitor.health()), "its health tells")
            asked = len(site.asked)
            monitor.until(lambda: len(site.asked) > asked + 1, "probing goes on")
            shown = monitor.count()
            assert monitor.health()[0] == 503
            postgres.start()
            monitor.until(lambda: monitor.health()[0] == 200, "it is well again")
            monitor.until_runs(shown + 3)
            monitor.signal(signal.SIGTERM)
            assert monitor.wait() == 0, monitor.told
    assert "uji" in (tmp_path / "state" / "ledger.sqlite.writes-stopped").read_text()
    assert not (tmp_path / "state" / "ledger.sqlite").exists()
    reader = PostgresReader(name)
    assert [(life.vantage, life.pid != os.getpid()) for life in reader.lives()] == [("uji", True)]
    runs = list(reader.runs(target.agency, target.service, start_ms=0, end_ms=2**60))
    history = reader.history(target.agency, target.service, start_ms=0, end_ms=2**60)
    reader.close()
    assert [run.sequence for run in runs] == list(range(len(runs)))
    assert {run.verdict for run in runs} == {Verdict.UP}
    assert history is not None
    timeline = service_timeline(history, until_ms=runs[-1].started_ms)
    assert {verdict for _, end_ms, verdict in timeline.segments if end_ms > runs[0].started_ms} == {Verdict.UP}
    postgres.give_back(name)


def test_a_ledger_on_a_server_needs_a_place_for_what_lies_beside_it(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = refused(UsageError, "monitor", "run", "--targets", tmp_path, "--ledger", "postgresql:///x", "--listen", "127.0.0.1:0")
    assert "give --state, the folder for what lies beside a ledger on a server" in told
