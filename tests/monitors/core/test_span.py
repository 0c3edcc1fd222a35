"""Sets of half-open spans: tables and laws."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.span import clip, intersect, merge, subtract, sweep, total

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def moments(spans):
    return {moment for start, end in spans for moment in range(start, end)}


@pytest.mark.parametrize(("spans", "expected"), [
    pytest.param([], (), id="nothing stays nothing"),
    pytest.param([(5, 5), (7, 3)], (), id="empty and inverted spans vanish"),
    pytest.param([(0, 5), (5, 9)], ((0, 9),), id="spans that touch are one"),
    pytest.param([(3, 4), (0, 9)], ((0, 9),), id="a span within another vanishes"),
    pytest.param([(6, 8), (0, 2)], ((0, 2), (6, 8)), id="spans apart stay apart, in order"),
])
def test_merge(spans, expected):
    assert merge(spans) == expected


def test_clip_keeps_what_lies_in_the_window():
    assert clip([(0, 5), (8, 12), (20, 30)], (3, 10)) == ((3, 5), (8, 10))


def test_subtract_cuts_holes():
    assert subtract(((0, 10), (20, 30)), ((2, 4), (8, 22), (29, 40))) == ((0, 2), (4, 8), (22, 29))


@given(SPANS)
def test_merging_keeps_the_moments_and_merging_twice_changes_nothing(spans):
    merged = merge(spans)
    assert moments(merged) == moments(spans)
    assert merge(merged) == merged
    assert total(merged) == len(moments(spans))


@given(SPANS, SPANS)
def test_intersect_and_subtract_part_a_set_in_two(one, other):
    first, second = merge(one), merge(other)
    inside, outside = intersect(first, second), subtract(first, second)
    assert moments(inside) == moments(first) & moments(second)
    assert moments(outside) == moments(first) - moments(second)
    assert total(inside) + total(outside) == total(first)
    assert merge(inside) == inside
    assert merge(outside) == outside


@given(st.lists(SPANS.map(merge), min_size=1, max_size=4))
def test_sweep_decides_at_every_moment_and_joins_equal_neighbours(tracks):
    pieces = sweep([[(s, e, True) for s, e in track] for track in tracks], lambda now: sum(x is True for x in now) or None)
    by_moment = {moment: count for start, end, count in pieces for moment in range(start, end)}
    assert by_moment == {
        moment: sum(moment in moments(track) for track in tracks) for track in tracks for moment in moments(track)
    }
    assert all(a[1] < b[0] or a[2] != b[2] for a, b in itertools.pairwise(pieces))
