"""The clock of a life: an anchor and monotonic time."""

from __future__ import annotations

import time

from monitors.clock import LifeClock


class Hands:
    def __init__(self) -> None:
        self.wall, self.mono = 1_767_243_600_000_000_000, 77_000_000_000

    def clock(self) -> LifeClock:
        return LifeClock(wall_ns=lambda: self.wall, monotonic_ns=lambda: self.mono)


def test_stamps_follow_monotonic_time_whatever_the_wall_clock_does():
    hands = Hands()
    clock = hands.clock()
    start = clock.now_ms
    hands.mono += 1_500_000_000
    hands.wall -= 3_600_000_000_000
    assert clock.now_ms == start + 1500


def test_a_disagreement_with_the_wall_clock_is_told_with_its_sign():
    hands = Hands()
    clock = hands.clock()
    assert clock.off_by_ms == 0
    hands.wall += 10_000_000_000
    hands.mono += 1_000_000_000
    assert clock.off_by_ms == 9000
    hands.wall -= 20_000_000_000
    assert clock.off_by_ms == -11_000


def test_a_new_clock_agrees_with_the_wall():
    assert abs(LifeClock().now_ms - time.time() * 1000) < 1000


def test_sleep_is_what_the_clock_since_boot_is_ahead():
    hands, boot = Hands(), 900_000_000_000
    clock = LifeClock(wall_ns=lambda: hands.wall, monotonic_ns=lambda: hands.mono, boot_ns=lambda: hands.mono + boot)
    assert clock.slept_ms == 0
    boot += 3_600_000_000_000
    assert clock.slept_ms == 3_600_000
