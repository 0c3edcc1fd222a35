"""Places among the runs under way: what hangs takes none from what is well."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.places import Place, Places, network_of


@pytest.mark.parametrize(("address", "network"), [
    ("192.0.2.77", "192.0.2.0/24"), ("127.0.0.1", ""), ("::1", ""), ("", ""),
    ("2001:db8:1:2::3", "2001:db8:1::/48"), ("2001:db8::3", "2001:db8:0::/48"), ("2001:0db8:0001::", "2001:db8:1::/48"),
    ("fd00::", "fd00:0:0::/48"),
])
def test_the_network_of_an_address(address: str, network: str):
    assert network_of(address) == network


def test_a_tenth_is_kept_for_what_is_well():
    places = Places(20, a_host=20)
    for number in range(18):
        assert places.has_room(is_well=False), number
        places.take(Place("lambat:80"), is_well=False)
    assert not places.has_room(is_well=False)
    places.take(Place("baik:80"), is_well=True)
    assert places.has_room(is_well=True)
    places.take(Place("baik:80"), is_well=True)
    assert not places.has_room(is_well=True)


def test_a_host_and_a_network_have_a_share_at_most():
    places = Places(100, a_host=2, a_network=3)
    for host in ("a:80", "a:80", "b:80"):
        places.take(Place(host, "192.0.2.0/24"), is_well=False)
    assert places.full_for(Place("a:80")) == "a:80"
    assert places.full_for(Place("c:80", "192.0.2.0/24")) == "192.0.2.0/24"
    assert places.full_for(Place("c:80", "198.51.100.0/24")) == ""
    places.give(Place("a:80", "192.0.2.0/24"), is_well=False)
    assert places.full_for(Place("a:80", "192.0.2.0/24")) == ""


def test_the_usual_shares_are_a_quarter_and_half_and_no_fewer_than_sixteen():
    assert (Places(2000).a_host, Places(2000).a_network) == (500, 1000)
    assert (Places(4).a_host, Places(4).a_network) == (16, 16)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "n"]), st.booleans()), max_size=40))
def test_what_is_given_back_leaves_nothing_behind(taken):
    places = Places(1000)
    for host, network, is_well in taken:
        places.take(Place(host, network), is_well=is_well)
    assert places.taken == len(taken)
    for host, network, is_well in reversed(taken):
        places.give(Place(host, network), is_well=is_well)
    assert (places.taken, places._unwell, dict(places._taken)) == (0, 0, {})
