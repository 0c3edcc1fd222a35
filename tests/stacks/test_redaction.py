"""Redaction finds a value in every form in which tools repeat it, and leaves other words alone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.redaction import MASK, Redactor

SECRET = 'kenari/Q7v9+Zr2 L"x&8%'


@pytest.mark.parametrize("form", [
    SECRET,
    quote(SECRET, safe=""),
    quote(SECRET),
    quote_plus(SECRET),
    quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    json.dumps(SECRET)[1:-1],
    SECRET.encode().hex(),
    SECRET.encode().hex().upper(),
], ids=["plain", "url", "path", "form", "lower-escapes", "json", "hex", "HEX"])
def test_every_form_of_a_secret_is_blotted_out(form: str) -> None:
    assert Redactor([SECRET])(f"a {form} b") == f"a {MASK} b"


@given(before=st.binary(max_size=6), after=st.binary(max_size=6))
def test_a_secret_inside_longer_base64_is_blotted_out(before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + SECRET.encode() + after).decode()
    assert MASK in Redactor([SECRET])(encoded)
    assert MASK in Redactor([SECRET])(encoded.replace("+", "-").replace("/", "_"))


def test_the_longest_secret_wins_where_one_contains_another() -> None:
    assert Redactor(["rahasia", "rahasia-besar"])("rahasia-besar") == MASK


def test_short_values_and_unknown_words_stay() -> None:
    redact = Redactor(["abc", ""])
    assert redact("abc and the alphabet") == "abc and the alphabet"


def test_values_may_be_added_later() -> None:
    redact = Redactor()
    redact.add(["rahasia-baru"])
    assert redact("rahasia-baru") == MASK


def test_a_redactor_shows_none_of_its_values() -> None:
    assert "rahasia" not in repr(Redactor(["rahasia-besar"]))
