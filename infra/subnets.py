"""How an agency's subnet is cut into its stack's networks, and whether everything fits in. Pure.

A quarter is the edge (the gateway, and services that may reach out), a quarter the data network (databases and who uses
them), half the app network (the gateway and all containers of the services). App and data are internal: no way out.
The cut depends on the subnet alone, so that no service added or scaled later moves a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.spec import PlanError

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from infra.spec import ServiceSpec, StackSpec

SMALLEST_PREFIX = 28
_RESERVED = 3                            # of a subnet: network address, broadcast, the engine's own end


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPlan:
    """The three subnets of a stack; disjoint, inside the agency's."""

    edge: IPv4Network
    data: IPv4Network
    app: IPv4Network


def cut(subnet: IPv4Network) -> SubnetPlan:
    """Cut an agency's subnet, e.g. 10.124.0.0/26 into edge .0/28, data .16/28 and app .32/27."""
    if subnet.prefixlen > SMALLEST_PREFIX:
        raise PlanError(f"subnet {subnet}: /{subnet.prefixlen} is too small; expected /{SMALLEST_PREFIX} or larger")
    lower, app = subnet.subnets(prefixlen_diff=1)
    edge, data = lower.subnets(prefixlen_diff=1)
    return SubnetPlan(edge=edge, data=data, app=app)


def _most(service: ServiceSpec) -> int:
    """Count a service's containers in the middle of a release: old and new side by side, and one run of each job."""
    standing = service.replicas + sum(worker.replicas for worker in service.workers)
    return 2 * standing + len(service.jobs)


def check_room(spec: StackSpec, plan: SubnetPlan) -> None:
    """Raise PlanError where a release would run out of addresses."""
    own = [service for service in spec.services if service.database is not None]
    needs = (
        ("edge", plan.edge, 1 + sum(_most(service) for service in spec.services if service.has_egress)),
        ("data", plan.data, sum(1 + _most(service) for service in own)),
        ("app", plan.app, 1 + sum(_most(service) for service in spec.services)),
    )
    for role, network, need in needs:
        room = network.num_addresses - _RESERVED
        if need > room:
            raise PlanError(
                f"subnet {spec.subnet}: its {role} network {network} has room for {room} containers, but a release "
                f"needs {need} (old and new ones side by side); give the agency a larger subnet or fewer replicas",
            )
