"""Slots: every tick is handed out once, at its time, whatever comes, goes, moves or is late."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.cadence import phase_ms
from monitors.core.slots import SLOT_MS, SlotKey, Slots

T0 = 1_767_243_600_000
KEYS = tuple(f"dinkes/antrean-{n}/ambil" for n in range(40))


def run_through(slots: Slots, start_ms: int, end_ms: int) -> list[tuple[int, str]]:
    """Wake every slot at the beginning of its second, as the scheduler does."""
    found = []
    for now_ms in range(start_ms - start_ms % SLOT_MS, end_ms, SLOT_MS):
        for place in list(slots.places()):
            if (now_ms - place.slot * SLOT_MS) % place.interval_ms == 0:
                for tick in slots.due(place, now_ms):
                    found += [(tick.at_ms, key) for key in tick.keys]
    return sorted(found)


def test_each_transaction_runs_once_an_interval_at_its_phase():
    slots = Slots()
    for key in KEYS:
        slots.put(key, 30_000, T0)
    found = run_through(slots, T0 + 1000, T0 + 91_000)
    assert len(found) == 3 * len(KEYS)
    assert all(at_ms % 30_000 == phase_ms(key, 30_000) for at_ms, key in found)


def test_ticks_that_share_an_instant_are_one():
    slots = Slots()
    for key in KEYS:
        slots.put(key, 1000, T0)
    ticks = slots.due(SlotKey(1000, 0), T0 + 1000)
    assert ticks[0].at_ms >= T0 + 1000
    assert [tick.at_ms for tick in ticks] == sorted({tick.at_ms for tick in ticks})
    assert sum(len(tick.keys) for tick in ticks) == len(KEYS)


def test_a_transaction_that_comes_in_the_middle_of_its_second_waits_for_the_next_one():
    slots = Slots()
    place, _ = slots.put(KEYS[0], 30_000, T0)
    begin = T0 + (place.slot * SLOT_MS - T0) % 30_000
    late = Slots()
    late.put(KEYS[0], 30_000, begin + 1)
    assert late.due(place, begin + 2) == []
    [tick] = late.due(place, begin + 30_000)
    assert tick.at_ms == begin + 30_000 + phase_ms(KEYS[0], 30_000) % SLOT_MS


def test_what_comes_and_goes_moves_no_other_phase():
    alone, crowded = Slots(), Slots()
    alone.put(KEYS[0], 30_000, T0)
    for key in KEYS:
        crowded.put(key, 30_000, T0)
    for key in KEYS[1:20]:
        crowded.remove(key)
    expected = run_through(alone, T0 + 1000, T0 + 61_000)
    assert [(at_ms, key) for at_ms, key in run_through(crowded, T0 + 1000, T0 + 61_000) if key == KEYS[0]] == expected


def test_a_slot_whose_last_member_leaves_is_told():
    slots = Slots()
    place, emptied = slots.put(KEYS[0], 30_000, T0)
    assert emptied is None
    moved, emptied = slots.put(KEYS[0], 60_000, T0)
    assert emptied == place
    assert slots.remove(KEYS[0]) == moved
    assert slots.remove(KEYS[0]) is None
    assert len(slots) == 0


def test_putting_a_transaction_where_it_is_changes_nothing():
    slots = Slots()
    slots.put(KEYS[0], 30_000, T0)
    first = run_through(slots, T0 + 1000, T0 + 31_000)
    slots.put(KEYS[0], 30_000, first[0][0])
    assert run_through(slots, T0 + 31_000, T0 + 61_000) == [(first[0][0] + 30_000, KEYS[0])]


def test_a_late_wake_up_hands_out_every_tick_that_was_due():
    slots = Slots()
    place, _ = slots.put(KEYS[0], 1000, T0)
    phase = phase_ms(KEYS[0], 1000)
    late = slots.due(place, T0 + 5_400)
    assert [tick.at_ms for tick in late] == [T0 + second * 1000 + phase for second in range(1, 6)]
    assert slots.due(place, T0 + 5_500) == []


def test_a_wake_up_a_moment_early_is_for_the_second_to_come():
    slots = Slots()
    place, _ = slots.put(KEYS[0], 30_000, T0)
    begin = T0 + (place.slot * SLOT_MS - T0) % 30_000
    [tick] = slots.due(place, begin - 3)
    assert begin <= tick.at_ms < begin + SLOT_MS
    assert slots.due(place, begin) == []


def test_skipped_time_has_no_ticks():
    slots = Slots()
    place, _ = slots.put(KEYS[0], 1000, T0)
    slots.skip(T0 + 10_000)
    assert all(tick.at_ms > T0 + 10_000 for tick in slots.due(place, T0 + 12_000))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2500), min_size=1, max_size=30), st.sampled_from([1000, 1500, 2000, 5000]))
def test_no_tick_is_lost_or_doubled_however_late_the_wake_ups_are(waits: list[int], interval_ms: int):
    slots = Slots()
    place, _ = slots.put("a/b/c", interval_ms, T0)
    now_ms, found = T0, []
    for wait in waits:
        now_ms += wait
        found += [tick.at_ms for tick in slots.due(place, now_ms)]
    phase = phase_ms("a/b/c", interval_ms)
    first = T0 + interval_ms - (T0 - place.slot * SLOT_MS) % interval_ms     # its second begins next
    last = max(found, default=0)
    assert found == [at_ms for at_ms in range(first, last + 1) if at_ms % interval_ms == phase]
    assert last >= now_ms - interval_ms or now_ms < first + interval_ms


@pytest.mark.parametrize("years", [0, 10])
def test_skipped_ticks_are_counted_and_not_gone_through(years: int):
    """Every member's ticks in the time that was skipped; ten years of them at once."""
    slots = Slots()
    for number in range(50):
        slots.put(f"a/b/{number}", 30_000, T0)
    span_ms = 30_000 * 4 + years * 365 * 86_400_000
    begun = T0 + 60_000                  # all members count from here on, wherever their second is
    slots.skip(begun)
    assert slots.skip(begun + span_ms) == 50 * (span_ms // 30_000)
    assert slots.skip(begun + span_ms) == 0
