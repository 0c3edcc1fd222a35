"""Requests that the raw engine writes, and those that it leaves to libcurl."""

from __future__ import annotations

import pytest

from monitors.probes.http_request import OUR_LINES
from monitors.probes.raw_http_request import plain_request
from monitors.probes.redirects import Hop

MARK = (b"X-Siaga24-Synthetic: 1",)


def hop(url: str, *headers: bytes) -> Hop:
    return Hop(method="GET", url=url, headers=(*OUR_LINES, *headers) if headers else OUR_LINES)


def test_the_usual_request_goes_to_the_place_that_the_toolkit_gave_and_names_the_host():
    asked = plain_request(hop("http://antrean.contoh.example:8080/ambil?n=1"), MARK, "antrean.contoh.example:8080:10.0.0.7:31080")
    assert asked is not None
    assert (asked.address, asked.port) == ("10.0.0.7", 31080)
    assert asked.data == (
        b"GET /ambil?n=1 HTTP/1.1\r\nHost: antrean.contoh.example:8080\r\nX-Siaga24-Synthetic: 1\r\n"
        b"Accept-Encoding: gzip, deflate\r\n" + b"\r\n".join(OUR_LINES) + b"\r\n\r\n"
    )


@pytest.mark.parametrize(("url", "host", "place"), [
    ("http://10.1.2.3", b"10.1.2.3", ("10.1.2.3", 80)),
    ("http://10.1.2.3:80/", b"10.1.2.3", ("10.1.2.3", 80)),
    ("http://[2001:db8::7]:8080/a", b"[2001:db8::7]:8080", ("2001:db8::7", 8080)),
])
def test_an_address_in_the_url_is_where_it_goes(url: str, host: bytes, place: tuple[str, int]):
    asked = plain_request(hop(url), (), "")
    assert asked is not None
    assert (asked.address, asked.port) == place
    assert b"\r\nHost: " + host + b"\r\n" in asked.data


@pytest.mark.parametrize("url", [
    "https://10.1.2.3/", "http://a:b@10.1.2.3/", "http://10.1.2.3/a/../b", "http://10.1.2.3/./b", "http://10.1.2.3/#x",
    "http://10.1.2.3/a b", "http://10.1.2.3/é", "http://10.1.2.3?x", "http://10.1.2.3:0/", "http://10.1.2.3:99999/",
    "http://10.1.2.3:080/", "HTTP://10.1.2.3/", "http://CONTOH.example/", "http://10.1.2.3/\r\nX: y", "http://10.1.2.3/\n",
])
def test_an_address_that_libcurl_would_write_otherwise_is_left_to_it(url: str):
    assert plain_request(hop(url), (), "") is None


@pytest.mark.parametrize("line", [
    b"Host: lain.example", b"Transfer-Encoding: chunked", b"Content-Length: 4", b"Connection: close", b"Accept:", b"X;",
    b"Cookie: a=b", b"Expect: 100-continue", b"X: a\r\nY: b", b"X: \xc3\xa9", b"te: trailers",
])
def test_a_header_that_means_something_to_libcurl_is_left_to_it(line: bytes):
    assert plain_request(hop("http://10.1.2.3/", line), (), "") is None


def test_a_step_s_own_headers_go_along_and_its_encodings_replace_ours():
    asked = plain_request(hop("http://10.1.2.3/", b"Accept-Encoding: identity", b"X-Api-Key: k"), MARK, "")
    assert asked is not None
    assert asked.data.endswith(b"\r\nAccept-Encoding: identity\r\nX-Api-Key: k\r\n\r\n")
    assert asked.data.count(b"Accept-Encoding") == 1


def test_a_place_that_is_a_name_is_left_to_libcurl():
    assert plain_request(hop("http://contoh.example/"), (), "contoh.example:80:pintu.example:8080") is None
