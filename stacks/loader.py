"""An agency's file to an ``Agency``: every fault of the file in one pass, each with file, line and path.

The way: bytes -> tree (``yamlio``) -> records (grammar) -> rules between keys (``check_*``) -> values (``build_*``).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from monitors.core.burnrate import idle_rules
from monitors.core.errors import DefinitionError
from monitors.core.provability import narrowest_target
from stacks.definition.build_service import build_service
from stacks.definition.build_week import office_week
from stacks.definition.check_agency import DEFAULT_TIER, Claims, check_agency, domain_of
from stacks.definition.check_places import warn_refused
from stacks.definition.faults import Findings, Place
from stacks.definition.grammar import AGENCY
from stacks.definition.reading import read_record, shown
from stacks.model import (
    Agency,
    AgencyKind,
    Certificate,
    Contact,
    Gateway,
)
from stacks.parts import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stacks.definition.shapes import Record
    from stacks.model import Settings, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one agency file turned out to be. ``agency`` is None where ``findings`` has faults."""

    path: Path
    agency: Agency | None
    findings: Findings
    claims: Claims


def load_agency(path: Path, settings: Settings, tiers: Mapping[str, Tier]) -> Agency:
    """Load one agency's file; DefinitionError with all its faults. Other agencies' files are not looked at."""
    checked = check_file(path, settings, tiers)
    if checked.agency is None:
        raise DefinitionError(checked.findings.lines())
    return checked.agency


def check_file(path: Path, settings: Settings, tiers: Mapping[str, Tier]) -> Checked:
    """Read and check one agency's file; faults and warnings are in the result, nothing is raised."""
    findings = Findings(file=shown(path))
    record = read_record(path, AGENCY, findings)
    claims = check_agency(record, path, settings, tiers) if record else Claims()
    agency = None
    if record and not findings.faults:
        try:
            agency = _built(record, path, settings, tiers)
        except ValueError as exc:  # a rule of the model that no check above knows: told, though without its key
            record.at.fault(str(exc), "a definition that can be hosted and watched", "correct it")
        else:
            _warn_unprovable(record, agency, settings)
            for service in record["services"].values.values():
                warn_refused(service, settings.allow_networks)
    return Checked(path=path, agency=agency, findings=findings, claims=claims)


def _built(record: Record, path: Path, settings: Settings, tiers: Mapping[str, Tier]) -> Agency:
    tier = tiers[record["tier"] or DEFAULT_TIER]
    domain = domain_of(record, path, settings)
    network, gateway = record["network"], record["gateway"]
    return Agency(
        code=record["code"],
        name=record["name"],
        kind=AgencyKind(record["kind"]),
        time_zone=record["time_zone"],
        office_hours=office_week(record["office_hours"]),
        tier=tier.code,
        wave=record["wave"] or settings.waves[-1],
        province=record["province"] or "",
        domain=domain,
        contacts=tuple(
            Contact(**{key: one[key] for key in ("name", "role", "email", "phone") if one[key]})
            for _, one in record["contacts"] or ()
        ),
        subnet=IPv4Network(network["subnet"]) if network else None,
        gateway=_gateway(gateway, path.parent) if gateway else None,
        services=tuple(
            build_service(code, one, tier=tier, domain=domain, folder=path.parent)
            for code, one in record["services"].values.items()
        ),
    )


def _gateway(record: Record, folder: Path) -> Gateway:
    certificate = record["certificate"]
    return Gateway(
        bind=IPv4Address(record["bind"]) if record["bind"] else LOOPBACK,
        https_port=record["https_port"],
        http_port=record["http_port"],
        certificate=Certificate(cert_file=folder / certificate["cert"], key_file=folder / certificate["key"])
        if certificate
        else None,
    )


def _warn_unprovable(record: Record, agency: Agency, settings: Settings) -> None:
    """Warn where a promise is narrower than its transactions can prove, or so wide that an alert rule never fires."""
    for service in agency.services:
        place: Place = record["services"].values[service.code].place("promise")
        narrowest = narrowest_target(
            service.transactions, settings.lone_failures, quorum=service.quorum, hours=service.promise.hours,
        )
        target = service.promise.target
        if target > narrowest:
            place.warn(
                f"a promise of {target} % cannot be proven with {settings.lone_failures} % of lone failures",
                f"at most {narrowest} % with these intervals and deadlines",
                "make deadlines or intervals shorter, or promise less",
            )
        idle = idle_rules(target)
        if idle:
            factors = ", ".join(f"{float(rule.factor):g}" for rule in idle)
            place.warn(
                f"under a promise of {target} % no outage burns its budget {factors} times too fast",
                "a promise under which every alert rule can fire",
                "promise more, or know that these rules are left out",
            )
