"""Words that YAML readers take for something else than text."""

from __future__ import annotations

import pytest

from stacks.definition.traps import trap


@pytest.mark.parametrize(("text", "kind", "becomes"), [
    ("no", "boolean", "is false to many YAML readers"),
    ("Off", "boolean", "is false to many YAML readers"),
    ("y", "boolean", "is true to many YAML readers"),
    ("8000", "whole", "is read as a number"),
    ("0123", "octal", "is 83 (octal) to some YAML readers and 123 to others"),
    ("0899", "octal", "is read as 899, its leading zero lost"),
    ("0x1F", "based", "is read as the number 31"),
    ("0o17", "based", "is read as the number 15"),
    ("1_000", "underscore", "is a number to some YAML readers and text to others"),
    ("1e3", "exponent", "is a number with an exponent to some YAML readers and text to others"),
    ("1.10", "float", "is read as a number, which may lose its last zeros"),
    (".inf", "float", "is read as a number without an end"),
    ("22:30", "sixty", "is 1350 (base sixty) to some YAML readers"),
    ("-1:30:00", "sixty", "is -5400 (base sixty) to some YAML readers"),
    ("2024-01-31", "date", "is read as a date"),
])
def test_a_word_that_readers_disagree_about_is_told(text, kind, becomes):
    found = trap(text)
    assert found
    assert (found.kind, found.becomes) == (kind, becomes)


@pytest.mark.parametrize("text", [
    "antrean", "30s", "10.124.0.0", "10.124.0.0/26", "1.0.0", "22:75", "UJI-001", "nomor", "yess", "", "0x", "1__x", "9" * 60,
])
def test_text_that_all_readers_read_as_text_is_no_trap(text):
    assert trap(text) is None
