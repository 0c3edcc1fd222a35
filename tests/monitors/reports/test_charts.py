"""Drawings are well-formed, escape names, and lie within their frame."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal

from monitors.reports.charts import BAD, LEAST_LINE, UNSURE, WIDTH, Range, bar, days, ranges
from monitors.reports.data import Day

DAY = 86_400_000
SVG = "{http://www.w3.org/2000/svg}"
DATES = ["2026-01-01", "2026-01-02"]


def a_day(date: str, down_ms: int = 0, unknown_ms: int = 0) -> Day:
    return Day(day=date, up_ms=DAY - down_ms - unknown_ms, degraded_ms=0, down_ms=down_ms, unknown_ms=unknown_ms)


def boxes(svg: str, colour: str) -> list[ET.Element]:
    return [one for one in ET.fromstring(svg).iter(f"{SVG}rect") if one.get("fill") == colour]  # noqa: S314 - our own


def test_a_second_of_downtime_is_a_line_and_a_whole_day_fills_the_box():
    svg = days([("a", [a_day("2026-01-01", 1_000), a_day("2026-01-02", DAY)])], DATES, ["u", "d", "x", "?"])
    short, whole, _legend = boxes(svg, BAD)
    assert float(short.attrib["height"]) == LEAST_LINE
    assert float(whole.attrib["height"]) == 10.5


def test_a_day_before_the_service_lived_is_no_good_day():
    svg = days([("a", [a_day("2026-01-02")])], DATES, ["u", "d", "x", "?"])
    assert len(boxes(svg, UNSURE)) == 1  # the legend's
    assert "100" not in svg


def test_names_are_escaped_and_long_ones_keep_their_end():
    name = "<script>alert(1)</script> & Permohonan Kartu Keluarga Baru 17 ‡"
    svg = days([(name, [a_day("2026-01-01")])], DATES, ["u", "d", "x", "?"])
    texts = [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314
    assert any(text.startswith("<script>") and "…" in text and text.endswith("Baru 17 ‡") for text in texts)
    assert "<script>" not in svg


def test_ranges_lie_within_the_frame_with_the_target_among_them():
    rows = [
        Range(name="a", low=99_100, high=99_900, measured=99_800, target=Decimal("99.5")),
        Range(name="b", low=0, high=100_000, measured=50_000, target=Decimal("99.9")),
    ]
    for box in ET.fromstring(ranges(rows, ",")).iter(f"{SVG}rect"):  # noqa: S314
        x, width = float(box.attrib["x"]), float(box.attrib["width"])
        assert 0 <= x <= x + width <= WIDTH
    assert "50,000 %" in ranges(rows, ",")


def test_no_service_and_no_time_still_draw():
    for svg in (days([], [], ["u", "d", "x", "?"]), ranges([], "."), bar([("a", 0, "0 s")])):
        ET.fromstring(svg)  # noqa: S314
