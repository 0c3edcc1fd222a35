"""From the nation's statements to what a report of the nation is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.reports.data import Edition, NationData
from monitors.reports.gather import is_own_host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitors.core.history import Life
    from monitors.core.model import Target
    from monitors.core.nation import NationStatement
    from monitors.ledger.base import LedgerReader
    from monitors.reports.data import Cadence


def nation_report(
    reader: LedgerReader, months: Sequence[NationStatement], cadence: Cadence, period: str, *, now_ms: int,
    seal: str = "", provinces: Mapping[str, str] | None = None,
) -> NationData:
    """Make a draft of the nation's statements; of a final period its time of data is that of the newest record."""
    lives, targets = reader.lives(), [definition.target for definition in reader.definitions()]
    newest = max(
        [life.heartbeat_ms for life in lives] + [entry.at_ms for entry in reader.entries(agency="")], default=now_ms,
    )
    is_over = all(month.is_final and month.nation.services for month in months)
    return NationData(
        cadence=cadence, period=period, months=tuple(months), seal=seal, provinces=dict(provinces or {}),
        own_host=own_hosts(targets, lives),
        service_names={(one.agency, one.service): one.service_name for one in targets if one.service_name},
        edition=Edition(data_ms=min(now_ms, newest) if is_over else now_ms),
    )


def own_hosts(targets: Sequence[Target], lives: Sequence[Life]) -> frozenset[tuple[str, str]]:
    """Give the services that every vantage of the ledger sees from their own host."""
    by_vantage: dict[str, dict[str, Life]] = {}
    for life in lives:                   # a monitor lives often, and on few hosts
        by_vantage.setdefault(life.vantage, {})[life.host] = life
    if not by_vantage:
        return frozenset()
    return frozenset(
        (one.agency, one.service) for one in targets
        if all(is_own_host(one, list(found.values())) for found in by_vantage.values())
    )
