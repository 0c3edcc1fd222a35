"""Numbers and times as each language writes them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitors.core.window import moment as at
from monitors.core.wording import Language
from monitors.reports.numbers import count, exact, minute, moment, period_name, second, share_cell, time_cell

ZONE = ZoneInfo("Asia/Jakarta")
WHEN = at("2026-11-24T07:30:05", ZONE)
ID, EN = Language.ID, Language.EN


@pytest.mark.parametrize(("found", "expected"), [
    (moment(WHEN, ZONE, ID), "24 November 2026 pukul 07.30 WIB"),
    (moment(WHEN, ZONE, EN), "24 November 2026, 07:30 WIB"),
    (moment(WHEN, ZoneInfo("Asia/Jayapura"), ID), "24 November 2026 pukul 09.30 WIT"),
    (second(WHEN, ZONE, ID), "24\u00a0Nov\u00a007.30.05"),
    (minute(WHEN, ZONE, EN), "24\u00a0Nov\u00a007:30"),
    (period_name("2026-11", ID), "November 2026"),
    (period_name("2026-Q4", ID), "Triwulan IV 2026"),
    (period_name("2026-Q1", EN), "Quarter 1 of 2026"),
    (count(1_234_567, ID), "1.234.567"),
    (count(1_234_567, EN), "1,234,567"),
    (exact(2_566_770_007, ID), "712:59:30,007"),
    (exact(-61_000, EN), "-0:01:01.000"),
])
def test_it_reads_as_people_write(found, expected):
    assert found == expected


def test_a_share_is_cut_downwards_in_words_and_as_a_number():
    cell = share_cell(2_591_922_000, 2_592_000_000, ID)
    assert (cell.text, cell.number) == ("99,996 %", 99.996)
    assert share_cell(0, 0, ID).text == "tidak ada data"
    assert share_cell(0, 0, ID).number is None
    assert time_cell(90_000, EN).number == 90_000
