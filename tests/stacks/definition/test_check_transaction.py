"""Rules between the keys of a transaction that the broken files do not show: defaults and warnings."""

from __future__ import annotations

import pytest

from stacks import yamlio
from stacks.definition.check_transaction import check_transaction, deadline_of, interval_of, step_name
from stacks.definition.faults import Findings, Place
from stacks.definition.grammar_transaction import TRANSACTION
from stacks.tiers import standard_tiers

SILVER = standard_tiers()["silver"]


def read(text):
    findings = Findings(file="a.yaml")
    record = TRANSACTION.read(yamlio.read(text.encode()), Place(findings=findings, line=1))
    assert record is not None
    check_transaction(record, SILVER)
    return record, findings


def test_interval_and_deadline_come_from_the_tier():
    record, findings = read("steps: [{get: /}]")
    assert findings.faults == []
    assert (interval_of(record, SILVER), deadline_of(record, SILVER)) == (30_000, 10_000)


@pytest.mark.parametrize(("interval", "deadline_ms"), [("5s", 2_000), ("1s", 400), ("20s", 8_000), ("1h", 10_000)])
def test_the_deadline_of_the_tier_shrinks_with_the_interval(interval, deadline_ms):
    record, findings = read(f"interval: {interval}\nsteps: [{{get: /}}]")
    assert findings.faults == []
    assert deadline_of(record, SILVER) == deadline_ms


@pytest.mark.parametrize(("interval", "deadline", "fits"), [("30s", "15s", False), ("30s", "14999ms", True), ("1s", "500ms", False)])
def test_two_tries_must_fit_into_the_interval_with_room_to_spare(interval, deadline, fits):
    _, findings = read(f"interval: {interval}\ndeadline: {deadline}\nsteps: [{{get: /}}]")
    assert (findings.faults == []) is fits


def test_a_step_without_a_name_is_named_by_method_and_path():
    record, _ = read("steps: [{post: /antrean}]")
    assert step_name(record["steps"][0][1]) == "POST /antrean"


def test_a_critical_step_that_needs_a_value_of_one_that_may_fail_is_a_warning():
    _, findings = read(
        "steps:\n- {name: a, get: /, critical: false, save: {x: {cookie: s}}}\n- {name: b, get: '/${x}'}\n",
    )
    assert findings.faults == []
    assert '${x} is saved by "a", which is not critical' in findings.warning_lines()[0]


def test_a_latency_target_beyond_the_deadline_is_a_warning():
    _, findings = read("interval: 30s\ndeadline: 2s\nlatency: 3s\nsteps: [{get: /}]")
    assert "has failed by its deadline of 2s before" in findings.warning_lines()[0]


def test_saved_values_are_found_wherever_they_are_put_in():
    _, findings = read(
        "steps:\n- post: '/${a}'\n  headers: {X-Token: '${b}'}\n  json: {k: ['${c}']}\n"
        "  expect: {contains: ['${d}'], json: {'$.x': '${e}'}, css: {'#${f}': '${g}'}, header: {X: '${h}'}, matches: '${i}'}\n",
    )
    assert sorted(fault.what[2] for fault in findings.faults) == list("abcdefghi")
