"""Texts, words of a closed set, and claims."""

from __future__ import annotations

import pytest

from stacks.definition.faults import Findings, Place
from stacks.definition.scalars import Choice, Flag, Text
from stacks.definition.tree import Scalar, Table


def read(kind, text, *, is_plain=True):
    findings = Findings(file="a.yaml")
    value = kind.read(Scalar(text=text, line=1, is_plain=is_plain), Place(findings=findings, line=1))
    return value, [line.removeprefix("a.yaml:1: file: ") for line in findings.lines()]


def test_text_in_quotes_is_text_whatever_it_looks_like():
    assert read(Text(), "no", is_plain=False) == ("no", [])


def test_a_whole_number_is_text_where_numbers_may_stand():
    assert read(Text(takes_numbers=True), "8000") == ("8000", [])
    assert read(Text(), "8000")[0] is None
    assert read(Text(takes_numbers=True), "08000")[0] is None


def test_a_private_text_is_never_repeated():
    [fault] = read(Text(is_private=True), "0198701")[1]
    assert fault == "the value without quotes is a number to some YAML readers; expected text; write it in quotes"


@pytest.mark.parametrize(("text", "part"), [
    ("", "nothing stands here"), ("~", "nothing stands here"), ("x" * 201, "the text has 201 characters; expected at most 200"),
    ("a\nb", "the text has several lines"),
])
def test_bad_text_is_told(text, part):
    assert part in read(Text(), text)[1][0]


def test_empty_quotes_are_empty_text_only_where_it_may_be_empty():
    assert read(Text(may_be_empty=True), "", is_plain=False) == ("", [])
    assert "the text is empty" in read(Text(), "", is_plain=False)[1][0]


def test_a_mapping_is_no_text():
    findings = Findings(file="a.yaml")
    assert Text().read(Table(entries=(), line=1), Place(findings=findings, line=1)) is None
    assert "a mapping stands here" in findings.lines()[0]


def test_a_word_outside_the_set_finds_its_neighbour():
    [fault] = read(Choice(meaning={"silver": "", "gold": ""}), "sliver")[1]
    assert fault == '"sliver" is not known; expected one of silver, gold; did you mean "silver"?'


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_a_claim_is_true_or_false(text, value):
    assert read(Flag(), text) == (value, [])


@pytest.mark.parametrize(("text", "is_plain", "mend"), [
    ("yes", True, "write true, without quotes"), ("Off", True, "write false, without quotes"), ("True", True, "write true"),
    ("true", False, "write true, without quotes"), ("1", True, "write true or false"), ("", True, "write true or false"),
])
def test_what_some_readers_take_for_a_claim_is_told(text, is_plain, mend):
    value, [fault] = read(Flag(), text, is_plain=is_plain)
    assert value is None
    assert mend in fault
