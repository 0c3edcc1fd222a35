"""The nation's statement: service -> agency -> province, kind, wave -> nation; each service in its local month. Pure.

Every registered agency is counted once: kept + broken + running + not proven + not on board = registered, exactly. An
agency without a monitored service is not on board, and never 100 %. The headline share is kept / registered, with
kept / on board beside it. Availability is over service time: sum(weight x good) / sum(weight x known).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitors.core.rollup import Spent, added, weighed
from monitors.core.rollup_month import statement_of
from monitors.core.sla import AgencyStatement, Judgement, SlaStatement, agency_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.rollup_month import MonthRollup

GROUPINGS = ("province", "kind", "wave")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An agency of the nation, on board or not. An empty text: it is not told."""

    code: str
    name: str = ""
    kind: str = ""                       # ministry, institution, province, regency, city
    province: str = ""
    wave: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """How long services were what, weight x milliseconds: in all hours promised, and in the parts of them."""

    promised: Spent = field(default_factory=Spent)
    outside: Spent = field(default_factory=Spent)        # outside office hours: asked for first
    office: Spent = field(default_factory=Spent)
    undecided: Spent = field(default_factory=Spent)
    closures: Spent = field(default_factory=Spent)       # of five days or more; lie in the others too


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyResult:
    """What one registered agency kept."""

    agency: Registered
    statement: AgencyStatement           # weighted; ``not on board`` without a service
    hours: Hours
    services: tuple[SlaStatement, ...]   # by code
    until_ms: int | None                 # up to when all of them are rolled up; None without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agencies that have something in common: a province, a kind, a wave, or the nation."""

    name: str                            # "" where it is not told
    kept: int
    broken: int
    not_proven: int
    running: int                         # only in a month that is not final
    not_on_board: int
    services: int
    hours: Hours

    @property
    def registered(self) -> int:
        """All of them."""
        return self.kept + self.broken + self.not_proven + self.running + self.not_on_board

    @property
    def on_board(self) -> int:
        """Those with a monitored service."""
        return self.registered - self.not_on_board


@dataclass(frozen=True, slots=True, kw_only=True)
class NationStatement:
    """What the nation's agencies kept in one month; each by its own clock."""

    month: str
    nation: Group
    by: dict[str, tuple[Group, ...]]     # province, kind, wave -> groups by name
    agencies: tuple[AgencyResult, ...]   # by code
    until_ms: int | None                 # up to when every service is rolled up
    calendars: tuple[str, ...]           # versions that decided over office hours

    @property
    def is_final(self) -> bool:
        """Whether every service's month is."""
        return all(one.is_final for result in self.agencies for one in result.services)


def nation_statement(
    month: str, rolled: Iterable[MonthRollup], registered: Iterable[Registered],
) -> NationStatement:
    """Roll a month up. An agency that has services and is not registered counts too: nothing measured is left out."""
    months: dict[str, list[MonthRollup]] = {}
    for one in rolled:
        months.setdefault(one.agency, []).append(one)
    known = {one.code: one for one in registered}
    for code in months:
        known.setdefault(code, Registered(code=code))
    results = tuple(_agency(known[code], months.get(code, ())) for code in sorted(known))
    return NationStatement(
        month=month, nation=_group("", results),
        by={grouping: _groups(results, grouping) for grouping in GROUPINGS}, agencies=results,
        until_ms=min((one.until_ms for one in results if one.until_ms is not None), default=None),
        calendars=tuple(sorted({one.calendar for of_agency in months.values() for one in of_agency})),
    )


def _agency(agency: Registered, months: Sequence[MonthRollup]) -> AgencyResult:
    ordered = sorted(months, key=lambda one: one.service)
    statements = tuple(statement_of(one) for one in ordered)
    weights = {one.service: one.weight for one in ordered}
    office, outside = _sum(ordered, lambda one: one.office), _sum(ordered, lambda one: one.outside)
    undecided = _sum(ordered, lambda one: one.undecided)
    return AgencyResult(
        agency=agency, statement=agency_statement(agency.code, statements, weights=weights),
        hours=Hours(
            promised=added((office, outside, undecided)), outside=outside, office=office, undecided=undecided,
            closures=_sum(ordered, lambda one: one.closures),
        ),
        services=statements, until_ms=min((one.until_ms for one in ordered), default=None),
    )


def _sum(months: Sequence[MonthRollup], part: Callable[[MonthRollup], Spent]) -> Spent:
    return weighed((one.weight, part(one)) for one in months)


def _groups(results: Sequence[AgencyResult], grouping: str) -> tuple[Group, ...]:
    members: dict[str, list[AgencyResult]] = {}
    for one in results:
        members.setdefault(getattr(one.agency, grouping), []).append(one)
    return tuple(_group(name, members[name]) for name in sorted(members, key=lambda name: (not name, name)))


def _group(name: str, members: Sequence[AgencyResult]) -> Group:
    counted = Counter(one.statement.judgement for one in members)
    return Group(
        name=name, kept=counted[Judgement.KEPT], broken=counted[Judgement.BROKEN],
        not_proven=counted[Judgement.NOT_PROVEN], running=counted[Judgement.RUNNING],
        not_on_board=counted[Judgement.NOT_ON_BOARD], services=sum(len(one.services) for one in members),
        hours=Hours(
            promised=added(one.hours.promised for one in members), outside=added(one.hours.outside for one in members),
            office=added(one.hours.office for one in members), undecided=added(one.hours.undecided for one in members),
            closures=added(one.hours.closures for one in members),
        ),
    )
