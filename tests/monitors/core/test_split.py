"""What a service was in office hours and outside them: parts that sum to the whole."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitors.core.hours import Calendar
from monitors.core.model import Verdict
from monitors.core.span import clip, merge, total
from monitors.core.split import Part, split, together
from monitors.core.timeline import ServiceTimeline

JAKARTA = ZoneInfo("Asia/Jakarta")
HOUR_MS, MINUTE_MS = 3_600_000, 60_000
PLAIN = Calendar(version="plain", years=frozenset(range(2020, 2030)))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=JAKARTA).timestamp()) * 1000


def a_timeline(start: int, until: int, *pieces: tuple[int, int, Verdict]) -> ServiceTimeline:
    """Up, but for the pieces given in order."""
    segments, since = [], start
    for begin, end, verdict in pieces:
        if since < begin:
            segments.append((since, begin, Verdict.UP))
        segments.append((begin, end, verdict))
        since = end
    if since < until:
        segments.append((since, until, Verdict.UP))
    bad = merge((b, e) for b, e, verdict in pieces if verdict in (Verdict.DOWN, Verdict.UNKNOWN))
    down = merge((b, e) for b, e, verdict in pieces if verdict is Verdict.DOWN)
    return ServiceTimeline(
        start_ms=start, until_ms=until, segments=tuple(segments), possibly_down=bad, certainly_down=down,
    )


def test_an_outage_over_the_closing_hour_counts_on_both_sides_of_it():
    # Monday: counters close at 16.00; down from 15.45 to 16.30
    day = (at("2026-11-23"), at("2026-11-24"))
    timeline = a_timeline(*day, (at("2026-11-23T15:45"), at("2026-11-23T16:30"), Verdict.DOWN))
    found = split(timeline, day, JAKARTA, PLAIN)
    assert found.calendar == "plain"
    assert (found.office.down_ms, found.outside.down_ms) == (15 * MINUTE_MS, 30 * MINUTE_MS)
    assert (found.office.observed_ms, found.outside.observed_ms) == (8.5 * HOUR_MS, 15.5 * HOUR_MS)
    assert found.office.good_ms == 8.5 * HOUR_MS - 15 * MINUTE_MS
    assert found.outside.certainly_down_ms == 30 * MINUTE_MS
    assert found.closures == Part()


def test_a_long_closure_is_told_apart_and_lies_outside_office_hours():
    lebaran = Calendar(
        version="lebaran", years=frozenset({2026}), public=frozenset({date(2026, 3, 20)}),
        joint_leave=frozenset({date(2026, 3, 18), date(2026, 3, 19), date(2026, 3, 23), date(2026, 3, 24)}),
    )
    march = (at("2026-03-01"), at("2026-04-01"))
    timeline = a_timeline(*march, (at("2026-03-22T02:00"), at("2026-03-22T05:00"), Verdict.DOWN))
    found = split(timeline, march, JAKARTA, lebaran)
    assert found.closure_spans == ((at("2026-03-18"), at("2026-03-25")),)
    assert (found.closures.down_ms, found.closures.observed_ms) == (3 * HOUR_MS, 7 * 24 * HOUR_MS)
    assert found.outside.down_ms == 3 * HOUR_MS
    assert found.office.down_ms == 0


def test_what_nobody_can_tell_is_no_office_time_and_no_other():
    undecided = Calendar(version="u", years=frozenset({2026}), undecided=frozenset({2026}))
    day = (at("2026-11-23"), at("2026-11-24"))
    timeline = a_timeline(*day, (at("2026-11-23T15:45"), at("2026-11-23T16:30"), Verdict.DOWN))
    found = split(timeline, day, JAKARTA, undecided)
    assert found.office == Part()
    assert (found.undecided.down_ms, found.outside.down_ms) == (15 * MINUTE_MS, 30 * MINUTE_MS)


def test_only_the_time_that_was_observed_counts():
    day = (at("2026-11-23"), at("2026-11-24"))
    timeline = a_timeline(at("2026-11-23T12:00"), at("2026-11-23T18:00"))
    found = split(timeline, day, JAKARTA, PLAIN)
    assert (found.office.observed_ms, found.outside.observed_ms) == (4 * HOUR_MS, 2 * HOUR_MS)
    assert split(timeline, (0, 1000), JAKARTA, PLAIN).outside == Part()


@given(
    edges=st.lists(st.integers(0, 20 * 24 * HOUR_MS), unique=True, max_size=12).map(sorted),
    verdicts=st.lists(st.sampled_from(list(Verdict)), min_size=12, max_size=12),
)
def test_the_parts_sum_to_the_whole_whatever_happened(edges, verdicts):
    start = at("2026-03-10")
    whole = (start, start + 20 * 24 * HOUR_MS)
    pieces = [
        (start + low, start + high, verdict)
        for low, high, verdict in zip(edges[::2], edges[1::2], verdicts, strict=False)
    ]
    timeline = a_timeline(*whole, *pieces)
    found = split(timeline, whole, JAKARTA, PLAIN)
    parts = together([found.office, found.outside, found.undecided])
    assert parts.observed_ms == parts.known_ms + parts.unknown_ms == whole[1] - whole[0]
    assert parts.down_ms == total(clip(timeline.spans(Verdict.DOWN), whole))
    assert parts.possibly_down_ms == total(timeline.possibly_down)
