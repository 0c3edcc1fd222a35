"""Plain values of an answer: phases, the limit of a body, header lines, the certificate's end."""

from __future__ import annotations

import pytest

from monitors.core.model import Phases
from monitors.probes.answer import Marks, certificate_end_ms, head_of, header_of, host_of, phases_of, text_of
from monitors.probes.failures import Phase

WHOLE = Marks(looked_up=100, connected=300, agreed=1300, first_byte=2000, end=2500)


def test_a_whole_request_is_cut_into_phases_that_sum_to_its_time():
    phases, _ = phases_of(WHOLE, is_whole=True, has_status=True)
    assert phases == Phases(dns_us=100, connect_us=200, tls_us=1000, first_byte_us=700, body_us=500)
    assert phases.total_us == 2500


@pytest.mark.parametrize(("marks", "has_status", "phase", "phases"), [
    (Marks(0, 0, 0, 0, 900), False, Phase.DNS, Phases(dns_us=900)),
    (Marks(100, 0, 0, 900, 900), False, Phase.CONNECT, Phases(dns_us=100, connect_us=800)),
    (Marks(100, 300, 0, 900, 900), False, Phase.TLS, Phases(dns_us=100, connect_us=200, tls_us=600)),
    (Marks(100, 300, 400, 0, 900), False, Phase.FIRST_BYTE, Phases(dns_us=100, connect_us=200, tls_us=100, first_byte_us=500)),
    (Marks(100, 300, 400, 500, 900), True, Phase.BODY,
     Phases(dns_us=100, connect_us=200, tls_us=100, first_byte_us=100, body_us=400)),
])
def test_a_failed_request_gives_the_rest_of_its_time_to_the_phase_it_was_in(marks, has_status, phase, phases):
    assert phases_of(marks, is_whole=False, has_status=has_status) == (phases, phase)
    assert phases.total_us == marks.end


def test_a_kept_connection_has_no_time_for_connecting():
    phases, _ = phases_of(Marks(0, 0, 0, 700, 750), is_whole=True, has_status=True)
    assert phases == Phases(first_byte_us=700, body_us=50)


def test_a_header_line_is_taken_apart():
    assert header_of(b"Content-Type:  text/html \r\n") == ("content-type", "text/html")
    assert header_of(b"X-Waktu: 12:30\r\n") == ("x-waktu", "12:30")


@pytest.mark.parametrize(("raw", "text"), [(b"biasa", "biasa"), ("Aceh é".encode(), "Aceh é"), (b"Aceh \xe9", "Aceh é")])
def test_header_bytes_of_any_kind_become_text(raw: bytes, text: str):
    assert text_of(raw) == text


STATUS, LINE, END = b"HTTP/1.1 200 OK\r\n", b"A: 1\r\n", b"\r\n"


@pytest.mark.parametrize(("lines", "head", "is_whole"), [
    ([STATUS, LINE, END], [LINE], True),
    ([STATUS, END], [], True),
    ([STATUS, LINE], [LINE], False),
    ([STATUS], [], False),
    ([], [], False),
    ([b"HTTP/1.1 103 X\r\n", b"B: 2\r\n", END, STATUS, LINE, END], [LINE], True),
    ([b"HTTP/1.1 103 X\r\n", b"B: 2\r\n", END, STATUS, LINE], [LINE], False),
    ([STATUS, LINE, END, b"Trailer: 1\r\n"], [LINE], True),
    ([STATUS, LINE, b"\n"], [LINE], True),
])
def test_the_final_answer_s_header_is_found_and_known_to_be_whole_or_not(lines, head, is_whole: bool):
    assert head_of(lines) == (head, is_whole)


@pytest.mark.parametrize(("url", "host"), [
    ("https://a.example:8443/x?y", "a.example:8443"), ("http://[::1]:80/", "[::1]:80"),
    ("https://nama:rahasia@a.example/", "a.example"), ("http://a.example?x=/@b", "a.example"),
])
def test_a_host_is_shown_without_what_is_secret(url: str, host: str):
    assert host_of(url) == host


@pytest.mark.parametrize(("chain", "end_ms"), [
    ([[(b"Subject", b"\xff"), (b"Expire date", b"Feb 23 07:54:55 2027 GMT")]], 1_803_369_295_000),
    ([[(b"Subject", b"x")]], 0), ([], 0), ([[(b"Expire date", b"besok")]], 0), ([[(b"Expire date", b"\xff")]], 0),
])
def test_the_certificate_s_end_is_read_or_nothing(chain, end_ms: int):
    assert certificate_end_ms(chain) == end_ms
