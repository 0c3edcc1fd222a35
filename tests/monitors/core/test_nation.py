"""The nation's figures: every registered agency counted once, weights, and groups that sum to the whole."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.nation import GROUPINGS, Registered, nation_statement
from monitors.core.rollup import Spent
from monitors.core.rollup_month import MonthRollup
from monitors.core.sla import Judgement

HOUR_MS = 3_600_000
WHOLE_MS = 30 * 24 * HOUR_MS
UP = Spent(up_ms=WHOLE_MS)
AGENCIES = (
    Registered(code="bapenda", name="Badan Pendapatan", kind="province", province="jawa-barat", wave="pilot"),
    Registered(code="dinkes", name="Dinas Kesehatan", kind="city", province="jawa-barat", wave="pilot"),
    Registered(code="disdik", name="Dinas Pendidikan", kind="city", province="papua", wave="rest"),
    Registered(code="dishub", name="Dinas Perhubungan", kind="city", province="papua", wave="rest"),
    Registered(code="kominfo", name="Kementerian", kind="ministry", wave="rest"),
)


def a_month(agency: str, service: str = "antrean", down_ms: int = 0, unsure_ms: int = 0, **given_) -> MonthRollup:
    """A final month: down for sure for so long, and unknown for so long, all outside office hours."""
    spent = Spent(
        up_ms=WHOLE_MS - down_ms - unsure_ms, down_ms=down_ms, unknown_ms=unsure_ms,
        possibly_down_ms=down_ms + unsure_ms, certainly_down_ms=down_ms,
    )
    return MonthRollup(**{
        "agency": agency, "service": service, "month": "2026-11", "start_ms": 0, "end_ms": WHOLE_MS, "until_ms": WHOLE_MS,
        "whole_ms": WHOLE_MS, "calendar": "2026.1", "target": Decimal(99), "weight": 1, "days": 30, "office": Spent(),
        "outside": spent, "undecided": Spent(), "closures": Spent(), "runs": 86_400, "missed": 0,
        "first_try_failures": 0, **given_,
    })


def test_each_judgement_is_counted_and_all_add_up_to_all_that_are_registered():
    rolled = [
        a_month("bapenda"),
        a_month("dinkes"), a_month("dinkes", "vaksinasi", down_ms=8 * HOUR_MS),            # 1.1 % down: broken
        a_month("disdik", unsure_ms=8 * HOUR_MS),                                          # 1.1 % unknown: not proven
        a_month("dishub", until_ms=WHOLE_MS - HOUR_MS, outside=Spent(up_ms=WHOLE_MS - HOUR_MS)),
    ]
    found = nation_statement("2026-11", rolled, AGENCIES)
    nation = found.nation
    counts = (nation.kept, nation.broken, nation.not_proven, nation.running, nation.not_on_board)
    assert counts == (1, 1, 1, 1, 1)
    assert (nation.registered, nation.on_board, nation.services) == (5, 4, 5)
    judged = {one.agency.code: one.statement.judgement for one in found.agencies}
    assert judged == {
        "bapenda": Judgement.KEPT, "dinkes": Judgement.BROKEN, "disdik": Judgement.NOT_PROVEN,
        "dishub": Judgement.RUNNING, "kominfo": Judgement.NOT_ON_BOARD,
    }
    assert not found.is_final
    assert found.until_ms == WHOLE_MS - HOUR_MS
    assert found.calendars == ("2026.1",)


def test_groups_are_by_province_kind_and_wave_and_those_of_none_come_last():
    found = nation_statement("2026-11", [a_month("dinkes"), a_month("disdik")], AGENCIES)
    shown = {grouping: [(one.name, one.registered, one.kept) for one in found.by[grouping]] for grouping in GROUPINGS}
    assert shown == {
        "province": [("jawa-barat", 2, 1), ("papua", 2, 1), ("", 1, 0)],
        "kind": [("city", 3, 2), ("ministry", 1, 0), ("province", 1, 0)],
        "wave": [("pilot", 2, 1), ("rest", 3, 1)],
    }


def test_a_service_that_weighs_three_times_counts_three_times_by_hand():
    rolled = [
        a_month("dinkes", weight=3, down_ms=6 * HOUR_MS), a_month("dinkes", "vaksinasi"), a_month("disdik"),
    ]
    found = nation_statement("2026-11", rolled, AGENCIES)
    dinkes = next(one for one in found.agencies if one.agency.code == "dinkes")
    assert (dinkes.statement.known_ms, dinkes.statement.down_ms) == (4 * WHOLE_MS, 18 * HOUR_MS)
    assert dinkes.hours.outside == dinkes.hours.promised
    assert found.nation.hours.promised.known_ms == 5 * WHOLE_MS
    assert found.nation.hours.promised.good_ms == 5 * WHOLE_MS - 18 * HOUR_MS


def test_an_agency_without_a_service_is_not_on_board_and_has_no_availability():
    found = nation_statement("2026-11", [], AGENCIES)
    assert (found.nation.not_on_board, found.nation.registered, found.nation.services) == (5, 5, 0)
    assert found.nation.hours.promised.known_ms == 0
    assert found.until_ms is None


def test_what_is_measured_and_not_registered_counts_all_the_same():
    found = nation_statement("2026-11", [a_month("tersesat", down_ms=20 * HOUR_MS)], AGENCIES[:1])
    assert (found.nation.registered, found.nation.broken) == (2, 1)
    assert [one.agency.code for one in found.agencies] == ["bapenda", "tersesat"]


@settings(max_examples=50)
@given(st.lists(st.tuples(
    st.sampled_from([one.code for one in AGENCIES]), st.integers(0, 20), st.integers(0, 20), st.integers(1, 5),
), max_size=12))
def test_groups_of_every_kind_sum_to_the_nation(drawn):
    rolled = [
        a_month(agency, f"layanan-{place}", down_ms=down * HOUR_MS, unsure_ms=unsure * HOUR_MS, weight=weight)
        for place, (agency, down, unsure, weight) in enumerate(drawn)
    ]
    found = nation_statement("2026-11", rolled, AGENCIES)
    assert found.nation.registered == len(AGENCIES)
    for grouping, name in product(GROUPINGS, ("kept", "broken", "not_proven", "running", "not_on_board", "services")):
        assert sum(getattr(group, name) for group in found.by[grouping]) == getattr(found.nation, name)
    for grouping in GROUPINGS:
        assert sum(group.hours.promised.known_ms for group in found.by[grouping]) == found.nation.hours.promised.known_ms
    assert nation_statement("2026-11", reversed(rolled), AGENCIES) == found, "the order of arrival does not matter"
    worse = [replace(one, outside=Spent(down_ms=WHOLE_MS, possibly_down_ms=WHOLE_MS, certainly_down_ms=WHOLE_MS)) for one in rolled]
    assert nation_statement("2026-11", worse, AGENCIES).nation.kept == 0


def test_a_month_of_nothing_but_up_is_kept():
    found = nation_statement("2026-11", [a_month("dinkes", outside=UP)], AGENCIES[1:2])
    assert (found.nation.kept, found.nation.registered, found.is_final) == (1, 1, True)
