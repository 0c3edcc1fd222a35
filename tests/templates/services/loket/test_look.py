"""The one CSS file: its colours can be read, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[4] / "templates" / "services" / "loket" / "loket" / "static" / "loket.css"
TEXT, CONTROL = 4.5, 3.0                 # least contrast by WCAG 2.1, 1.4.3 (AA) and 1.4.11
PAIRS = [
    ("--ink", "--ground", TEXT), ("--ink", "--surface", TEXT), ("--ink", "--tint", TEXT),
    ("--ink-soft", "--ground", TEXT), ("--ink-soft", "--surface", TEXT), ("--ink-soft", "--tint", TEXT),
    ("--brand", "--ground", TEXT), ("--brand", "--surface", TEXT), ("--brand", "--tint", TEXT),
    ("--on-brand", "--brand", TEXT), ("--on-brand", "--brand-strong", TEXT),
    ("--good", "--good-tint", TEXT), ("--warn", "--warn-tint", TEXT),
    ("--line-strong", "--ground", CONTROL), ("--line-strong", "--surface", CONTROL),
]  # fmt: skip


def tokens() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS.read_text(encoding="utf-8"), re.DOTALL)[:2]
    found = [dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", block)) for block in (light, dark)]
    return {"light": found[0], "dark": found[0] | found[1]}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_is_computed_as_the_standard_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=[f"{front} on {back}" for front, back, _ in PAIRS])
def test_text_and_controls_can_be_told_from_their_ground(scheme, front, back, least):
    colours = tokens()[scheme]
    assert contrast(colours[front], colours[back]) >= least


def test_every_colour_used_is_defined_in_both_schemes():
    text = CSS.read_text(encoding="utf-8")
    used = {name for name in re.findall(r"var\((--[\w-]+)\)", text) if name not in {"--radius", "--gap", "--shadow"}}
    assert used
    assert used <= tokens()["light"].keys()
    dark = re.findall(r":root \{(.*?)\}", text, re.DOTALL)[1]
    assert used <= set(re.findall(r"(--[\w-]+):", dark))
