"""Changed promises: from the next month on, or by a signed decision for their own month already."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from monitors.core.entry import EntryKind
from monitors.core.model import Promise
from monitors.core.promise_change import EarlyPromise, changes, from_entries, with_early
from monitors.core.sla import promise_at, statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window, month_window
from tests.factories import NOON_MS, a_target, a_transaction, an_entry, some_runs
from tests.monitors.core.histories import a_definition, a_history

JAKARTA = ZoneInfo("Asia/Jakarta")
MINUTE_MS = 60_000
STRICT = a_target(promise=Promise(target=Decimal("99.9")))
FIRST = a_definition(digest="one")
SECOND = a_definition(digest="two", target=STRICT, recorded_ms=NOON_MS + 10 * MINUTE_MS)
JANUARY = month_window("2026-01", JAKARTA)


def decision(**given) -> EarlyPromise:
    return EarlyPromise(**{
        "number": 1, "agency": "dinkes", "service": "antrean", "month": "2026-01", "digest": "two", "reason": "r",
        "by": "Siti", "at_ms": NOON_MS + 20 * MINUTE_MS, **given,
    })


def target_of(history, window: Window = JANUARY):
    found = statement(history, service_timeline(history, until_ms=NOON_MS + 30 * MINUTE_MS), window)
    assert found is not None
    return found.target


def test_a_change_counts_from_the_next_month_on_unless_it_is_decided():
    history = a_history(some_runs("u" * 60), definitions=[FIRST, SECOND])
    assert target_of(history) == Decimal("99.5")
    assert target_of(with_early(history, [decision()], JAKARTA)) == Decimal("99.9")


@pytest.mark.parametrize("wrong", [
    pytest.param({"digest": "three"}, id="another definition"),
    pytest.param({"service": "rujukan"}, id="another service"),
    pytest.param({"month": "2026-02"}, id="a month in which it was not changed"),
    pytest.param({"month": "Januari"}, id="no month"),
    pytest.param({"at_ms": JANUARY.end_ms}, id="taken when the month was over"),
    pytest.param({"at_ms": NOON_MS + 9 * MINUTE_MS}, id="taken before the change"),
    pytest.param({"digest": "one"}, id="the definition that began the service's life"),
])
def test_a_decision_that_does_not_fit_changes_nothing(wrong):
    history = a_history(some_runs("u" * 60), definitions=[FIRST, SECOND])
    decided = with_early(history, [decision(**wrong)], JAKARTA)
    assert target_of(decided) == Decimal("99.5")


def test_the_months_before_keep_their_promise_and_their_figures():
    """In force since December, changed in January: December stays as it was."""
    december = month_window("2025-12", JAKARTA)
    history = a_history(
        some_runs("uudd" + "u" * 56), definitions=[replace(FIRST, recorded_ms=december.start_ms + MINUTE_MS), SECOND],
    )
    decided = with_early(history, [decision()], JAKARTA)
    assert (target_of(decided, december), target_of(decided)) == (Decimal("99.5"), Decimal("99.9"))
    assert promise_at(decided, JANUARY.start_ms - 1).target == Decimal("99.5")
    until = NOON_MS + 30 * MINUTE_MS
    assert service_timeline(decided, until_ms=until) == service_timeline(history, until_ms=until)


def test_of_two_decisions_on_a_month_the_later_one_counts():
    third = a_definition(
        digest="three", target=a_target(promise=Promise(target=Decimal(98))), recorded_ms=NOON_MS + 12 * MINUTE_MS,
    )
    history = a_history(some_runs("u" * 60), definitions=[FIRST, SECOND, third])
    both = [decision(number=7, digest="three"), decision(number=5)]
    assert target_of(with_early(history, both, JAKARTA)) == Decimal(98)


def test_only_signed_decisions_are_read():
    entry = an_entry(
        kind=EntryKind.PROMISE, service="antrean", by="Siti", at_ms=NOON_MS, number=4,
        body={"act": "early", "month": "2026-01", "digest": "two", "reason": "SE 12"},
    )
    assert from_entries([entry], lambda _: True) == (decision(number=4, at_ms=NOON_MS, reason="SE 12"),)
    assert from_entries([entry], lambda _: False) == ()
    assert from_entries([replace(entry, service="")], lambda _: True) == ()


def test_what_changed_is_told_in_words_once_for_all_vantages():
    after = a_target(
        promise=Promise(target=Decimal("99.9"), hours=((time(6), time(22)),) * 7),
        transactions=(a_transaction(interval_ms=60_000, deadline_ms=5_000, primary=False), a_transaction(name="baru")),
    )
    second = a_definition(digest="two", target=after, recorded_ms=NOON_MS + 5_000)
    history = a_history([], definitions=[
        FIRST, replace(FIRST, vantage="b", recorded_ms=NOON_MS + 1_000), second,
        replace(second, vantage="b", recorded_ms=NOON_MS + 9_000),
    ])
    (change,) = changes(history, (NOON_MS, NOON_MS + 60_000))
    assert (change.at_ms, change.changes_promise) == (NOON_MS + 5_000, True)
    assert change.what == (
        "the promise from 99.5 % to 99.9 %", "the hours of the promise", "ambil-nomor made secondary",
        "the interval of ambil-nomor from 30 s to 60 s", "the deadline of ambil-nomor from 10 s to 5 s", "baru added",
    )
    assert changes(history, (NOON_MS + 10_000, NOON_MS + 60_000)) == ()
