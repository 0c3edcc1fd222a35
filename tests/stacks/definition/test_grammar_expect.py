"""Patterns, selectors and paths are compiled when a definition is read, with a letter in the place of saved values."""

from __future__ import annotations

import pytest

from stacks.definition.grammar_expect import COOKIE, HEADER, JSON_PATH, REGEX, SAVE, SELECTOR, STATUS
from stacks.definition.scalars import Text


@pytest.mark.parametrize(("kind", "text"), [
    (REGEX, "[A-Z]+-[0-9]{3}"), (REGEX, "${nomor}-[0-9]+"), (REGEX, "(?i)selamat"), (SELECTOR, "form#ambil"),
    (SELECTOR, 'input[name="${nama}"]'), (SELECTOR, "ul > li:nth-child(2)"), (JSON_PATH, "$.layanan[0].kode"),
    (JSON_PATH, "$['${nama}']"), (JSON_PATH, "$..nomor"), (HEADER, "Content-Type"), (COOKIE, "__Host-loket"),
    (STATUS, "200"), (STATUS, "2xx"), (STATUS, "200,303"), (STATUS, "2xx, 303"),
])
def test_what_compiles_passes(kind, text):
    assert kind.check(text) == ""


@pytest.mark.parametrize(("kind", "text", "mend"), [
    (REGEX, "(a", "correct it: missing ), unterminated subpattern at position 0"), (REGEX, "*", "nothing to repeat"),
    (REGEX, "[[a]b]", "escape the bracket or sign with a backslash: possible nested set"),
    (SELECTOR, "div[", "write a CSS selector"), (SELECTOR, "a,,b", "write a CSS selector"),
    (JSON_PATH, "status", "begin with $, such as $.status: expected '$', found 's'"), (JSON_PATH, "$.a[", "unbalanced brackets"),
    (HEADER, "Content Type", "letters, digits and hyphens"), (COOKIE, "a=b", "write the name alone"),
    (STATUS, "20x", "three digits"), (STATUS, "600", "three digits"), (STATUS, "200;303", "three digits"),
])
def test_what_does_not_compile_is_told_why(kind, text, mend):
    assert mend in kind.check(text)


@pytest.mark.parametrize(("text", "mend"), [("[0-9]+", "it has none"), ("(a)(b)", "it has 2"), ("(?:a)(b)", ""), ("(?P<x>a)", "")])
def test_a_saved_pattern_has_exactly_one_group(text, mend):
    kind = SAVE.keys["regex"].kind
    assert isinstance(kind, Text)
    assert kind.check
    found = kind.check(text)
    assert (mend in found) if mend else found == ""
