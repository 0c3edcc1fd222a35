"""What an address is, and whether a monitor goes there."""

from __future__ import annotations

import pytest

from monitors.core.addresses import refused_as


@pytest.mark.parametrize("text", ["8.8.8.8", "2001:4860:4860::8888", "situs.example", "", "[2001:4860:4860::8888]"])
def test_public_addresses_and_names_are_not_refused(text: str):
    assert refused_as(text) == ""


@pytest.mark.parametrize(("text", "what"), [
    ("10.1.2.3", "an address of a private network"), ("100.64.0.1", "an address of a private network"),
    ("127.0.0.1", "an address of the monitor's own machine"), ("[::1]", "an address of the monitor's own machine"),
    ("fe80::1%eth0", "a link-local address"), ("169.254.169.254", "the address of a cloud's metadata service"),
    ("::ffff:10.1.2.3", "an address of a private network"), ("64:ff9b::a01:203", "an address of a private network"),
    ("239.1.1.1", "an address of many machines (multicast)"),
])
def test_others_are_and_it_is_said_what_they_are(text: str, what: str):
    assert refused_as(text) == what


def test_what_ops_allow_is_not_refused_and_what_is_no_network_allows_nothing():
    assert refused_as("10.1.2.3", ("10.1.0.0/16",)) == ""
    assert refused_as("10.2.2.3", ("10.1.0.0/16", "rubbish")) == "an address of a private network"
