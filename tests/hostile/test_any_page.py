"""Bodies of any bytes, read in every way: no crash, no hang, and a value is what stands on the page."""

from __future__ import annotations

import asyncio
import html
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.probes.charset import decode
from monitors.probes.extract import VALUE_LIMIT, By, Found, Query, extract
from monitors.probes.fill import Template, in_form, in_json, in_url
from monitors.probes.reader import PageReader

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
# values that others read as numbers, dates or nothing, and change
STUBBORN = st.sampled_from([
    "007", "0000", "3273010101900001", "9" * 60, "1e5", "0x1F", "-0", "1.50", "1_000", "null", "true", "NaN", "2026-01-01", "12:30", "", "  a  b ",
    '"', "'", "\\", "</script>", "&amp;", "${nomor}", "$1", "%2F", "+", "é", "ﷺ", "日本", "\U0001f600", "a\u0301", "\u202eabc", "\u00a0",
])
VALUES = st.one_of(TEXT, STUBBORN)
QUERIES = [
    Query(By.CSS, "p"), Query(By.CSS, "input[name=a]", "value"), Query(By.CSS, "* > *"), Query(By.JSON, "$"), Query(By.JSON, "$..a"),
    Query(By.JSON, "$[?@.a > 1]"), Query(By.REGEX, r"(\w+)=\d*"), Query(By.REGEX, r"(?s)<p.*?>(.*)"), Query(By.REGEX, r"^.{0,9}$"),
]
TYPES = st.one_of(
    st.sampled_from(["", "text/html", "text/html; charset=utf-16", "application/json; charset=latin1", 'text/html; charset="x', "a; charset=utf-8; charset=koi8-r"]),
    st.text(max_size=30),
)
BODY = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from([
    b"<p>", b"<p class=", b"</", b"<!--", b"<![CDATA[", b"<script>", b"&#x", b"&#0;", b"<meta charset=utf-16>", b"<input name=a value=", b"<svg><p>",
    b"<table><a>", b'{"a":', b'"\\ud800"', b"[", b"]", b"}", b"1e999", b"-", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"a=1", b"<template>", b"\r",
]), max_size=40).map(b"".join))


@given(BODY, TYPES)
@settings(deadline=None, max_examples=150)
def test_a_body_of_any_bytes_under_any_type_gives_values_that_can_be_sent_or_a_reason(body: bytes, content_type: str):
    for found in extract(decode(body, content_type), QUERIES):
        assert found.problem.isprintable()
        if found.value is not None:
            assert found.problem == ""
            assert len(found.value.encode()) <= 4 * VALUE_LIMIT


@given(VALUES)
@settings(deadline=None, max_examples=200)
def test_a_saved_value_is_the_text_that_stands_on_the_page_in_each_kind_of_place(value: str):
    page = f'<input name=a value="{html.escape(value)}">'
    answer = json.dumps({"lain": 1, "a": [value]})
    in_words = f"nomor=[{value}]"
    assert extract(page, [Query(By.CSS, "input", "value")]) == [Found(value)]
    assert extract(answer, [Query(By.JSON, "$.a[0]")]) == [Found(value)]
    if "]" not in value:
        assert extract(in_words, [Query(By.REGEX, r"(?s)nomor=\[(.*?)\]")]) == [Found(value)]
    [shown] = extract(f"<p>{html.escape(value)}</p>", [Query(By.CSS, "p")])
    assert shown == Found(" ".join(value.split())), "an element's text is its words, as a reader sees it"


@given(VALUES)
@settings(deadline=None, max_examples=200)
def test_a_saved_value_is_sent_as_that_text_and_nothing_in_it_is_filled_again(value: str):
    saved = {"nomor": value, "rahasia": "tidak boleh"}
    assert json.loads(Template('{"n": "${nomor}"}').fill(saved, in_json)) == {"n": value}
    for safe in (in_url, in_form):
        filled = Template("${nomor}").fill(saved, safe)
        assert filled.isascii()
        assert not set(filled) & set("&=?#/ \"'<>\r\n")
        assert "tidak boleh" not in filled


PIECES = st.sampled_from([
    "<div>", "<font><p>", "<b><i><u><p>", "<table><tr><td>", "<!--", "<select><option>", "<svg><desc>", "&#x", "<a href='", "[", '{"a":', '"', "9", "a=", "\n",
])


@given(st.lists(st.tuples(PIECES, st.integers(1, 60_000)), min_size=1, max_size=3))
@settings(deadline=None, max_examples=6)
def test_pages_of_any_size_and_depth_always_come_back_from_the_reader_and_do_not_stop_it(pieces: list[tuple[str, int]]):
    body = "".join(piece * count for piece, count in pieces)[:400_000]
    good = "<!-- " + "x" * 5000 + " --><p>A-7</p>"

    async def read() -> list[list[Found]]:
        reader = PageReader(workers=1)
        loop = asyncio.get_running_loop()
        try:
            answers = [loop.create_future(), loop.create_future()]
            reader.read(body, QUERIES[:5], answers[0].set_result)
            reader.read(good, QUERIES[:1], answers[1].set_result)
            return list(await asyncio.gather(*answers))
        finally:
            reader.close()

    found, after = asyncio.run(read())
    assert len(found) == 5
    assert not any(one.is_ours for one in found)
    assert after == [Found("A-7")]
