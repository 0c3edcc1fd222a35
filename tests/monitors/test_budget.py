"""Writing runs in the monitor: reserved, given back, refused without being down, and stopped by one switch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from monitors.budget import Writes, switch_of
from monitors.core.model import Outcome, Run, Target, Try, Verdict
from monitors.core.places import Places
from monitors.dispatch import Dispatch
from monitors.probes.base import FakeProbe
from monitors.runner import Runner, watch
from tests.factories import NOON_MS, FixedClock, a_run, a_target, a_transaction, a_try

GOOD, BAD = a_try(), a_try(passed=False)
KEY = "dinkes/antrean/ambil-nomor"
DAY_MS = 86_400_000


class Rig:
    """A dispatch with budgets, a fake probe and a clock that stands still."""

    def __init__(self, target: Target, tries: Iterable[Try], switch: Path | None = None, *, holds: bool = False) -> None:
        self.clock, self.runs, self.intervals = FixedClock(), list[Run](), dict[str, int]()
        self.probe, self.writes = FakeProbe({target.key: tries}, holds=holds), Writes(switch)
        runner = Runner(self.clock, vantage="v", life="l", writing_stopped=lambda: self.writes.stopped)
        self.dispatch = Dispatch(
            runner, record=self.runs.append, repace=self.intervals.__setitem__, forget=self.intervals.__delitem__,
            was_missing_since=lambda _ms: False, places=Places(10), writes=self.writes,
        )
        self.dispatch.replace(watch(self.probe, target))

    def due(self) -> Run | None:
        before = len(self.runs)
        self.dispatch.launch(KEY, self.clock.now_ms, self.intervals[KEY])
        return self.runs[-1] if len(self.runs) > before else None


def writing(**given) -> Target:
    return a_target(transactions=(a_transaction(**{"writes": True, **given}),))


def test_a_run_without_budget_is_missed_with_the_reason_and_never_down():
    rig = Rig(writing(writes_a_day=3), [BAD])
    first, second = rig.due(), rig.due()
    assert first is not None
    assert second is not None
    assert first.verdict is Verdict.DOWN
    assert (second.outcome, second.verdict, second.reason) == (
        Outcome.MISSED, Verdict.UNKNOWN, "missed: its write budget of 3 tries a day is spent until the UTC day ends",
    )
    assert rig.probe.started == ["dinkes/antrean"] * 2, "nothing was sent without budget"
    rig.clock.advance(DAY_MS)
    third = rig.due()
    assert third is not None
    assert third.outcome is Outcome.DONE


def test_a_good_run_gives_its_second_try_back():
    rig = Rig(writing(writes_a_day=4), [GOOD])
    assert [rig.due().outcome for _ in range(4)] == [Outcome.DONE] * 3 + [Outcome.MISSED]  # type: ignore[union-attr]


def test_what_is_left_of_the_day_is_told_and_comes_back_with_the_next_one():
    rig = Rig(writing(writes_a_day=5), [GOOD, BAD, BAD, GOOD])
    assert rig.writes.left(NOON_MS) == [(KEY, 5)]
    rig.due()
    assert rig.writes.left(NOON_MS) == [(KEY, 4)]
    rig.due()
    assert rig.writes.left(NOON_MS) == [(KEY, 2)]
    assert rig.writes.left(NOON_MS + DAY_MS) == [(KEY, 5)]


def test_a_transaction_that_does_not_write_has_no_budget():
    rig = Rig(a_target(), [GOOD])
    assert len(rig.writes) == 0
    assert rig.due()


def test_repeats_end_where_the_budget_is_for_the_regular_runs():
    rig = Rig(writing(writes_a_day=2 * 288 + 6, interval_ms=300_000), [BAD])
    rig.clock.advance(DAY_MS - NOON_MS % DAY_MS)
    seen = []
    for _ in range(4):
        seen.append(rig.intervals[KEY])
        rig.due()
    assert seen == [30_000, 30_000, 30_000, 300_000]


def test_the_switch_stops_what_writes_at_once_and_nothing_else(tmp_path: Path):
    switch = switch_of(tmp_path / "ledger.sqlite")
    rig, other = Rig(writing(), [GOOD], switch), Rig(a_target(), [GOOD], switch)
    assert rig.due().verdict is Verdict.UP  # type: ignore[union-attr]
    switch.write_text("tenang\n sampai Senin", encoding="utf-8")
    stopped = rig.due()
    assert stopped is not None
    assert (stopped.outcome, stopped.reason) == (
        Outcome.MISSED, "missed: all transactions that write are stopped: tenang sampai Senin",
    )
    assert other.due().verdict is Verdict.UP  # type: ignore[union-attr]
    switch.unlink()
    assert rig.due().verdict is Verdict.UP  # type: ignore[union-attr]


def test_a_run_under_way_makes_no_second_try_once_writing_is_stopped(tmp_path: Path):
    switch = switch_of(tmp_path / "ledger.sqlite")
    rig = Rig(writing(), [BAD], switch, holds=True)
    rig.due()
    switch.touch()
    rig.probe.release()
    [run] = rig.runs
    assert rig.probe.started == ["dinkes/antrean"]
    assert run.verdict is Verdict.UNKNOWN
    assert run.reason.endswith("the second could not be made: all transactions that write are stopped")


def test_a_switch_that_cannot_be_read_stops_too(tmp_path: Path):
    (tmp_path / "l.writes-stopped").mkdir()
    assert Writes(switch_of(tmp_path / "l")).stopped == (
        "all transactions that write are stopped: l.writes-stopped: is a directory"
    )


def test_a_new_set_of_targets_keeps_what_was_used_and_a_restart_takes_it_over():
    rig = Rig(writing(writes_a_day=4), [BAD])
    rig.due()
    rig.dispatch.replace(watch(rig.probe, writing(writes_a_day=3)))
    assert rig.due().outcome is Outcome.MISSED  # type: ignore[union-attr]
    again = Rig(writing(writes_a_day=4), [GOOD])
    missed = a_run(outcome=Outcome.MISSED)
    again.writes.take_over(KEY, [a_run(), a_run(verdict=Verdict.DOWN), missed])
    assert again.due().outcome is Outcome.MISSED  # type: ignore[union-attr]
