"""What is watched and what was found: targets, transactions, steps; runs and verdicts.

Pure values, valid when they exist. How they are written to a document is in ``document.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.evidence import Evidence
from monitors.core.hours import OfficeWeek, Open, check_week
from monitors.core.http_options import Auth, Connection, Part
from monitors.core.requests import (
    BrowserJourney,
    DnsQuery,
    GrpcHealth,
    Heartbeat,
    IcmpEcho,
    SqlQuery,
    TcpDialogue,
    TlsCheck,
    WebSocketTalk,
)

if TYPE_CHECKING:
    from monitors.core.canary import CanaryCheck

HTTP = "http"
# fields of a step, one set at most
OTHER_PROTOCOLS = ("dns", "tcp", "tls", "grpc", "sql", "websocket", "icmp", "heartbeat", "browser")
MS_PER_S = 1000
CLEANUP_MS = 2_000                       # of a deadline at most, for steps that always run
MIN_INTERVAL_MS = 1 * MS_PER_S


class Verdict(StrEnum):
    """What one run, or one stretch of time, says of a transaction or service."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Hosting(StrEnum):
    """Who runs the service: the toolkit, or somebody else while we only watch."""

    TOOLKIT = "toolkit"
    EXTERNAL = "external"


class Quorum(StrEnum):
    """How many vantages must say that a service is down."""

    MAJORITY = "majority"                # more than half of those that know, and two at least where there are two
    ANY = "any"                          # one


class SaveKind(StrEnum):
    """Where a saved value is read from in a step's answer."""

    CSS = "css"          # expression: selector; attribute: its attribute, else its text
    JSON = "json"        # expression: JSONPath (RFC 9535), first match
    REGEX = "regex"      # expression: pattern with one group, searched in the decoded body
    HEADER = "header"    # expression: header name
    COOKIE = "cookie"    # expression: cookie name


class AssertKind(StrEnum):
    """What an assertion looks at."""

    STATUS = "status"          # expected: "200", "2xx", "200,303"
    HEADER = "header"          # name: header; expected: text contained in its value
    CONTAINS = "contains"      # expected: text in the decoded body
    ABSENT = "absent"          # expected: text that must not be in the decoded body
    MATCHES = "matches"        # expected: regular expression searched in the decoded body
    FORBIDDEN = "forbidden"    # expected: regular expression that must match nowhere in the decoded body
    CLEAN = "clean"            # no injected gambling words in the decoded body; expected: nothing
    NO_JSON = "no_json"        # name: JSONPath; nothing is there
    SIZE = "size"              # expected: "1000-5000", bytes of the decoded body; a miss is `degraded`
    SHA256 = "sha256"          # expected: hexadecimal digest of the decoded body; a miss is `degraded`
    JSON = "json"              # name: JSONPath; expected: first match as text ("true", "12", "abc"); empty = exists
    CSS = "css"                # name: selector; expected: text contained in the first match; empty = exists
    LATENCY = "latency"        # expected: milliseconds; the step's own latency target: a miss is `degraded`


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Keep a value of the answer as ``${name}`` for later steps. Saved values stay text."""

    name: str
    kind: SaveKind
    expression: str
    attribute: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One claim about a step's answer; ``expected`` and ``name`` may hold ``${saved}`` values."""

    kind: AssertKind
    expected: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a transaction: over HTTP, unless one of the other protocols is set.

    ``url`` is a path under the target's ``base_url`` or an absolute URL; ``${saved}`` values are filled in (percent-
    encoded within url and form values). Without a ``status`` assertion, 2xx is expected.
    """

    name: str
    method: str = "GET"
    url: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    json_body: str = ""                  # JSON text, sent as application/json when not empty
    body: str = ""                       # raw text, sent as it is; its Content-Type is a header of the step
    parts: tuple[Part, ...] = ()         # a multipart form
    auth: Auth | None = None
    max_redirects: int = 0               # 0: redirects are answers, not followed
    critical: bool = True
    always: bool = False                 # cleans up: runs at the end of a try whatever came before; never critical
    saves: tuple[Save, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    dns: DnsQuery | None = None
    tcp: TcpDialogue | None = None
    tls: TlsCheck | None = None
    grpc: GrpcHealth | None = None
    sql: SqlQuery | None = None
    websocket: WebSocketTalk | None = None
    icmp: IcmpEcho | None = None
    heartbeat: Heartbeat | None = None
    browser: BrowserJourney | None = None

    def __post_init__(self) -> None:
        """A step asks one thing."""
        asked = [name for name in OTHER_PROTOCOLS if getattr(self, name) is not None]
        if len(asked) > 1:
            raise ValueError(f"step {self.name!r}: it asks {' and '.join(asked)}; make a step of each")

    @property
    def protocol(self) -> str:
        """How it is asked: ``http`` or one of ``OTHER_PROTOCOLS``."""
        return next((name for name in OTHER_PROTOCOLS if getattr(self, name) is not None), HTTP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A citizen's journey, run every ``interval_ms``; each try has ``deadline_ms`` in all.

    Raises ValueError where 2 x deadline >= interval, or no step is critical.
    """

    name: str
    steps: tuple[Step, ...]
    interval_ms: int
    deadline_ms: int
    latency_target_ms: int | None = None
    primary: bool = True
    writes: bool = False                 # it changes the service's data
    writes_a_day: int = 0                # where it writes: tries a UTC day at most; 0: by its interval, see budget.py
    max_body_bytes: int = 1_048_576      # decoded bytes of one answer; more fails the step
    connection: Connection | None = None  # how HTTP connections are made; None: as usual

    def __post_init__(self) -> None:
        """Refuse what cannot be run by the rules."""
        if not self.steps:
            raise ValueError(f"transaction {self.name!r}: it has no steps; give it at least one")
        if not any(step.critical and not step.always for step in self.steps):
            raise ValueError(f"transaction {self.name!r}: no step is critical; make at least one critical")
        tail = [step.always for step in self.steps]
        if tail != sorted(tail):
            raise ValueError(f"transaction {self.name!r}: a step stands behind one that always runs; put that one last")
        if self.interval_ms < MIN_INTERVAL_MS:
            raise ValueError(f"transaction {self.name!r}: interval {self.interval_ms} ms is under 1 s; make it longer")
        if self.writes_a_day and (not self.writes or self.writes_a_day < 2):
            raise ValueError(
                f"transaction {self.name!r}: a budget of {self.writes_a_day} tries a day; expected 2 or more, and "
                "writes to be true",
            )
        if not 0 < 2 * self.deadline_ms < self.interval_ms:
            raise ValueError(
                f"transaction {self.name!r}: two tries of {self.deadline_ms} ms do not fit into the interval of "
                f"{self.interval_ms} ms; make the deadline shorter or the interval longer",
            )


    @property
    def main_steps(self) -> int:
        """How many steps come before those that always run."""
        return sum(not step.always for step in self.steps)

    @property
    def cleanup_ms(self) -> int:
        """Share of the deadline that is kept for the steps that always run: a fifth, at most 2 s; 0 without any."""
        return min(CLEANUP_MS, self.deadline_ms // 5) if self.steps[-1].always else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What citizens are promised: ``target`` percent of each calendar month.

    ``hours``: those of each weekday that it covers, Monday first; () is all 24 of every day. A day off is no exception.
    """

    target: Decimal = Decimal("99.5")
    latency_target_ms: int | None = None
    hours: tuple[Open, ...] = ()

    def __post_init__(self) -> None:
        """A promise of 100 % cannot be kept nor proven, and one of no hours promises nothing."""
        if not Decimal(0) < self.target < Decimal(100):
            raise ValueError(f"promise target {self.target} %: expected more than 0 and less than 100")
        if self.hours:
            check_week("promise hours", self.hours)
            if not any(self.hours):
                raise ValueError("promise hours: no day has any; expected at least one, or all 24 hours of every day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One service to watch, with all that the monitor needs to know of it."""

    agency: str                          # agency code, a DNS label
    service: str                         # service code, a DNS label
    base_url: str                        # e.g. https://antrean.dinkes.example:8443
    transactions: tuple[Transaction, ...]
    agency_name: str = ""
    service_name: str = ""
    time_zone: str = "Asia/Jakarta"      # of the agency
    criticality: int = 3                 # 1 highest .. 4
    weight: int = 1                      # of the service in its agency's and the nation's figures
    agency_kind: str = ""                # ministry, institution, province, regency, city
    province: str = ""                   # code of the agency's province, "" for the whole nation's
    wave: str = ""                       # of the rollout
    hosting: Hosting = Hosting.TOOLKIT
    promise: Promise = field(default_factory=Promise)
    quorum: Quorum = Quorum.MAJORITY     # of vantages
    connect_to: str = ""                 # host:port to connect to instead of resolving base_url's host; "" = resolve
    ca_pem: str = ""                     # CA certificates to trust for this target beside none other; "" = system's
    office_hours: OfficeWeek | None = None   # the agency's own week; None = the usual one

    @property
    def key(self) -> str:
        """``agency/service``: how the target is named in ledger, metrics and commands."""
        return f"{self.agency}/{self.service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Durations of one request in whole microseconds, one after the other; 0 where a phase did not happen."""

    dns_us: int = 0
    connect_us: int = 0
    tls_us: int = 0
    first_byte_us: int = 0               # request sent to first byte
    body_us: int = 0

    @property
    def total_us(self) -> int:
        """Sum of the phases."""
        return self.dns_us + self.connect_us + self.tls_us + self.first_byte_us + self.body_us


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step of a try did. ``reason`` is empty when it passed in time, else a sentence."""

    name: str
    passed: bool
    critical: bool
    reason: str = ""
    too_slow: bool = False               # passed, but over a latency target
    status: int = 0                      # HTTP status of the last answer, 0 if none
    started_ms: int = 0                  # UTC, milliseconds since 1970
    phases: Phases = field(default_factory=Phases)
    address: str = ""                    # IP address that was connected to
    certificate_ends_ms: int = 0         # UTC end of the server's certificate, 0 where none was read
    evidence: Evidence | None = None     # of a step that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt at a transaction: its steps up to the first critical one that failed."""

    started_ms: int
    duration_us: int
    steps: tuple[StepResult, ...]
    fault: str = ""                      # our own fault, in words: the try says nothing of the service

    @property
    def failed_step(self) -> StepResult | None:
        """The critical step that failed, or None."""
        return next((s for s in self.steps if s.critical and not s.passed), None)


class Outcome(StrEnum):
    """What became of a scheduled run."""

    DONE = "done"
    MISSED = "missed"                    # not started within one interval of its time, or no capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One scheduled execution of a transaction at a vantage: exactly one record each.

    Its key is (transaction key, vantage, life, sequence). ``started_ms`` is the start of the first try, for a missed
    run its scheduled time.
    """

    agency: str
    service: str
    transaction: str
    vantage: str
    life: str                            # identity of one life of the monitor process
    sequence: int                        # per transaction and life, from 0
    scheduled_ms: int
    started_ms: int
    ended_ms: int
    outcome: Outcome
    verdict: Verdict
    reason: str = ""                     # sentence; names the failing step; empty when up
    failed_step: str = ""                # name of the step that failed, "" if none
    first_try_failed: bool = False
    tries: tuple[Try, ...] = ()          # evidence; kept in full for runs that are not up
    canary: CanaryCheck | None = None    # what the own network's witnesses said after the last try, where asked

    @property
    def duration_us(self) -> int:
        """Duration of the last try in microseconds."""
        return self.tries[-1].duration_us if self.tries else 0
