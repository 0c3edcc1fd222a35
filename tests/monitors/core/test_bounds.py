"""What may have been down and what was for sure: tables worked by hand, and the truth of a simulated service."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.history import Gap, Life
from monitors.core.model import Outcome, Quorum, Run, StepResult, Try, Verdict
from monitors.core.span import clip, intersect, merge, total
from monitors.core.timeline import service_timeline
from tests.factories import NOON_MS, a_run, a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life

INTERVAL_MS = 30_000
FIRST = (0, 12)  # until the first good try has ended, nothing is known to be good


def at(ms: int) -> int:
    return NOON_MS + ms


def bounds(history, until_ms: int):
    """Possibly and certainly down, in milliseconds after noon."""
    timeline = service_timeline(history, until_ms=at(until_ms))
    return tuple(
        [(start - NOON_MS, end - NOON_MS) for start, end in spans]
        for spans in (timeline.possibly_down, timeline.certainly_down)
    )


def test_a_lone_bad_run_may_be_two_intervals_and_is_certainly_next_to_nothing():
    """Good at 0 and 60 s, each 12 ms long; bad at 30 s with tries at 30.000 and 30.012, failed at 30.012 and on."""
    assert bounds(a_history(some_runs("udu")), 60_012) == ([(0, 60_012)], [])


def test_an_unbroken_outage_is_certain_from_the_first_failed_step_to_the_last():
    possibly, certainly = bounds(a_history(some_runs("udddu")), 120_012)
    assert possibly == [(0, 120_012)]
    assert certainly == [(30_012, 90_012)]


def test_what_nobody_saw_within_an_outage_is_not_certain():
    possibly, certainly = bounds(a_history(some_runs("ddndd")), 150_000)
    assert possibly == [(0, 150_000)]
    assert certainly == [(12, 30_012), (90_012, 120_012)]


def test_a_missed_run_between_good_ones_may_have_been_down():
    assert bounds(a_history(some_runs("uu-uu")), 150_000) == ([FIRST, (30_000, 90_012)], [])


def test_a_run_saved_by_its_second_try_may_have_been_down_since_the_good_one_before():
    assert bounds(a_history(some_runs("uueu")), 120_000) == ([FIRST, (30_000, 60_024)], [])


def test_before_the_first_good_run_and_after_the_last_all_is_possible():
    assert bounds(a_history(some_runs("uu", started_ms=at(20_000))), 200_000) == (
        [(0, 20_012), (50_000, 200_000)], [],
    )


def test_good_runs_leave_nothing_possible():
    assert bounds(a_history(some_runs("uuuu")), 120_000) == ([FIRST], [])


def test_runs_further_apart_than_a_run_holds_may_have_been_down_between_them():
    runs = [*some_runs("uu"), a_run(sequence=2, started_ms=at(200_000)), a_run(sequence=3, started_ms=at(230_000))]
    assert bounds(a_history(runs), 250_000) == ([FIRST, (30_000, 200_012)], [])


def test_bad_runs_further_apart_than_a_run_holds_are_two_outages():
    bad = some_runs("dd", started_ms=at(200_000))
    runs = [*some_runs("dd"), *(replace(run, sequence=run.sequence + 2) for run in bad)]
    assert bounds(a_history(runs), 250_000)[1] == [(12, 30_012), (200_012, 230_012)]


def test_a_gap_breaks_an_outage():
    gap = Gap(life="life-1", start_ms=at(70_000), end_ms=at(80_000), reason="suspended")
    _, certainly = bounds(a_history(some_runs("ddddd"), gaps=[gap]), 150_000)
    assert certainly == [(12, 60_012), (90_012, 120_012)]


def test_a_restart_breaks_an_outage():
    lives = (a_life(heartbeat_ms=at(65_000)), a_life(life="life-2", opened_ms=at(70_000)))
    runs = [*some_runs("ddd"), *some_runs("dd", life="life-2", started_ms=at(90_000))]
    possibly, certainly = bounds(a_history(runs, lives=lives), 150_000)
    assert possibly == [(0, 150_000)]
    assert certainly == [(12, 60_012), (90_012, 120_012)]


def test_primary_transactions_add_up_and_a_secondary_one_adds_nothing():
    three = a_target(transactions=(
        a_transaction(name="a"), a_transaction(name="b"), a_transaction(name="c", primary=False),
    ))
    runs = [
        *some_runs("udduuuuuu", transaction="a"),
        *some_runs("uuuuudduu", transaction="b"),
        *some_runs("ddddddddd", transaction="c"),
    ]
    possibly, certainly = bounds(a_history(runs, target=three), 240_012)
    assert possibly == [(0, 90_012), (120_000, 210_012)]
    assert certainly == [(30_012, 60_012), (150_012, 180_012)]


# The truth of a simulated service. Each try looks once, at some instant within it, and says what it saw. Between two
# looks the service changes at most once: that is the premise under which the bounds hold.

TRY = st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans(), st.integers(0, 1000))
SLOT = st.tuples(st.sampled_from(["done"] * 8 + ["missed", "unknown"]), st.integers(0, 3_000), TRY, TRY)


def simulate(slots):
    """Make runs, and the true spans of down, from (what became of it, lateness, two tries (before, after, up, when))."""
    runs, looks = [], []
    for index, (kind, late_ms, first, second) in enumerate(slots):
        scheduled = at(1_000 + index * INTERVAL_MS)
        run = a_run(sequence=index, scheduled_ms=scheduled, started_ms=scheduled)
        if kind == "missed":
            runs.append(replace(run, outcome=Outcome.MISSED, verdict=Verdict.UNKNOWN, tries=(), ended_ms=scheduled))
            continue
        started = scheduled + late_ms
        tries, instants = [_try(started, first)], [(started + first[0], first[2], first[3])]
        if not first[2]:
            again = tries[0].started_ms + tries[0].duration_us // 1000 + 1
            tries.append(_try(again, second))
            instants.append((again + second[0], second[2], second[3]))
        verdict = Verdict.UP if first[2] else Verdict.DEGRADED if second[2] else Verdict.DOWN
        if kind == "unknown" and verdict is Verdict.DOWN:
            verdict = Verdict.UNKNOWN
        looks += instants
        ended = tries[-1].started_ms + tries[-1].duration_us // 1000
        runs.append(replace(
            run, started_ms=started, ended_ms=ended, verdict=verdict, tries=tuple(tries), first_try_failed=not first[2],
        ))
    return runs, _truth(looks)


def _try(started: int, parts) -> Try:
    before, after, is_up, _ = parts
    step = StepResult(name="x", passed=is_up, critical=True, started_ms=started)
    return Try(started_ms=started, duration_us=(before + after) * 1000, steps=(step,))


def _truth(looks):
    """Down from one look that saw it, to the change somewhere before the next look that did not; likewise before."""
    spans = []
    for (since, was_up, _), (until, is_up, permille) in itertools.pairwise(looks):
        change = since + (until - since) * permille // 1000
        if not was_up:
            spans.append((since, until if not is_up else change))
        elif not is_up:
            spans.append((change, until))
    return spans


@given(st.lists(SLOT, min_size=3, max_size=40), st.integers(0, 1_000_000), st.integers(1, 1_000_000))
@settings(max_examples=150, deadline=None)
def test_the_truth_of_a_simulated_service_lies_within_the_bounds(slots, start, length):
    runs, truth = simulate(slots)
    until = at(1_000 + len(slots) * INTERVAL_MS)
    timeline = service_timeline(a_history(runs, lives=(a_life(heartbeat_ms=until),)), until_ms=until)
    # after the last look nobody knows, before the first neither
    ends = [run.started_ms for run in runs]
    window = (max(at(start), ends[0]), min(at(start + length), ends[-1]))
    if window[0] >= window[1]:
        return
    down = total(clip(truth, window))
    assert total(clip(timeline.certainly_down, window)) <= down <= total(clip(timeline.possibly_down, window))


@given(st.lists(SLOT, min_size=3, max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_bounds_are_no_wider_than_two_intervals_for_each_bad_stretch_and_what_is_unknown(slots):
    runs, _ = simulate(slots)
    until = runs[-1].ended_ms
    timeline = service_timeline(a_history(runs, lives=(a_life(heartbeat_ms=until),)), until_ms=until)
    bad = [run.verdict is not Verdict.UP for run in runs]
    stretches = 1 + sum(now and not before for before, now in zip([False, *bad], bad, strict=False))
    broken_down = sum(
        (run.verdict is Verdict.DOWN and other.verdict in (Verdict.UNKNOWN, Verdict.DEGRADED))
        or (other.verdict is Verdict.DOWN and run.verdict in (Verdict.UNKNOWN, Verdict.DEGRADED))
        for run, other in itertools.pairwise(runs)
    )
    lone = sum(run.verdict is Verdict.DEGRADED for run in runs)
    longest = INTERVAL_MS + 3_000 + 4 * 400 + 2      # an interval, lateness, and the durations of two tries
    width = total(timeline.possibly_down) - total(timeline.certainly_down)
    unknown = total(timeline.spans(Verdict.UNKNOWN))
    assert width <= 2 * longest * (stretches + broken_down + lone) + unknown


@given(st.lists(SLOT, min_size=3, max_size=25), st.lists(SLOT, min_size=3, max_size=25), st.integers(1, 900_000))
@settings(max_examples=80, deadline=None)
def test_the_truth_of_two_journeys_lies_within_the_bounds_of_their_service(one, other, length):
    """The service is down while either of its primary transactions is."""
    count = min(len(one), len(other))
    (runs, truth), (more, another) = simulate(one[:count]), simulate(other[:count])
    until = at(1_000 + count * INTERVAL_MS)
    target = a_target(transactions=(a_transaction(), a_transaction(name="b")))
    history = a_history(
        [*runs, *(replace(run, transaction="b") for run in more)], lives=(a_life(heartbeat_ms=until),), target=target,
    )
    timeline = service_timeline(history, until_ms=until)
    starts = [run.started_ms for run in runs], [run.started_ms for run in more]
    first = max(started[0] for started in starts)
    window = (first, min(first + length, *(started[-1] for started in starts)))
    if window[0] >= window[1]:
        return
    down = total(clip(merge([*truth, *another]), window))
    assert total(clip(timeline.certainly_down, window)) <= down <= total(clip(timeline.possibly_down, window))


# One service that several vantages look at, each at its own instants. It stays as it is for 70 s at least, so that it
# changes once at most between two looks of a vantage, which are 60.8 s apart where a run between them was missed.

LOOK = st.tuples(st.integers(0, 300), st.booleans())           # when within its first try; whether the run is missed


@given(
    st.lists(st.integers(70_000, 200_000), min_size=2, max_size=6),
    st.lists(st.tuples(st.integers(0, 29_000), st.lists(LOOK, min_size=14, max_size=14)), min_size=1, max_size=4),
    st.sampled_from(list(Quorum)),
)
@settings(max_examples=80, deadline=None)
def test_the_truth_of_a_service_lies_within_the_bounds_of_several_vantages(lengths, places, quorum):
    edges = list(itertools.accumulate(lengths, initial=at(0)))
    down = merge((edges[index], edges[index + 1]) for index in range(1, len(lengths), 2))
    until = min(edges[-1], at(14 * INTERVAL_MS))
    runs, lives, definitions = [], [], []
    for number, (phase, looks) in enumerate(places):
        vantage = f"v{number}"
        lives.append(Life(life=vantage, vantage=vantage, opened_ms=at(0), heartbeat_ms=until))
        definitions.append(a_definition(vantage=vantage, life=vantage))
        runs += [
            replace(run, vantage=vantage, life=vantage)
            for run in _looked(down, phase, looks) if run.ended_ms < until
        ]
    timeline = service_timeline(
        a_history(runs, lives=lives, definitions=definitions), until_ms=until, quorum=quorum,
    )
    assert intersect(timeline.certainly_down, down) == timeline.certainly_down
    # until the last look of each place
    ends = [max((run.started_ms for run in runs if run.vantage == life.vantage), default=at(0)) for life in lives]
    truth = clip(down, (at(0), min(ends)))
    assert intersect(timeline.possibly_down, truth) == truth


def _looked(down, phase_ms: int, looks) -> list[Run]:
    """Runs of one vantage: what each try saw at the instant it looked. Never two missed ones in a row."""
    runs: list[Run] = []
    for index, (before, is_missed) in enumerate(looks):
        start = at(phase_ms + index * INTERVAL_MS)
        run = a_run(sequence=index, scheduled_ms=start, started_ms=start)
        if is_missed and runs and runs[-1].outcome is Outcome.DONE:
            runs.append(replace(run, outcome=Outcome.MISSED, verdict=Verdict.UNKNOWN, tries=(), ended_ms=start))
            continue
        tries = [_try(start, (before, 100, not _covers(down, start + before), 0))]
        if _covers(down, start + before):
            again = start + before + 101
            tries.append(_try(again, (before, 100, not _covers(down, again + before), 0)))
        seen = [attempt.steps[0].passed for attempt in tries]
        verdict = Verdict.UP if seen[0] else Verdict.DEGRADED if seen[-1] else Verdict.DOWN
        runs.append(replace(
            run, verdict=verdict, tries=tuple(tries), first_try_failed=not seen[0],
            ended_ms=tries[-1].started_ms + tries[-1].duration_us // 1000,
        ))
    return runs


def _covers(spans, at_ms: int) -> bool:
    return any(start <= at_ms < end for start, end in spans)
