"""What a hosting stack is to hold: plain values, valid when they exist. No YAML, no agency, no engine in here.

Memory is bytes, time whole milliseconds, CPUs ``Decimal``. Images are the engine's own IDs (``sha256:...``), never
tags: a tag that moves would change what runs without a release. Secret values are ``Sensitive`` and reach containers as
files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network

MIB = 1024 * 1024

_IMAGE_ID = re.compile(r"sha256:[0-9a-f]{64}")
_LABEL = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PATH = re.compile(r"/[A-Za-z0-9._~/%?=&-]*")


class PlanError(ValueError):
    """The values cannot become a stack; the text says which, what was expected and how to mend it."""


class Sensitive:
    """A secret text. It prints redacted; ``reveal()`` is the only way to its value."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the value; only for writing it into a file of a volume."""
        return self._text

    def __repr__(self) -> str:
        return "Sensitive(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """A local image: its ID, the user its containers run as, and the folders it declares as volumes."""

    id: str                              # sha256:<64 hex>
    uid: int
    gid: int
    volumes: tuple[str, ...] = ()        # paths; each must be covered by a volume or tmpfs of the container
    health: tuple[str, ...] = ()         # the image's own health test, engine form ("CMD", ...); empty: none

    def __post_init__(self) -> None:
        """Refuse tags and root."""
        if not _IMAGE_ID.fullmatch(self.id):
            raise PlanError(f"image {self.id!r}: expected an image ID (sha256:...); resolve the tag first")
        if self.uid <= 0 or self.gid <= 0:
            raise PlanError(f"image {self.id[:19]}: user {self.uid}:{self.gid}; expected one other than root (0)")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSpec:
    """How a container is asked whether it is well; ``test`` as the engine has it: ("CMD", ...), ("CMD-SHELL", line)."""

    test: tuple[str, ...]
    interval_ms: int = 10_000            # of the engine's own check; a rollout asks at once and more often
    timeout_ms: int = 3_000
    retries: int = 3
    start_ms: int = 30_000               # a new container that is not well after this long has failed


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """What one container may use at most. Swap is never added to memory."""

    memory_bytes: int = 256 * MIB
    cpus: Decimal = Decimal("0.5")
    pids: int = 128
    log_file_bytes: int = 10 * MIB
    log_files: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSpec:
    """A file ``/run/secrets/NAME``; its path is in the environment as ``NAME_FILE``."""

    name: str
    value: Sensitive


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSpec:
    """A service's data that outlives its containers; shared by replicas, workers and jobs."""

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """Containers of the service's image that serve no requests."""

    name: str
    command: tuple[str, ...]
    replicas: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A command of the service's image, run to success once a release, before new replicas start."""

    name: str
    command: tuple[str, ...]
    deadline_ms: int = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSpec:
    """A PostgreSQL of the service's own, on a volume that is protected and kept."""

    image: ImageSpec
    password: Sensitive
    database: str = "app"
    user: str = "app"
    limits: LimitSpec = field(default_factory=LimitSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One service: N replicas behind the gateway, with what they need."""

    code: str                            # DNS label, unique in the stack
    image: ImageSpec
    port: int                            # where a replica listens
    host: str                            # name under which the gateway routes to it
    replicas: int = 1
    command: tuple[str, ...] = ()        # empty: the image's own
    health_path: str = "/healthz"
    health: HealthSpec | None = None     # None: the image's own test, else one made from port and path
    answer_timeout_ms: int = 2_000       # of a GET at one replica; the gateway then asks another
    stop_grace_ms: int = 15_000
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    volumes: tuple[VolumeSpec, ...] = ()
    workers: tuple[WorkerSpec, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    database: DatabaseSpec | None = None
    has_egress: bool = False             # may reach beyond the stack (a database elsewhere)
    limits: LimitSpec = field(default_factory=LimitSpec)

    def __post_init__(self) -> None:
        """Refuse what would mean something else inside the gateway's configuration or a health test."""
        where = f"service {self.code!r}"
        if not _LABEL.fullmatch(self.code):
            raise PlanError(f"{where}: expected a code of small letters, digits and hyphens")
        if not _HOST.fullmatch(self.host):
            raise PlanError(f"{where}: host {self.host!r}; expected a DNS name in small letters")
        if not _PATH.fullmatch(self.health_path):
            raise PlanError(f"{where}: health path {self.health_path!r}; expected / and letters, digits or ._~/%?=&-")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySpec:
    """The only container with ports on the host: TLS, routing by host name, checks and retries."""

    image: ImageSpec
    bind: IPv4Address
    https_port: int
    certificate_pem: str                 # certificate and its chain
    key_pem: Sensitive
    http_port: int | None = None         # only redirects to https
    limits: LimitSpec = field(default_factory=LimitSpec)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSpec:
    """Everything that one stack holds. ``code`` begins every name in it."""

    code: str                            # DNS label of the agency
    subnet: IPv4Network                  # /28 or larger; cut into the stack's networks
    gateway: GatewaySpec
    services: tuple[ServiceSpec, ...]
    digest_key: Sensitive                # keys the digests that stand in names and labels instead of secrets
    engine_host: str                     # e.g. unix:///var/run/docker.sock
    engine_id: str = ""                  # the engine's own ID, kept as an output so that another engine is noticed
