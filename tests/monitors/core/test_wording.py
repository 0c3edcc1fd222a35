"""Numbers for people: cut downwards, in two languages."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.model import Verdict
from monitors.core.sla import Judgement
from monitors.core.wording import (
    JUDGEMENT_WORDS,
    VERDICT_WORDS,
    Language,
    duration,
    instant,
    month_name,
    percent,
    target_percent,
)
from tests.factories import NOON_MS

EN, ID = Language.EN, Language.ID


@pytest.mark.parametrize(("part", "whole", "english", "indonesian"), [
    (99_996_999, 100_000_000, "99.996 %", "99,996 %"),
    (99_999_999, 100_000_000, "99.999 %", "99,999 %"),
    (1, 1, "100.000 %", "100,000 %"),
    (2_678_399_999, 2_678_400_000, "99.999 %", "99,999 %"),
    (998_951, 1_000_000, "99.895 %", "99,895 %"),
    (0, 7, "0.000 %", "0,000 %"),
    (1, 3, "33.333 %", "33,333 %"),
    (0, 0, "no data", "tidak ada data"),
])
def test_a_share_is_cut_never_rounded(part, whole, english, indonesian):
    assert percent(part, whole, EN) == english
    assert percent(part, whole, ID) == indonesian


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_is_never_shown_better_than_it_is(part, whole):
    shown = Decimal(percent(min(part, whole), whole).removesuffix(" %"))
    assert shown * whole <= Decimal(100) * min(part, whole)
    assert (shown == 100) == (part >= whole)


@pytest.mark.parametrize(("ms", "english", "indonesian"), [
    (0, "0 s", "0 detik"),
    (7, "7 ms", "7 ms"),
    (120, "0.1 s", "0,1 detik"),
    (1_430, "1.4 s", "1,4 detik"),
    (2_000, "2 s", "2 detik"),
    (59_999, "59 s", "59 detik"),
    (2_592_000, "43 min 12 s", "43 menit 12 detik"),
    (3_600_000, "1 h", "1 jam"),
    (3 * 86_400_000 + 5 * 3_600_000 + 59 * 60_000, "3 d 5 h", "3 hari 5 jam"),
    (-90_000, "-1 min 30 s", "-1 menit 30 detik"),
])
def test_a_duration_has_two_units_and_what_is_something_never_reads_as_nothing(ms, english, indonesian):
    assert duration(ms, EN) == english
    assert duration(ms, ID) == indonesian


@pytest.mark.parametrize(("zone", "english", "indonesian"), [
    ("Asia/Jakarta", "1 Jan 2026 12:00:00 WIB", "1 Jan 2026 12.00.00 WIB"),
    ("Asia/Makassar", "1 Jan 2026 13:00:00 WITA", "1 Jan 2026 13.00.00 WITA"),
    ("Asia/Jayapura", "1 Jan 2026 14:00:00 WIT", "1 Jan 2026 14.00.00 WIT"),
])
def test_an_instant_names_its_zone(zone, english, indonesian):
    assert instant(NOON_MS, ZoneInfo(zone), EN) == english
    assert instant(NOON_MS, ZoneInfo(zone), ID) == indonesian
    assert instant(NOON_MS, ZoneInfo(zone), EN, with_date=False) == english.removeprefix("1 Jan 2026 ")


def test_a_month_and_a_target_read_as_people_write_them():
    assert (month_name("2026-05", EN), month_name("2026-05", ID)) == ("May 2026", "Mei 2026")
    assert (target_percent(Decimal("99.5"), EN), target_percent(Decimal("99.982"), ID)) == ("99.5 %", "99,982 %")


@pytest.mark.parametrize("language", list(Language))
def test_every_verdict_and_judgement_has_a_word(language):
    assert set(VERDICT_WORDS[language]) == set(Verdict)
    assert set(JUDGEMENT_WORDS[language]) == set(Judgement)
