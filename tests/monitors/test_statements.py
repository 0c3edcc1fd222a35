"""This month's figures of every service, from the ledger, for the metrics."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from fractions import Fraction

from monitors.core.burnrate import Burn
from monitors.core.errors import LedgerError
from monitors.core.history import Life
from monitors.core.sla import SlaStatement
from monitors.ledger.memory import MemoryLedger
from monitors.statements import Statements, figures_now, statement_now
from tests.factories import NOON_MS, FixedClock, a_target, some_runs


def a_ledger(verdicts: str) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets([a_target()], life="life-1", at_ms=NOON_MS)
    runs = some_runs(verdicts)
    ledger.append(runs, life="life-1", heartbeat_ms=runs[-1].started_ms + 30_000)
    return ledger


def test_figures_are_those_of_the_month_in_the_agency_s_zone_up_to_the_last_heartbeat():
    figures = statement_now(a_ledger("uuud"), a_target(), NOON_MS + 120_000)
    assert figures is not None
    assert figures.month == "2026-01"
    assert (figures.good_ms, figures.down_ms, figures.unknown_ms) == (90_000, 30_000, 0)


def test_at_new_year_in_jayapura_it_is_still_december_in_jakarta():
    new_year_in_jayapura_ms = NOON_MS - 5 * 3_600_000 - 9 * 3_600_000       # 31 December 15:00 UTC
    ledger = MemoryLedger()
    ledger.open_life(Life(life="l", vantage="local", opened_ms=new_year_in_jayapura_ms - 60_000))
    east, west = a_target(time_zone="Asia/Jayapura"), a_target(service="barat")
    ledger.record_targets([east, west], life="l", at_ms=new_year_in_jayapura_ms - 60_000)
    ledger.append([], life="l", heartbeat_ms=new_year_in_jayapura_ms + 60_000)
    months = []
    for target in (east, west):
        figures = statement_now(ledger, target, new_year_in_jayapura_ms + 60_000)
        assert figures is not None
        months.append(figures.month)
    assert months == ["2026-01", "2025-12"]


def test_the_budget_burns_by_what_was_down_of_late_and_in_the_month_before_too():
    """Half an hour before new year, and the last of its minutes down; asked 5 min after midnight in Jakarta.

    60 s of 35 min known: 5.7 times as fast as 99.5 % allow. Of three days less than half is known.
    """
    midnight = NOON_MS - 12 * 3_600_000
    ledger = MemoryLedger()
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=midnight - 1_800_000))
    ledger.record_targets([a_target()], life="life-1", at_ms=midnight - 1_800_000)
    ledger.append(some_runs("u" * 58 + "dd" + "u" * 10, started_ms=midnight - 1_800_000), life="life-1", heartbeat_ms=midnight + 300_000)
    found = figures_now(ledger, a_target(), midnight + 300_000)
    assert found is not None
    figures, burns = found
    assert (figures.month, figures.down_ms) == ("2026-01", 0)
    rates = {burn.length_ms // 60_000: burn.rate for burn in burns}
    assert rates[5] == 0
    assert rates[60] == Fraction(60, 2_100) * 200
    assert rates[4320] is None


def test_where_nothing_was_down_of_late_nothing_burns():
    found = figures_now(a_ledger("uuue"), a_target(), NOON_MS + 120_000)
    assert found is not None
    assert found[1] == ()


def test_a_service_that_the_ledger_does_not_know_has_none():
    assert statement_now(a_ledger("u"), a_target(service="lain"), NOON_MS) is None


def test_the_thread_shows_figures_goes_on_after_a_ledger_s_failure_and_ends():
    shown: list[SlaStatement] = []
    arrived = threading.Event()
    refusals = [LedgerError("sibuk")]

    def open_reader() -> MemoryLedger:
        if refusals:
            raise refusals.pop()
        return a_ledger("uuud")

    def show(figures: SlaStatement, burns: Sequence[Burn]) -> None:
        assert burns
        shown.append(figures)
        arrived.set()

    statements = Statements(open_reader, FixedClock(now_ms=NOON_MS + 120_000), show, first_s=0, retry_s=0)
    statements.watch([a_target()])
    statements.start()
    assert arrived.wait(30)
    statements.stop()
    statements.stop()
    assert shown[0].down_ms == 30_000
