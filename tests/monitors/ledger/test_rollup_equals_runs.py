"""The nation's figures from roll-ups are those that every single raw run gives: 100 services, a whole month."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from monitors.core.history import Life, ServiceHistory, hold_at, stretch_of
from monitors.core.model import Promise, Run
from monitors.core.nation import nation_statement
from monitors.core.rollup_month import statement_of
from monitors.core.sla import SlaStatement, agency_statement, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_window
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.ledger.sqlite_rollup import SqliteRollupReader
from monitors.ledger.sqlite_rollup_job import SqliteRollups
from tests.factories import NOON_MS, a_target, a_transaction, some_runs

SERVICES, AN_AGENCY = 100, 10
HOUR_MS = 3_600_000
INTERVAL_MS = 3 * HOUR_MS
RUNS = 32 * 8
START_MS = NOON_MS - 14 * HOUR_MS        # midnight of 1 January in Jayapura, 31 December 22.00 in Jakarta
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


def written(path: Path) -> list[Run]:
    """Write 100 services with lone failures, outages, runs that were missed, and weights. Gives all runs."""
    chance = random.Random(24)
    targets = [
        a_target(
            agency=f"instansi-{number // AN_AGENCY}", service=f"layanan-{number % AN_AGENCY}", weight=1 + number % 3,
            time_zone=ZONES[number // AN_AGENCY % 3], promise=Promise(target=Decimal(("95", "99", "99.5")[number % 3])),
            transactions=(a_transaction(interval_ms=INTERVAL_MS),),
        )
        for number in range(SERVICES)
    ]
    runs: list[Run] = []
    for place, target in enumerate(targets):
        letters = "".join(chance.choices("ued-n", weights=[300, 1, 1, 1, 1] if place % 4 else [1, 0, 0, 0, 0], k=RUNS))
        if place % 5 == 0:
            at = chance.randrange(RUNS - 20)
            letters = letters[:at] + "d" * 12 + letters[at + 12:]
        shift_ms = chance.randrange(INTERVAL_MS)
        runs += (
            replace(run, agency=target.agency, service=target.service)
            for run in some_runs(letters, interval_ms=INTERVAL_MS, started_ms=START_MS + shift_ms)
        )
    runs.sort(key=lambda run: run.started_ms)
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=START_MS))
    ledger.record_targets(targets, life="life-1", at_ms=START_MS)
    for first in range(0, len(runs), 5_000):
        batch = runs[first:first + 5_000]
        ledger.append(batch, life="life-1", heartbeat_ms=max(run.ended_ms for run in batch))
    ledger.close()
    return runs


def from_raw_runs(reader: SqliteReader, runs: list[Run], now_ms: int) -> SlaStatement:
    """Judge a service's month by its single runs, none folded into a stretch."""
    agency, service = runs[0].agency, runs[0].service
    known = reader.history(agency, service, start_ms=START_MS, end_ms=START_MS + 1)
    assert known is not None
    assert len(runs) == RUNS
    singles = tuple(stretch_of(run, hold_ms=hold_at(known.definitions, run)) for run in runs)
    history = ServiceHistory(
        agency=agency, service=service, definitions=known.definitions, lives=known.lives, stretches=singles,
    )
    timeline = service_timeline(history, until_ms=data_until(history.lives, now_ms))
    found = statement(history, timeline, month_window("2026-01", ZoneInfo(known.target.time_zone)))
    assert found is not None
    return found


def test_a_month_of_100_services_is_the_same_from_roll_ups_and_from_raw_runs(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    runs = written(path)
    now_ms = max(run.ended_ms for run in runs)
    job = SqliteRollups(path)
    job.roll(now_ms=now_ms, pause=lambda _: None, is_stopped=lambda: False)
    job.close()
    reader = SqliteRollupReader(path)
    months = reader.month_rollups("2026-01")
    assert len(months) == SERVICES
    of_service: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        of_service.setdefault((run.agency, run.service), []).append(run)
    raw = {key: from_raw_runs(reader, of_it, now_ms) for key, of_it in of_service.items()}
    kept = [run.sequence for run in reader.runs(runs[0].agency, runs[0].service, start_ms=0, end_ms=now_ms + 1)]
    assert kept == list(range(RUNS)), "these are the runs that lie in the ledger"
    reader.close()
    for one in months:
        assert statement_of(one) == raw[one.agency, one.service]
    nation = nation_statement("2026-01", months, ())
    weights = {(one.agency, one.service): one.weight for one in months}
    assert len(set(weights.values())) == 3
    assert nation.nation.hours.promised.known_ms == sum(weights[key] * one.known_ms for key, one in raw.items())
    assert nation.nation.hours.promised.down_ms == sum(weights[key] * one.down_ms for key, one in raw.items()) > 0
    for result in nation.agencies:
        of_it = [one for key, one in sorted(raw.items()) if one.agency == result.agency.code]
        of_weights = {one.service: weights[one.agency, one.service] for one in of_it}
        assert result.statement == agency_statement(result.agency.code, of_it, weights=of_weights)
    judged = {one.judgement for one in raw.values()}
    assert len(judged) == 3, "kept, broken and not proven were all there to be told apart"
