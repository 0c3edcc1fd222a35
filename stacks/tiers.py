"""``siaga24.yaml`` to ``Settings``, and the toolkit's tiers to ``Tier``."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitors.core.errors import DefinitionError
from monitors.core.model import Promise
from stacks.definition.build_week import promise_hours
from stacks.definition.faults import Findings
from stacks.definition.grammar import SETTINGS, TIER
from stacks.definition.reading import read_record, shown
from stacks.model import DEFAULT_POOL, DEFAULT_PREFIX, LogLimits, Resources, Settings, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacks.definition.shapes import Record

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@cache
def standard_tiers() -> Mapping[str, Tier]:
    """Return the tiers that come with the toolkit, by code."""
    tiers = [load_tier(path) for path in sorted((TEMPLATES / "tiers").glob("*.yaml"))]
    return MappingProxyType({tier.code: tier for tier in tiers})


def load_settings(path: Path) -> Settings:
    """Load ``siaga24.yaml``; DefinitionError with all its faults."""
    findings = Findings(file=shown(path))
    record = read_record(path, SETTINGS, findings)
    pool, prefix = DEFAULT_POOL, DEFAULT_PREFIX
    if record and record["network"]:
        network: Record = record["network"]
        pool = IPv4Network(network["pool"]) if network["pool"] else pool
        prefix = network["prefix"] or prefix
        if prefix < pool.prefixlen:
            network.place("prefix").fault(
                f"an agency's /{prefix} is larger than the pool {pool}",
                f"a prefix from {pool.prefixlen} to 28",
                "make the pool larger",
            )
    if record is None or findings.faults:
        raise DefinitionError(findings.lines())
    monitor, docker = record["monitor"], record["docker"]
    given = {
        "domain": record["domain"],
        "docker_host": docker["host"] if docker else None,
        "listen": monitor["listen"] if monitor else None,
        "vantage": monitor["vantage"] if monitor else None,
        "allow_networks": (
            tuple(network for _, network in monitor["allow_networks"])
            if monitor and monitor["allow_networks"] else None
        ),
        "canaries": (
            tuple(canary for _, canary in monitor["canaries"]) if monitor and monitor["canaries"] else None
        ),
        "lone_failures": monitor["lone_failures"] if monitor else None,
        "waves": tuple(wave for _, wave in record["waves"]) if record["waves"] else None,
    }
    return Settings(pool=pool, prefix=prefix, **{key: value for key, value in given.items() if value is not None})


def load_tier(path: Path) -> Tier:
    """Load one tier; DefinitionError with all its faults."""
    findings = Findings(file=shown(path))
    record = read_record(path, TIER, findings)
    if record is None or findings.faults:
        raise DefinitionError(findings.lines())
    resources, promise, log = record["resources"], record["promise"], record["log"]
    return Tier(
        code=record["code"],
        description=record["description"],
        replicas=record["replicas"],
        resources=Resources(memory_bytes=resources["memory"], cpus=resources["cpus"], pids=resources["pids"]),
        promise=Promise(
            target=promise["target"], latency_target_ms=promise["latency"], hours=promise_hours(promise["hours"], ()),
        ),
        interval_ms=record["interval"],
        deadline_ms=record["deadline"],
        database_memory_bytes=record["database"]["memory"],
        log=LogLimits(file_bytes=log["file"], files=log["files"]),
    )
