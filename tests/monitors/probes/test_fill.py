"""Saved values in texts: filled in, and never turned into syntax."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from monitors.probes.extract import By, Query, extract
from monitors.probes.fill import (
    FillError,
    Template,
    authored_url,
    in_css,
    in_form,
    in_header,
    in_json,
    in_jsonpath,
    in_pattern,
    in_url,
    plain,
)

VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize(("text", "names", "filled"), [
    ("tanpa", (), "tanpa"),
    ("${a}", ("a",), "1"),
    ("x${a}y${b}z${a}", ("a", "b", "a"), "x1y2z1"),
    ("$a ${} ${1x} $${a", (), "$a ${} ${1x} $${a"),
    ("${a.b-c_d}", ("a.b-c_d",), "3"),
])
def test_placeholders_are_found_and_filled(text: str, names: tuple[str, ...], filled: str):
    template = Template(text)
    assert template.names == names
    assert template.fill({"a": "1", "b": "2", "a.b-c_d": "3"}, plain) == filled


def test_a_value_that_holds_a_placeholder_is_not_filled_again():
    assert Template("${a}").fill({"a": "${b}", "b": "rahasia"}, plain) == "${b}"


def test_a_missing_value_is_named():
    with pytest.raises(FillError, match='no value "csrf" was saved by an earlier step'):
        Template("/${csrf}").fill({}, plain)


@given(VALUES)
def test_in_a_url_any_value_stays_one_segment_and_one_query_value(value: str):
    url = Template("https://a.example/x/${v}/y?q=${v}&r=1").fill({"v": value}, in_url, authored_url)
    parts = urlsplit(url)
    assert parts.hostname == "a.example"
    assert parts.path.count("/") == 3
    assert parse_qs(parts.query, keep_blank_values=True) == {"q": [value], "r": ["1"]}
    assert url.isascii()
    assert url.isprintable()


def test_an_author_s_own_url_keeps_its_syntax_and_its_encodings():
    assert authored_url("https://a.example/b%20c/d;e=1?f=g,h&i[]=j#k") == "https://a.example/b%20c/d;e=1?f=g,h&i[]=j#k"
    assert authored_url("/cari nama/é") == "/cari%20nama/%C3%A9"


@given(VALUES)
def test_in_a_form_any_value_stays_one_field(value: str):
    body = Template("a=${v}").fill({"v": value}, in_form)
    assert parse_qs(body, keep_blank_values=True) == {"a": [value]}


@given(VALUES)
def test_in_json_any_value_stays_one_text(value: str):
    assert json.loads(Template('{"a": "${v}", "b": 1}').fill({"v": value}, in_json)) == {"a": value, "b": 1}


@given(VALUES)
def test_in_a_pattern_any_value_means_itself(value: str):
    assert regex.fullmatch(Template("x${v}y").fill({"v": value}, in_pattern), f"x{value}y")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_in_a_selector_any_value_means_itself(value: str):
    page = LexborHTMLParser("<i>x</i>")
    element = page.css_first("i")
    assert element is not None
    element.attrs["data-v"] = value
    for quotes in ('"', "'"):
        selector = Template(f"i[data-v={quotes}${{v}}{quotes}]").fill({"v": value}, in_css)
        assert page.css_first(selector) is not None, selector


@given(VALUES)
def test_in_a_jsonpath_any_value_means_itself(value: str):
    body = json.dumps({"a": [{"k": "lain"}, {"k": value, "n": "ini"}]})
    for quotes in ('"', "'"):
        path = Template(f"$.a[?@.k == {quotes}${{v}}{quotes}].n").fill({"v": value}, in_jsonpath)
        assert extract(body, [Query(By.JSON, path)])[0].value == "ini"


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\x00b", "a\x7fb"])
def test_a_header_takes_no_line_break(value: str):
    with pytest.raises(FillError, match='the saved value "v" holds a line break or another control character'):
        Template("${v}").fill({"v": value}, in_header)
