"""A nation's agencies and groups of them, summed over the months of a report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.rollup import Spent, added
from monitors.core.sla import Judgement
from monitors.reports.data import together_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.nation import AgencyResult, Registered
    from monitors.reports.data import NationData


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPeriod:
    """One registered agency over all months of the report. Times are weight x milliseconds."""

    agency: Registered
    judgement: Judgement                 # kept only if every month on board is
    services: tuple[str, ...]
    promised: Spent
    outside: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPeriod:
    """Agencies with something in common over all months."""

    name: str
    counts: Counter[Judgement]
    services: int
    promised: Spent
    outside: Spent

    @property
    def registered(self) -> int:
        """All of them."""
        return self.counts.total()

    @property
    def on_board(self) -> int:
        """Those with a monitored service."""
        return self.registered - self.counts[Judgement.NOT_ON_BOARD]


def agencies_of(data: NationData) -> tuple[AgencyPeriod, ...]:
    """Sum each agency over the months, by code."""
    found: dict[str, list[AgencyResult]] = {}
    for month in data.months:
        for one in month.agencies:
            found.setdefault(one.agency.code, []).append(one)
    return tuple(
        AgencyPeriod(
            agency=results[-1].agency,
            judgement=together_of(tuple(
                one.statement.judgement for one in results if one.statement.judgement is not Judgement.NOT_ON_BOARD
            )),
            services=tuple(sorted({one.service for result in results for one in result.services})),
            promised=added(one.hours.promised for one in results), outside=added(one.hours.outside for one in results),
        )
        for _, results in sorted(found.items())
    )


def group_of(name: str, members: Sequence[AgencyPeriod]) -> GroupPeriod:
    """Put agencies together."""
    return GroupPeriod(
        name=name, counts=Counter(one.judgement for one in members), services=sum(len(one.services) for one in members),
        promised=added(one.promised for one in members), outside=added(one.outside for one in members),
    )
