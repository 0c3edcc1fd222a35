"""What is kept of an answer is text that harms no terminal, and of a flood of header lines no more than can be shown."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from monitors.probes.answer import Answer
from monitors.probes.evidence import HEAD_CHARACTERS, evidence_of, shown
from monitors.probes.redirects import Hop
from monitors.probes.secrets_redaction import NOTHING_SECRET


@example("a\x1b[31mb\r\nc\td\u202ee\x00\x85")
@given(st.text(max_size=60))
def test_what_is_not_printed_becomes_a_space_and_all_else_stays(text: str):
    assert shown(text) == "".join(
        char if char.isprintable() or char in "\n\t" else " " for char in text.replace("\r\n", "\n")
    )


def test_of_a_flood_of_header_lines_the_first_are_shown_and_cut():
    answer = Answer()
    answer.head = [b"HTTP/1.1 200 OK\r\n", *[b"X-Isi: " + b"x" * 200 + b"\r\n"] * 5000]
    head = evidence_of([(Hop(method="GET", url="http://a.example/", headers=()), answer)], NOTHING_SECRET).head
    assert head.startswith("HTTP/1.1 200 OK\nX-Isi: xxx")
    assert len(head) == HEAD_CHARACTERS
    assert head.endswith("…")


def test_only_the_last_answer_s_header_is_shown_without_what_lets_somebody_in():
    answer = Answer()
    answer.head = [b"HTTP/1.1 103 X\r\n", b"Link: a\r\n", b"\r\n", b"HTTP/1.1 500 X\r\n", b"Set-Cookie: sesi=rahasia\r\n", b"A: 1\r\n", b"\r\n"]
    head = evidence_of([(Hop(method="GET", url="http://a.example/", headers=()), answer)], NOTHING_SECRET).head
    assert head == "HTTP/1.1 500 X\nSet-Cookie: (left out)\nA: 1"
