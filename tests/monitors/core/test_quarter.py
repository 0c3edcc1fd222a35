"""Quarters: their months, and what becomes of a promise over three of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.quarter import judged_together, months_of, quarter_statement
from monitors.core.sla import Judgement, SlaStatement, statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from tests.factories import NOON_MS, some_runs
from tests.monitors.core.histories import a_history

KEPT, BROKEN, OPEN, UNSURE = Judgement.KEPT, Judgement.BROKEN, Judgement.RUNNING, Judgement.NOT_PROVEN


def a_month(letters: str = "uuuu", judgement: Judgement = KEPT) -> SlaStatement:
    history = a_history(some_runs(letters))
    until = NOON_MS + len(letters) * 30_000
    found = statement(history, service_timeline(history, until_ms=until), Window(start_ms=NOON_MS, end_ms=until))
    assert found is not None
    return replace(found, judgement=judgement)


@pytest.mark.parametrize(("quarter", "months"), [
    ("2026-Q1", ("2026-01", "2026-02", "2026-03")), ("2026-q3", ("2026-07", "2026-08", "2026-09")),
    ("2026-Q4", ("2026-10", "2026-11", "2026-12")),
])
def test_a_quarter_has_three_months(quarter, months):
    assert months_of(quarter) == months


@pytest.mark.parametrize("quarter", ["2026-Q5", "2026-Q0", "2026Q1", "Q1", "2026-3", "0001-Q1"])
def test_what_is_no_quarter_is_refused_with_an_example(quarter):
    with pytest.raises(ValueError, match="expected YYYY-Qn, for example 2026-Q3"):
        months_of(quarter)


@pytest.mark.parametrize(("judgements", "to_come", "expected"), [
    ([KEPT, KEPT, KEPT], [], KEPT),
    ([KEPT, UNSURE, KEPT], [], UNSURE),
    ([KEPT, UNSURE, BROKEN], [], BROKEN),
    ([KEPT, OPEN], ["2026-03"], OPEN),
    ([KEPT], ["2026-02", "2026-03"], OPEN),
    ([BROKEN, OPEN], ["2026-03"], BROKEN),
    ([None, None, KEPT], [], KEPT),
    ([None, None, None], [], Judgement.NOT_ON_BOARD),
])
def test_a_quarter_is_kept_only_if_each_month_of_the_services_life_is(judgements, to_come, expected):
    months = [("2026-01", None if one is None else a_month(judgement=one)) for one in judgements]
    assert quarter_statement("dinkes", "antrean", "2026-Q1", months, to_come=to_come).judgement is expected


def test_the_sums_are_those_of_its_months():
    found = quarter_statement("dinkes", "antrean", "2026-Q1", [
        ("2026-01", a_month("uudd")), ("2026-02", None), ("2026-03", a_month("uuu-dd")),
    ])
    assert (found.observed_ms, found.known_ms, found.good_ms, found.down_ms) == (300_000, 270_000, 150_000, 120_000)
    assert found.certainly_down_ms == 60_000
    assert found.down_ms + 30_000 <= found.possibly_down_ms <= found.observed_ms


def test_a_service_that_is_not_on_board_decides_nothing_over_its_agency():
    assert judged_together([KEPT, Judgement.NOT_ON_BOARD]) is KEPT
    assert judged_together([Judgement.NOT_ON_BOARD]) is Judgement.NOT_ON_BOARD
