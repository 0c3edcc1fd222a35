from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.spec import PlanError, WorkerSpec
from infra.subnets import SMALLEST_PREFIX, check_room, cut
from tests.infra.specs import a_database, a_service, a_spec

subnets = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.integers(8, SMALLEST_PREFIX),
)


@given(subnets)
def test_the_three_networks_lie_in_the_subnet_fill_it_and_do_not_meet(subnet):
    plan = cut(subnet)
    networks = [plan.edge, plan.data, plan.app]
    assert all(network.subnet_of(subnet) for network in networks)
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    assert sum(network.num_addresses for network in networks) == subnet.num_addresses


@given(subnets, subnets)
def test_networks_of_agencies_whose_subnets_do_not_meet_do_not_meet(first, second):
    if first.overlaps(second):
        return
    ours, theirs = cut(first), cut(second)
    for a in (ours.edge, ours.data, ours.app):
        assert not any(a.overlaps(b) for b in (theirs.edge, theirs.data, theirs.app))


def test_a_26_is_cut_as_the_docs_say():
    plan = cut(IPv4Network("10.124.0.0/26"))
    assert [str(plan.edge), str(plan.data), str(plan.app)] == ["10.124.0.0/28", "10.124.0.16/28", "10.124.0.32/27"]


def test_a_subnet_that_is_too_small_is_refused():
    with pytest.raises(PlanError, match=r"subnet 10\.124\.0\.0/29: /29 is too small; expected /28 or larger"):
        cut(IPv4Network("10.124.0.0/29"))


def test_two_services_with_two_replicas_and_a_database_each_fit_into_a_26():
    services = tuple(a_service(code=code, database=a_database()) for code in ("antrean", "surat"))
    spec = a_spec(services=services)
    check_room(spec, cut(spec.subnet))


def test_room_is_kept_for_old_and_new_containers_side_by_side():
    spec = a_spec(services=(a_service(replicas=6, database=a_database()),))
    check_room(spec, cut(spec.subnet))               # 1 + 2 x 6 = 13, and a /28 has room for 13
    spec = a_spec(
        services=(a_service(replicas=6, database=a_database(), workers=(WorkerSpec(name="surel", command=("x",)),)),),
    )
    with pytest.raises(PlanError, match=r"data network 10\.124\.0\.16/28 has room for 13 containers, but .* needs 15"):
        check_room(spec, cut(spec.subnet))
