"""A service's life ends by a dated, approved decision; one that vanishes counts as down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.core.entry import Entry, EntryKind
from monitors.core.model import Verdict
from monitors.core.retirement import (
    FAR_MS,
    Act,
    end_of_life,
    from_entries,
    missing,
    vanished,
    with_vanished,
    within_life,
)
from monitors.core.span import intersect, total
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from tests.factories import NOON_MS, an_entry, some_runs
from tests.monitors.core.histories import a_history

DAY = 86_400_000
KEY = ("dinkes", "antrean")


def told(number: int, act: Act, at_ms: int = NOON_MS, *, by: str = "Siti", service: str = "antrean", **body) -> Entry:
    return an_entry(
        kind=EntryKind.RETIREMENT, number=number, at_ms=at_ms, by=by, service=service, body={"act": act.value, **body},
    )


def ends(*entries: Entry) -> int | None:
    return end_of_life(from_entries(entries), *KEY)


PROPOSED = told(1, Act.PROPOSE, end_ms=NOON_MS + 9 * DAY)


def test_a_service_ends_at_its_date_once_another_person_has_approved_it():
    assert ends(PROPOSED) is None
    assert ends(PROPOSED, told(2, Act.APPROVE, by="siti", retirement=1)) is None
    assert ends(PROPOSED, told(2, Act.APPROVE, by="Budi", retirement=1)) == NOON_MS + 9 * DAY
    assert ends(PROPOSED, told(2, Act.APPROVE, by="Budi", service="rujukan", retirement=1)) is None


def test_nobody_retires_an_outage_that_has_been():
    late = told(2, Act.APPROVE, NOON_MS + 20 * DAY, by="Budi", retirement=1)
    assert ends(PROPOSED, late) == NOON_MS + 20 * DAY


def test_a_window_is_cut_where_the_life_ends():
    window = Window(start_ms=0, end_ms=100, month="2026-01")
    assert within_life(window, None) is window
    assert within_life(window, 100) is window
    assert within_life(window, 40) == Window(start_ms=0, end_ms=40, month="2026-01")
    assert within_life(window, 0) is None


def test_what_is_unknown_while_it_had_vanished_counts_as_down_and_what_was_measured_stays():
    """Runs to 120 s, the last holds for 75 s: unknown from 165 s on; told vanished at 90 s, back at 200 s."""
    line = service_timeline(a_history(some_runs("uuuu")), until_ms=NOON_MS + 300_000)
    entries = [told(1, Act.VANISHED, NOON_MS + 90_000), told(2, Act.RETURNED, NOON_MS + 200_000)]
    found = with_vanished(line, vanished(entries, *KEY))
    assert found.spans(Verdict.DOWN) == ((NOON_MS + 165_000, NOON_MS + 200_000),) == found.certainly_down
    assert found.spans(Verdict.UNKNOWN) == ((NOON_MS + 200_000, NOON_MS + 300_000),)
    assert found.spans(Verdict.UP) == line.spans(Verdict.UP)


def test_after_its_end_a_service_is_not_down():
    line = service_timeline(a_history(some_runs("uuuu")), until_ms=NOON_MS + 300_000)
    found = with_vanished(line, vanished([told(1, Act.VANISHED)], *KEY), NOON_MS + 180_000)
    assert found.spans(Verdict.DOWN) == ((NOON_MS + 165_000, NOON_MS + 180_000),)


def test_vanishing_and_returning_are_told_once_each():
    lost = told(1, Act.VANISHED)
    assert missing([KEY], [], [], now_ms=NOON_MS) == ((KEY, Act.VANISHED),)
    assert missing([KEY], [], [lost], now_ms=NOON_MS) == ()
    assert missing([KEY], [KEY], [lost], now_ms=NOON_MS) == ((KEY, Act.RETURNED),)
    assert missing([KEY], [KEY], [lost, told(2, Act.RETURNED)], now_ms=NOON_MS) == ()
    assert vanished([lost, told(2, Act.VANISHED, NOON_MS + 1)], *KEY) == ((NOON_MS, FAR_MS),)


def test_a_service_whose_life_has_ended_does_not_vanish():
    entries = [PROPOSED, told(2, Act.APPROVE, by="Budi", retirement=1)]
    assert missing([KEY], [], entries, now_ms=NOON_MS + 9 * DAY) == ()
    assert missing([KEY], [], entries, now_ms=NOON_MS + 9 * DAY - 1) == ((KEY, Act.VANISHED),)


@given(
    st.text(st.sampled_from("uud-n"), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(-60, 900), st.integers(1, 300)), max_size=4), st.none() | st.integers(-10, 900),
)
def test_verdicts_still_sum_to_the_whole_and_bounds_contain_them(letters, spans, end_s):
    line = service_timeline(a_history(some_runs(letters)), until_ms=NOON_MS + 600_000)
    entries, number = [], 0
    for start, length in spans:
        entries += [told(number + 1, Act.VANISHED, NOON_MS + start * 1_000),
                    told(number + 2, Act.RETURNED, NOON_MS + (start + length) * 1_000)]
        number += 2
    end_ms = None if end_s is None else NOON_MS + end_s * 1_000
    found = with_vanished(line, vanished(entries, *KEY), end_ms)
    assert sum(total(found.spans(v)) for v in Verdict) == line.until_ms - line.start_ms
    assert total(found.spans(Verdict.UP)) == total(line.spans(Verdict.UP))
    assert total(intersect(found.certainly_down, found.spans(Verdict.DOWN))) == total(found.certainly_down)
    assert total(intersect(found.spans(Verdict.DOWN), found.possibly_down)) == total(found.spans(Verdict.DOWN))
