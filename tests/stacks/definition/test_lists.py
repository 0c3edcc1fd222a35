"""Lists, and values of several forms."""

from __future__ import annotations

from stacks import yamlio
from stacks.definition.faults import Findings, Place
from stacks.definition.lists import ListOf, OneOf
from stacks.definition.scalars import Text


def read(kind, text):
    findings = Findings(file="a.yaml")
    [(_, node)] = yamlio.read(f"x: {text}\n".encode()).entries
    value = kind.read(node, Place(findings=findings, line=1))
    return value, [line.removeprefix("a.yaml:1: ") for line in findings.lines()]


def test_items_are_read_with_their_places():
    [(place, value)], faults = read(ListOf(kind=Text()), "[a]")
    assert (place.path, value, faults) == (("0",), "a", [])


def test_a_bad_item_does_not_hide_the_others():
    items, faults = read(ListOf(kind=Text()), "[a, no, b]")
    assert [value for _, value in items] == ["a", "b"]
    assert faults[0].startswith("1: no without quotes")


def test_text_where_a_list_is_wanted_is_shown_as_a_list():
    assert read(ListOf(kind=Text(), what="a list"), "loket migrate")[1] == ['file: "loket migrate" stands here; expected a list; write [loket, migrate]']


def test_an_empty_list_is_told():
    assert read(ListOf(kind=Text()), "[]")[1] == ["file: it is empty; expected 1 to 100; add some"]


def test_a_set_holds_no_item_twice():
    assert read(ListOf(kind=Text(), is_set=True), "[a, b, a]")[1] == [
        '2: "a" stands in the list twice; expected each item once; remove one of the two',
    ]


def test_a_choice_of_forms_takes_each_and_refuses_the_others():
    kind = OneOf(scalar=Text(), items=ListOf(kind=Text()))
    assert read(kind, "a")[0] == "a"
    assert [value for _, value in read(kind, "[a]")[0]] == ["a"]
    assert "a mapping stands here; expected text, or a list, each item text; write text" in read(kind, "{a: b}")[1][0]
    assert "nothing stands here" in read(kind, "")[1][0]
