"""What a stack is made of, down to each container's settings: plain values between the spec and Pulumi.

A container's *fingerprint* covers every setting that it runs with. Its digest is the release (of a service) or the
label that replaces a database or gateway: the provider applies a changed health check, tmpfs or CPU limit to nothing
and calls it a success, while a changed label always makes a new container.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from infra.naming import Component, Label
from infra.spec import HealthSpec, LimitSpec

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network

    from infra.hooks import VolumeFiles

# Of a ContainerPlan: its identity, words for people, what only the rollout uses, and where the digest itself goes.
_NOT_SETTINGS = frozenset({"key", "name", "what", "deadline_ms", "labels"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """A bridge network; ``is_internal`` has no way out and no published ports."""

    role: str                            # edge, app, data
    name: str
    subnet: IPv4Network
    is_internal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumePlan:
    """A named volume. ``is_data``: protected, kept when the stack goes; others can be made again."""

    key: str                             # logical name, without digests
    name: str                            # on the engine
    is_data: bool
    files: VolumeFiles | None = None     # what is written into it, or who owns it; None: the image sees to it


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPlan:
    """A volume at a path."""

    volume: str                          # engine's name
    target: str
    is_read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortPlan:
    """A port of the container on one address of the host."""

    inside: int
    outside: int
    bind: IPv4Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """All settings of one container that differ between containers; what all share is in ``container.py``."""

    key: str                             # logical name
    component: Component
    what: str                            # for people
    image: str
    user: str                            # uid:gid
    health: HealthSpec
    limits: LimitSpec
    stop_grace_ms: int
    stop_signal: str = "SIGTERM"
    name: str = ""                       # fixed name: the old one is stopped first; "": old and new side by side
    command: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[MountPlan, ...] = ()
    tmpfs: tuple[tuple[str, str], ...] = ()
    networks: tuple[tuple[str, tuple[str, ...]], ...] = ()      # (role, aliases)
    ports: tuple[PortPlan, ...] = ()
    shm_bytes: int = 64 * 1024 * 1024
    deadline_ms: int = 0                 # of a job
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def is_job(self) -> bool:
        """It ends by itself."""
        return self.component is Component.JOB

    def labelled(self, agency: str, service: str, release: str) -> ContainerPlan:
        """Return it with its labels; ``release`` also is what replaces the container when it changes."""
        texts = {
            Label.AGENCY: agency, Label.SERVICE: service, Label.COMPONENT: self.component, Label.NAME: self.what,
            Label.RELEASE: release,
        }
        return replace(self, labels=tuple(sorted((label.value, str(text)) for label, text in texts.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePlan:
    """A service's own PostgreSQL: the data, the password's file, the container."""

    data: VolumePlan
    secrets: VolumePlan
    container: ContainerPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """A service's things, in the order in which they have to be well: database, jobs, then replicas and workers."""

    code: str
    key: str
    release: str
    volumes: tuple[VolumePlan, ...]
    database: DatabasePlan | None
    jobs: tuple[ContainerPlan, ...]
    replicas: tuple[ContainerPlan, ...]
    workers: tuple[ContainerPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """A whole stack."""

    code: str
    key: str
    networks: tuple[NetworkPlan, ...]
    gateway: ContainerPlan
    gateway_volume: VolumePlan
    gateway_files: VolumeFiles           # of gateway_volume, configuration and certificate
    services: tuple[ServicePlan, ...]


def fingerprint(plan: ContainerPlan) -> object:
    """Return all settings of a container as plain values, ready to be digested."""
    return {f.name: _plain(getattr(plan, f.name)) for f in fields(plan) if f.name not in _NOT_SETTINGS}


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return str(value.normalize())
    return str(value)
