"""Where redirects lead, and what goes along."""

from __future__ import annotations

import pytest

from monitors.probes.redirects import Hop, RedirectError, follow, origin, way

HEADERS = (b"User-Agent: s", b"Accept: */*", b"Content-Type: application/json", b"X-Kunci: k")


def hop(method: str = "GET", body: bytes | None = None) -> Hop:
    return Hop(method=method, url="https://a.example/dari", headers=HEADERS, body=body)


@pytest.mark.parametrize(("method", "status", "after"), [
    ("GET", 301, "GET"), ("GET", 303, "GET"), ("GET", 307, "GET"), ("HEAD", 303, "HEAD"), ("HEAD", 302, "HEAD"),
    ("POST", 301, "GET"), ("POST", 302, "GET"), ("POST", 303, "GET"), ("POST", 307, "POST"), ("POST", 308, "POST"),
    ("PUT", 301, "PUT"), ("PUT", 303, "GET"), ("DELETE", 302, "DELETE"),
])
def test_the_method_after_a_redirect_is_the_one_that_browsers_use(method: str, status: int, after: str):
    body = b"x" if method in ("POST", "PUT") else None
    ahead = follow(hop(method, body), status, "https://a.example/ke")
    assert ahead.method == after
    assert (ahead.body is None) is (body is None or after == "GET")


def test_within_a_place_the_headers_stay_and_the_body_s_own_goes_with_it():
    ahead = follow(hop("POST", b"x"), 303, "https://a.example/ke")
    assert ahead.headers == tuple(line for line in HEADERS if not line.startswith(b"Content-Type"))
    assert follow(hop("POST", b"x"), 307, "https://a.example/ke").headers == HEADERS


@pytest.mark.parametrize("location", [
    "https://b.example/", "http://a.example/", "https://a.example:8443/", "https://a.example.evil.example/",
])
def test_another_place_gets_no_header_that_was_written_for_the_first(location: str):
    assert follow(hop(), 302, location).headers == HEADERS[:2]


def test_a_body_is_not_carried_to_another_place():
    with pytest.raises(RedirectError, match=r"redirected to b\.example with what was sent; it is not sent to another host"):
        follow(hop("POST", b"nik=1"), 307, "https://b.example/")


@pytest.mark.parametrize("location", ["ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "https://", "gopher://x/"])
def test_only_http_is_followed(location: str):
    with pytest.raises(RedirectError, match="only http and https are followed"):
        follow(hop(), 302, location)


def test_an_address_that_is_none_is_told():
    with pytest.raises(RedirectError, match="which is not an address"):
        follow(hop(), 302, "https://a.example:99999/")


@pytest.mark.parametrize(("one", "other", "same"), [
    ("https://a.example/x", "https://A.example:443/y", True), ("http://a.example", "http://a.example:80/", True),
    ("https://a.example", "http://a.example", False), ("https://a.example", "https://b.example", False),
])
def test_a_place_is_scheme_host_and_port(one: str, other: str, same: bool):
    assert (origin(one) == origin(other)) is same


def test_a_long_way_is_shown_by_its_ends():
    assert way(["a", "b", "c"]) == "a -> b -> c"
    assert way(["a", "b", "c", "d", "e"]) == "a -> b -> … -> d -> e"
