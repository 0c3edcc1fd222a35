"""What a report is made of, before it has a language or a layout. Pure values: the same data gives the same report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.sla import Judgement, SlaStatement, agency_statement
from monitors.core.split import Part, Split, together

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from monitors.core.attribution import Owner
    from monitors.core.correction import CorrectedFigures
    from monitors.core.incident import Incident
    from monitors.core.incident_links import IncidentLinks
    from monitors.core.maintenance_figures import AgreedFigures
    from monitors.core.model import Target
    from monitors.core.nation import NationStatement
    from monitors.core.outlook import Outlook
    from monitors.core.promise_change import Change as PromiseChange
    from monitors.core.promise_change import EarlyPromise
    from monitors.core.sla import AgencyStatement
    from monitors.core.window import Window

WIB = timezone(timedelta(hours=7), "WIB")


class Cadence(StrEnum):
    """How long a time a report is of."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class State(StrEnum):
    """How far a report counts."""

    DRAFT = "draft"                      # may change; recorded nowhere
    FINAL = "final"                      # the first that was issued
    REISSUED = "reissued"                # a later one, which says what changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a service was through one local day, in milliseconds; less than a day where the window is shorter."""

    day: str                             # 2026-11-24
    up_ms: int
    degraded_ms: int
    down_ms: int
    unknown_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VantageSeen:
    """What one vantage alone saw of a service."""

    name: str
    runs: int
    observed_ms: int
    good_ms: int
    known_ms: int
    is_own_host: bool                    # it stands on the host that answers for the service


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An incident with what stands near it, and whose its down time within the window was."""

    incident: Incident
    links: IncidentLinks
    owners: tuple[tuple[Owner, int], ...]  # milliseconds, most first, only those with any


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMonth:
    """One service in one month. Figures are None where its life does not reach into it."""

    target: Target
    statement: SlaStatement | None       # as measured
    corrected: CorrectedFigures | None = None
    agreed: AgreedFigures | None = None  # without agreed maintenance
    split: Split | None = None           # of what counts
    measured_split: Split | None = None  # before rulings
    outlook: Outlook | None = None       # what can be proven at all, and whether the runs suffice for the claim
    owners: tuple[tuple[Owner, int], ...] = ()
    outages: tuple[Outage, ...] = ()
    vantages: tuple[VantageSeen, ...] = ()
    changes: tuple[PromiseChange, ...] = ()      # of its definition, within the month
    early: tuple[EarlyPromise, ...] = ()         # decisions that let a promise count for its own month
    days: tuple[Day, ...] = ()

    @property
    def in_force(self) -> SlaStatement | None:
        """The statement that counts: as corrected by rulings, else as measured."""
        return self.corrected.in_force if self.corrected is not None else self.statement

    @property
    def name(self) -> str:
        """What people call it."""
        return self.target.service_name or self.target.service

    @property
    def is_seen_from_own_host_only(self) -> bool:
        """Whether every vantage stands on the service's own host: a cut line before the host would stay unseen."""
        return bool(self.vantages) and all(one.is_own_host for one in self.vantages)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyMonth:
    """One agency in one month of its own zone."""

    agency: str
    name: str
    zone: tzinfo
    window: Window
    services: tuple[ServiceMonth, ...]

    @property
    def judged(self) -> tuple[SlaStatement, ...]:
        """The statements that count of those services that lived in the month."""
        return tuple(found for one in self.services if (found := one.in_force) is not None)

    @property
    def statement(self) -> AgencyStatement:
        """The services together, by their weights."""
        return agency_statement(self.agency, self.judged, weights=self.weights)

    @property
    def weights(self) -> dict[str, int]:
        """What each service weighs."""
        return {one.target.service: one.target.weight for one in self.services}

    @property
    def is_final(self) -> bool:
        """Whether nothing that comes later changes the month's figures."""
        return bool(self.judged) and all(one.is_final for one in self.judged)

    def part(self, name: str) -> Part:
        """Add up one part of the services' splits (``office``, ``outside`` ...), by weight."""
        return together(
            part for one in self.services if one.split is not None
            for part in [getattr(one.split, name)] * one.target.weight
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a figure was in the version before, and what it is now. All in milliseconds or words of the domain."""

    service: str
    month: str
    figure: str                          # a name of ``issue.FIGURES``
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Which issue of a report this is, and how old its data is."""

    state: State = State.DRAFT
    version: int = 0                     # from 1; 0: a draft
    data_ms: int                         # UTC: what the ledger knew then is in it
    issued_by: str = ""
    former_ms: int = 0                   # data time of the version before
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """All that a report of one agency says."""

    cadence: Cadence
    period: str                          # 2026-11 or 2026-Q4
    agency: str
    months: tuple[AgencyMonth, ...]      # one, or the three of a quarter
    edition: Edition
    calendar: str                        # version of the calendar that decided on office hours
    seal: str = ""                       # newest seal of the ledger: day, number and digest; "" where none is there
    undecided: tuple[int, ...] = field(default=())  # years whose days off are not decreed

    @property
    def newest(self) -> AgencyMonth:
        """The last month."""
        return self.months[-1]

    @property
    def zone(self) -> tzinfo:
        """The agency's zone."""
        return self.newest.zone

    @property
    def name(self) -> str:
        """What people call the agency."""
        return self.newest.name

    @property
    def is_final(self) -> bool:
        """Whether nothing that comes later changes the figures."""
        return all(month.is_final for month in self.months)


@dataclass(frozen=True, slots=True, kw_only=True)
class NationData:
    """All that a report of the nation says."""

    cadence: Cadence
    period: str
    months: tuple[NationStatement, ...]  # one, or the three of a quarter
    edition: Edition
    seal: str = ""
    own_host: frozenset[tuple[str, str]] = frozenset()   # services measured from their own host alone
    provinces: Mapping[str, str] = field(default_factory=dict, hash=False)      # code -> name
    service_names: Mapping[tuple[str, str], str] = field(default_factory=dict, hash=False)

    @property
    def agency(self) -> str:
        """No one agency."""
        return ""

    @property
    def zone(self) -> tzinfo:
        """Where the report's own times are told: in Jakarta. Each figure is of its agency's local month."""
        return WIB

    @property
    def calendar(self) -> str:
        """Versions of the calendar that decided on office hours."""
        return ", ".join(sorted({version for month in self.months for version in month.calendars}))

    @property
    def is_final(self) -> bool:
        """Whether every service's months are."""
        return all(month.is_final and month.nation.services for month in self.months)


Report = ReportData | NationData


def together_of(judgements: tuple[Judgement, ...]) -> Judgement:
    """Judge several months or services as one: kept only if all are, broken if any is.

    Else running if any is, else not proven; without any: not on board.
    """
    if not judgements:
        return Judgement.NOT_ON_BOARD
    for worst in (Judgement.BROKEN, Judgement.RUNNING, Judgement.NOT_PROVEN):
        if worst in judgements:
            return worst
    return Judgement.KEPT
