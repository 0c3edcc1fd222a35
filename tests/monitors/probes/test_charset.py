"""Bytes to text, by the header, the page's own word, or UTF-8; never a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.probes.charset import declared, decode

WORD = "Parañaque"


@pytest.mark.parametrize(("body", "content_type"), [
    (WORD.encode(), "text/html; charset=utf-8"),
    (WORD.encode(), "text/html"),
    (WORD.encode(), ""),
    (WORD.encode("cp1252"), "text/html; charset=ISO-8859-1"),
    (WORD.encode("cp1252"), 'text/html; charset="windows-1252"'),
    (WORD.encode("utf-16"), "text/plain; charset=utf-16"),
    (b'<meta charset="iso-8859-1">' + WORD.encode("latin-1"), "text/html"),
    (b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">' + WORD.encode("latin-1"), "text/html"),
    (b"<meta charset=utf-16>" + WORD.encode(), "text/html"),
    (b"\xef\xbb\xbf" + WORD.encode(), "text/html; charset=iso-8859-1"),
    (b'<meta charset="iso-8859-1">' + WORD.encode(), "text/html; charset=utf-8"),
    (b'<meta charset="iso-8859-1">' + WORD.encode(), "application/json"),
])
def test_text_is_read_as_a_browser_would(body: bytes, content_type: str):
    assert decode(body, content_type).endswith(WORD)


@pytest.mark.parametrize("name", ["zip", "hex", "idna", "punycode", "unicode_escape", "undefined", "rot13", "tidak-ada"])
def test_a_codec_that_is_no_character_set_cannot_be_chosen_by_a_stranger(name: str):
    assert decode(b"halo \xff", f"text/html; charset={name}") == "halo \ufffd"


@pytest.mark.parametrize(("content_type", "name"), [
    ("text/html", ""), ("text/html; charset=UTF-8", "utf-8"), ("text/html;charset='x'", "'x'"),
    ("text/html; Charset = utf-8", "utf-8"), ("charset", ""), ("text/html; charset=", ""),
])
def test_the_header_s_parameter_is_read(content_type: str, name: str):
    assert declared(content_type) == name


@given(st.binary(max_size=300), st.text(max_size=60))
def test_nothing_is_refused(body: bytes, content_type: str):
    assert isinstance(decode(body, content_type), str)
