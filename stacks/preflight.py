"""Everything that can be known before anything changes: the engine, its ID, images, ports, subnets, disk space.

All reasons are gathered and told at once; nothing is changed, whatever is found.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.engine_facts import LABEL_AGENCY
from stacks.images import resolve_images
from stacks.ports import port_reasons

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from infra.spec import ImageSpec
    from stacks.engine import Engine
    from stacks.engine_facts import ContainerFacts, EngineFacts, NetworkFacts
    from stacks.model import Agency
    from stacks.statefile import StackRecord

MIB = 1024 * 1024
OLDEST_API = (1, 41)                     # Docker 20.10: the oldest that the standard stack was run on
NEWEST_API = (1, 44)                     # an engine that no longer speaks this is newer than our client
DATA_ROOT_FREE = 1024 * MIB              # containers' logs, a database's first files
SHOWN = 4                                # names in a sentence; the rest is "..."
STATE_FREE = 32 * MIB                    # Pulumi writes each checkpoint twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What preflight found. With ``reasons`` nothing may be changed."""

    engine: EngineFacts
    images: Mapping[str, ImageSpec]
    reasons: tuple[str, ...]


def inspect(
    engine: Engine, agency: Agency, images: Iterable[str], record: StackRecord, state: Path, *,
    known: Container[str], accepts_loss: bool = False,
) -> Findings:
    """Look at everything that ``agency``'s stack needs. Raises ToolchainError where the engine does not answer.

    ``known``: IDs and names of containers that the stack's own state knows of.
    """
    facts = engine.facts()
    found, reasons = resolve_images(engine, images)
    reasons = [*engine_reasons(facts, engine.host), *reasons]
    if not accepts_loss:
        reasons += identity_reasons(agency.code, facts, engine.host, record)
    reasons += foreign_reasons(agency.code, engine.containers({LABEL_AGENCY: agency.code}), known)
    if agency.gateway is not None:
        gateway = agency.gateway
        ports = [("https_port", gateway.https_port)]
        if gateway.http_port is not None:
            ports.append(("http_port", gateway.http_port))
        reasons += port_reasons(agency.code, str(gateway.bind), ports, engine.published(), is_local=engine.is_local)
    if agency.subnet is not None:
        reasons += subnet_reasons(agency.code, agency.subnet, engine.networks())
        if engine.is_local:
            reasons += route_reasons(agency.subnet, engine.networks(), _routes())
    if engine.is_local:
        reasons += space_reasons("the engine's data root", Path(facts.data_root), DATA_ROOT_FREE)
    reasons += space_reasons("the state folder", state, STATE_FREE)
    return Findings(engine=facts, images=found, reasons=tuple(reasons))


def engine_reasons(facts: EngineFacts, host: str) -> list[str]:
    """Refuse engines outside the range of API versions that the stack was built for."""
    if facts.api < OLDEST_API:
        return [(
            f"Docker engine {host}: version {facts.version} speaks API {_version(facts.api)}; expected "
            f"{_version(OLDEST_API)} (Docker 20.10) or newer; update the engine"
        )]
    if facts.oldest_api > NEWEST_API:
        return [(
            f"Docker engine {host}: version {facts.version} no longer speaks API {_version(NEWEST_API)} (its oldest "
            f"is {_version(facts.oldest_api)}); expected an engine that does; update siaga24"
        )]
    return []


def identity_reasons(code: str, facts: EngineFacts, host: str, record: StackRecord) -> list[str]:
    """Refuse another engine behind a known address: there, everything would look gone and be made anew."""
    if not record.engine_id or record.engine_id == facts.id:
        return []
    return [(
        f'stack "{code}" lives on engine {record.engine_id[:14]} ({record.engine_name}, {record.engine_host}), but '
        f"{host} is engine {facts.id[:14]} ({facts.name}); expected the same one; correct docker/host in siaga24.yaml, "
        "or, if the old engine is lost for good, add --accept-loss (its data is not on the new one)"
    )]


def subnet_reasons(code: str, subnet: IPv4Network, networks: Sequence[NetworkFacts]) -> list[str]:
    """Refuse a subnet that another network of the engine holds in part."""
    return [
        f"network/subnet: {subnet} overlaps {taken} of network {network.name}"
        f'{f" of agency {network.agency!r}" if network.agency else ""}; choose another subnet out of the pool'
        for network in networks if network.agency != code
        for taken in network.subnets if taken.overlaps(subnet)
    ]


def route_reasons(
    subnet: IPv4Network, networks: Sequence[NetworkFacts], routes: Sequence[tuple[str, IPv4Network]],
) -> list[str]:
    """Refuse a subnet to which this machine already has a route (a VPN, a second network card)."""
    known = {taken for network in networks for taken in network.subnets}
    return [
        f"network/subnet: {subnet} overlaps {route}, which this machine reaches by {device}; "
        "choose another subnet out of the pool"
        for device, route in routes if route.prefixlen and route.overlaps(subnet) and route not in known
    ]


def foreign_reasons(code: str, containers: Sequence[ContainerFacts], known: Container[str]) -> list[str]:
    """Refuse an agency code that somebody else's containers already bear on this engine; they are never touched.

    ``known``: IDs and names that this workspace's state knows, and those of an interrupted run.
    """
    strangers = sorted(c.name for c in containers if c.id not in known and c.name not in known)
    if not strangers:
        return []
    shown = ", ".join(strangers[:SHOWN]) + (", ..." if len(strangers) > SHOWN else "")
    return [(
        f'stack "{code}": the engine holds {len(strangers)} containers of an agency of that code which this state '
        f"folder did not make ({shown}); expected none; use the workspace that made them, or remove them "
        f"(docker rm -f $(docker ps -aq --filter label={LABEL_AGENCY}={code}))"
    )]


def space_reasons(what: str, folder: Path, needed: int) -> list[str]:
    """Refuse a disk with less than ``needed`` bytes left. A folder that is not there yet is judged by its parent."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        free = shutil.disk_usage(place).free
    except OSError:
        return []                        # not ours to look at; the engine will say
    if free >= needed:
        return []
    return [(
        f"{what} {folder}: {free // MIB} MiB are free; expected {needed // MIB} MiB at least; "
        "free space (docker system df shows what the engine holds)"
    )]


def _routes() -> list[tuple[str, IPv4Network]]:
    """Read this machine's IPv4 routes as (device, network)."""
    try:
        lines = Path("/proc/net/route").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []
    routes = []
    for line in lines:
        device, destination, _gateway, _flags, _ref, _use, _metric, mask = line.split()[:8]
        network, bits = (IPv4Address(int.from_bytes(bytes.fromhex(text), "little")) for text in (destination, mask))
        routes.append((device, IPv4Network(f"{network}/{bits}", strict=False)))
    return routes


def _version(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
