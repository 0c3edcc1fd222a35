"""When a transaction runs: stable phases, ticks, the faster pace after a run that is not good."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.cadence import PHASE_STEP_MS, Pace, is_missed, phase_ms, ticks, transaction_key
from monitors.core.model import Outcome, Verdict
from tests.factories import a_run

KEYS = [transaction_key("dinkes", f"layanan-{n}", "ambil-nomor") for n in range(13_000)]


PHASES = [28560, 10280, 5660, 26700]
PHASE_OF_A_SECOND = 200


def test_a_phase_never_changes():
    """These figures are the promise: another hash would move every service's phase at an upgrade."""
    assert [phase_ms(key, 30_000) for key in KEYS[:4]] == PHASES
    assert phase_ms("dinkes/antrean/ambil-nomor", 1000) == PHASE_OF_A_SECOND


@given(st.text(max_size=40), st.integers(1000, 86_400_000))
def test_a_phase_lies_within_its_interval_on_a_step(key: str, interval_ms: int):
    phase = phase_ms(key, interval_ms)
    assert 0 <= phase < interval_ms
    assert phase % PHASE_STEP_MS == 0


def test_thirteen_thousand_services_spread_evenly_over_their_interval():
    seconds = Counter(phase_ms(key, 30_000) // 1000 for key in KEYS)
    assert len(seconds) == 30
    assert max(seconds.values()) < 1.25 * len(KEYS) / 30


@given(
    st.integers(0, 1500), st.sampled_from([1000, 1500, 30_000]), st.integers(0, 10**13), st.integers(0, 200_000),
)
def test_ticks_are_the_instants_of_a_phase_in_a_span(phase_steps: int, interval_ms: int, after_ms: int, length_ms: int):
    phase = phase_steps * PHASE_STEP_MS % interval_ms
    found = list(ticks(phase, interval_ms, after_ms=after_ms, until_ms=after_ms + length_ms))
    assert found == [t for t in range(after_ms + 1, after_ms + length_ms + 1) if t % interval_ms == phase]


@pytest.mark.parametrize(("now_ms", "missed"), [(1000, False), (30_999, False), (31_000, True), (99_000, True)])
def test_a_run_is_missed_one_interval_after_its_time(now_ms: int, missed: bool):
    assert is_missed(1000, 30_000, now_ms) is missed


UP, DOWN = a_run(), a_run(verdict=Verdict.DOWN)
AGAIN = a_run(verdict=Verdict.DEGRADED)
SLOW = a_run(verdict=Verdict.DEGRADED, first_try_failed=False, failed_step="")
UNKNOWN = a_run(verdict=Verdict.UNKNOWN)
MISSED = a_run(outcome=Outcome.MISSED, verdict=Verdict.UNKNOWN)


@pytest.mark.parametrize(("runs", "interval_ms"), [
    pytest.param([], 30_000, id="no run yet: looked at closely"),
    pytest.param([UP], 30_000, id="one good run is not enough"),
    pytest.param([UP, UP], 300_000, id="two good runs in a row"),
    pytest.param([UP, UP, DOWN], 30_000, id="a bad run after good ones"),
    pytest.param([UP, UP, DOWN, UP], 30_000, id="one good run after a bad one"),
    pytest.param([UP, UP, DOWN, UP, DOWN, UP], 30_000, id="good runs that are not in a row"),
    pytest.param([UP, UP, DOWN, UP, UP], 300_000, id="two good runs after a bad one"),
    pytest.param([UP, UP, AGAIN], 30_000, id="the first try failed"),
    pytest.param([UP, UP, SLOW], 300_000, id="slow is no reason to ask more often"),
    pytest.param([UP, UP, UNKNOWN], 30_000, id="unknown is not good"),
    pytest.param([UP, UP, MISSED], 300_000, id="a missed run asks for no more runs"),
    pytest.param([UP, MISSED, UP], 300_000, id="a missed run breaks no row"),
])
def test_the_pace_follows_the_runs(runs, interval_ms: int):
    pace = Pace(300_000)
    for run in runs:
        pace.take(run)
    assert pace.current_ms == interval_ms
    assert pace.is_repeating is (interval_ms == 30_000)


def test_a_short_interval_is_never_made_longer():
    pace = Pace(5000)
    pace.take(DOWN)
    assert pace.current_ms == 5000
    assert not pace.is_repeating
