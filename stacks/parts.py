"""What a hosted service is made of: limits, databases, volumes, workers, jobs, the gateway.

Pure values, valid when they exist; ``model.py`` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024
LOOPBACK = IPv4Address("127.0.0.1")


def require(holds: bool, message: str) -> None:
    """Raise ValueError with ``message`` unless the claim holds."""
    if not holds:
        raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What one container may use."""

    memory_bytes: int = 256 * MIB
    cpus: Decimal = Decimal("0.5")
    pids: int = 128

    def __post_init__(self) -> None:
        """Refuse limits that no container can live in."""
        require(self.memory_bytes >= 6 * MIB, f"memory {self.memory_bytes} bytes: the engine needs 6 MiB at least")
        require(self.cpus > 0, f"cpus {self.cpus}: expected more than 0")
        require(self.pids >= 1, f"pids {self.pids}: expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLimits:
    """How much a container's log may hold: ``files`` files of ``file_bytes`` each, the oldest is dropped."""

    file_bytes: int = 10 * MIB
    files: int = 3

    def __post_init__(self) -> None:
        """Refuse a log that cannot hold a line."""
        require(self.file_bytes >= 1024, f"log file size {self.file_bytes} bytes: expected 1 KiB at least")
        require(self.files >= 1, f"log files {self.files}: expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalDatabase:
    """A PostgreSQL that somebody else runs. The password is read from a file outside of version control."""

    host: str
    name: str
    user: str
    password_file: Path
    port: int = 5432


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A service's PostgreSQL: its own, made by the toolkit, or an external one.

    Either way the service reads its URL from the secret file that ``DATABASE_URL_FILE`` names.
    """

    memory_bytes: int = 256 * MIB        # of an own one
    external: ExternalDatabase | None = None

    @property
    def is_own(self) -> bool:
        """The toolkit runs it and keeps its volume."""
        return self.external is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Data of a service that outlives its containers; shared by replicas, workers and jobs."""

    name: str
    path: str                            # absolute, inside the container


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process of the same image that serves no requests."""

    name: str
    command: tuple[str, ...]
    replicas: int = 1

    def __post_init__(self) -> None:
        """A worker does something, at least once."""
        require(bool(self.command), f"worker {self.name!r}: its command is empty")
        require(self.replicas >= 1, f"worker {self.name!r}: {self.replicas} replicas; expected 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command of the same image, run to success once a release, before new replicas start."""

    name: str
    command: tuple[str, ...]
    deadline_ms: int = 300_000           # a job that takes longer has failed

    def __post_init__(self) -> None:
        """A job does something and may take some time."""
        require(bool(self.command), f"job {self.name!r}: its command is empty")
        require(self.deadline_ms > 0, f"job {self.name!r}: deadline {self.deadline_ms} ms; expected more than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """TLS certificate (with its chain) and private key, both PEM files."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Where an agency's one gateway listens. Without ``certificate`` the toolkit's local CA signs one."""

    bind: IPv4Address = LOOPBACK
    https_port: int = 8443
    http_port: int | None = None         # only redirects to https
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        """Two listeners cannot share a port."""
        require(0 < self.https_port < 65536, f"https_port {self.https_port}: expected 1 to 65535")
        if self.http_port is not None:
            require(0 < self.http_port < 65536, f"http_port {self.http_port}: expected 1 to 65535")
            require(self.http_port != self.https_port, f"http_port and https_port are both {self.https_port}")
