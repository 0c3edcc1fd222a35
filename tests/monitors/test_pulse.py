"""The pulse: beats, and what is said after a stretch without."""

from __future__ import annotations

import asyncio
from typing import cast

from monitors.pulse import STALL_MS, Pulse
from tests.factories import NOON_MS, FixedClock


class Loop:
    """Takes timers and runs none: the test beats."""

    def __init__(self) -> None:
        self.planned: list[float] = []

    def call_later(self, delay_s: float, _work) -> None:
        self.planned.append(delay_s)


def a_pulse() -> tuple[Pulse, FixedClock, list[int], list[tuple[int, int]]]:
    clock, beats, stalls = FixedClock(), list[int](), list[tuple[int, int]]()
    loop = cast("asyncio.AbstractEventLoop", Loop())
    pulse = Pulse(loop, clock, on_beat=beats.append, on_stall=lambda start, end: stalls.append((start, end)))
    pulse.start()
    return pulse, clock, beats, stalls


def test_a_beat_gives_the_time_and_plans_the_next():
    pulse, clock, beats, stalls = a_pulse()
    clock.advance(250)
    pulse.beat()
    assert beats == [NOON_MS, NOON_MS + 250]
    assert cast("Loop", pulse._loop).planned == [0.25, 0.25]
    assert stalls == []


def test_a_stretch_without_a_beat_is_told_with_its_ends():
    pulse, clock, _, stalls = a_pulse()
    clock.advance(90_000)
    pulse.beat()
    assert stalls == [(NOON_MS, NOON_MS + 90_000)]


def test_a_delay_is_no_stretch():
    pulse, clock, _, stalls = a_pulse()
    clock.advance(STALL_MS)
    pulse.beat()
    assert stalls == []
    assert not pulse.was_missing_since(NOON_MS)


def test_a_run_across_a_stretch_is_known_before_and_after_the_pulse_noticed():
    pulse, clock, _, _ = a_pulse()
    clock.advance(90_000)
    assert pulse.was_missing_since(NOON_MS - 100)
    pulse.beat()
    assert pulse.was_missing_since(NOON_MS - 100)
    assert pulse.was_missing_since(NOON_MS + 89_999)
    assert not pulse.was_missing_since(NOON_MS + 90_000)


def test_the_lag_is_how_late_the_next_beat_is():
    pulse, clock, _, _ = a_pulse()
    assert pulse.lag_ms == 0
    clock.advance(1250)
    assert pulse.lag_ms == 1000
