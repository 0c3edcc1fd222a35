"""Runs that are due: one record each, a bounded number at once, faster after a bad one, none lost at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.cadence import phase_ms, ticks, transaction_key
from monitors.core.model import Outcome, Run, Target, Try, Verdict
from monitors.core.places import Place, Places
from monitors.dispatch import Dispatch
from monitors.probes.base import FakeProbe
from monitors.runner import Runner, watch
from tests.factories import NOON_MS, FixedClock, a_target, a_transaction, a_try

GOOD, BAD = a_try(), a_try(passed=False)
KEY = "dinkes/antrean/ambil-nomor"


@dataclass
class Rig:
    """A dispatch with a fake probe and a clock that stands still; everything it says is written down."""

    answers: dict[str, list[Try]]
    limit: int = 100
    holds: bool = False
    missing: bool = False
    overloaded: str = ""
    clock: FixedClock = field(default_factory=FixedClock)
    runs: list[Run] = field(default_factory=list)
    intervals: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.probe = FakeProbe(self.answers, holds=self.holds)
        self.dispatch = Dispatch(
            Runner(self.clock, vantage="v", life="l"), record=self.runs.append, repace=self.intervals.__setitem__,
            forget=self.intervals.__delitem__, was_missing_since=lambda _ms: self.missing, places=Places(self.limit),
            was_overloaded_since=lambda _ms: self.overloaded,
        )

    def watch(self, *targets: Target) -> None:
        self.dispatch.replace([one for target in targets for one in watch(self.probe, target)])

    def due(self, key: str = KEY, interval_ms: int = 30_000) -> None:
        self.dispatch.launch(key, self.clock.now_ms, interval_ms)


def many(count: int, **given_: Any) -> list[Target]:
    return [a_target(service=f"s{n}", **given_) for n in range(count)]


def a_rig(count: int = 1, **given_: Any) -> tuple[Rig, list[str]]:
    targets = [a_target()] if count == 1 else many(count)
    rig = Rig({target.key: [GOOD] for target in targets}, **given_)
    rig.watch(*targets)
    return rig, [transaction_key(target.agency, target.service, "ambil-nomor") for target in targets]


def test_runs_are_numbered_from_zero_for_each_transaction():
    rig, keys = a_rig(2)
    for key in (keys[0], keys[1], keys[0]):
        rig.due(key)
    assert [(run.service, run.sequence) for run in rig.runs] == [("s0", 0), ("s1", 0), ("s0", 1)]


def test_no_more_runs_than_the_limit_are_under_way_and_the_others_follow_in_order():
    rig, keys = a_rig(5, limit=2, holds=True)
    for key in keys:
        rig.due(key)
    assert rig.dispatch.under_way == 2
    assert rig.dispatch.waiting == 3
    rig.probe.release()
    assert rig.dispatch.under_way == 2
    while rig.probe.waiting:
        rig.probe.release()
    assert [run.service for run in rig.runs] == ["s0", "s1", "s2", "s3", "s4"]
    assert rig.dispatch.under_way == rig.dispatch.waiting == 0


def test_a_run_without_a_place_for_one_interval_is_missed_and_not_down():
    rig, keys = a_rig(2, limit=1, holds=True)
    rig.due(keys[0])
    rig.due(keys[1])
    rig.clock.advance(30_000)
    rig.probe.release()
    late = next(run for run in rig.runs if run.service == "s1")
    assert (late.outcome, late.verdict, late.scheduled_ms) == (Outcome.MISSED, Verdict.UNKNOWN, NOON_MS)
    assert late.reason == "missed: not started 30 s after its time; no place for it was free"


def test_a_run_whose_successor_is_due_is_recorded_as_missed_at_once():
    rig, keys = a_rig(2, limit=1, holds=True)
    rig.due(keys[0])
    rig.due(keys[1])
    rig.clock.advance(30_000)
    rig.due(keys[1])
    [missed] = rig.runs
    assert (missed.service, missed.sequence, missed.outcome) == ("s1", 0, Outcome.MISSED)
    assert "no place for it was free" in missed.reason
    rig.probe.release()
    rig.probe.release()
    assert [(run.service, run.sequence, run.outcome) for run in rig.runs[1:]] == [
        ("s0", 0, Outcome.DONE), ("s1", 1, Outcome.DONE),
    ]


def test_a_run_that_starts_late_but_in_time_is_done():
    rig, keys = a_rig(2, limit=1, holds=True)
    rig.due(keys[0])
    rig.due(keys[1])
    rig.clock.advance(29_999)
    rig.probe.release()
    rig.probe.release()
    assert [run.outcome for run in rig.runs] == [Outcome.DONE, Outcome.DONE]


def test_a_tick_that_comes_a_whole_interval_late_is_missed():
    rig, _ = a_rig()
    rig.dispatch.launch(KEY, NOON_MS - 30_000, 30_000)
    rig.dispatch.launch(KEY, NOON_MS - 29_999, 30_000)
    assert [run.outcome for run in rig.runs] == [Outcome.MISSED, Outcome.DONE]
    assert rig.runs[0].reason == "missed: not started 30 s after its time; the monitor itself was held up"


def test_a_regular_run_that_is_due_while_the_last_is_under_way_waits_for_it():
    rig, _ = a_rig(holds=True)
    rig.due()
    rig.due()
    assert rig.dispatch.under_way == 1
    rig.probe.release()
    rig.probe.release()
    assert [run.sequence for run in rig.runs] == [0, 1]


def slow_target() -> Target:
    return a_target(transactions=(a_transaction(interval_ms=300_000, deadline_ms=60_000),))


def test_a_transaction_is_looked_at_every_30_s_until_two_good_runs_in_a_row():
    rig = Rig({"dinkes/antrean": [GOOD, GOOD, BAD, BAD, GOOD, GOOD, GOOD]})
    rig.watch(slow_target())
    seen = [rig.intervals[KEY]]
    for _ in range(5):
        rig.due(interval_ms=rig.intervals[KEY])
        seen.append(rig.intervals[KEY])
    assert [run.verdict.value for run in rig.runs] == ["up", "up", "down", "up", "up"]
    assert seen == [30_000, 30_000, 300_000, 30_000, 30_000, 300_000]


def test_a_repeat_that_is_due_during_the_run_before_it_is_no_scheduled_run():
    rig = Rig({"dinkes/antrean": [GOOD]}, holds=True)
    rig.watch(slow_target())
    rig.due()
    rig.due()
    rig.probe.release()
    assert [run.sequence for run in rig.runs] == [0]
    assert rig.dispatch.waiting == 0


def test_a_new_set_of_targets_keeps_numbers_and_pace_of_what_stays():
    rig, _ = a_rig()
    rig.due()
    rig.due()
    rig.intervals.clear()
    rig.watch(a_target(base_url="https://baru.example"), a_target(service="lain"))
    assert rig.intervals == {"dinkes/lain/ambil-nomor": 30_000}
    rig.due()
    assert rig.runs[-1].sequence == 2


def test_a_transaction_that_goes_and_comes_back_continues_its_numbers():
    rig, _ = a_rig()
    rig.due()
    rig.watch()
    assert rig.intervals == {}
    rig.due()
    rig.watch(a_target())
    rig.due()
    assert [run.sequence for run in rig.runs] == [0, 1]


def test_a_waiting_run_of_a_target_that_is_taken_out_is_missed():
    rig, keys = a_rig(2, limit=1, holds=True)
    rig.due(keys[0])
    rig.due(keys[1])
    rig.watch(many(1)[0])
    assert [(run.service, run.outcome) for run in rig.runs] == [("s1", Outcome.MISSED)]
    rig.probe.release()
    assert [run.service for run in rig.runs] == ["s1", "s0"]


def test_a_changed_interval_is_followed():
    rig, _ = a_rig()
    rig.watch(a_target(transactions=(a_transaction(interval_ms=10_000, deadline_ms=1000),)))
    assert rig.intervals[KEY] == 10_000


def test_stopping_lets_runs_end_and_starts_none():
    rig, keys = a_rig(3, limit=2, holds=True)
    for key in keys:
        rig.due(key)
    ended = []
    rig.dispatch.stop(lambda: ended.append(True))
    assert ended == []
    assert [(run.service, run.outcome) for run in rig.runs] == [("s2", Outcome.MISSED)]
    rig.due(keys[0])
    rig.probe.release()
    rig.probe.release()
    assert ended == [True]
    assert Counter(run.outcome for run in rig.runs) == {Outcome.DONE: 2, Outcome.MISSED: 1}


def test_stopping_while_nothing_is_under_way_ends_at_once():
    rig, _ = a_rig()
    ended = []
    rig.dispatch.stop(lambda: ended.append(True))
    assert ended == [True]


def test_giving_up_records_what_is_under_way_as_unknown_and_hears_no_more_of_it():
    rig, _ = a_rig(holds=True)
    rig.due()
    ended = []
    rig.dispatch.stop(lambda: ended.append(True))
    rig.dispatch.give_up()
    assert ended == [True]
    rig.probe.release()
    [run] = rig.runs
    assert (run.outcome, run.verdict, run.reason) == (
        Outcome.DONE, Verdict.UNKNOWN, "the monitor was stopped during this run",
    )


def test_a_failure_that_lay_across_a_suspension_is_unknown_and_a_success_stands():
    rig = Rig({"dinkes/antrean": [BAD, BAD, GOOD]}, missing=True)
    rig.watch(a_target())
    rig.due()
    rig.due()
    assert [run.verdict for run in rig.runs] == [Verdict.UNKNOWN, Verdict.UP]
    assert rig.runs[0].reason.startswith("the monitor was suspended during this run; what it saw: step 1 of 1")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.booleans()), max_size=40), st.integers(1, 4))
def test_every_scheduled_run_leaves_exactly_one_record(steps: list[tuple[int, bool]], limit: int):
    """Time goes by in uneven steps, runs end whenever they like, capacity is short: the numbers have no hole."""
    rig, keys = a_rig(6, limit=limit, holds=True)
    scheduled: Counter[str] = Counter()
    last_ms = rig.clock.now_ms
    for ms, ends in steps:
        rig.clock.advance(ms)
        for key in keys:
            for at_ms in ticks(phase_ms(key, 5000), 5000, after_ms=last_ms, until_ms=rig.clock.now_ms):
                rig.dispatch.launch(key, at_ms, 5000)
                scheduled[key] += 1
        last_ms = rig.clock.now_ms
        if ends and rig.probe.waiting:
            rig.probe.release()
    rig.dispatch.stop(lambda: None)
    while rig.probe.waiting:
        rig.probe.release()
    found: dict[str, list[int]] = {}
    for run in rig.runs:
        found.setdefault(transaction_key(run.agency, run.service, run.transaction), []).append(run.sequence)
    assert {key: sorted(numbers) for key, numbers in found.items()} == {
        key: list(range(count)) for key, count in scheduled.items() if count
    }
    assert all(run.verdict is not Verdict.DOWN for run in rig.runs)
    assert rig.dispatch.waiting == rig.dispatch.under_way == 0


def on_host(host: str, service: str, **given_: Any) -> Target:
    return a_target(base_url=f"https://{host}.example", service=service, **given_)


def test_a_host_that_hangs_holds_up_its_own_services_alone_and_lets_the_first_of_them_in():
    hanging = [on_host("lambat", f"l{n}") for n in range(20)]
    rig = Rig({t.key: [GOOD] for t in [*hanging, on_host("baik", "b")]}, limit=40, holds=True)
    rig.watch(*hanging, on_host("baik", "b"))
    for n in range(20):
        rig.due(f"dinkes/l{n}/ambil-nomor")
    assert rig.probe.started == [f"dinkes/l{n}" for n in range(16)], "a host may have sixteen at least"
    rig.due("dinkes/b/ambil-nomor")
    assert rig.probe.started[-1] == "dinkes/b"
    rig.probe.release()
    assert rig.probe.started[-1] == "dinkes/l16"
    rig.clock.advance(30_000)
    rig.due("dinkes/l19/ambil-nomor")
    assert rig.runs[-1].reason == (
        "missed: not started 30 s after its time; lambat.example had all the places that one host or network may have"
    )
    while rig.probe.waiting:
        rig.probe.release()
    assert rig.dispatch.under_way == rig.dispatch.waiting == 0
    assert rig.dispatch.tally.expected == 22
    assert (rig.dispatch.tally.done, rig.dispatch.tally.missed) == (19, 3)


def test_on_a_bad_day_no_healthy_service_waits_and_what_hangs_is_missed_and_not_down():
    """Ninety of a hundred hang on hosts of their own, with twenty places in all: the ten others run at once, each time."""
    names = [f"s{n}" for n in range(100)]
    targets = [on_host(name, name) for name in names]
    rig = Rig({t.key: [GOOD] for t in targets[:10]} | {t.key: [BAD] for t in targets[10:]}, limit=20, holds=True)
    rig.watch(*targets)
    for name in names[:10]:              # they were seen to be well before
        rig.due(f"dinkes/{name}/ambil-nomor")
    while rig.probe.waiting:
        rig.probe.release()
    for _ in range(3):
        for name in names[10:]:
            rig.due(f"dinkes/{name}/ambil-nomor")
        assert rig.dispatch.waiting >= 72
        for name in names[:10]:
            rig.due(f"dinkes/{name}/ambil-nomor")
            key, on_done = rig.probe.waiting.pop()
            assert key == f"dinkes/{name}", "a healthy one had to wait"
            on_done(GOOD)
        rig.clock.advance(30_000)
    assert {run.verdict for run in rig.runs} == {Verdict.UP, Verdict.UNKNOWN}
    assert {run.service for run in rig.runs if run.verdict is Verdict.UP} == set(names[:10])
    assert sum(run.verdict is Verdict.UP for run in rig.runs) == 40


def test_a_network_is_known_by_the_address_of_the_run_before():
    step = a_try().steps[0]
    answered = a_try(steps=(replace(step, address="192.0.2.9"),))
    targets = [on_host(f"h{n}", f"s{n}") for n in range(20)]
    rig = Rig({t.key: [answered] for t in targets}, holds=True)
    rig.watch(*targets)
    for _ in range(2):
        for n in range(20):
            rig.due(f"dinkes/s{n}/ambil-nomor")
        if len(rig.probe.started) == 20:
            while rig.probe.waiting:
                rig.probe.release()
    assert rig.dispatch.waiting == 0, "half of a hundred places is enough for twenty"
    assert rig.dispatch._places.full_for(Place("x", "192.0.2.0/24")) == ""
    assert rig.dispatch._places._taken["192.0.2.0/24"] == 20


def test_a_failure_under_overload_is_unknown_with_what_was_seen_and_is_counted():
    rig = Rig({"dinkes/antrean": [BAD]}, overloaded="the loop was 3000 ms late")
    rig.watch(a_target())
    rig.due()
    [run] = rig.runs
    assert run.verdict is Verdict.UNKNOWN
    assert run.reason.startswith(
        "the monitor was overloaded during this run (the loop was 3000 ms late); what it saw: step 1 of 1",
    )
    assert rig.dispatch.tally.suspect == 1
