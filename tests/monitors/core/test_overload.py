"""When the monitor is overloaded, and which failures that makes doubtful."""

from __future__ import annotations

import pytest

from monitors.core.overload import Load, Overload, falsifying, overloads


@pytest.mark.parametrize(("load", "told"), [
    (Load(), ()),
    (Load(lag_ms=1000), ()),
    (Load(lag_ms=1001), ("the loop was 1001 ms late",)),
    (Load(descriptors=950, most_descriptors=1000), ()),
    (Load(descriptors=951, most_descriptors=1000), ("951 of 1000 file descriptors are in use",)),
    (Load(descriptors=10**6), ()),
])
def test_lag_and_a_lack_of_descriptors_make_failures_doubtful(load: Load, told: tuple[str, ...]):
    assert falsifying(load) == overloads(load) == told


def test_a_queue_is_an_overload_and_falsifies_nothing():
    load = Load(waiting=101, under_way=100, most_under_way=100)
    assert falsifying(load) == ()
    assert overloads(load) == ("101 runs wait for a place, 100 of at most 100 are under way",)
    assert overloads(Load(waiting=100, under_way=100, most_under_way=100)) == ()


def test_a_run_is_suspect_if_it_was_so_at_any_time_within_it():
    overload = Overload()
    overload.take(1000, Load(lag_ms=1500, descriptors=99, most_descriptors=100))
    overload.take(2000, Load())
    assert overload.now == ()
    assert overload.since(999) == "the loop was 1500 ms late and 99 of 100 file descriptors are in use"
    assert overload.since(1000)
    assert overload.since(1001) == ""
