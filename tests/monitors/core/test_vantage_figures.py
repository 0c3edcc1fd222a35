"""Figures of each vantage, and the worst of them beside the majority's."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.history import Life
from monitors.core.sla import statement
from monitors.core.timeline import service_timeline
from monitors.core.vantage_figures import by_vantage, seen_from, worst
from monitors.core.window import Window
from tests.factories import NOON_MS, some_runs
from tests.monitors.core.histories import a_definition, a_history

UNTIL_MS = NOON_MS + 300_000
WINDOW = Window(start_ms=NOON_MS, end_ms=UNTIL_MS)
WHOLE = ((NOON_MS, UNTIL_MS),)


def watched(seen: dict[str, str], **recorded_ms: int):
    lives = [Life(life=f"life-{name}", vantage=name, opened_ms=NOON_MS, heartbeat_ms=UNTIL_MS) for name in seen]
    definitions = [
        a_definition(vantage=name, life=f"life-{name}", recorded_ms=recorded_ms.get(name, NOON_MS)) for name in seen
    ]
    runs = [
        run for name, letters in seen.items() for run in some_runs(letters, vantage=name, life=f"life-{name}")
    ]
    return a_history(runs, lives=lives, definitions=sorted(definitions, key=lambda one: one.recorded_ms))


def figures(history):
    found = statement(history, service_timeline(history, until_ms=UNTIL_MS), WINDOW)
    assert found is not None
    return found, by_vantage(history, WINDOW, found, until_ms=UNTIL_MS, counted=WHOLE)


def test_a_region_does_not_hide_behind_the_majority():
    """Jayapura alone saw it down for 90 s of 300: the majority says degraded, which is available."""
    together, each = figures(watched({"bandung": "u" * 10, "jayapura": "uuudddu" + "u" * 3, "medan": "u" * 10}))
    assert together.down_ms == 0
    assert [(one.vantage, one.statement.down_ms, one.statement.good_ms) for one in each] == [
        ("bandung", 0, 300_000), ("jayapura", 90_000, 210_000), ("medan", 0, 300_000),
    ]
    least = worst(each)
    assert least is not None
    assert (least.vantage, least.statement.certainly_down_ms) == ("jayapura", 60_000)


def test_a_single_vantage_is_the_headline_itself():
    assert figures(watched({"bandung": "uud" + "u" * 7}))[1] == ()


def test_a_vantage_that_began_later_counts_from_then_on_and_one_without_data_is_not_the_worst():
    history = watched({"bandung": "u" * 10, "jayapura": "----------", "medan": "uuuuuuuuud"}, medan=NOON_MS + 120_000)
    _, each = figures(history)
    medan = next(one for one in each if one.vantage == "medan")
    assert (medan.statement.start_ms, medan.statement.down_ms) == (NOON_MS + 120_000, 30_000)
    least = worst(each)
    assert least is not None
    assert least.vantage == "medan"
    assert worst([one for one in each if one.vantage == "jayapura"]) is None
    assert worst(()) is None


def test_each_is_asked_for_the_target_of_all():
    history = watched({"bandung": "u" * 10, "jayapura": "u" * 10})
    found = statement(history, service_timeline(history, until_ms=UNTIL_MS), WINDOW)
    assert found is not None
    odd = replace(found, target=found.target - 1)
    each = by_vantage(history, WINDOW, odd, until_ms=UNTIL_MS, counted=WHOLE)
    assert {one.statement.target for one in each} == {odd.target}
    assert seen_from(history, "bandung").lives[0].vantage == "bandung"
