"""Which addresses a probe may connect to: judged by what they are, and by what ops allow."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.probes.guard import ANYWHERE, Guard, literal_host, network_of, told
from monitors.probes.guard_own import own_networks

OWN = "an address of the monitor's own machine"
PRIVATE = "an address of a private network"
METADATA = "the address of a cloud's metadata service"


@pytest.mark.parametrize(("address", "what"), [
    ("127.0.0.1", OWN), ("127.255.255.254", OWN), ("::1", OWN), ("0.0.0.0", OWN), ("::", OWN),  # noqa: S104 - judged, never bound
    ("::ffff:127.0.0.1", OWN), ("64:ff9b::7f00:1", OWN), ("2002:7f00:1::", OWN),
    ("169.254.1.1", "a link-local address"), ("fe80::1%eth0", "a link-local address"),
    ("169.254.169.254", METADATA), ("::ffff:169.254.169.254", METADATA), ("fd00:ec2::254", METADATA),
    ("100.100.100.200", METADATA), ("168.63.129.16", METADATA),
    ("10.1.2.3", PRIVATE), ("172.31.0.1", PRIVATE), ("192.168.1.1", PRIVATE), ("100.64.0.1", PRIVATE), ("fc00::1", PRIVATE),
    ("224.0.0.1", "an address of many machines (multicast)"), ("ff02::1", "an address of many machines (multicast)"),
    ("tidak-ada", "no IP address"), ("0177.0.0.1", "no IP address"),
])
def test_an_address_that_is_not_public_is_refused_for_what_it_is(address: str, what: str):
    assert Guard().refusal(address) == what


@pytest.mark.parametrize("address", ["8.8.8.8", "103.10.66.1", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_a_public_address_is_not_refused(address: str):
    assert Guard().refusal(address) == Guard().refusal(address) == ""


def test_a_network_that_ops_name_is_allowed_and_its_neighbours_are_not():
    guard = Guard(["10.20.0.0/16", "127.0.0.2"])
    assert guard.refusal("10.20.3.4") == guard.refusal("127.0.0.2") == guard.refusal("::ffff:10.20.0.1") == ""
    assert (guard.refusal("10.21.0.1"), guard.refusal("127.0.0.1")) == (PRIVATE, OWN)


def test_a_public_network_that_the_monitor_stands_in_is_refused_until_it_is_named():
    assert Guard((), ["103.10.66.0/24"]).refusal("103.10.66.9") == "an address of the monitor's own network 103.10.66.0/24"
    assert Guard(["103.10.66.9"], ["103.10.66.0/24"]).refusal("103.10.66.9") == ""


@pytest.mark.parametrize(("url", "address"), [
    ("http://127.0.0.1/", "127.0.0.1"), ("https://127.0.0.1:8443", "127.0.0.1"), ("http://[::1]:80/x", "::1"),
    ("http://1.2.3.4?x", "1.2.3.4"), ("http://nama.example/", ""), ("http://8.8.8.8@127.0.0.1/", ""),
    ("http://8.8.8.8\\@127.0.0.1/", ""), ("http://8.8.8.8.example/", ""), ("http://0x7f.1/", ""), ("http://8.8.8.8 /", ""),
])
def test_only_an_address_that_every_reader_sees_is_taken_out_of_a_url(url: str, address: str):
    assert literal_host(url) == address


def test_a_number_that_libcurl_would_read_as_an_address_needs_a_look_when_it_is_opened():
    guard = Guard()
    for url in ("http://2130706433/", "http://127.1/", "http://0177.0.0.1/", "http://localhost/"):
        assert not guard.is_free(literal_host(url))
    assert guard.is_free(literal_host("http://8.8.8.8/"))
    assert ANYWHERE.is_free("10.0.0.1")
    assert ANYWHERE.refusal("127.0.0.1") == ""


def test_a_text_that_is_no_network_is_refused_with_an_example():
    with pytest.raises(UsageError, match=r'network "10.0.0.1/8": .*has host bits set; expected an address or a network such as'):
        network_of("10.0.0.1/8")


def test_the_sentence_says_how_ops_allow_it():
    assert told("dalam.example:80", "10.0.0.1", PRIVATE) == (
        "dalam.example:80 leads to 10.0.0.1, an address of a private network, where the monitor does not connect; if it is "
        "meant, ops allow it: siaga24 monitor run --allow-network 10.0.0.1"
    )
    assert told("10.0.0.1", "10.0.0.1", PRIVATE).startswith("10.0.0.1 is an address of a private network, where")


def test_the_networks_of_this_machine_are_those_without_a_router(tmp_path: Path):
    routes, six = tmp_path / "route", tmp_path / "if_inet6"
    routes.write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
    )
    six.write_text(
        "20010db8000000000000000000000002 04 40 00 80 eth0\n00000000000000000000000000000001 01 80 10 80 lo\n",
    )
    assert own_networks(routes, six) == ("192.0.2.0/24", "2001:db8::/64")
    assert own_networks(tmp_path / "none", tmp_path / "none") == ()
