"""Canaries as words and votes: what may be named, and when the own network is said to work."""

from __future__ import annotations

import pytest

from monitors.core.canary import CanaryCheck, Witness, WitnessAnswer, witness, witnesses


def a_check(*reasons: str) -> CanaryCheck:
    said = tuple(WitnessAnswer(name=f"10.0.0.{n}:53", reason=reason) for n, reason in enumerate(reasons, 1))
    return CanaryCheck(began_ms=1, ended_ms=2, said=said)


@pytest.mark.parametrize(("text", "expected"), [
    ("https://www.bmkg.go.id/a?b", Witness(name="https://www.bmkg.go.id/a?b", url="https://www.bmkg.go.id/a?b")),
    (" 10.0.0.1:53 ", Witness(name="10.0.0.1:53", host="10.0.0.1", port=53)),
    ("[2001:db8::1]:443", Witness(name="[2001:db8::1]:443", host="2001:db8::1", port=443)),
    ("dns.example:853", Witness(name="dns.example:853", host="dns.example", port=853)),
])
def test_a_canary_is_a_url_or_a_host_and_its_port(text: str, expected: Witness):
    assert witness(text) == expected


@pytest.mark.parametrize("text", ["", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:65536", "ftp://x/", "http://", "http://[", "a b:1"])
def test_anything_else_is_refused_with_an_example(text: str):
    with pytest.raises(ValueError, match=r"expected a URL or HOST:PORT, for example https://"):
        witness(text)


def test_nobody_has_two_votes():
    with pytest.raises(ValueError, match=r'canary "10\.0\.0\.1:53": it is named twice'):
        witnesses(("10.0.0.1:53", "10.0.0.2:53", "10.0.0.1:53 "))


@pytest.mark.parametrize(("reasons", "works"), [
    (("",), True), (("refused",), False),
    (("", "refused"), True), (("refused", "refused"), False),
    (("", "refused", "refused"), False), (("", "", "refused"), True),
])
def test_the_network_is_said_to_fail_where_more_than_half_cannot_be_reached(reasons: tuple[str, ...], works: bool):
    assert a_check(*reasons).works is works


def test_a_check_is_told_with_the_names_of_those_that_cannot_be_reached():
    assert a_check("", "").summary == "all 2 canaries could be reached"
    assert a_check("", "refused", "no answer in 3 s").summary == (
        "2 of 3 canaries could not be reached: 10.0.0.2:53 (refused), 10.0.0.3:53 (no answer in 3 s)"
    )
