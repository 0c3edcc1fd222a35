"""What a workspace says: agencies and their services, tiers, settings. Pure values, valid when they exist.

How files become these values is in ``loader.py``; how agencies become stacks is in ``program.py``. Memory and sizes are
bytes, durations whole milliseconds, shares and CPUs ``Decimal``. Collections are tuples in the order of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Protocol

from monitors.core.model import Hosting, Promise, Quorum, Transaction
from monitors.core.provability import LONE_FAILURES
from stacks.parts import (
    MIB,
    Certificate,
    Database,
    ExternalDatabase,
    Gateway,
    Job,
    LogLimits,
    Resources,
    Volume,
    Worker,
    require,
)

if TYPE_CHECKING:
    from pathlib import Path

    from monitors.core.hours import OfficeWeek

__all__ = [
    "MIB",
    "Agency",
    "AgencyKind",
    "AgencySource",
    "Certificate",
    "Contact",
    "Database",
    "ExternalDatabase",
    "Gateway",
    "Job",
    "LogLimits",
    "Resources",
    "Service",
    "Settings",
    "Tier",
    "Volume",
    "Worker",
    "Workspace",
    "is_code",
]

MAX_CODE_LENGTH = 40                     # codes are joined into container names and host labels of at most 63
DEFAULT_POOL = IPv4Network("10.124.0.0/14")
DEFAULT_PREFIX = 26

_CODE = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")


def is_code(text: str) -> bool:
    """Tell whether ``text`` is a code: a DNS label that begins with a letter, at most 40 characters."""
    return len(text) <= MAX_CODE_LENGTH and _CODE.fullmatch(text) is not None


class AgencyKind(StrEnum):
    """What sort of institution an agency is, or belongs to."""

    MINISTRY = "ministry"                # kementerian
    INSTITUTION = "institution"          # lembaga
    PROVINCE = "province"
    REGENCY = "regency"                  # kabupaten
    CITY = "city"                        # kota


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One public service of an agency: hosted by the toolkit (it has an image) or external (it has a URL)."""

    code: str
    name: str
    transactions: tuple[Transaction, ...]
    hosting: Hosting = Hosting.TOOLKIT
    criticality: int = 3                 # 1 highest .. 4
    weight: int = 1                      # in its agency's and the nation's figures
    promise: Promise = field(default_factory=Promise)
    quorum: Quorum = Quorum.MAJORITY     # of vantages
    # external only
    url: str = ""                        # http(s)://host[:port][/path], without a slash at its end
    ca_pem: str = ""                     # certificates to trust for this service instead of the system's
    ca_file: Path | None = None          # where they were read from
    # hosted only
    image: str = ""                      # name:tag or name@sha256:...
    command: tuple[str, ...] = ()        # empty: the image's own
    port: int = 0                        # where a replica listens, inside its container
    replicas: int = 1
    health: str = "/healthz"
    host: str = ""                       # name under which citizens reach it
    answer_timeout_ms: int = 2_000       # the gateway gives up on a silent replica and tries another one
    stop_grace_ms: int = 15_000          # from SIGTERM to SIGKILL
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()        # NAME: made once; file /run/secrets/NAME, its path in env NAME_FILE
    volumes: tuple[Volume, ...] = ()
    database: Database | None = None
    workers: tuple[Worker, ...] = ()
    jobs: tuple[Job, ...] = ()
    egress: bool = False                 # may reach beyond the stack's own networks
    resources: Resources = field(default_factory=Resources)   # of each replica, worker and job
    log: LogLimits = field(default_factory=LogLimits)

    def __post_init__(self) -> None:
        """Hosted services have an image, external ones a URL; each is watched by a primary transaction."""
        where = f"service {self.code!r}"
        require(is_code(self.code), f"{where}: its code is not a DNS label of at most {MAX_CODE_LENGTH} characters")
        require(1 <= self.criticality <= 4, f"{where}: criticality {self.criticality}; expected 1 to 4")
        require(self.weight >= 1, f"{where}: weight {self.weight}; expected 1 or more")
        require(any(t.primary for t in self.transactions), f"{where}: no transaction is primary")
        if self.hosting is Hosting.EXTERNAL:
            require(bool(self.url) and not self.image, f"{where}: an external service has a url and no image")
            return
        require(bool(self.image) and not self.url, f"{where}: a hosted service has an image and no url")
        require(0 < self.port < 65536, f"{where}: port {self.port}; expected 1 to 65535")
        require(self.replicas >= 1, f"{where}: {self.replicas} replicas; expected 1 or more")
        require(bool(self.host), f"{where}: it has no host name")

    @property
    def is_hosted(self) -> bool:
        """The toolkit runs it."""
        return self.hosting is Hosting.TOOLKIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody to reach at the agency."""

    name: str
    role: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A ministry, institution, province, regency or city, with its services.

    ``subnet`` and ``gateway`` are there exactly where the toolkit hosts at least one service.
    """

    code: str
    name: str
    kind: AgencyKind
    time_zone: str                       # IANA name, e.g. Asia/Jayapura
    services: tuple[Service, ...]
    tier: str = "silver"
    domain: str = ""
    wave: str = "pilot"
    province: str = ""                   # code of the province, "" where it belongs to none
    contacts: tuple[Contact, ...] = ()
    subnet: IPv4Network | None = None
    gateway: Gateway | None = None
    office_hours: OfficeWeek | None = None   # its own; None: the usual

    def __post_init__(self) -> None:
        """A value that exists can be hosted and watched."""
        where = f"agency {self.code!r}"
        require(is_code(self.code), f"{where}: its code is not a DNS label of at most {MAX_CODE_LENGTH} characters")
        codes = [service.code for service in self.services]
        require(len(codes) == len(set(codes)), f"{where}: two services share a code")
        if self.hosted:
            require(self.subnet is not None, f"{where}: it hosts services and has no subnet")
            require(self.gateway is not None, f"{where}: it hosts services and has no gateway")

    @property
    def hosted(self) -> tuple[Service, ...]:
        """The services that the toolkit runs."""
        return tuple(service for service in self.services if service.is_hosted)

    @property
    def external(self) -> tuple[Service, ...]:
        """The services that are only watched."""
        return tuple(service for service in self.services if not service.is_hosted)

    def service(self, code: str) -> Service:
        """Return one service; KeyError where there is none."""
        for service in self.services:
            if service.code == code:
                return service
        raise KeyError(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Defaults that a service gets where its file leaves something open."""

    code: str
    description: str = ""
    replicas: int
    resources: Resources
    promise: Promise
    interval_ms: int
    deadline_ms: int
    database_memory_bytes: int
    log: LogLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for a whole workspace: ``siaga24.yaml``."""

    pool: IPv4Network = DEFAULT_POOL     # every agency's subnet is cut out of it
    prefix: int = DEFAULT_PREFIX         # size of an agency's subnet
    domain: str = "example"              # an agency's domain is CODE.<this> unless its file says otherwise
    docker_host: str = "unix:///var/run/docker.sock"
    listen: str = "127.0.0.1:9924"       # of the monitor's /metrics and /healthz
    vantage: str = "local"               # name of the place that this monitor runs from
    allow_networks: tuple[str, ...] = ()  # where probes may go beside public addresses
    canaries: tuple[str, ...] = ()       # witnesses of the monitor's own network: URL or HOST:PORT
    lone_failures: Decimal = LONE_FAILURES           # percent of single tries that fail at a healthy service
    waves: tuple[str, ...] = ("pilot", "rest")       # in the order of rolling out

    def __post_init__(self) -> None:
        """A pool holds at least one subnet, and a subnet at least a gateway and a service."""
        least = self.pool.prefixlen
        require(least <= self.prefix <= 28, f"prefix {self.prefix}: expected {least} to 28")
        require(bool(self.waves), "waves: expected at least one")


class AgencySource(Protocol):
    """Where a workspace's agencies come from. Each call reads anew, so that an edit is seen."""

    def codes(self) -> tuple[str, ...]:
        """All codes, sorted; of faulty definitions too."""
        ...

    def agency(self, code: str) -> Agency:
        """Load one, checked against the others; DefinitionError with all its faults, UsageError if there is none."""
        ...

    def agencies(self) -> tuple[Agency, ...]:
        """Load all, sorted by code; DefinitionError with the faults of all."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A user's folder of agencies and settings, and the state folder that goes with it."""

    folder: Path
    state: Path
    settings: Settings
    source: AgencySource = field(repr=False)

    def codes(self) -> tuple[str, ...]:
        """Codes of all agencies, sorted."""
        return self.source.codes()

    def agency(self, code: str) -> Agency:
        """Load one agency; DefinitionError with all its faults, UsageError with near names if there is none."""
        return self.source.agency(code)

    def agencies(self) -> tuple[Agency, ...]:
        """Load all agencies; DefinitionError with the faults of all files."""
        return self.source.agencies()
