"""Rules of an agency that reach over several keys, and what its file claims for itself among all agencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from stacks.definition.check_service import check_file, check_service, is_external
from stacks.definition.near import listed, meant
from stacks.model import is_code
from stacks.parts import LOOPBACK
from stacks.reserved import RESERVED_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stacks.definition.faults import Place
    from stacks.definition.shapes import Record
    from stacks.model import Settings, Tier

DEFAULT_TIER = "silver"
ANY_ADDRESS = IPv4Address(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What only one agency of a workspace may have, each with its place in the file."""

    subnet: tuple[IPv4Network, Place] | None = None
    ports: tuple[tuple[IPv4Address, int, Place], ...] = ()
    hosts: tuple[tuple[str, Place], ...] = field(default=())


def check_agency(record: Record, path: Path, settings: Settings, tiers: Mapping[str, Tier]) -> Claims:
    """Tell all that is wrong between the keys of one agency's file; return what it claims."""
    code = record["code"]
    if code is not None:
        _check_code(record, code, path)
    wave = record["wave"]
    if wave is not None and wave not in settings.waves:
        record.place("wave").fault(
            f'"{wave}" is no wave of siaga24.yaml',
            f"one of {listed(settings.waves)}",
            meant(wave, settings.waves, 'choose one, or add it to "waves" there'),
        )
    services: Record | None = record["services"]
    tier = tiers[record["tier"] or DEFAULT_TIER]
    for service in services.values.values() if services else ():
        check_service(service, tier, path.parent)
    hosted = {name: one for name, one in services.values.items() if _is_hosted(one)} if services else {}
    for key, example in (("network", "{subnet: 10.124.0.0/26}"), ("gateway", "{https_port: 8443}")):
        if hosted and not record.has(key):
            record.at.fault(
                f'the key "{key}" is missing',
                f'it, since "{next(iter(hosted))}" is hosted',
                f'add it, such as "{key}: {example}"',
            )
    return Claims(
        subnet=_subnet(record["network"], settings),
        ports=tuple(_ports(record["gateway"], path.parent)),
        hosts=tuple(_hosts(hosted, domain_of(record, path, settings))),
    )


def domain_of(record: Record, path: Path, settings: Settings) -> str:
    """Return the agency's domain: its own, else its code below that of the settings."""
    return str(record["domain"] or f"{record['code'] or path.stem}.{settings.domain}")


def _is_hosted(service: Record) -> bool:
    """Tell whether the service is clearly meant to be hosted, whatever else is wrong with it."""
    is_clear = not service.has("hosting") or service["hosting"] is not None
    return is_clear and not is_external(service) and (service.has("image") or service.has("port"))


def _check_code(record: Record, code: str, path: Path) -> None:
    place = record.place("code")
    if code in RESERVED_CODES:
        place.fault(f'"{code}" is the name of another file', "a code of its own", "choose another code")
    elif path.suffix == ".yaml" and code != path.stem:
        mend = f'write "{path.stem}", or rename the file' if is_code(path.stem) else "rename the file"
        place.fault(f'the code is "{code}", but the file is "{path.name}"', f'the file "{code}.yaml"', mend)


def _subnet(network: Record | None, settings: Settings) -> tuple[IPv4Network, Place] | None:
    if network is None or network["subnet"] is None:
        return None
    subnet, place = IPv4Network(network["subnet"]), network.place("subnet")
    if not subnet.subnet_of(settings.pool):
        place.fault(
            f"{subnet} lies outside the pool",
            f"a subnet of {settings.pool}",
            "choose one inside, or change the pool in siaga24.yaml",
        )
    elif subnet.prefixlen != settings.prefix:
        place.fault(
            f"{subnet} has the prefix /{subnet.prefixlen}",
            f"/{settings.prefix}, as siaga24.yaml sets it",
            f"write {subnet.network_address}/{settings.prefix}"
            if subnet.prefixlen < settings.prefix
            else f"write {subnet.supernet(new_prefix=settings.prefix)}",
        )
    return subnet, place


def _ports(gateway: Record | None, folder: Path) -> list[tuple[IPv4Address, int, Place]]:
    if gateway is None:
        return []
    bind = IPv4Address(gateway["bind"]) if gateway["bind"] else LOOPBACK
    ports = [(bind, gateway[key], gateway.place(key)) for key in ("https_port", "http_port") if gateway[key]]
    if len(ports) == 2 and ports[0][1] == ports[1][1]:
        ports.pop()[2].fault(
            f"{gateway['http_port']} is also https_port", "two different ports", "choose another one, such as 8080"
        )
    certificate: Record | None = gateway["certificate"]
    if certificate:
        cert = check_file(certificate.place("cert"), certificate["cert"], folder, "a PEM file of the certificate")
        if cert and b"-----BEGIN CERTIFICATE-----" not in cert.read_bytes():
            certificate.place("cert").fault(
                f'"{certificate["cert"]}" holds no PEM certificate',
                "the certificate and its chain",
                "name that file",
            )
        check_file(certificate.place("key"), certificate["key"], folder, "a PEM file of the private key")
    return ports


def _hosts(hosted: Mapping[str, Record], domain: str) -> list[tuple[str, Place]]:
    first: dict[str, Place] = {}
    for code, service in hosted.items():
        host = service["host"] or f"{code}.{domain}"
        place = service.place("host") if service.has("host") else service.at
        if host in first:
            place.fault(
                f'the host "{host}" is also that of the service in line {first[host].line}',
                "a host of its own",
                'choose another "host"',
            )
        first.setdefault(host, place)
    return list(first.items())


def check_between(mine: Claims, theirs: Claims) -> None:
    """Tell, at my places, what another agency's file claims too."""
    if mine.subnet and theirs.subnet and mine.subnet[0].overlaps(theirs.subnet[0]):
        mine.subnet[1].fault(
            f"{mine.subnet[0]} overlaps {theirs.subnet[0]} of {_where(theirs.subnet[1])}",
            "a subnet of its own",
            'choose a free one; "siaga24 agency new" finds it',
        )
    for bind, port, place in mine.ports:
        for other_bind, other_port, other in theirs.ports:
            if port == other_port and (bind == other_bind or ANY_ADDRESS in {bind, other_bind}):
                place.fault(
                    f"port {port} of {bind} is also taken by {_where(other)}",
                    "a port of its own on each address",
                    "choose another port",
                )
    taken = dict(theirs.hosts)
    for host, place in mine.hosts:
        if host in taken:
            place.fault(
                f'the host "{host}" is also that of {_where(taken[host])}',
                "a host of its own",
                'choose another "host" or "domain"',
            )


def _where(place: Place) -> str:
    return f"{place.findings.file}:{place.line}"
