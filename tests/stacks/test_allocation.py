"""The next free subnet and port."""

from __future__ import annotations

from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.errors import UsageError
from stacks.allocation import free_port, free_subnet
from stacks.model import Settings

SMALL = Settings(pool=IPv4Network("10.9.0.0/24"), prefix=26)


def test_the_first_gap_is_taken():
    taken = [IPv4Network("10.9.0.0/26"), IPv4Network("10.9.0.128/26")]
    assert free_subnet(SMALL, taken) == IPv4Network("10.9.0.64/26")


def test_a_subnet_of_another_size_is_not_overlapped():
    assert free_subnet(SMALL, [IPv4Network("10.9.0.0/25")]) == IPv4Network("10.9.0.128/26")


def test_a_pool_that_is_used_up_says_so():
    with pytest.raises(UsageError, match=r"all 4 subnets of 10.9.0.0/24 are taken; make network/pool in siaga24.yaml larger"):
        free_subnet(SMALL, SMALL.pool.subnets(new_prefix=26))


@given(st.lists(st.integers(0, 255), max_size=200))
def test_a_free_subnet_overlaps_none_that_is_taken(numbers):
    taken = [IPv4Network(f"10.9.{number}.0/26") for number in numbers]
    settings = Settings(pool=IPv4Network("10.9.0.0/16"), prefix=26)
    found = free_subnet(settings, taken)
    assert found.subnet_of(settings.pool)
    assert not any(found.overlaps(other) for other in taken)


def test_the_next_port_that_no_agency_has_is_taken():
    assert free_port([8443, 8444, 8446]) == 8445


def test_no_port_left_says_so():
    with pytest.raises(UsageError, match="no port from 65535 on is free"):
        free_port([65535], first=65535)
