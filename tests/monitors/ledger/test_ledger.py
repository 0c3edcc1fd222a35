"""One suite for every store: what ``monitors/ledger/base.py`` promises."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.core.entry import EntryKind
from monitors.core.errors import LedgerError
from monitors.core.heartbeat import Report
from monitors.core.history import Event, Gap, Life
from monitors.core.incident import Incident, incidents
from monitors.core.model import Outcome, Phases, Promise, Run, StepResult, Try, Verdict
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from monitors.ledger.base import Ledger
from monitors.ledger.memory import MemoryLedger
from monitors.ledger.postgres import PostgresLedger
from monitors.ledger.sqlite import SqliteLedger
from tests.factories import INTERVAL_MS, NOON_MS, a_run, a_step, a_target, a_transaction, a_try, an_entry, some_runs
from tests.postgres_cluster import Cluster

HOUR_MS = 3_600_000
Maker = Callable[[], Ledger]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def make(request, tmp_path: Path) -> Iterator[Maker]:
    made: list[Ledger] = []

    def maker() -> Ledger:
        ledger: Ledger
        if request.param == "memory":
            ledger = MemoryLedger()
        elif request.param == "sqlite":
            ledger = SqliteLedger(tmp_path / f"ledger{len(made)}.sqlite")
        else:
            ledger = PostgresLedger(request.getfixturevalue("postgres").database())
        made.append(ledger)
        return ledger

    yield maker
    for ledger in made:
        ledger.close()
        if isinstance(ledger, PostgresLedger):
            request.getfixturevalue("postgres").give_back(ledger.name)


@pytest.fixture
def ledger(make: Maker) -> Ledger:
    """Give a ledger in which life-1 is open and the target recorded."""
    return opened(make())


def opened(ledger: Ledger, *, at_ms: int = NOON_MS) -> Ledger:
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=at_ms))
    ledger.record_targets([a_target()], life="life-1", at_ms=at_ms)
    return ledger


def all_runs(ledger: Ledger) -> list[Run]:
    return list(ledger.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2))


def figures(ledger: Ledger, start_ms: int = NOON_MS, end_ms: int = NOON_MS + HOUR_MS) -> SlaStatement | None:
    history = ledger.history("dinkes", "antrean", start_ms=start_ms, end_ms=end_ms)
    assert history is not None
    until_ms = max(life.heartbeat_ms for life in history.lives)
    return statement(history, service_timeline(history, until_ms=until_ms), Window(start_ms=start_ms, end_ms=end_ms))


def touching(ledger: Ledger, start_ms: int, end_ms: int) -> list[Incident]:
    """The incidents that touch a window."""
    history = ledger.history("dinkes", "antrean", start_ms=start_ms, end_ms=end_ms)
    assert history is not None
    timeline = service_timeline(history, until_ms=max(life.heartbeat_ms for life in history.lives))
    return [
        one for one in incidents(history, timeline)
        if one.first_bad_ms < end_ms and (one.first_good_ms is None or one.first_good_ms > start_ms)
    ]


def test_a_run_comes_back_as_it_was_written(ledger: Ledger):
    runs = some_runs("ueudn-u")
    assert ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 300_000) == len(runs)
    assert [_without_reply(run) for run in all_runs(ledger)] == [_without_reply(run) for run in runs]


def _without_reply(run: Run) -> Run:
    """What is kept of a run that was up: its times and phases; not the status and the address of its answers."""
    if run.verdict is not Verdict.UP:
        return run
    return replace(run, tries=tuple(
        replace(one, steps=tuple(replace(step, status=0, address="") for step in one.steps)) for one in run.tries
    ))


def test_of_a_run_that_was_up_durations_and_phases_are_kept(ledger: Ledger):
    phases = Phases(dns_us=1_200, connect_us=310, tls_us=2_000_000, first_byte_us=90_001, body_us=7)
    step = StepResult(name="buka halaman", passed=True, critical=True, started_ms=NOON_MS, phases=phases, status=200)
    run = a_run(tries=(Try(started_ms=NOON_MS, duration_us=2_100_000, steps=(step,)),))
    ledger.append([run], life="life-1", heartbeat_ms=NOON_MS + 9_000)
    (kept,) = all_runs(ledger)
    assert kept.duration_us == 2_100_000
    assert kept.tries[0].steps[0].phases == phases
    assert kept.tries[0].steps[0].name == "buka halaman"


def test_names_in_any_script_and_long_evidence_come_back(ledger: Ledger):
    reason = 'step 1 of 1 "ambil nomor": got "ꦱꦸꦒꦼꦁ — maaf 🙏"' + " x" * 5_000
    run = a_run(verdict=Verdict.DOWN, reason=reason)
    ledger.append([run], life="life-1", heartbeat_ms=NOON_MS + 9_000)
    assert all_runs(ledger)[0].reason == reason


def test_the_same_batch_again_changes_nothing(ledger: Ledger):
    runs = some_runs("uuedd-uu")
    ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 300_000)
    before = figures(ledger)
    assert ledger.append(runs, life="life-1", heartbeat_ms=NOON_MS + 300_000) == 0
    assert ledger.append(runs[2:5], life="life-1", heartbeat_ms=NOON_MS + 300_000) == 0
    assert figures(ledger) == before
    assert len(all_runs(ledger)) == len(runs)


def test_another_record_of_the_same_key_is_left_out_whatever_it_says(ledger: Ledger):
    first = a_run(sequence=0)
    ledger.append([first], life="life-1", heartbeat_ms=NOON_MS + 60_000)
    other = a_run(sequence=0, started_ms=NOON_MS + 120_000, verdict=Verdict.DOWN)
    assert ledger.append([other], life="life-1", heartbeat_ms=NOON_MS + 180_000) == 0
    assert [run.verdict for run in all_runs(ledger)] == [Verdict.UP]


def test_a_key_twice_in_one_batch_counts_once(ledger: Ledger):
    assert ledger.append([a_run(), a_run()], life="life-1", heartbeat_ms=NOON_MS + 60_000) == 1


def test_the_heartbeat_never_falls_back_and_covers_its_runs(ledger: Ledger):
    ledger.append(some_runs("uu"), life="life-1", heartbeat_ms=NOON_MS)
    (life,) = ledger.lives()
    assert life.heartbeat_ms == some_runs("uu")[-1].ended_ms
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 90_000)
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 80_000)
    assert ledger.lives()[0].heartbeat_ms == NOON_MS + 90_000


def test_opening_a_life_tells_of_the_one_before_it_at_the_same_vantage(ledger: Ledger):
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 5_000)
    ledger.open_life(Life(life="elsewhere", vantage="makassar", opened_ms=NOON_MS + 6_000))
    second = Life(life="life-2", vantage="local", opened_ms=NOON_MS + 60_000)
    before = ledger.open_life(second)
    assert before is not None
    assert (before.life, before.heartbeat_ms) == ("life-1", NOON_MS + 5_000)
    assert ledger.open_life(second) == before
    assert [life.life for life in ledger.lives()] == ["life-1", "elsewhere", "life-2"]


def test_the_same_definitions_again_are_not_recorded_twice(ledger: Ledger):
    assert ledger.record_targets([a_target()], life="life-1", at_ms=NOON_MS + 1_000) == 0
    changed = a_target(promise=Promise(target=Decimal("99.9")))
    other = a_target(service="rujukan")
    assert ledger.record_targets([changed, other], life="life-1", at_ms=NOON_MS + 2_000) == 2
    newest = {definition.target.service: definition for definition in ledger.definitions()}
    assert newest["antrean"].target == changed
    assert newest["rujukan"].target == other
    history = ledger.history("dinkes", "antrean", start_ms=NOON_MS, end_ms=NOON_MS + HOUR_MS)
    assert history is not None
    assert [d.recorded_ms for d in history.definitions] == [NOON_MS, NOON_MS + 2_000]


def test_a_clock_that_was_set_back_puts_no_definition_before_the_one_that_it_replaces(ledger: Ledger):
    changed = a_target(promise=Promise(target=Decimal("99.9")))
    assert ledger.record_targets([changed], life="life-1", at_ms=NOON_MS - 5_000) == 1
    (newest,) = ledger.definitions()
    assert (newest.target, newest.recorded_ms) == (changed, NOON_MS + 1)


def test_a_run_of_an_unknown_life_or_transaction_is_refused_and_leaves_nothing(ledger: Ledger):
    with pytest.raises(LedgerError, match="never opened"):
        ledger.append([a_run(), a_run(life="life-9", sequence=1)], life="life-1", heartbeat_ms=NOON_MS + 60_000)
    with pytest.raises(LedgerError, match="never opened"):
        ledger.append((), life="life-9", heartbeat_ms=NOON_MS)
    with pytest.raises(LedgerError, match="record the targets first"):
        ledger.append([a_run(), a_run(transaction="lain")], life="life-1", heartbeat_ms=NOON_MS + 60_000)
    assert all_runs(ledger) == []
    assert ledger.append([a_run()], life="life-1", heartbeat_ms=NOON_MS + 60_000) == 1


def test_the_newest_report_of_each_job_is_told(ledger: Ledger):
    assert ledger.last_reports() == {}
    well, failed = Report(at_ms=NOON_MS), Report(at_ms=NOON_MS + 1, succeeded=False, note="disk penuh 1️⃣")
    ledger.keep_report("dinkes/antrean/cadangan", well, life="life-1")
    ledger.keep_report("dinkes/antrean/arsip", well, life="life-1")
    ledger.keep_report("dinkes/antrean/cadangan", failed, life="life-1")
    assert ledger.last_reports() == {"dinkes/antrean/cadangan": failed, "dinkes/antrean/arsip": well}


def test_what_befell_a_life_is_kept_in_the_order_it_was_told_and_changes_no_figure(ledger: Ledger):
    assert ledger.events() == ()
    told = tuple(Event(life="life-1", at_ms=NOON_MS + n, kind="clock", note=f"jam {n} 🕛") for n in (5, 3))
    before = ledger.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
    for event in told:
        ledger.keep_event(event)
    assert ledger.events() == told
    assert ledger.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2) == before
    with pytest.raises(LedgerError):
        ledger.keep_event(Event(life="never opened", at_ms=NOON_MS, kind="clock", note=""))


def test_a_report_heard_by_an_unknown_life_is_refused(ledger: Ledger):
    with pytest.raises(LedgerError):
        ledger.keep_report("dinkes/antrean/cadangan", Report(at_ms=NOON_MS), life="never opened")
    assert ledger.last_reports() == {}


def test_there_is_no_history_of_a_service_that_was_never_recorded(ledger: Ledger):
    assert ledger.history("dinkes", "lain", start_ms=0, end_ms=NOON_MS) is None


def test_last_runs_are_the_newest_of_each_transaction(make: Maker):
    ledger = make()
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    two = a_target(transactions=(a_transaction(), a_transaction(name="baca-status", primary=False)))
    ledger.record_targets([two], life="life-1", at_ms=NOON_MS)
    assert ledger.last_runs() == ()
    ledger.append(some_runs("uud"), life="life-1", heartbeat_ms=NOON_MS + 120_000)
    ledger.append(some_runs("u", transaction="baca-status"), life="life-1", heartbeat_ms=NOON_MS + 120_000)
    assert [(run.transaction, run.sequence) for run in ledger.last_runs()] == [("ambil-nomor", 2), ("baca-status", 0)]
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS)
    assert [(run.transaction, run.sequence) for run in ledger.last_runs()] == [("ambil-nomor", 2), ("baca-status", 0)]
    ledger.open_life(Life(life="life-2", vantage="local", opened_ms=NOON_MS + 3 * HOUR_MS))
    ledger.append(
        some_runs("e", life="life-2", started_ms=NOON_MS + 3 * HOUR_MS),
        life="life-2", heartbeat_ms=NOON_MS + 3 * HOUR_MS + 60_000,
    )
    assert [(run.life, run.verdict) for run in ledger.last_runs()] == [
        ("life-2", Verdict.DEGRADED), ("life-1", Verdict.UP),
    ]


def test_runs_are_given_by_window_and_transaction_in_order_of_start(make: Maker):
    ledger = make()
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    two = a_target(transactions=(a_transaction(), a_transaction(name="baca-status")))
    ledger.record_targets([two], life="life-1", at_ms=NOON_MS)
    one = some_runs("u" * 300)
    other = some_runs("u" * 300, transaction="baca-status", started_ms=NOON_MS + 7)
    mixed = [*one, *other]
    random.Random(5).shuffle(mixed)
    ledger.append(mixed, life="life-1", heartbeat_ms=NOON_MS + 3 * HOUR_MS)
    start, end = one[100].started_ms, one[200].started_ms
    found = list(ledger.runs("dinkes", "antrean", start_ms=start, end_ms=end))
    assert [(run.started_ms, run.sequence) for run in found] == sorted(
        (run.started_ms, run.sequence) for run in mixed if start <= run.started_ms < end
    )
    only = list(ledger.runs("dinkes", "antrean", "baca-status", start_ms=start, end_ms=end))
    assert {run.transaction for run in only} == {"baca-status"}
    assert len(only) == 100


def test_windows_inside_an_hour_count_the_runs_that_started_in_them(ledger: Ledger):
    ledger.append(some_runs("u" * 100), life="life-1", heartbeat_ms=NOON_MS + HOUR_MS)
    part = figures(ledger, NOON_MS + 10 * INTERVAL_MS, NOON_MS + 25 * INTERVAL_MS)
    assert part is not None
    assert (part.runs, part.up_ms) == (15, 15 * INTERVAL_MS)


def test_a_suspended_monitor_leaves_unknown_until_the_next_run(ledger: Ledger):
    ledger.append(some_runs("uu"), life="life-1", heartbeat_ms=NOON_MS + 31_000)
    after = tuple(
        replace(run, sequence=run.sequence + 2) for run in some_runs("uu", started_ms=NOON_MS + 70_000)
    )
    gap = Gap(life="life-1", start_ms=NOON_MS + 31_000, end_ms=NOON_MS + 65_000, reason="the machine was suspended")
    ledger.append((), life="life-1", heartbeat_ms=NOON_MS + 65_000, gaps=[gap])
    ledger.append(after, life="life-1", heartbeat_ms=NOON_MS + 110_000)
    found = figures(ledger)
    assert found is not None
    assert (found.up_ms, found.unknown_ms) == (31_000 + 40_000, 39_000)


def test_a_gap_that_is_told_late_counts_the_same(make: Maker):
    runs = some_runs("uuuuuuuuuu")
    gap = Gap(life="life-1", start_ms=NOON_MS + 65_000, end_ms=NOON_MS + 95_000, reason="the clock was wrong")
    early, late = opened(make()), opened(make())
    early.append(runs, life="life-1", heartbeat_ms=NOON_MS + 300_000, gaps=[gap])
    late.append(runs, life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS)
    late.append((), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS, gaps=[gap])
    early.append((), life="life-1", heartbeat_ms=NOON_MS + 2 * HOUR_MS)
    assert figures(early) == figures(late)
    found = figures(early)
    assert found is not None
    # unknown from 65 s to the run at 120 s, and from 270 s + 75 s on
    assert found.unknown_ms == 55_000 + HOUR_MS - 345_000


def test_a_definition_recorded_over_running_runs_does_not_change_what_they_hold(ledger: Ledger):
    ledger.append(some_runs("uu"), life="life-1", heartbeat_ms=NOON_MS + 40_000)
    slow = a_target(transactions=(a_transaction(interval_ms=600_000),))
    ledger.record_targets([slow], life="life-1", at_ms=NOON_MS + 10_000)
    for heartbeat_ms in (NOON_MS + HOUR_MS // 2, NOON_MS + HOUR_MS):      # before and after the hour is stored
        ledger.append((), life="life-1", heartbeat_ms=heartbeat_ms)
        found = figures(ledger)
        assert found is not None
        assert found.up_ms == 30_000 + 75_000


def test_a_run_that_is_missing_leaves_a_hole_and_one_that_comes_late_fills_it(ledger: Ledger):
    runs = some_runs("uuuuu")
    ledger.append([*runs[:2], *runs[3:]], life="life-1", heartbeat_ms=NOON_MS + 150_000)
    before = figures(ledger)
    assert before is not None
    assert (before.runs, before.up_ms, before.possibly_down_ms) == (4, 150_000, 12 + 60_012)
    assert ledger.append([runs[2]], life="life-1", heartbeat_ms=NOON_MS + 150_000) == 1
    after = figures(ledger)
    assert after is not None
    assert (after.runs, after.up_ms, after.possibly_down_ms) == (5, 150_000, 12)
    assert [run.sequence for run in all_runs(ledger)] == [0, 1, 2, 3, 4]


LETTERS = st.text(alphabet="uuuuuuedn-", min_size=1, max_size=60)


Place = Callable[[], Ledger]             # opens the same store each time


def a_file(folder: Path) -> Place:
    return lambda: SqliteLedger(folder / "ledger.sqlite")


def order_does_not_matter(place: Place, letters: str, seed: int, sizes: int, beat: int) -> None:
    """The same runs in any order, cut in any way, some twice, over a change of hour and two lives, give one figure."""
    chance = random.Random(seed)
    start = NOON_MS + HOUR_MS - 20 * INTERVAL_MS
    half = len(letters) // 2
    runs = [
        *some_runs(letters[:half], started_ms=start),
        *some_runs(letters[half:], started_ms=start + half * INTERVAL_MS + 200_000, life="life-2"),
    ]
    plain, stored = MemoryLedger(), place()
    try:
        for ledger in (plain, stored):
            opened(ledger, at_ms=start - 1)
            ledger.append((), life="life-1", heartbeat_ms=start + half * INTERVAL_MS + 20_000)
            ledger.open_life(Life(life="life-2", vantage="local", opened_ms=start + half * INTERVAL_MS + 150_000))
        plain.append(runs, life="life-2", heartbeat_ms=start + 4 * HOUR_MS)
        arriving = [*runs, *chance.sample(runs, len(runs) // 3)]
        chance.shuffle(arriving)
        while arriving:
            batch, arriving = arriving[:sizes], arriving[sizes:]
            stored.append(batch, life="life-2", heartbeat_ms=start + beat)
            if chance.random() < 0.2:
                stored.close()
                stored = place()
        stored.append((), life="life-2", heartbeat_ms=start + 4 * HOUR_MS)
        window = (start, start + 2 * HOUR_MS)
        expected = figures(plain, *window)
        assert figures(stored, *window) == expected
        stored.close()
        stored = place()
        history = stored.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
        kept = [(run.life, run.sequence) for run in stored.runs("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)]
        assert sorted(kept) == sorted((run.life, run.sequence) for run in runs)
        wanted = plain.history("dinkes", "antrean", start_ms=0, end_ms=NOON_MS * 2)
        assert history is not None
        assert wanted is not None
        assert sorted(history.stretches, key=str) == sorted(wanted.stretches, key=str)
    finally:
        stored.close()


SHUFFLED = {
    "letters": LETTERS, "seed": st.integers(0, 1_000), "sizes": st.integers(4, 40), "beat": st.integers(0, 3 * HOUR_MS),
}
SHARED = [HealthCheck.function_scoped_fixture]


@given(**SHUFFLED)
@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
def test_neither_order_of_arrival_nor_batches_nor_repeats_matter(tmp_path_factory, letters, seed, sizes, beat):
    order_does_not_matter(a_file(tmp_path_factory.mktemp("order")), letters, seed, sizes, beat)


@pytest.mark.postgres
@given(**SHUFFLED)
@settings(max_examples=8, deadline=None, suppress_health_check=SHARED)
def test_on_a_server_neither_order_nor_batches_nor_repeats_matter(postgres: Cluster, letters, seed, sizes, beat):
    name = postgres.database()
    order_does_not_matter(lambda: PostgresLedger(name), letters, seed, sizes, beat)
    postgres.give_back(name)


def any_window_is_read_whole(stored: Ledger, lives: list[str], edges: list[tuple[int, int]]) -> None:
    """Outages over several restarts: a store that reads a part only gives the figures of one that reads all."""
    plain = MemoryLedger()
    try:
        for ledger in (plain, stored):
            now = NOON_MS
            for number, letters in enumerate(lives):
                life = f"life-{number}"
                ledger.open_life(Life(life=life, vantage="local", opened_ms=now))
                ledger.record_targets([a_target()], life=life, at_ms=now)
                runs = some_runs(letters, life=life, started_ms=now + 5_000)
                now = runs[-1].started_ms + 20_000
                ledger.append(runs, life=life, heartbeat_ms=now)
                now += 40_000
        for start_s, length_s in edges:
            window = (NOON_MS + start_s * 1_000, NOON_MS + (start_s + length_s) * 1_000)
            assert figures(stored, *window) == figures(plain, *window)
            assert touching(stored, *window) == touching(plain, *window)
    finally:
        stored.close()


RESTARTS = {
    "lives": st.lists(st.text(alphabet="uuuddden-", min_size=1, max_size=12), min_size=2, max_size=6),
    "edges": st.lists(st.tuples(st.integers(-100, 4_000), st.integers(1, 2_000)), min_size=3, max_size=8),
}


@given(**RESTARTS)
@settings(max_examples=40, deadline=None, suppress_health_check=SHARED)
def test_any_window_over_many_lives_reads_enough_of_what_lies_before_and_after_it(tmp_path_factory, lives, edges):
    any_window_is_read_whole(a_file(tmp_path_factory.mktemp("lives"))(), lives, edges)


@pytest.mark.postgres
@given(**RESTARTS)
@settings(max_examples=8, deadline=None, suppress_health_check=SHARED)
def test_on_a_server_any_window_over_many_lives_reads_enough(postgres: Cluster, lives, edges):
    name = postgres.database()
    any_window_is_read_whole(PostgresLedger(name), lives, edges)
    postgres.give_back(name)


def test_a_clock_set_back_between_two_lives_does_not_cover_time_twice(ledger: Ledger):
    ledger.append(some_runs("uuuu"), life="life-1", heartbeat_ms=NOON_MS + 100_000)
    ledger.open_life(Life(life="life-2", vantage="local", opened_ms=NOON_MS + 40_000))
    second = some_runs("dddu", started_ms=NOON_MS + 45_000, life="life-2")
    ledger.append(second, life="life-2", heartbeat_ms=NOON_MS + 150_000)
    found = figures(ledger)
    assert found is not None
    # the first life covers up to 100 s; the run at 75 s holds from there to the run at 105 s, that to the one at 135 s
    assert (found.up_ms, found.down_ms, found.unknown_ms) == (100_000 + 15_000, 35_000, 0)


def test_steps_and_a_missed_run_leave_their_marks(ledger: Ledger):
    ledger.append(some_runs("d-"), life="life-1", heartbeat_ms=NOON_MS + 60_000)
    down, missed = all_runs(ledger)
    assert down.failed_step == "buka halaman"
    assert [len(one.steps) for one in down.tries] == [1, 1]
    assert (missed.outcome, missed.tries, missed.duration_us) == (Outcome.MISSED, (), 0)
    assert missed.reason.startswith("missed")


def test_a_step_after_the_recorded_ones_keeps_its_phases(ledger: Ledger):
    """A run under way while a shorter definition is recorded still reads."""
    tries = (a_try(steps=tuple(
        StepResult(name=name, passed=True, critical=True, started_ms=NOON_MS, phases=Phases(body_us=5))
        for name in ("buka halaman", "ambil nomor")
    )),)
    ledger.append([a_run(tries=tries)], life="life-1", heartbeat_ms=NOON_MS + 60_000)
    (kept,) = all_runs(ledger)
    assert len(kept.tries[0].steps) == 2
    assert a_step().name == kept.tries[0].steps[0].name


def test_entries_come_back_in_the_order_they_were_told_each_with_its_number(make: Maker):
    ledger = make()                      # no monitor need ever have lived
    told = [
        an_entry(agency="", by="kementerian"), an_entry(at_ms=NOON_MS - 5), an_entry(service="antrean"),
        an_entry(kind=EntryKind.DISPUTE, agency="dukcapil", body={"why": "ü", "files": [1, "a", True]}, signature="ab"),
    ]
    kept = [ledger.keep_entry(entry) for entry in told]
    assert [entry.number for entry in kept] == sorted({entry.number for entry in kept})
    assert [replace(entry, number=0) for entry in kept] == told
    assert list(ledger.entries()) == kept
    assert ledger.entries(EntryKind.DISPUTE) == (kept[3],)
    assert ledger.entries(agency="dinkes", service="rujukan") == (kept[0], kept[1])
    assert ledger.entries(EntryKind.DEPLOYMENT, "dinkes", "antrean") == (kept[0], kept[1], kept[2])


def test_the_same_entry_again_changes_nothing_and_another_signature_is_another_entry(ledger: Ledger):
    kept = ledger.keep_entry(an_entry())
    assert ledger.keep_entry(an_entry(number=99)) == kept
    assert ledger.keep_entry(an_entry(signature="ab")).number > kept.number
    assert len(ledger.entries()) == 2
