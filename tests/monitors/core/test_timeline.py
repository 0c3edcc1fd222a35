"""From runs to verdict intervals: tables worked by hand, in seconds after noon."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.history import Gap, Life
from monitors.core.model import Quorum, Verdict
from monitors.core.span import clip, intersect, merge
from monitors.core.timeline import FRESH_MS, data_until, service_timeline
from tests.factories import NOON_MS, a_run, a_target, a_transaction, some_runs
from tests.monitors.core.histories import a_definition, a_history, a_life

LETTERS = {Verdict.UP: "u", Verdict.DEGRADED: "e", Verdict.DOWN: "d", Verdict.UNKNOWN: "n"}


def at(seconds: float) -> int:
    return NOON_MS + round(seconds * 1000)


def shown(history, until_s: float) -> list[tuple[float, float, str]]:
    """The segments in seconds after noon."""
    timeline = service_timeline(history, until_ms=at(until_s))
    return [((s - NOON_MS) / 1000, (e - NOON_MS) / 1000, LETTERS[verdict]) for s, e, verdict in timeline.segments]


def test_a_verdict_holds_to_the_next_run():
    assert shown(a_history(some_runs("uude")), 120) == [(0, 60, "u"), (60, 90, "d"), (90, 120, "e")]


def test_without_a_next_run_it_holds_two_and_a_half_intervals():
    assert shown(a_history(some_runs("u")), 200) == [(0, 75, "u"), (75, 200, "n")]


def test_before_the_first_run_nothing_is_known():
    assert shown(a_history(some_runs("u", started_ms=at(20))), 60) == [(0, 20, "n"), (20, 60, "u")]


def test_a_missed_run_is_unknown_from_its_scheduled_time():
    assert shown(a_history(some_runs("u-u")), 90) == [(0, 30, "u"), (30, 60, "n"), (60, 90, "u")]


def test_a_record_that_is_not_there_ends_what_the_one_before_holds():
    runs = some_runs("uuuuuu")
    assert shown(a_history([runs[0], runs[5]]), 180) == [(0, 75, "u"), (75, 150, "n"), (150, 180, "u")]


def test_time_counts_and_not_the_number_of_runs():
    """Five quick bad runs weigh as much as the time they cover."""
    quick = some_runs("ddddd", interval_ms=2_000, started_ms=at(30))
    runs = [a_run(), *(replace(run, sequence=run.sequence + 1) for run in quick), a_run(sequence=6, started_ms=at(40))]
    assert shown(a_history(runs), 70) == [(0, 30, "u"), (30, 40, "d"), (40, 70, "u")]


def test_a_restart_leaves_unknown_from_the_last_heartbeat_to_each_first_run():
    lives = (a_life(heartbeat_ms=at(37)), a_life(life="life-2", opened_ms=at(50)))
    runs = [*some_runs("uu"), *some_runs("uu", life="life-2", started_ms=at(58))]
    assert shown(a_history(runs, lives=lives), 118) == [(0, 37, "u"), (37, 58, "n"), (58, 118, "u")]


def test_a_monitor_that_was_killed_is_unknown_from_its_last_heartbeat():
    history = a_history(some_runs("uu"), lives=(a_life(heartbeat_ms=at(41)),))
    assert shown(history, 500) == [(0, 41, "u"), (41, 500, "n")]


def test_a_heartbeat_that_is_a_moment_old_is_of_a_monitor_that_lives():
    history = a_history(some_runs("uu"), lives=(a_life(heartbeat_ms=at(41)),))
    assert shown(history, 41 + FRESH_MS / 1000) == [(0, 51, "u")]
    assert data_until(history.lives, at(41) + FRESH_MS) == at(41)
    assert data_until(history.lives, at(41) + FRESH_MS + 1) == at(41) + FRESH_MS + 1
    assert data_until((), at(7)) == at(7)


def test_a_gap_is_unknown_until_the_next_run_of_each_transaction():
    two = a_target(transactions=(a_transaction(), a_transaction(name="b")))
    gap = Gap(life="life-1", start_ms=at(32), end_ms=at(50), reason="suspended")
    runs = [*some_runs("uuu"), *some_runs("uu", transaction="b", started_ms=at(10), interval_ms=60_000)]
    assert shown(a_history(runs, target=two, gaps=[gap]), 90) == [
        (0, 10, "n"), (10, 32, "u"), (32, 70, "n"), (70, 90, "u"),
    ]


def test_a_clock_set_back_within_a_life_does_not_cover_time_twice():
    runs = [
        *some_runs("uuu"),
        *(replace(run, sequence=run.sequence + 3) for run in some_runs("dd", started_ms=at(20))),
        a_run(sequence=5, started_ms=at(80)),
    ]
    assert shown(a_history(runs), 110) == [(0, 110, "u")]


def test_a_life_wholly_within_covered_time_is_evidence_only():
    lives = (a_life(heartbeat_ms=at(100)), a_life(life="b", opened_ms=at(10), heartbeat_ms=at(90)),
             a_life(life="c", opened_ms=at(110)))
    runs = [*some_runs("uuu"), *some_runs("dd", life="b", started_ms=at(20)), *some_runs("u", life="c", started_ms=at(110))]
    assert shown(a_history(runs, lives=lives), 120) == [(0, 100, "u"), (100, 110, "n"), (110, 120, "u")]


def test_the_worst_transaction_counts_at_each_instant():
    two = a_target(transactions=(a_transaction(), a_transaction(name="b")))
    runs = [*some_runs("uuuu"), *some_runs("udeu", transaction="b", started_ms=at(10))]
    assert shown(a_history(runs, target=two), 120) == [
        (0, 10, "n"), (10, 40, "u"), (40, 70, "d"), (70, 100, "e"), (100, 120, "u"),
    ]


def test_a_secondary_transaction_makes_no_more_than_degraded():
    two = a_target(transactions=(a_transaction(), a_transaction(name="b", primary=False)))
    runs = [*some_runs("uuuu"), *some_runs("ud-u", transaction="b", started_ms=at(10))]
    assert shown(a_history(runs, target=two), 120) == [(0, 40, "u"), (40, 70, "e"), (70, 120, "u")]


def vantages(seen: dict[str, str], until_s: float):
    lives = [Life(life=f"life-{name}", vantage=name, opened_ms=NOON_MS, heartbeat_ms=at(600)) for name in seen]
    definitions = [a_definition(vantage=name, life=f"life-{name}") for name in seen]
    runs = [run for name, letters in seen.items() for run in some_runs(letters, vantage=name, life=f"life-{name}")]
    return shown(a_history(runs, lives=lives, definitions=definitions), until_s)


def test_three_vantages_decide_by_majority():
    seen = {"a": "uuddd", "b": "udddn", "c": "uuudn"}
    # 30 s: one of three; 60 s: two of three; 90 s: all; 120 s: one witness of three configured is not enough
    assert vantages(seen, 150) == [(0, 30, "u"), (30, 60, "e"), (60, 120, "d"), (120, 150, "n")]


def test_two_vantages_that_differ_are_degraded_and_one_alone_cannot_say_down():
    assert vantages({"a": "uddu", "b": "uunu"}, 120) == [(0, 30, "u"), (30, 60, "e"), (60, 90, "n"), (90, 120, "u")]


def test_a_transaction_that_is_taken_away_while_down_stays_down_until_a_successor_is_good():
    other = a_target(transactions=(a_transaction(name="baru"),))
    definitions = (a_definition(), a_definition(target=other, recorded_ms=at(70)))
    runs = [*some_runs("udd"), *some_runs("dnu", transaction="baru", started_ms=at(80))]
    assert shown(a_history(runs, definitions=definitions), 160) == [(0, 30, "u"), (30, 140, "d"), (140, 160, "u")]


def test_a_restart_between_does_not_help():
    """Stopped while down, started again without the transaction: unknown in between, then down again."""
    other = a_target(transactions=(a_transaction(name="baru"),))
    lives = (a_life(heartbeat_ms=at(65)), a_life(life="life-2", opened_ms=at(100)))
    definitions = (a_definition(), a_definition(target=other, recorded_ms=at(101), life="life-2"))
    runs = [*some_runs("udd"), *some_runs("u", transaction="baru", started_ms=at(130), life="life-2")]
    assert shown(a_history(runs, definitions=definitions, lives=lives), 160) == [
        (0, 30, "u"), (30, 65, "d"), (65, 101, "n"), (101, 130, "d"), (130, 160, "u"),
    ]


def test_one_that_is_made_secondary_while_down_stays_down_too():
    kept, demoted = a_transaction(name="b"), a_transaction(primary=False)
    definitions = (
        a_definition(target=a_target(transactions=(a_transaction(), kept))),
        a_definition(target=a_target(transactions=(demoted, kept)), recorded_ms=at(50)),
    )
    runs = [*some_runs("uddd"), *some_runs("uuuu", transaction="b")]
    assert shown(a_history(runs, definitions=definitions), 120) == [(0, 30, "u"), (30, 120, "d")]


def test_one_that_is_taken_away_while_up_leaves_nothing_behind():
    kept = a_transaction(name="b")
    definitions = (
        a_definition(target=a_target(transactions=(a_transaction(), kept))),
        a_definition(target=a_target(transactions=(kept,)), recorded_ms=at(50)),
    )
    runs = [*some_runs("uu"), *some_runs("uuuuuu", transaction="b")]
    assert shown(a_history(runs, definitions=definitions), 180) == [(0, 180, "u")]


def test_a_service_without_a_primary_transaction_is_unknown():
    none = a_target(transactions=())
    assert shown(a_history([], target=none), 60) == [(0, 60, "n")]


@pytest.mark.parametrize("letters", ["uuduu", "ueu", "dddd", "u-nu"])
def test_single_runs_and_stretches_give_the_same_timeline(letters):
    runs = some_runs(letters)
    assert service_timeline(a_history(runs), until_ms=at(200)) == service_timeline(
        a_history(runs, folded=False), until_ms=at(200),
    )


def test_an_outage_that_goes_on_beyond_the_end_is_certain_up_to_it():
    """Down from 30 s to 150 s, one stretch; asked up to 100 s: certain from the end of the first failed step on."""
    history = a_history(some_runs("udddddu"))
    found = service_timeline(history, until_ms=at(100))
    assert found.certainly_down == ((at(30) + 12, at(100)),)
    assert found.possibly_down == ((at(0), at(100)),)
    assert service_timeline(history, until_ms=at(210)).certainly_down == ((at(30) + 12, at(150) + 12),)


def test_a_failure_right_after_the_end_makes_what_was_before_it_possible():
    """Good at 60 s, asked up to 80 s, bad at 90 s: it may have been down since 60 s."""
    found = service_timeline(a_history(some_runs("uuudu")), until_ms=at(80))
    assert found.possibly_down == ((at(0), at(0) + 12), (at(60), at(80)))


@given(st.text(alphabet="uuuuuedn-", min_size=2, max_size=40), st.integers(1, 1_300), st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_timeline_up_to_a_moment_is_the_whole_one_cut_there(letters, until_s, folded):
    history = a_history(some_runs(letters), lives=(a_life(heartbeat_ms=at(len(letters) * 30)),), folded=folded)
    whole = service_timeline(history, until_ms=at(len(letters) * 30))
    until = min(at(until_s), whole.until_ms)
    found = service_timeline(history, until_ms=until)
    part = (whole.start_ms, until)
    assert found.possibly_down == clip(whole.possibly_down, part)
    assert found.certainly_down == clip(whole.certainly_down, part)
    for verdict in Verdict:
        assert found.spans(verdict) == clip(whole.spans(verdict), part)
    assert found == service_timeline(
        a_history(some_runs(letters), lives=history.lives, folded=not folded), until_ms=until,
    )


def seen_from_three(quorum_since_s: float | None = None, **asked):
    """One of three vantages says down from 30 s to 90 s; ``any`` holds from so many seconds on."""
    lives = [Life(life=f"life-{name}", vantage=name, opened_ms=NOON_MS, heartbeat_ms=at(600)) for name in "abc"]
    definitions = [a_definition(vantage=name, life=f"life-{name}") for name in "abc"]
    if quorum_since_s is not None:
        definitions += [
            a_definition(
                vantage=name, life=f"life-{name}", recorded_ms=at(quorum_since_s), target=a_target(quorum=Quorum.ANY),
            )
            for name in "abc"
        ]
    runs = [
        run for name, letters in {"a": "uddu", "b": "uuuu", "c": "uuuu"}.items()
        for run in some_runs(letters, vantage=name, life=f"life-{name}")
    ]
    return service_timeline(a_history(runs, lives=lives, definitions=definitions), until_ms=at(120), **asked)


def test_where_the_definition_asks_for_any_one_vantage_is_enough():
    assert seen_from_three().spans(Verdict.DOWN) == ()
    found = seen_from_three(0)
    assert found.spans(Verdict.DOWN) == ((at(30), at(90)),)
    assert found.possibly_down == ((at(0), at(90) + 12),)
    assert found.certainly_down == ((at(30) + 12, at(60) + 12),)
    assert seen_from_three(quorum=Quorum.ANY) == found


def test_a_change_of_the_quorum_leaves_what_was_before_as_it_was():
    assert seen_from_three(60).spans(Verdict.DOWN) == ((at(60), at(90)),)
    assert seen_from_three(60).spans(Verdict.DEGRADED) == ((at(30), at(60)),)
    assert seen_from_three(60, quorum=Quorum.MAJORITY).spans(Verdict.DOWN) == ()


@given(
    st.lists(st.text(alphabet="uuuuuedn-", min_size=6, max_size=20), min_size=1, max_size=4),
    st.sampled_from([None, Quorum.ANY, Quorum.MAJORITY]),
)
@settings(max_examples=60, deadline=None)
def test_by_any_quorum_low_availability_and_high_are_in_order_and_any_is_never_better(letters, quorum):
    names = [f"v{number}" for number in range(len(letters))]
    until = at(30 * min(len(seen) for seen in letters))
    history = a_history(
        [run for name, seen in zip(names, letters, strict=True) for run in some_runs(seen, vantage=name, life=name)],
        lives=[Life(life=name, vantage=name, opened_ms=NOON_MS, heartbeat_ms=until) for name in names],
        definitions=[a_definition(vantage=name, life=name) for name in names],
    )
    found = service_timeline(history, until_ms=until, quorum=quorum)
    down, unknown = found.spans(Verdict.DOWN), found.spans(Verdict.UNKNOWN)
    assert intersect(found.certainly_down, down) == found.certainly_down
    assert intersect(found.possibly_down, merge([*down, *unknown])) == merge([*down, *unknown])
    strict = service_timeline(history, until_ms=until, quorum=Quorum.ANY)
    assert intersect(strict.spans(Verdict.DOWN), down) == down
    assert intersect(strict.possibly_down, found.possibly_down) == found.possibly_down
