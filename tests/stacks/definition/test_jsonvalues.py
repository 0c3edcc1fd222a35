"""JSON values written as YAML keep their text and their digits."""

from __future__ import annotations

import json

import pytest

from stacks import yamlio
from stacks.definition.faults import Findings, Place
from stacks.definition.jsonvalues import JsonBody, JsonExpected


def read(kind, text):
    findings = Findings(file="a.yaml")
    [(_, node)] = yamlio.read(f"x: {text}\n".encode()).entries
    value = kind.read(node, Place(findings=findings, line=1))
    return value, [line.removeprefix("a.yaml:1: ") for line in findings.lines()]


def test_a_body_becomes_json_with_every_value_as_it_stands():
    text, faults = read(JsonBody(), '{nik: "0327", jumlah: 2, harga: 1.50, aktif: true, kosong: null, daftar: [a, "b"], nama: ok}')
    assert faults == []
    assert text == '{"nik": "0327", "jumlah": 2, "harga": 1.50, "aktif": true, "kosong": null, "daftar": ["a", "b"], "nama": "ok"}'
    assert json.loads(text)["nik"] == "0327"


@pytest.mark.parametrize(("text", "part"), [
    ("{nik: 0327}", "nik: 0327 without quotes is 215 (octal) to some YAML readers"),
    ("{aktif: yes}", 'write true if that is meant, else "yes" in quotes'),
    ("{jam: 22:30}", "1350 (base sixty)"), ("{a: 1, a: 2}", 'a: the key "a" stands here again'),
    ("{a: }", 'a: nothing stands here; expected a JSON value; write null, or "" for empty text'),
    ("teks", "a mapping or list that becomes the JSON body"), ("{a: {b: [1, 1e3]}}", "a/b/1: 1e3 without quotes"),
])
def test_what_yaml_readers_disagree_about_is_told_in_a_body(text, part):
    value, faults = read(JsonBody(), text)
    assert part in faults[0]
    assert value is None or "stands here again" in faults[0]


@pytest.mark.parametrize(("text", "value"), [
    ("menunggu", "menunggu"), ('"true"', "true"), ("true", "true"), ("null", "null"), ("12", "12"), ('"007"', "007"), ("1.5", "1.5"),
])
def test_an_expected_value_is_its_text(text, value):
    assert read(JsonExpected(), text) == (value, [])


@pytest.mark.parametrize(("text", "part"), [
    ("1.50", "ends with a zero that no answer's number has"), ("007", "(octal)"), ("no", "is false to many YAML readers"),
    ('""', "the text is empty"), ("[1]", "a list stands here"), ("{a: 1}", "a mapping stands here"), ("-0", "ends with a zero"),
])
def test_an_expected_value_that_no_answer_can_have_is_told(text, part):
    value, faults = read(JsonExpected(), text)
    assert value is None
    assert part in faults[0]
