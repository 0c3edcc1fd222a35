"""The targets document reads back what was written, and says where a wrong one is wrong."""

from __future__ import annotations

import json
import re
from datetime import time
from decimal import Decimal

import pytest

from monitors.core.document import DOCUMENT_VERSION, DocumentReader, from_document, to_document
from monitors.core.errors import DocumentError
from monitors.core.hours import MIDNIGHT, OfficeWeek
from monitors.core.model import (
    Assertion,
    AssertKind,
    Hosting,
    Promise,
    Save,
    SaveKind,
    Step,
    Target,
    Transaction,
)
from tests.factories import a_target

FULL = Target(
    agency="dinkes",
    service="antrean",
    base_url="https://antrean.dinkes.example:8443",
    agency_name="Dinas Kesehatan",
    time_zone="Asia/Jayapura",
    criticality=1,
    hosting=Hosting.EXTERNAL,
    promise=Promise(
        target=Decimal("99.90"), latency_target_ms=2000, hours=((time(6), time(22)),) * 6 + ((time(8), MIDNIGHT),),
    ),
    office_hours=OfficeWeek(usual=((time(8), time(14, 30)),) * 6 + (None,)),
    connect_to="127.0.0.1:8443",
    transactions=(
        Transaction(
            name="ambil-nomor",
            interval_ms=30_000,
            deadline_ms=10_000,
            writes=True,
            steps=(
                Step(
                    name="buka",
                    headers=(("Accept", "text/html"),),
                    saves=(Save(name="csrf", kind=SaveKind.CSS, expression="input", attribute="value"),),
                    assertions=(Assertion(kind=AssertKind.STATUS, expected="200"),),
                ),
                Step(name="ambil", method="POST", url="/antrean", form=(("csrf", "${csrf}"),), critical=False),
            ),
        ),
    ),
)


def test_a_document_reads_back_through_json_as_what_was_written():
    text = json.dumps(to_document([FULL]))
    assert from_document(json.loads(text)) == (FULL,)


def test_hours_are_written_as_a_clock_shows_them():
    (target,) = to_document([FULL])["targets"]
    assert target["promise"]["hours"] == [["06:00", "22:00"]] * 6 + [["08:00", "00:00"]]
    assert target["office_hours"] == {"usual": [["08:00", "14:30"]] * 6 + [None]}


@pytest.mark.parametrize(("hours", "message"), [
    ([["06:00", "24:00"]] * 7, "targets/0/promise/hours/0/1: expected a time of day as 07:30, got '24:00'"),
    ([[6, "22:00"]] * 7, "targets/0/promise/hours/0/0: expected text, got 6"),
    ([None] * 7, "targets/0/promise: promise hours: no day has any"),
    ([["06:00", "22:00"]], "targets/0/promise: promise hours: 1 days; expected 7, Monday first"),
    ([["22:00", "06:00"]] * 7, "targets/0/promise: promise hours, day 1: it closes at 06.00 and opens at 22.00"),
])
def test_hours_that_are_none_are_refused_with_their_place(hours, message):
    document = to_document([FULL])
    document["targets"][0]["promise"]["hours"] = hours
    with pytest.raises(DocumentError, match=re.escape(message)):
        from_document(document)


def test_the_digits_of_a_promise_survive():
    document = to_document([FULL])
    assert document["targets"][0]["promise"]["target"] == "99.90"


def test_defaults_are_left_out():
    step = to_document([FULL])["targets"][0]["transactions"][0]["steps"][0]
    assert "method" not in step
    assert "critical" not in step


def changed(path, value):
    """The document of FULL with the value at ``path`` replaced."""
    document = to_document([FULL])
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "targets document: expected an object, got a list"),
        ({"version": 7, "targets": []}, f"version 7, but this monitor reads version {DOCUMENT_VERSION}"),
        ({"version": 1, "targets": [], "extra": 1}, "unknown key 'extra'"),
        ({"version": 1}, "targets: expected a list, got nothing"),
        (changed(["targets", 0, "agencyy"], "x"), "targets/0: unknown key 'agencyy'"),
        (changed(["targets", 0, "agency"], 5), "targets/0/agency: expected text, got 5"),
        (changed(["targets", 0, "criticality"], True), "targets/0/criticality: expected a whole number, got true"),
        (changed(["targets", 0, "hosting"], "cloud"), "targets/0/hosting: expected one of toolkit, external, got 'cloud'"),
        (changed(["targets", 0, "promise", "target"], "abc"), "targets/0/promise/target: expected a decimal number as text"),
        (changed(["targets", 0, "promise", "target"], "100"), "targets/0/promise: promise target 100 %"),
        (changed(["targets", 0, "transactions", 0, "deadline_ms"], 20_000), "two tries of 20000 ms do not fit"),
        (changed(["targets", 0, "transactions", 0, "steps", 0, "headers"], [["a"]]), "headers/0: expected 2 items, got 1"),
        ({"version": 1, "targets": [{"agency": "a"}]}, "targets/0: key 'service' is missing"),
        ({"version": 1, "targets": to_document([FULL, FULL])["targets"]}, "targets/1: dinkes/antrean stands in the document twice"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(document, message):
    with pytest.raises(DocumentError) as caught:
        from_document(document)
    assert message in str(caught.value)


@pytest.mark.parametrize("write", [json.dumps, lambda document: json.dumps(document, indent=2)])
def test_a_document_read_target_by_target_says_the_same_as_one_read_at_once(write):
    targets = (a_target(service="a"), a_target(service="b", connect_to="10.0.0.1:80"), a_target(service="c", ca_pem="x,]}"))
    assert DocumentReader().read(write(to_document(targets))) == targets
    assert DocumentReader().read(write(to_document(()))) == ()


@pytest.mark.parametrize("change", [
    lambda text: text.replace('"version": 1', '"version": 2'), lambda text: text[:-1] + ', "more": 1}',
    lambda text: text.replace('"agency": "dinkes", ', ""), lambda text: text.replace('"targets": [', '"targets": [3, '),
    lambda text: text.replace('"targets": [', '"targets": ['  + json.dumps(to_document([a_target()])["targets"][0]) + ", "),
    lambda _: '{"targets": [], "version": 9}', lambda _: "[]",
])
def test_faults_read_the_same_however_the_document_is_read(change):
    text = change(json.dumps(to_document([a_target()])))
    with pytest.raises(DocumentError) as at_once:
        from_document(json.loads(text))
    with pytest.raises(DocumentError) as one_by_one:
        DocumentReader().read(text)
    assert str(one_by_one.value) == str(at_once.value)


def test_equal_parts_of_targets_are_one_object():
    one, other = DocumentReader().read(json.dumps(to_document([a_target(service="a"), a_target(service="b")])))
    assert one.transactions is other.transactions
    assert one.base_url is other.base_url
