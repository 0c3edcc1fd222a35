"""Which maintenance windows are left out of the second figure, and which are not, by hand-worked cases."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.entry import Entry, EntryKind
from monitors.core.maintenance import Maintenance, MaintenanceRule, Standing, from_entries, rule_for, rules_from_entries
from monitors.core.maintenance_figures import Piece, agreed, excluded, overrun, pieces
from monitors.core.model import Verdict
from monitors.core.span import total
from monitors.core.timeline import ServiceTimeline
from tests.factories import NOON_MS, an_entry

JAKARTA, JAYAPURA = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
MIN, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = NOON_MS + 3 * DAY


def told(number: int, act: str, at_ms: int = NOON_MS, *, by: str = "Siti", service: str = "", **body) -> Entry:
    return an_entry(
        kind=EntryKind.MAINTENANCE, number=number, at_ms=at_ms, by=by, service=service, body={"act": act, **body},
    )


def announced(number: int = 1, at_ms: int = NOON_MS, *, start_ms: int = START, length: int = HOUR, **more) -> Entry:
    return told(number, "announce", at_ms, start_ms=start_ms, end_ms=start_ms + length, reason="pembaruan", **more)


def approved(number: int = 2, at_ms: int = NOON_MS + HOUR, *, window: int = 1, by: str = "Budi", **more) -> Entry:
    return told(number, "approve", at_ms, by=by, window=window, **more)


def only(*entries: Entry) -> Maintenance:
    (found,) = from_entries(entries)
    return found


def timeline(*segments: tuple[int, int, Verdict]) -> ServiceTimeline:
    down = tuple((start, end) for start, end, verdict in segments if verdict is Verdict.DOWN)
    return ServiceTimeline(
        start_ms=segments[0][0], until_ms=segments[-1][1], segments=segments, possibly_down=down, certainly_down=down,
    )


@pytest.mark.parametrize(("entries", "standing"), [
    pytest.param([announced(), approved()], Standing.EXCLUDED, id="in time and approved by another"),
    pytest.param([announced()], Standing.NOT_APPROVED, id="nobody approved"),
    pytest.param([announced(), approved(by=" siti ")], Standing.NOT_APPROVED, id="the announcer approved it herself"),
    pytest.param(
        [announced(by="S", key="aa"), approved(by="T", key="aa")], Standing.NOT_APPROVED, id="two names, one key",
    ),
    pytest.param([announced(at_ms=START - 48 * HOUR), approved(at_ms=START)], Standing.EXCLUDED, id="48 h to the ms"),
    pytest.param([announced(at_ms=START - 48 * HOUR + 1), approved()], Standing.LATE_NOTICE, id="1 ms short of 48 h"),
    pytest.param([announced(at_ms=START + 1), approved(at_ms=START + 2)], Standing.ANNOUNCED_AFTER, id="afterwards"),
    pytest.param([announced(), approved(at_ms=START + 1)], Standing.APPROVED_AFTER, id="approved while it ran"),
    pytest.param([announced(), approved(), told(3, "cancel", window=1)], Standing.CANCELLED, id="cancelled before"),
    pytest.param(
        [announced(), approved(), told(3, "cancel", START + 2 * HOUR, window=1)], Standing.EXCLUDED,
        id="cancelled when it was over",
    ),
    pytest.param([announced(), approved(service="antrean")], Standing.NOT_APPROVED, id="approval of another service"),
    pytest.param([approved(number=1, window=2), announced(number=2)], Standing.NOT_APPROVED, id="approved unseen"),
])
def test_a_window_counts_only_by_the_rules(entries, standing):
    assert only(*entries).standing is standing


def test_a_window_that_is_cancelled_while_it_runs_ends_there():
    found = only(announced(), approved(), told(3, "cancel", START + 20 * MIN, window=1))
    assert excluded(pieces([found], "dinkes", "antrean", JAKARTA)) == ((START, START + 20 * MIN),)


def test_a_rule_is_for_windows_announced_after_it_and_an_agency_may_only_be_stricter():
    national = an_entry(
        kind=EntryKind.MAINTENANCE, agency="", number=3, body={"act": "rule", "notice_ms": 24 * HOUR, "cap_ms": HOUR},
    )
    laxer = told(4, "rule", notice_ms=0, cap_ms=9 * HOUR)
    late = announced(number=1, at_ms=START - 30 * HOUR)
    later = announced(number=5, at_ms=START - 30 * HOUR)
    found = from_entries([late, national, laxer, later])
    assert [one.standing for one in found] == [Standing.LATE_NOTICE, Standing.NOT_APPROVED]
    assert found[1].rule == MaintenanceRule(notice_ms=24 * HOUR, cap_ms=HOUR)
    rules = rules_from_entries([national, told(4, "rule", notice_ms=72 * HOUR, cap_ms=2 * HOUR)])
    assert rule_for("dinkes", rules) == MaintenanceRule(notice_ms=72 * HOUR, cap_ms=HOUR)
    assert rule_for("dukcapil", rules) == MaintenanceRule(notice_ms=24 * HOUR, cap_ms=HOUR)


def parts_of(*spans: tuple[int, int], zone: ZoneInfo = JAKARTA, cap: int = 4 * HOUR) -> tuple[Piece, ...]:
    windows = [
        Maintenance(
            number=number, agency="dinkes", service="", start_ms=start, end_ms=end, reason="", announced_by="Siti",
            announced_ms=0, rule=MaintenanceRule(notice_ms=0, cap_ms=cap), approved_by="Budi", approved_ms=0,
        )
        for number, (start, end) in enumerate(spans, 1)
    ]
    return pieces(windows, "dinkes", "antrean", zone)


def test_time_under_two_windows_uses_the_cap_once():
    """10-13 h and 12-15 h are five hours; four are agreed: 10-14 h count, 14-15 h do not."""
    parts = parts_of((START, START + 3 * HOUR), (START + 2 * HOUR, START + 5 * HOUR))
    assert excluded(parts) == ((START, START + 4 * HOUR),)
    assert [(p.start_ms, p.end_ms, p.maintenance.number) for p in parts if p.standing is Standing.OVER_CAP] == [
        (START + 4 * HOUR, START + 5 * HOUR, 2),
    ]


def test_a_window_over_a_months_end_uses_the_cap_of_each_month_by_the_agencys_clock():
    """1 February begins in Jayapura two hours before Jakarta: with 1 h a month the parts that count differ."""
    february_jakarta = 1_769_878_800_000     # 2026-01-31 17:00 UTC
    window = (february_jakarta - 3 * HOUR, february_jakarta + 3 * HOUR)
    assert excluded(parts_of(window, cap=HOUR)) == (
        (window[0], window[0] + HOUR), (february_jakarta, february_jakarta + HOUR),
    )
    february_jayapura = february_jakarta - 2 * HOUR
    assert excluded(parts_of(window, cap=HOUR, zone=JAYAPURA)) == ((window[0], february_jayapura + HOUR),)


def test_another_services_window_concerns_it_not():
    window = only(announced(service="rujukan"), approved(service="rujukan"))
    assert pieces([window], "dinkes", "antrean", JAKARTA) == ()
    assert len(pieces([window], "dinkes", "rujukan", JAKARTA)) == 1


def test_the_second_figure_leaves_the_window_out_of_both_and_the_overrun_stays_down():
    """Down 10.30-11.30 in a window 10-11: 30 min go out with it, and the 30 min after it stay down time."""
    window = only(announced(start_ms=START), approved())
    line = timeline(
        (START - HOUR, START + 30 * MIN, Verdict.UP), (START + 30 * MIN, START + 90 * MIN, Verdict.DOWN),
        (START + 90 * MIN, START + 2 * HOUR, Verdict.UP),
    )
    found = agreed(line, (line.start_ms, line.until_ms), pieces([window], "dinkes", "antrean", JAKARTA))
    assert (found.excluded_ms, found.good_ms, found.down_ms, found.known_ms) == (
        HOUR, HOUR + 30 * MIN, 30 * MIN, 2 * HOUR,
    )
    assert (found.possibly_down_ms, found.certainly_down_ms) == (30 * MIN, 30 * MIN)
    assert overrun(window, line) == (START + HOUR, START + 90 * MIN)


def test_a_window_that_does_not_count_leaves_the_figure_as_it_is_and_is_told():
    window = only(announced())
    line = timeline((START, START + HOUR, Verdict.DOWN), (START + HOUR, START + 2 * HOUR, Verdict.UP))
    found = agreed(line, (START, START + 2 * HOUR), pieces([window], "dinkes", "antrean", JAKARTA))
    assert (found.excluded_ms, found.down_ms) == (0, HOUR)
    assert [piece.standing for piece in found.pieces] == [Standing.NOT_APPROVED]
    assert overrun(window, line) is None


EDGES = st.lists(st.integers(0, 48), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.lists(EDGES, max_size=6), st.integers(0, 20), st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=12))
def test_excluded_and_counted_time_add_up_and_the_cap_is_never_passed(hours, cap, verdicts):
    parts = parts_of(*[(START + a * HOUR, START + b * HOUR) for a, b in hours], cap=cap * HOUR)
    assert total(excluded(parts)) <= cap * HOUR
    asked = {(START + h * HOUR, START + (h + 1) * HOUR) for a, b in hours for h in range(a, b)}
    covered = {
        (start, start + HOUR) for piece in parts for start in range(piece.start_ms, piece.end_ms, HOUR)
    }
    assert covered == asked
    line = timeline(*[(START + i * 4 * HOUR, START + (i + 1) * 4 * HOUR, v) for i, v in enumerate(verdicts)])
    found = agreed(line, (line.start_ms, line.until_ms), parts)
    assert found.known_ms + found.unknown_ms + found.excluded_ms == line.until_ms - line.start_ms
    assert found.certainly_down_ms <= found.possibly_down_ms <= found.observed_ms
