"""Drawings of reports as SVG text: the days of many services, ranges beside targets, and one bar in parts. Pure.

Colours are told apart by people who see few of them, and each state has a pattern or a place of its own as well. The
colours are of Okabe and Ito (2008). All measures are in points of a drawing as wide as a page's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from monitors.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.reports.data import Day

WIDTH = 500
NAME_WIDTH = 150
GOOD, UNEASY, BAD, UNSURE, INK, FAINT = "#c9e4dc", "#e69f00", "#b03a00", "#8a8f98", "#1f2933", "#d5dae0"
OWNER_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#8a8f98")
PROMISE_COLOURS = ("#009e73", BAD, "#e69f00", "#56b4e9", FAINT)  # kept, broken, not proven, running, not on board
FONT = "Libertinus Serif, Georgia, serif"
NAME_LETTERS = 32                        # so many fit in wider fonts too, as pages have
KEPT_END = 14                            # letters of a name's end, by which the long ones differ
LEAST_LINE = 1.2                         # points: a minute of down time in a day is still seen
LEAST_SEEN = 0.3                         # points: less of what is no downtime is not drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A service in the picture of ranges; shares are in units of 1/100,000, cut downwards."""

    name: str
    low: int
    high: int
    measured: int
    target: Decimal                      # percent


def days(rows: Sequence[tuple[str, Sequence[Day]]], dates: Sequence[str], legend: Sequence[str]) -> str:
    """Draw services as rows and days as boxes. ``legend``: words for up, degraded, down and unknown."""
    width = (WIDTH - NAME_WIDTH) / max(1, len(dates))
    height, top = 13.0, 16.0
    parts = [
        _text(NAME_WIDTH + place * width + width / 2, 11, str(int(date[-2:])), size=6.5, anchor="middle")
        for place, date in enumerate(dates)
    ]
    for number, (name, spent) in enumerate(rows):
        y = top + number * height
        parts.append(_text(NAME_WIDTH - 5, y + 8.6, _cut(name), size=7.2, anchor="end"))
        by_date = {one.day: one for one in spent}
        for place, date in enumerate(dates):
            x = NAME_WIDTH + place * width
            one = by_date.get(date)
            if one is None:
                parts.append(_box(x + 0.5, y + 5, width - 1, 1, FAINT))
                continue
            parts += _day(x + 0.5, y + 0.5, width - 1, height - 2.5, one)
    y = top + len(rows) * height + 12
    x = float(NAME_WIDTH)
    for word, colour in zip(legend, (GOOD, UNEASY, BAD, UNSURE), strict=True):
        parts += [_box(x, y - 6.5, 7, 7, colour), _text(x + 10, y, word, size=7.5)]
        x += 24 + 4.1 * len(word)
    return _svg(y + 4, parts)


def ranges(rows: Sequence[Range], comma: str) -> str:
    """Draw each service's bounds on one scale, with the measured figure and the target. ``comma``: of decimals."""
    scale = 100_000
    least = min([min(one.low, int(one.target * 1_000)) for one in rows], default=0)
    floor = max(0, scale - _round_up(scale - least))
    left, right, height, top = float(NAME_WIDTH), WIDTH - 52.0, 13.0, 16.0

    def at(share: float) -> float:
        return left + (right - left) * (share - floor) / max(1, scale - floor)

    bottom = top + len(rows) * height
    parts = []
    for step in range(5):
        share = floor + (scale - floor) * step // 4
        words = f"{share // 1_000}.{share % 1_000:03}".rstrip("0").rstrip(".").replace(".", comma)
        parts += [
            _box(at(share), top - 2, 0.4, bottom - top + 2, FAINT),
            _text(at(share), 11, words + (" %" if step == 4 else ""), size=6.5, anchor="middle"),
        ]
    for number, one in enumerate(rows):
        y = top + number * height
        goal = at(float(one.target) * 1_000)
        is_good = one.low >= one.target * 1_000
        colour = "#009e73" if is_good else (BAD if one.high < one.target * 1_000 else UNEASY)
        parts += [
            _text(NAME_WIDTH - 5, y + 8.6, _cut(one.name), size=7.2, anchor="end"),
            _box(at(one.low), y + 4, max(0.8, at(one.high) - at(one.low)), 4.5, colour),
            f'<circle cx="{at(one.measured):.2f}" cy="{y + 6.25:.2f}" r="1.9" fill="{INK}"/>',
            _box(goal - 0.5, y + 1, 1, 10.5, INK),
            _text(right + 6, y + 8.6, _share(one.measured, comma), size=7),
        ]
    return _svg(bottom + 4, parts)


def bar(parts_of: Sequence[tuple[str, int, str]], colours: Sequence[str] = OWNER_COLOURS) -> str:
    """Draw one bar of parts (word, size, words of the size), and a legend below it."""
    whole = sum(size for _, size, _ in parts_of)
    parts, x = [], 0.0
    for place, (_, size, _) in enumerate(parts_of):
        width = WIDTH * size / max(1, whole)
        parts.append(_box(x, 2, max(0.0, width - 0.8), 16, colours[place % len(colours)]))
        x += width
    y = 32.0
    for place, (word, _, told) in enumerate(parts_of):
        parts += [
            _box(0, y - 6.5, 7, 7, colours[place % len(colours)]),
            _text(11, y, f"{word}: {told}", size=8),
        ]
        y += 12
    return _svg(y - 6, parts)


def _day(x: float, y: float, width: float, height: float, one: Day) -> list[str]:
    whole = max(1, one.up_ms + one.degraded_ms + one.down_ms + one.unknown_ms)
    parts = [_box(x, y, width, height, GOOD)]
    bottom = y + height
    # down at the bottom, then unknown, then degraded: the place tells as much as the colour
    for spent, colour in ((one.down_ms, BAD), (one.unknown_ms, UNSURE), (one.degraded_ms, UNEASY)):
        tall = height * spent / whole
        if spent and colour == BAD:
            tall = max(LEAST_LINE, tall)
        if tall >= LEAST_SEEN:
            bottom -= min(bottom - y, tall)
            tall = min(height, tall)
            parts.append(_box(x, bottom, width, tall, colour))
    return parts


def _round_up(spread: int) -> int:
    """Give the next of 100, 200, 400, 1,000 ... (in 1/100,000) that is no less than a spread."""
    step = 100
    while True:
        for factor in (1, 2, 4):
            if step * factor >= spread:
                return step * factor
        step *= 10


def _share(share: int, comma: str) -> str:
    return f"{share // 1_000}{comma}{share % 1_000:03} %"


def _cut(name: str) -> str:
    if len(name) <= NAME_LETTERS:
        return name
    return f"{name[:NAME_LETTERS - KEPT_END - 1].rstrip()}…{name[-KEPT_END:].lstrip()}"


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, *, size: float, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}" font-family="{FONT}" fill="{INK}" '
        f'text-anchor="{anchor}">{escape(printable(words))}</text>'
    )


def _svg(height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.2f}" width="{WIDTH}" '
        f'height="{height:.2f}">{"".join(parts)}</svg>'
    )
