"""What fails together is named once, with its reach."""

from __future__ import annotations

import pytest

from monitors.core.common_cause import Reach, common_causes, concerning, host_of, name_in
from tests.factories import a_target
from tests.monitors.core.watched import went

GATEWAY = "127.0.0.1:8443"


def of(service: str, letters: str, *, gateway: str = GATEWAY, agency: str = "dinkes", shift_ms: int = 0):
    return went(a_target(agency=agency, service=service, connect_to=gateway), letters, shift_ms=shift_ms)[0]


@pytest.mark.parametrize(("url", "name"), [
    ("https://Antrean.dinkes.example:8443/x?y=@z", "antrean.dinkes.example"), ("https://u:p@a.example", "a.example"),
    ("http://[2001:db8::1]:80/", "[2001:db8::1]"), ("/login", ""), ("https://a.example?x=1", "a.example"),
])
def test_a_hosts_name_is_read_from_a_url(url, name):
    assert name_in(url) == name


def test_a_gateway_tells_the_host_before_the_name_in_the_url():
    assert host_of(a_target(connect_to=GATEWAY)) == GATEWAY
    assert host_of(a_target(base_url="https://a.example:8443")) == "a.example"


def test_services_of_a_host_that_fail_within_one_interval_have_a_common_cause():
    watched = [of("antrean", "uudduu"), of("rujukan", "uudduu", shift_ms=29_000), of("arsip", "uuuuuu")]
    (cause,) = common_causes(watched)
    assert (cause.reach, cause.name, cause.services, cause.watched) == (
        Reach.HOST, GATEWAY, ("dinkes/antrean", "dinkes/rujukan"), 3,
    )
    assert not cause.is_whole
    assert concerning([cause], watched[1].incidents[0]) == (cause,)


def test_more_than_one_interval_apart_is_no_common_cause():
    assert common_causes([of("antrean", "uudduuu"), of("rujukan", "uuuduuu", shift_ms=1_000)]) == ()


def test_other_hosts_of_the_agency_that_fail_too_make_the_agency_the_reach():
    watched = [of("antrean", "udu"), of("rujukan", "udu", gateway="127.0.0.1:9443"), of("a", "uuu", agency="dukcapil")]
    (cause,) = common_causes(watched)
    assert (cause.reach, cause.name, cause.hosts, cause.is_whole) == (Reach.AGENCY, "dinkes", 2, True)


def test_one_service_that_flaps_has_no_common_cause_with_itself():
    assert common_causes([of("antrean", "udududu")]) == ()
