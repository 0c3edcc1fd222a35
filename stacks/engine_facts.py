"""What the Docker engine says of itself, its images, containers and networks, as plain values.

Built from the engine's JSON; nothing is asked here (``engine_api.py`` does).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from typing import Any

LABEL_AGENCY = "siaga24.agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """The engine itself."""

    id: str                              # its own ID, made when it was installed
    name: str                            # host name
    version: str
    api: tuple[int, int]                 # newest API version it speaks
    oldest_api: tuple[int, int]
    data_root: str                       # where it keeps containers and volumes, on its host
    time: dt.datetime                    # by its own clock, aware UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """A local image. ``uid`` and ``gid`` are those its containers run as, 0 where it says nothing."""

    id: str                              # sha256:...
    reference: str                       # as it was asked for
    uid: int
    gid: int
    volumes: tuple[str, ...] = ()        # folders that it declares as volumes
    health: tuple[str, ...] = ()         # its own health test, ("CMD", ...); empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """A port of the host that a container publishes."""

    address: str                         # "0.0.0.0" for all
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """A container as it is now."""

    id: str
    name: str
    image_id: str
    labels: Mapping[str, str]
    status: str                          # created, running, restarting, exited, paused, dead, removing
    health: str                          # starting, healthy, unhealthy; "" without a check
    exit_code: int = 0
    restarts: int = 0
    oom_killed: bool = False
    error: str = ""                      # why it could not be started
    pids_limit: int = 0                  # 0: none
    created: str = ""
    started: str = ""
    finished: str = ""
    mounts: Mapping[str, str] = field(default_factory=dict)      # volume name -> path in the container
    networks: Mapping[str, str] = field(default_factory=dict)    # network name -> IP address

    @property
    def agency(self) -> str:
        """The agency whose stack it belongs to, "" if it is none of ours."""
        return self.labels.get(LABEL_AGENCY, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFacts:
    """A container that publishes ports, from the engine's list."""

    name: str
    agency: str                          # "" if it is none of ours
    ports: tuple[PortFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFacts:
    """A network of the engine."""

    id: str
    name: str
    agency: str
    subnets: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFacts:
    """A volume of the engine."""

    name: str
    labels: Mapping[str, str]
    created: str = ""


def api_version(text: str) -> tuple[int, int]:
    """Turn ``1.41`` into numbers that compare."""
    major, _, minor = text.partition(".")
    return int(major), int(minor or 0)


def engine_time(text: str) -> dt.datetime:
    """Read one of the engine's stamps (RFC 3339 with nanoseconds) as aware UTC, cut to microseconds."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def engine_facts(info: Mapping[str, Any], version: Mapping[str, Any]) -> EngineFacts:
    """Build from ``/info`` and ``/version``."""
    return EngineFacts(
        id=info["ID"], name=info["Name"], version=version["Version"],
        api=api_version(version["ApiVersion"]), oldest_api=api_version(version.get("MinAPIVersion") or "1.12"),
        data_root=info["DockerRootDir"], time=engine_time(info["SystemTime"]),
    )


def container_facts(raw: Mapping[str, Any]) -> ContainerFacts:
    """Build from a container's inspection."""
    state = raw["State"]
    networks = raw.get("NetworkSettings", {}).get("Networks") or {}
    return ContainerFacts(
        id=raw["Id"], name=raw["Name"].lstrip("/"), image_id=raw["Image"], labels=raw["Config"].get("Labels") or {},
        status=state["Status"], health=(state.get("Health") or {}).get("Status", "").replace("none", ""),
        exit_code=state.get("ExitCode", 0), restarts=raw.get("RestartCount", 0),
        oom_killed=state.get("OOMKilled", False), error=state.get("Error", ""),
        pids_limit=max(raw["HostConfig"].get("PidsLimit") or 0, 0),
        created=raw.get("Created", ""), started=state.get("StartedAt", ""), finished=state.get("FinishedAt", ""),
        mounts={m["Name"]: m["Destination"] for m in raw.get("Mounts", ()) if m.get("Type") == "volume"},
        networks={name: network.get("IPAddress", "") for name, network in networks.items()},
    )


def published_facts(raw: Mapping[str, Any]) -> PublishedFacts:
    """Build from an entry of the engine's container list."""
    ports = {
        PortFacts(address=port.get("IP", "0.0.0.0"), port=port["PublicPort"])  # noqa: S104 - we read it, not bind it
        for port in raw.get("Ports") or () if port.get("PublicPort") and port.get("Type") == "tcp"
    }
    return PublishedFacts(
        name=(raw["Names"] or [raw["Id"][:12]])[0].lstrip("/"), agency=(raw.get("Labels") or {}).get(LABEL_AGENCY, ""),
        ports=tuple(sorted(ports, key=lambda p: (p.port, p.address))),
    )


def network_facts(raw: Mapping[str, Any]) -> NetworkFacts:
    """Build from an entry of the engine's network list."""
    configs: Sequence[Mapping[str, str]] = (raw.get("IPAM") or {}).get("Config") or ()
    subnets = (ip_network(config["Subnet"], strict=False) for config in configs if config.get("Subnet"))
    return NetworkFacts(
        id=raw["Id"], name=raw["Name"], agency=(raw.get("Labels") or {}).get(LABEL_AGENCY, ""),
        subnets=tuple(subnet for subnet in subnets if isinstance(subnet, IPv4Network)),
    )
