"""What the monitor gets to know of an agency: one target a service. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.model import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.model import Agency, Service

HTTPS_PORT = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a hosted service answers."""

    base_url: str                        # https://HOST[:PORT]
    connect_to: str                      # ADDRESS:PORT of the gateway
    ca_pem: str = ""                     # trusted for it; "": the system's


def endpoints_of(agency: Agency, ca_pem: str) -> dict[str, Endpoint]:
    """Return the endpoint of each hosted service, by its code."""
    gateway = agency.gateway
    if gateway is None:
        return {}
    port = "" if gateway.https_port == HTTPS_PORT else f":{gateway.https_port}"
    connect_to = f"{gateway.bind}:{gateway.https_port}"
    return {
        service.code: Endpoint(base_url=f"https://{service.host}{port}", connect_to=connect_to, ca_pem=ca_pem)
        for service in agency.hosted
    }


def targets_of(agency: Agency, endpoints: Mapping[str, Endpoint]) -> tuple[Target, ...]:
    """Return the targets of all services in the order of the file; external ones need no endpoint."""
    return tuple(_target(agency, service, endpoints.get(service.code)) for service in agency.services)


def _target(agency: Agency, service: Service, endpoint: Endpoint | None) -> Target:
    if service.is_hosted:
        if endpoint is None:
            raise ValueError(f"service {service.code!r} of {agency.code!r} is hosted and has no endpoint")
    else:
        endpoint = Endpoint(base_url=service.url, connect_to="", ca_pem=service.ca_pem)
    return Target(
        agency=agency.code,
        service=service.code,
        base_url=endpoint.base_url,
        connect_to=endpoint.connect_to,
        ca_pem=endpoint.ca_pem,
        transactions=service.transactions,
        agency_name=agency.name,
        service_name=service.name,
        time_zone=agency.time_zone,
        criticality=service.criticality,
        hosting=service.hosting,
        promise=service.promise,
        quorum=service.quorum,
        office_hours=agency.office_hours,
        weight=service.weight,
        agency_kind=agency.kind.value,
        province=agency.province,
        wave=agency.wave,
    )
