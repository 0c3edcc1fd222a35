"""Failed requests in plain words, code by code."""

from __future__ import annotations

import errno

import pytest

from monitors.probes.failures import Failure, Phase, explain, quoted

HOST = "a.example:443"


def told(code: int, message: str = "", **given) -> Failure:
    return explain(code, message, **{"host": HOST, "phase": Phase.BODY, "taken_us": 12_000, **given})


@pytest.mark.parametrize(("failure", "words"), [
    (told(6), "the name a.example could not be resolved after 12 ms"),
    (told(7, system=errno.ECONNREFUSED), "connection refused by a.example:443 after 12 ms"),
    (told(7, system=errno.EHOSTUNREACH), "no route to a.example:443 after 12 ms"),
    (told(7, system=errno.ETIMEDOUT), "no answer from a.example:443 while connecting after 12 ms"),
    (told(7, system=errno.ECONNRESET), "connection reset by a.example:443 while connecting after 12 ms"),
    (told(7, system=errno.EPROTO), "could not connect to a.example:443: protocol error after 12 ms"),
    (told(7), "could not connect to a.example:443 after 12 ms"),
    (told(28, phase=Phase.DNS), "timed out after 12 ms while looking up the host's name"),
    (told(28, phase=Phase.CONNECT), "timed out after 12 ms while connecting"),
    (told(28, phase=Phase.TLS), "timed out after 12 ms while agreeing on TLS"),
    (told(28, phase=Phase.FIRST_BYTE), "timed out after 12 ms while waiting for the first byte of the answer"),
    (told(28, received=2048), "timed out after 12 ms while reading the answer, 2 KiB read"),
    (told(60, verify=10), "the certificate of a.example:443 has expired"),
    (told(60, verify=9), "the certificate of a.example:443 is not yet valid"),
    (told(60, verify=18), "the certificate of a.example:443 is self-signed"),
    (told(60, verify=19), "the certificate of a.example:443 is signed by an authority that is not trusted"),
    (told(60, "SSL: no alternative certificate subject name matches target hostname", verify=1),
     "the certificate is for another host than a.example:443"),
    (told(60, "weird", verify=999), "the certificate of a.example:443 is not valid: weird"),
    (told(35, "TLS connect error: error:0A00010B:SSL routines::wrong version number"),
     "TLS with a.example:443 failed: the server does not speak TLS on this port after 12 ms"),
    (told(35, "TLS connect error: error:0A00042E:SSL routines::tlsv1 alert protocol version"),
     "TLS with a.example:443 failed: the server speaks no version of TLS from 1.2 on after 12 ms"),
    (told(35, "TLS connect error: error:0A000410:SSL routines::ssl/tls alert handshake failure"),
     "TLS with a.example:443 failed: the server refused: no cipher or key exchange suits both sides after 12 ms"),
    (told(35, "TLS connect error: error:0A000001:SSL routines::something new"),
     "TLS with a.example:443 failed: something new after 12 ms"),
    (told(35, "", system=errno.ECONNRESET), "TLS with a.example:443 failed: connection reset after 12 ms"),
    (told(52, phase=Phase.FIRST_BYTE), "a.example:443 closed the connection without an answer after 12 ms"),
    (told(56, "Recv failure: Connection reset by peer", system=errno.ECONNRESET),
     "connection reset by a.example:443 while reading the answer after 12 ms"),
    (told(56, "something"), "connection lost to a.example:443 while reading the answer (something) after 12 ms"),
    (told(18, received=10),
     "a.example:443 closed the connection in the middle of the body, 10 bytes read after 12 ms"),
    (told(1, "Received HTTP/0.9 when not allowed"), "what a.example:443 answered is not HTTP after 12 ms"),
    (told(61, "Unrecognized content encoding type"), "the body has an encoding that was not asked for after 12 ms"),
    (told(61, "Reject response exceeding limit of 5 content encodings"),
     "the body is encoded over and over, more than 5 times after 12 ms"),
    (told(61, "incorrect header check"), "the body is not encoded as its header says after 12 ms"),
    (told(23, limit=1024 * 1024), "the body is larger than the 1 MiB allowed"),
    (told(63, limit=1_500_000), "the body is larger than the 1.4 MiB allowed"),
    (told(56, "Too large response headers: 307247 > 307200"), "the answer's header is larger than 300 KiB after 12 ms"),
    (told(100, "Too many response headers, 5000 is max"), "the answer's header has more than 5000 lines after 12 ms"),
    (told(100), "the answer's header has a line that is longer than 100 KiB after 12 ms"),
    (told(8, "Invalid Content-Length: value"),
     "the answer's Content-Length is no length, or there are two after 12 ms"),
    (told(8, "NUL byte in header"), "the answer's header holds a zero byte after 12 ms"),
    (told(8, "Weird"), "the answer's header is broken (Weird) after 12 ms"),
    (told(56, "chunk hex-length longer than 17"),
     "the body comes in chunks, and the length of one is too large after 12 ms"),
    (told(56, "chunk hex-length char not a hex digit: 0x7a"),
     "the body comes in chunks, and the length of one is no number after 12 ms"),
    (told(56, "chunk weird"), "the body's chunks are not as HTTP has them (chunk weird) after 12 ms"),
    (told(28, phase=Phase.SEND), "timed out after 12 ms while sending the request"),
    (told(28, phase=Phase.HEADER), "timed out after 12 ms while reading the answer's header"),
    (told(100, "Too large"), "the answer's header is too large or broken (Too large) after 12 ms"),
    (told(92, "stream 1 was not closed cleanly"),
     "the request failed while reading the answer (stream 1 was not closed cleanly) after 12 ms"),
])
def test_a_failure_of_the_service_is_said_in_words(failure: Failure, words: str):
    assert (failure.problem, failure.is_ours) == (words, False)


@pytest.mark.parametrize(("failure", "words"), [
    (told(7, system=errno.EMFILE), "the monitor has no file descriptors left (asked to reach a.example:443)"),
    (told(7, system=errno.ENETUNREACH), "this machine has no route to that network (asked to reach a.example:443)"),
    (told(55, system=errno.ENOBUFS), "this machine has no network buffers left (asked to reach a.example:443)"),
    (told(77, "error adding trust anchors"), "the monitor could not make the request: error adding trust anchors"),
    (told(27), "the monitor could not make the request: no reason given"),
])
def test_a_fault_of_ours_is_marked_as_ours(failure: Failure, words: str):
    assert failure == Failure(problem=words, is_ours=True)


@pytest.mark.parametrize(("text", "shown"), [
    ("biasa", "biasa"), ("a\r\nb\tc", "a b c"), ("a\x1b[31mb", "a [31mb"), ("x" * 81, "x" * 79 + "…"), ("", ""),
    ("\u202eabc", "abc"), ("x" * 80, "x" * 80),
])
def test_a_stranger_s_text_becomes_one_printable_line(text: str, shown: str):
    assert quoted(text) == shown
    assert quoted(text).isprintable()
