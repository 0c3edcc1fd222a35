"""Incidents that flap are one; their down time stays that of the outages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.core.flapping import WINDOW_MS
from monitors.core.incident import Incident, incidents
from monitors.core.incident_merge import merge_flapping
from monitors.core.timeline import service_timeline
from tests.factories import NOON_MS, some_runs
from tests.monitors.core.histories import a_history


def found_in(letters: str) -> tuple[Incident, ...]:
    history = a_history(some_runs(letters))
    return incidents(history, service_timeline(history, until_ms=NOON_MS + len(letters) * 30_000))


def test_two_outages_with_two_minutes_between_are_one_incident_of_their_down_time():
    """Down 30-60 s and 180-240 s: 90 s of down time, 120 s good between, and the ends are those of the outer ones."""
    apart = found_in("ud" + "uuuu" + "dd" + "uu")
    (one,) = merge_flapping(apart)
    assert len(apart) == 2
    assert (one.down_ms, one.good_between_ms, one.outages) == (90_000, 120_000, 2)
    assert (one.name, one.last_good_ms, one.first_bad_ms) == (apart[0].name, apart[0].last_good_ms, apart[0].first_bad_ms)
    assert (one.last_bad_ms, one.first_good_ms) == (apart[1].last_bad_ms, apart[1].first_good_ms)
    assert [failing.runs for failing in one.failing] == [3]


def test_half_an_hour_of_good_between_parts_two_incidents_and_a_moment_less_does_not():
    good = WINDOW_MS // 30_000
    assert len(merge_flapping(found_in("ud" + "u" * good + "du"))) == 2
    assert len(merge_flapping(found_in("ud" + "u" * (good - 1) + "du"))) == 1


def test_an_incident_that_is_open_ends_the_joined_one_openly():
    (one,) = merge_flapping(found_in("uduud"))
    assert one.is_open
    assert one.outages == 2


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 90)), max_size=8))
def test_merging_twice_changes_nothing_and_no_down_time_is_lost(outages):
    apart = found_in("u" + "".join("d" * bad + "u" * good for bad, good in outages))
    once = merge_flapping(apart)
    assert merge_flapping(once) == once
    assert merge_flapping(reversed(apart)) == once
    assert sum(one.down_ms for one in once) == sum(one.down_ms for one in apart)
    assert sum(one.outages for one in once) == len(apart)
