"""Corrections are laid over a timeline: sums and bounds hold, and the original stays."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitors.core.correction import Correction, corrected, corrected_figures
from monitors.core.dispute import Dispute
from monitors.core.model import Verdict
from monitors.core.sla import Judgement
from monitors.core.span import intersect, subtract, total
from monitors.core.timeline import ServiceTimeline, service_timeline
from monitors.core.window import Window
from tests.factories import NOON_MS, some_runs
from tests.monitors.core.histories import a_history

WINDOW = Window(start_ms=NOON_MS, end_ms=NOON_MS + 300_000)


def timeline_of(letters: str) -> ServiceTimeline:
    return service_timeline(a_history(some_runs(letters)), until_ms=NOON_MS + 30_000 * len(letters))


def correction(start_s: int, end_s: int, verdict: Verdict = Verdict.UP, number: int = 1) -> Correction:
    return Correction(
        number=number, dispute=1, agency="dinkes", service="antrean", start_ms=NOON_MS + start_s * 1_000,
        end_ms=NOON_MS + end_s * 1_000, verdict=verdict, reason="r", by="Budi", at_ms=NOON_MS,
    )


def disputed_from(start_s: int, end_s: int) -> Dispute:
    return Dispute(
        number=1, agency="dinkes", service="antrean", start_ms=NOON_MS + start_s * 1_000,
        end_ms=NOON_MS + end_s * 1_000, claim=Verdict.UP, reason="r", evidence=(), opened_by="Siti", opened_ms=NOON_MS,
    )


def test_both_figures_stand_beside_each_other():
    """Down 60-120 s of 300; ruled to have been up from 60 to 90 s: 30 s of down time are left, in the middle one."""
    history = a_history(some_runs("uudduuuuuu"))
    found = corrected_figures(
        history, timeline_of("uudduuuuuu"), WINDOW, corrections=[correction(60, 90)], disputes=[disputed_from(0, 120)],
    )
    assert found is not None
    assert found.corrected is not None
    assert (found.original.down_ms, found.corrected.down_ms) == (60_000, 30_000)
    assert (found.original.good_ms, found.corrected.good_ms) == (240_000, 270_000)
    assert found.corrected.certainly_down_ms < found.original.certainly_down_ms
    assert found.disputed_ms == 120_000
    assert found.in_force is found.corrected
    assert (found.original.judgement, found.corrected.judgement) == (Judgement.BROKEN, Judgement.RUNNING)


def test_without_a_ruling_the_original_counts_and_disputed_time_is_told():
    history = a_history(some_runs("uudduuuuuu"))
    line = timeline_of("uudduuuuuu")
    found = corrected_figures(history, line, WINDOW, corrections=(), disputes=[disputed_from(-60, 90)])
    assert found is not None
    assert (found.corrected, found.in_force, found.disputed_ms) == (None, found.original, 90_000)


def test_another_services_ruling_changes_nothing():
    history = a_history(some_runs("uudduuuuuu"))
    other = Correction(
        number=1, dispute=1, agency="dinkes", service="rujukan", start_ms=NOON_MS, end_ms=NOON_MS + 300_000,
        verdict=Verdict.UP, reason="", by="B", at_ms=0,
    )
    line = timeline_of("uudduuuuuu")
    found = corrected_figures(history, line, WINDOW, corrections=[other], disputes=())
    assert found is not None
    assert found.corrected is None


def test_of_two_on_the_same_moment_the_later_one_counts_in_whatever_order_they_are_given():
    both = [correction(60, 120, Verdict.UP, 1), correction(90, 150, Verdict.DOWN, 2)]
    line = timeline_of("uudduuuuuu")
    one, other = corrected(line, both), corrected(line, reversed(both))
    assert one == other
    assert one.spans(Verdict.DOWN) == ((NOON_MS + 90_000, NOON_MS + 150_000),)


LETTERS = st.text(st.sampled_from("uuudden-"), min_size=1, max_size=20)
CORRECTIONS = st.lists(
    st.tuples(st.integers(-60, 700), st.integers(1, 300), st.sampled_from(list(Verdict))), max_size=4,
)


@given(LETTERS, CORRECTIONS)
def test_verdicts_sum_to_the_whole_and_bounds_contain_the_figure_whatever_was_ruled(letters, ruled):
    line = timeline_of(letters)
    told = [correction(at, at + length, verdict, number) for number, (at, length, verdict) in enumerate(ruled, 1)]
    found = corrected(line, told)
    assert [s[0] for s in found.segments[1:]] == [s[1] for s in found.segments[:-1]]
    assert (found.segments[0][0], found.segments[-1][1]) == (line.start_ms, line.until_ms)
    assert all(a[2] is not b[2] for a, b in pairwise(found.segments))
    bad = (*found.spans(Verdict.DOWN), *found.spans(Verdict.UNKNOWN))
    assert all(total(intersect([span], found.possibly_down)) == span[1] - span[0] for span in bad)
    assert subtract(found.certainly_down, found.spans(Verdict.DOWN)) == ()
    assert corrected(found, told) == found


@given(LETTERS, st.integers(0, 500), st.integers(1, 200))
def test_a_ruling_that_it_was_down_never_raises_and_one_that_it_was_up_never_lowers(letters, at, length):
    line = timeline_of(letters)
    worse = corrected(line, [correction(at, at + length, Verdict.DOWN)])
    better = corrected(line, [correction(at, at + length, Verdict.UP)])
    for name in ("possibly_down", "certainly_down"):
        assert total(getattr(better, name)) <= total(getattr(line, name)) <= total(getattr(worse, name))
