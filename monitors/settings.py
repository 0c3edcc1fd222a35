"""What one monitor needs to be told, checked. Where it comes from (options, environment, workspace) is the caller's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from monitors.core.canary import witnesses
from monitors.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from monitors.ledger_name import LedgerName, ServerLedger

DEFAULT_LISTEN = "127.0.0.1:9924"
DEFAULT_VANTAGE = "local"
DEFAULT_MOST_RUNS = 10_000
DEFAULT_MARK = "X-Siaga24-Synthetic: 1"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}: ?[ -~]{1,200}")
_VANTAGE = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62})")
_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:\s]+)):(?P<port>[0-9]{1,5})")


class HttpEngineName(StrEnum):
    """Who asks over HTTP."""

    CURL = "curl"                        # libcurl, always
    RAW = "raw"                          # plain GETs without it; libcurl all others, and answers that are odd


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where /metrics and /healthz are served. Port 0: one that is free."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``HOST:PORT``, with an IPv6 address in brackets. Raises UsageError."""
        match = _LISTEN.fullmatch(text.strip())
        if match is None or int(match["port"]) > 65535:
            raise UsageError(f'listen "{text}": expected HOST:PORT, for example {DEFAULT_LISTEN}')
        return cls(host=match["six"] or match["host"], port=int(match["port"]))

    def __str__(self) -> str:
        """Write it as an address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """Settings of one monitor process. Raises UsageError where one cannot be."""

    targets: tuple[Path, ...]            # targets documents, or folders of them
    ledger: Path                         # a file; where ``server`` is given, what would lie beside it lies there
    listen: Listen
    server: ServerLedger | None = None   # the ledger on a server, in the place of the file
    vantage: str = DEFAULT_VANTAGE
    # a nation's 13,000 services, if nearly all hang for two tries of 10 s; fewer where the system allows fewer sockets
    most_runs_at_once: int = DEFAULT_MOST_RUNS
    most_runs_a_host: int = 0            # of them to one host:port; 0: a quarter
    most_runs_a_network: int = 0         # of them to one /24 or /48; 0: half
    drain_ms: int = 30_000               # at a stop: how long runs under way may still take
    clock_stable_ms: int = 60_000        # how long the wall clock has to disagree by the same before it is believed
    reload_ms: int = 1_000               # how often targets are looked at for a change
    # where probes may go although it is loopback, link-local, metadata, private or the monitor's own network
    allow_networks: tuple[str, ...] = ()
    secrets_dir: Path | None = None      # DIR/AGENCY/NAME holds what definitions call ${secret:NAME}
    # header line by which a service tells our requests from citizens'; "" for none
    synthetic_header: str = DEFAULT_MARK
    http_engine: HttpEngineName = HttpEngineName.RAW
    # witnesses of the own network, URL or HOST:PORT; none: failing runs are judged without asking
    canaries: tuple[str, ...] = ()
    reports: Listen | None = None        # where jobs report; None: they cannot
    # how long all raw runs are kept: days, or fewer where they need more than so many bytes (0: no bound); and how many
    # days after a month's end those near a failure are kept
    raw_days: int = 92
    raw_most_bytes: int = 0
    dispute_days: int = 60
    spool_dir: Path | None = None        # where results wait that memory does not hold; None: beside the ledger

    @property
    def ledger_name(self) -> LedgerName:
        """Which ledger it writes."""
        return self.server or self.ledger

    def __post_init__(self) -> None:
        """A vantage is a label of metrics and ledger; a monitor runs at least one transaction at a time."""
        if _VANTAGE.fullmatch(self.vantage) is None:
            raise UsageError(
                f'vantage "{self.vantage}": expected lower-case letters, digits, dots and dashes, as in jakarta-1',
            )
        if self.most_runs_at_once < 1:
            raise UsageError(f"most runs at once {self.most_runs_at_once}: expected 1 or more")
        try:
            witnesses(self.canaries)
        except ValueError as exc:
            raise UsageError(str(exc)) from None
        if self.synthetic_header and _HEADER.fullmatch(self.synthetic_header) is None:
            raise UsageError(
                f'synthetic header "{self.synthetic_header}": expected a header line such as "{DEFAULT_MARK}", '
                "or nothing",
            )
        if self.drain_ms < 0 or self.clock_stable_ms < 0:
            raise UsageError("the time to drain and for the clock to be stable: expected 0 or more")
        if self.raw_days < 2 or self.raw_most_bytes < 0 or self.dispute_days < 0:
            raise UsageError(
                f"raw runs kept {self.raw_days} days and {self.raw_most_bytes} bytes, {self.dispute_days} days for "
                "disputes: expected at least 2 days, and nothing below 0",
            )
        if not self.targets:
            raise UsageError("no targets: expected at least one document or folder")
