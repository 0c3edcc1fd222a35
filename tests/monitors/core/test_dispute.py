"""Disputes: two signers, deadlines, and the time that is marked until the ruling."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitors.core.correction import from_entries as corrections_from
from monitors.core.dispute import Dispute, DisputeRule, DisputeState, Evidence, disputed, from_entries
from monitors.core.entry import Entry, EntryKind
from monitors.core.model import Verdict
from tests.factories import NOON_MS, an_entry

DAY, MIN = 86_400_000, 60_000
RULE = DisputeRule()


def is_signed(entry: Entry) -> bool:
    """Take ``signature`` at its word: what a signature is, the ledger knows."""
    return entry.signature == "good"


def opened(number: int = 1, **body) -> Entry:
    given = {"start_ms": NOON_MS, "end_ms": NOON_MS + 10 * MIN, "claim": "up", "reason": "r", "key": "aa", **body}
    return an_entry(
        kind=EntryKind.DISPUTE, number=number, service="antrean", by="Siti", signature="good", at_ms=NOON_MS + DAY,
        body={"act": "open", **given},
    )


def answered(number: int = 2, at_ms: int = NOON_MS + 2 * DAY, **given) -> Entry:
    return an_entry(**{
        "kind": EntryKind.DISPUTE, "number": number, "service": "antrean", "by": "Operator", "at_ms": at_ms,
        "body": {"act": "answer", "dispute": 1, "reason": "benar"}, **given,
    })


def ruled(number: int = 3, *, by: str = "Budi", signature: str = "good", service: str = "antrean", **body) -> Entry:
    given = {"dispute": 1, "outcome": "upheld", "verdict": "up", "reason": "r", "key": "bb", **body}
    return an_entry(
        kind=EntryKind.CORRECTION, number=number, service=service, by=by, signature=signature,
        at_ms=NOON_MS + 3 * DAY, body=given,
    )


def state(*entries: Entry) -> DisputeState | None:
    found = from_entries(entries, is_signed)
    return found[0].state if found else None


@pytest.mark.parametrize(("entries", "expected"), [
    pytest.param([opened()], DisputeState.OPEN, id="opened"),
    pytest.param([opened(), answered()], DisputeState.ANSWERED, id="answered"),
    pytest.param([opened(), answered(), ruled()], DisputeState.UPHELD, id="ruled"),
    pytest.param([ruled(), answered(), opened()], DisputeState.UPHELD, id="read in any order"),
    pytest.param([opened(), ruled(outcome="rejected")], DisputeState.REJECTED, id="rejected without an answer"),
    pytest.param([opened(), ruled(signature="bad")], DisputeState.OPEN, id="the ruling is not signed"),
    pytest.param([opened(), ruled(by="siti")], DisputeState.OPEN, id="whoever opened it rules"),
    pytest.param([opened(), ruled(key="aa")], DisputeState.OPEN, id="the opener's key rules under another name"),
    pytest.param([opened(), ruled(outcome="perhaps")], DisputeState.OPEN, id="no known outcome"),
    pytest.param([opened(), ruled(service="rujukan")], DisputeState.OPEN, id="ruling of another service"),
    pytest.param([opened(), ruled(outcome="rejected"), ruled(4)], DisputeState.REJECTED, id="the first ruling counts"),
    pytest.param([opened(claim="broken")], None, id="no known claim"),
    pytest.param([opened(end_ms=NOON_MS)], None, id="no time"),
])
def test_a_dispute_goes_its_way_only_by_two_signers(entries, expected):
    assert state(*entries) is expected


def test_an_opening_that_nobody_signed_is_none():
    assert from_entries([opened()], lambda _: False) == ()


def only(*entries: Entry) -> Dispute:
    (found,) = from_entries(entries, is_signed)
    return found


def test_deadlines_are_counted_from_the_opening_and_lateness_is_told():
    found = only(opened())
    due = found.opened_ms + 7 * DAY
    assert (found.answer_due_ms(RULE), found.ruling_due_ms(RULE)) == (due, found.opened_ms + 21 * DAY)
    assert [found.overdue(RULE, at) for at in (due, due + 1, due + 14 * DAY, due + 14 * DAY + 1)] == [
        "", "answer", "answer", "ruling",
    ]
    assert only(opened(), answered()).overdue(RULE, due + 1) == ""
    assert only(opened(), ruled()).overdue(RULE, due + 99 * DAY) == ""


def test_time_may_be_disputed_until_so_many_days_after_its_month_by_the_agencys_clock():
    jakarta, jayapura = ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Jayapura")
    february_jakarta = 1_769_878_800_000     # 1 February 2026 00:00 WIB
    assert RULE.open_until(NOON_MS, jakarta) == february_jakarta + RULE.open_days * DAY
    assert RULE.open_until(february_jakarta, jakarta) == february_jakarta + RULE.open_days * DAY
    # an hour before midnight in Jakarta it is February in Jayapura already
    assert RULE.open_until(february_jakarta - 3_600_000, jayapura) == (
        february_jakarta + (28 + RULE.open_days) * DAY - 2 * 3_600_000
    )


def test_files_are_named_by_their_digest_and_those_of_the_answer_are_added():
    found = only(opened(evidence=[["a" * 64, 12, "log.txt"], "x", ["b", 1]]), answered(body={
        "act": "answer", "dispute": 1, "evidence": [["b" * 64, 9, "foto.jpg"]],
    }))
    assert found.evidence == (
        Evidence(sha256="a" * 64, size=12, name="log.txt"), Evidence(sha256="b" * 64, size=9, name="foto.jpg"),
    )


def test_disputed_time_is_marked_until_the_ruling():
    window = (NOON_MS + 5 * MIN, NOON_MS + 60 * MIN)
    again = opened(9, start_ms=NOON_MS + 8 * MIN, end_ms=NOON_MS + 12 * MIN)
    open_ones = from_entries([opened(), again], is_signed)
    assert disputed(open_ones, "dinkes", "antrean", window) == ((NOON_MS + 5 * MIN, NOON_MS + 12 * MIN),)
    assert disputed(open_ones, "dinkes", "rujukan", window) == ()
    ruled_ones = from_entries([opened(), again, ruled(10, outcome="rejected")], is_signed)
    assert disputed(ruled_ones, "dinkes", "antrean", window) == ((NOON_MS + 8 * MIN, NOON_MS + 12 * MIN),)


def test_a_correction_stands_on_an_upheld_dispute_and_lies_within_it():
    wide = ruled(start_ms=NOON_MS - MIN, end_ms=NOON_MS + 5 * MIN)
    (one,) = corrections_from([opened(), wide], is_signed)
    assert (one.start_ms, one.end_ms, one.verdict, one.dispute) == (NOON_MS, NOON_MS + 5 * MIN, Verdict.UP, 1)
    for entries in ([wide], [opened(), ruled(outcome="rejected")], [opened(), ruled(signature="")],
                    [opened(), ruled(verdict="fine")], [opened(), ruled(start_ms=NOON_MS + 99 * MIN)]):
        assert corrections_from(entries, is_signed) == ()
