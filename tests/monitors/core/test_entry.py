"""Entries: one canonical form, so that a signature and a digest are over the same bytes everywhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.entry import Entry, EntryKind, body_text, chosen, signed_bytes
from tests.factories import NOON_MS, an_entry

VALUES = st.one_of(
    st.text(st.characters(codec="utf-8")), st.integers(-(1 << 53) + 1, (1 << 53) - 1), st.booleans(),
    st.lists(st.text(st.characters(codec="utf-8")), max_size=3),
)


def test_the_signed_bytes_are_as_documented():
    entry = an_entry(kind=EntryKind.MAINTENANCE, service="antrean", by="Siti", body={"b": [1, "ü"], "a": True})
    assert signed_bytes(entry).decode() == (
        '{"agency":"dinkes","at_ms":1767243600000,"body":"{\\"a\\":true,\\"b\\":[1,\\"ü\\"]}","by":"Siti",'
        '"format":"siaga24-entry-1","kind":"maintenance","service":"antrean"}'
    )


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), VALUES, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_matter_and_the_body_comes_back(body, random):
    keys = list(body)
    random.shuffle(keys)
    one, other = an_entry(body=body), an_entry(body={key: body[key] for key in keys})
    assert signed_bytes(one) == signed_bytes(other)
    assert json.loads(body_text(one.body)) == one.body
    assert one.digest == other.digest


@pytest.mark.parametrize("change", [
    {"kind": EntryKind.KEY}, {"agency": "dukcapil"}, {"service": "antrean"}, {"at_ms": NOON_MS + 1}, {"by": "lain"},
    {"body": {"result": "failed"}}, {"body": {}},
])
def test_any_other_word_makes_other_bytes(change):
    assert signed_bytes(an_entry(**change)) != signed_bytes(an_entry())


def test_the_number_is_the_ledgers_and_is_not_signed():
    assert signed_bytes(an_entry(number=7)) == signed_bytes(an_entry())


@pytest.mark.parametrize(("given", "said"), [
    ({"body": {"share": 99.9}}, 'body value "share" is float'),
    ({"body": {"none": None}}, 'body value "none" is NoneType'),
    ({"body": {"big": 1 << 53}}, "more digits than JSON keeps"),
    ({"body": {"deep": [{"a": 1}]}}, 'body value "deep" is dict'),
    ({"by": " "}, "by whom"),
    ({"agency": "", "service": "antrean"}, "names no agency"),
    ({"at_ms": -1}, "expected UTC milliseconds"),
    ({"by": "\ud800"}, "surrogates not allowed"),
])
def test_what_has_no_one_form_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        an_entry(**given)


def test_a_body_is_not_changed_from_outside():
    names: list[str] = ["a"]
    body = {"names": names}
    entry = an_entry(body=body)
    names.append("b")
    body["more"] = ["x"]
    assert entry.body == {"names": ["a"]}


def test_entries_of_all_concern_any_agency_and_service():
    def told(number: int, agency: str, service: str = "") -> Entry:
        return an_entry(number=number, agency=agency, service=service)

    entries = [told(4, "dukcapil"), told(3, "dinkes", "antrean"), told(2, "dinkes"), told(1, "")]
    assert [entry.number for entry in chosen(entries, agency="dinkes", service="antrean")] == [1, 2, 3]
    assert [entry.number for entry in chosen(entries, agency="dinkes", service="rujukan")] == [1, 2]
    assert chosen(entries, EntryKind.KEY) == ()
