"""Values out of bodies: what is found, what is not, and no crash on anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.probes.extract import VALUE_LIMIT, By, Found, Query, as_text, check, extract, extract_at_once


@pytest.mark.parametrize(("query", "fault"), [
    (Query(By.CSS, "form#ambil > input[name=csrf]"), ""),
    (Query(By.CSS, "a["), "it is not a CSS selector"),
    (Query(By.JSON, "$.a[?@.b > 1].c"), ""),
    (Query(By.JSON, "a.b"), "it is not a JSONPath: "),
    (Query(By.REGEX, r"(?P<n>\d+)"), ""),
    (Query(By.REGEX, "(a"), "it is not a regular expression: missing ) at position 2"),
])
def test_an_expression_is_checked_before_it_is_used(query: Query, fault: str):
    assert check(query).startswith(fault)
    assert bool(check(query)) is bool(fault)


def test_a_value_of_any_length_but_too_long_is_given():
    body = f"<i>{'x' * VALUE_LIMIT}</i><b>{'x' * (VALUE_LIMIT + 1)}</b>"
    fits, not_so = extract(body, [Query(By.CSS, "i"), Query(By.CSS, "b")])
    assert len(fits.value or "") == VALUE_LIMIT
    assert not_so == Found(None, f"the value is {VALUE_LIMIT + 1} characters long, more than {VALUE_LIMIT}")


@pytest.mark.parametrize(("value", "text"), [
    ("teks", "teks"), (True, "true"), (None, "null"), (12, "12"), (False, "false"), ([1, "é", True], '[1,"é",true]'), ({"a": None}, '{"a":null}'),
])
def test_json_values_are_written_as_json_and_texts_as_they_are(value: object, text: str):
    assert as_text(value) == text


@pytest.mark.parametrize("number", ["0.10", "1e3", "-0.0", "12345678901234567890", "1.7976931348623157e999"])
def test_a_number_stays_as_it_was_written(number: str):
    [found] = extract(f'{{"a": {number}}}', [Query(By.JSON, "$.a")])
    assert found.value == number


def test_numbers_can_be_compared_in_a_path():
    body = '{"a": [{"n": 1.5, "k": "kecil"}, {"n": 2.5, "k": "besar"}]}'
    assert extract(body, [Query(By.JSON, "$.a[?@.n > 2].k")]) == [Found("besar")]


def test_a_number_of_any_length_stays_as_it_was_written_alone_and_inside_of_others():
    number = "9" * 10_000
    found = extract(f'{{"a": [{number}, -0, 1.50]}}', [Query(By.JSON, "$.a[0]"), Query(By.JSON, "$.a")])
    assert found == [Found(number), Found(f"[{number},-0,1.50]")]


@pytest.mark.parametrize(("body", "problem"), [
    ("", "it is empty"), ("  \n", "it is empty"), ("<p>Masuk dahulu", 'it begins with "<p>Masuk dahulu"'), ('{"a": 1', "it ends too early"),
    ('{"a": tidak}', '"tidak}" cannot stand where it does'), ('{"a": NaN}', "NaN is no number in it"),
])
def test_a_body_that_is_not_json_is_told_by_what_stands_there(body: str, problem: str):
    assert extract(body, [Query(By.JSON, "$.a")]) == [Found(None, f"the body is not JSON: {problem}")]


def test_half_a_character_is_no_value_that_could_break_a_request():
    assert extract(r'{"a": "x\ud800y"}', [Query(By.JSON, "$.a")]) == [Found("x\ufffdy")]
    assert extract(r'{"a": "\ud83d\ude00"}', [Query(By.JSON, "$.a")]) == [Found("\U0001f600")]


def test_a_pattern_that_runs_away_on_a_small_page_is_left_to_the_reader_and_what_is_quick_is_not():
    small = "x" * 2000
    assert extract_at_once(small, [Query(By.REGEX, "x{3}"), Query(By.REGEX, "(x+x+)+y")]) is None
    assert extract_at_once(small, [Query(By.REGEX, "x{3}")]) == [Found("xxx")]
    assert extract_at_once("x" * 5000, [Query(By.REGEX, "x{3}")]) is None


def test_a_pattern_gives_its_group_or_all_of_its_match():
    body = "kode=A-7;"
    assert extract(body, [Query(By.REGEX, r"kode=(\S+);"), Query(By.REGEX, r"[A-Z]-\d"), Query(By.REGEX, r"x(y)?|k")]) == [
        Found("A-7"), Found("A-7"), Found(""),
    ]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_no_body_of_any_kind_breaks_the_reading(body: str):
    queries = [Query(By.CSS, "form input[name=a]", "value"), Query(By.JSON, "$..a[0]"), Query(By.REGEX, r"(\w+)=\d+")]
    assert len(extract(body, queries)) == 3


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=20,
))
def test_no_json_of_any_shape_breaks_the_search(document: object):
    [found] = extract(json.dumps(document), [Query(By.JSON, "$..a")])
    assert found.problem == ""
