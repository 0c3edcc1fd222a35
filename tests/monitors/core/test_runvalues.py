"""Values of a run: what each is, and which transactions ask for one."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from monitors.core.model import Assertion, AssertKind, Save, SaveKind, Step
from monitors.core.runvalues import MEANING, run_values, uses_run_values
from tests.factories import NOON_MS, a_transaction

JAKARTA = timezone(timedelta(hours=7))


def test_time_and_date_are_those_of_the_agency():
    values = run_values(NOON_MS + 5_999, uuid="u", counter=7, zone=JAKARTA)
    assert values == {
        "run:uuid": "u", "run:time": "2026-01-01T12:00:05+07:00", "run:date": "2026-01-01", "run:counter": "7",
    }
    assert run_values(NOON_MS + 13 * 3_600_000, uuid="u", counter=1, zone=JAKARTA)["run:date"] == "2026-01-02"


def test_each_value_has_a_meaning():
    assert list(run_values(0, uuid="", counter=1, zone=JAKARTA)) == list(MEANING)


@pytest.mark.parametrize("given", [
    {"url": "/a?${run:uuid}"}, {"headers": (("X", "${run:time}"),)}, {"form": (("a", "x${run:date}"),)},
    {"json_body": '{"a": "${run:counter}"}'},
    {"assertions": (Assertion(kind=AssertKind.CONTAINS, expected="${run:uuid}"),)},
    {"saves": (Save(name="a", kind=SaveKind.REGEX, expression="(${run:uuid})"),)},
])
def test_a_text_anywhere_in_a_step_asks_for_one(given):
    assert uses_run_values(a_transaction(steps=(Step(name="x"), Step(name="y", **given))))


def test_saved_values_are_none_of_them():
    assert not uses_run_values(a_transaction(steps=(Step(name="x", url="/${run}/${uuid}"),)))
