"""Saved values by type in a JSON body: text unless a type is asked for, and then nothing but that type."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.model import Step
from monitors.probes.fill import FillError
from monitors.probes.http_body import Body

BODY = '{"teks": "${a}", "angka": "${number:a}"}'


def sent(body: str, **saved: str) -> object:
    data, kind = Body(Step(name="x", json_body=body)).fill(saved)
    assert kind == "application/json"
    assert data is not None
    return json.loads(data)


def test_a_value_is_text_unless_a_type_is_asked_for():
    assert sent(BODY, a="12.50") == {"teks": "12.50", "angka": 12.5}
    assert sent('["${boolean:a}", "${a}"]', a="true") == [True, "true"]


@pytest.mark.parametrize("value", ["007", "", "1,5", "NaN", "1 ", "1}, {", "0x10", "+1", ".5", "\u0661"])
def test_what_is_no_number_is_sent_nowhere(value: str):
    with pytest.raises(FillError, match=r'the saved value "a" is ".*"; expected a number as JSON has it'):
        sent(BODY, a=value)


def test_leading_zeros_live_where_no_type_is_asked_for():
    assert sent('{"a": "${a}"}', a="007") == {"a": "007"}


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_json_number_comes_through_digit_by_digit(number: float):
    body = Body(Step(name="x", json_body='["${number:a}"]'))
    literal = json.dumps(number)
    assert body.fill({"a": literal})[0] == f"[{literal}]".encode()


def test_a_value_that_was_not_saved_is_told_and_its_own_name_is_what_is_needed():
    assert Body(Step(name="x", json_body=BODY)).names == ("a", "a")
    with pytest.raises(FillError):
        sent('["${number:b}"]', a="1")
