"""Half-open spans of time ``[start, end)`` in whole milliseconds, and the arithmetic of sets of them.

A *set* is a tuple of spans, ascending, none empty, none touching the next: the same moments are always the same tuple.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
R = TypeVar("R")

Span = tuple[int, int]
Spans = tuple[Span, ...]


def merge(spans: Iterable[Span]) -> Spans:
    """Make a set of any spans; empty and inverted ones vanish. Merging twice changes nothing."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return tuple(merged)


def clip(spans: Iterable[Span], window: Span) -> Spans:
    """Keep what lies within the window."""
    low, high = window
    return merge((max(start, low), min(end, high)) for start, end in spans)


def intersect(one: Sequence[Span], other: Sequence[Span]) -> Spans:
    """Keep what lies in both sets."""
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> Spans:
    """Keep what lies in the first set and not in the second."""
    if not spans:
        return ()
    first, last = spans[0][0], spans[-1][1]
    edges = [(first, first), *clip(holes, (first, last)), (last, last)]
    return intersect(spans, merge((before[1], after[0]) for before, after in pairwise(edges)))


def total(spans: Iterable[Span]) -> int:
    """Sum of the lengths in milliseconds."""
    return sum(end - start for start, end in spans)


def sweep(
    tracks: Sequence[Sequence[tuple[int, int, T]]], decide: Callable[[tuple[T | None, ...]], R | None],
) -> list[tuple[int, int, R]]:
    """Walk along several tracks of ``(start, end, value)`` at once and decide at each instant.

    Within a track the pieces ascend and do not overlap; where it has none, its value is None. Pieces with equal
    decisions that touch are one; where ``decide`` says None there is no piece.
    """
    edges: list[tuple[int, bool, int, T | None]] = []
    for index, track in enumerate(tracks):
        for start, end, value in track:
            if start < end:
                # at the same instant an end comes before a start, so that the newer piece stays
                edges.append((end, False, index, None))
                edges.append((start, True, index, value))
    edges.sort(key=lambda edge: edge[:3])
    now: list[T | None] = [None] * len(tracks)
    pieces: list[tuple[int, int, R]] = []
    since = 0
    for position, (at, _, index, entering) in enumerate(edges):
        if position and at > since:
            decision = decide(tuple(now))
            if decision is not None:
                if pieces and pieces[-1][1] == since and pieces[-1][2] == decision:
                    pieces[-1] = (pieces[-1][0], at, decision)
                else:
                    pieces.append((since, at, decision))
        since = at
        now[index] = entering
    return pieces
