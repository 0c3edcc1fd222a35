"""The wall clock against the clock of a life: told once, believed when it stays, explained by sleep."""

from __future__ import annotations

import pytest

from monitors.core.wall import Finding, WallWatch

TEN_YEARS_MS = 315_532_800_000


def looks(watch: WallWatch, *seen: tuple[int, int]) -> list[Finding]:
    return [watch.look(now_ms, off_by_ms) for now_ms, off_by_ms in seen]


def test_a_second_is_no_disagreement():
    assert looks(WallWatch(), (0, 1000), (60_000, -1000), (120_000, 0)) == [Finding.NOTHING] * 3


@pytest.mark.parametrize("off_by_ms", [1001, -1001, TEN_YEARS_MS, -TEN_YEARS_MS])
def test_a_step_is_told_once_and_believed_after_a_minute(off_by_ms: int):
    watch = WallWatch()
    found = looks(watch, *((at, off_by_ms) for at in range(0, 60_001, 10_000)))
    assert found == [Finding.DISAGREES, *[Finding.NOTHING] * 5, Finding.SETTLED]


def test_a_clock_that_wanders_is_not_believed_until_it_stays():
    watch = WallWatch()
    found = looks(watch, (0, 5000), (30_000, 9000), (70_000, 9500), (90_000, 9900))
    assert found == [Finding.DISAGREES, Finding.DISAGREES, Finding.NOTHING, Finding.SETTLED]


def test_a_step_that_is_taken_back_is_over():
    watch = WallWatch()
    assert looks(watch, (0, 5000), (59_000, 0), (61_000, 5000)) == [
        Finding.DISAGREES, Finding.AGREES, Finding.DISAGREES,
    ]


def test_the_sleep_of_the_machine_explains_it_at_once():
    assert WallWatch().look(0, 3_600_000, 3_600_500) is Finding.SLEPT
    assert WallWatch().look(0, 3_600_000, 0) is Finding.DISAGREES
    assert WallWatch().look(0, -3_600_000, 3_600_000) is Finding.DISAGREES
