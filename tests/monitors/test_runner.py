"""One run: its tries, its record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import Outcome, Promise, Run, Verdict
from monitors.probes.base import FakeProbe
from monitors.runner import Runner, Watched, watch
from tests.factories import NOON_MS, FixedClock, a_target, a_transaction, a_try

GOOD, BAD = a_try(), a_try(passed=False)


def one_run(*tries, target=None, holds: bool = False) -> tuple[FakeProbe, list[Run], FixedClock]:
    target = target or a_target()
    clock, probe, done = FixedClock(), FakeProbe({target.key: tries}, holds=holds), list[Run]()
    [watched] = watch(probe, target)
    runner = Runner(clock, vantage="jakarta-1", life="hidup")
    runner.run(watched, sequence=7, scheduled_ms=NOON_MS - 5, on_done=done.append)
    return probe, done, clock


def test_a_good_first_try_is_the_only_one():
    probe, [run], _ = one_run(GOOD)
    assert probe.started == ["dinkes/antrean"]
    assert (run.verdict, run.tries, run.first_try_failed) == (Verdict.UP, (GOOD,), False)


def test_the_record_has_its_key_its_times_and_its_place():
    _, [run], _ = one_run(GOOD)
    assert (run.agency, run.service, run.transaction) == ("dinkes", "antrean", "ambil-nomor")
    assert (run.vantage, run.life, run.sequence, run.outcome) == ("jakarta-1", "hidup", 7, Outcome.DONE)
    assert (run.scheduled_ms, run.started_ms) == (NOON_MS - 5, GOOD.started_ms)
    assert run.ended_ms >= run.started_ms


def test_a_failed_first_try_is_followed_by_a_second_at_once():
    probe, done, clock = one_run(BAD, GOOD, holds=True)
    clock.advance(12)
    probe.release()
    assert done == []
    assert probe.started == ["dinkes/antrean"] * 2
    clock.advance(9)
    probe.release()
    [run] = done
    assert (run.verdict, run.tries, run.first_try_failed) == (Verdict.DEGRADED, (BAD, GOOD), True)
    assert run.ended_ms == NOON_MS + 21


def test_two_failed_tries_are_down_with_both_kept():
    _, [run], _ = one_run(BAD, BAD)
    assert (run.verdict, run.tries, run.failed_step) == (Verdict.DOWN, (BAD, BAD), "buka halaman")
    assert run.reason.startswith('step 1 of 1 "buka halaman": expected status 200')


def test_a_fault_of_ours_is_unknown_and_not_tried_again():
    probe, [run], _ = one_run(a_try(steps=(), fault="no file descriptors left"))
    assert run.verdict is Verdict.UNKNOWN
    assert len(probe.started) == 1


@pytest.mark.parametrize(("own_ms", "promised_ms", "verdict"), [
    (None, None, Verdict.UP), (10, None, Verdict.DEGRADED), (None, 10, Verdict.DEGRADED), (500, 10, Verdict.UP),
])
def test_the_transaction_s_own_latency_target_goes_before_the_promise_s(own_ms, promised_ms, verdict):
    target = a_target(
        transactions=(a_transaction(latency_target_ms=own_ms),), promise=Promise(latency_target_ms=promised_ms),
    )
    _, [run], _ = one_run(GOOD, target=target)
    assert run.verdict is verdict


def test_a_probe_that_breaks_leaves_a_record_too():
    class Broken:
        def start(self, _on_done):
            raise RuntimeError("pecah")

    done = list[Run]()
    [watched] = watch(FakeProbe({"dinkes/antrean": [GOOD]}), a_target())
    broken = Watched(watched.key, watched.target, watched.transaction, Broken())
    Runner(FixedClock(), vantage="v", life="l").run(broken, sequence=0, scheduled_ms=NOON_MS, on_done=done.append)
    assert done[0].verdict is Verdict.UNKNOWN
    assert done[0].reason == "an error in the monitor itself: RuntimeError: pecah"


def test_a_missed_run_is_unknown_from_its_scheduled_time():
    [watched] = watch(FakeProbe({"dinkes/antrean": [GOOD]}), a_target())
    run = Runner(FixedClock(), vantage="v", life="l").missed(watched, sequence=3, scheduled_ms=NOON_MS - 9, reason="x")
    assert (run.outcome, run.verdict, run.tries) == (Outcome.MISSED, Verdict.UNKNOWN, ())
    assert (run.scheduled_ms, run.started_ms, run.ended_ms, run.sequence) == (NOON_MS - 9, NOON_MS - 9, NOON_MS - 9, 3)


def test_every_transaction_of_a_target_is_made_ready_under_its_key():
    target = a_target(transactions=(a_transaction(), a_transaction(name="cek-status", primary=False)))
    keys = [watched.key for watched in watch(FakeProbe({}), target)]
    assert keys == ["dinkes/antrean/ambil-nomor", "dinkes/antrean/cek-status"]


def test_a_definition_that_cannot_be_run_is_refused_before_anything_runs():
    class Refusing:
        def prepare(self, _target, _transaction):
            raise UsageError('step "buka": it is not a CSS selector')

    with pytest.raises(UsageError, match="not a CSS selector"):
        watch(Refusing(), a_target())


def test_the_journey_that_is_run_is_the_watched_one():
    probe = FakeProbe({"dinkes/lain": [GOOD]})
    [watched] = watch(probe, replace(a_target(), service="lain"))
    Runner(FixedClock(), vantage="v", life="l").run(watched, sequence=0, scheduled_ms=0, on_done=lambda _run: None)
    assert probe.started == ["dinkes/lain"]
