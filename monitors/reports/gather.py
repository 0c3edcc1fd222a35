"""From the ledger to what a report of an agency is made of: one pass over its services for each month."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitors.calendars import calendar
from monitors.core.attribution import Decision, Owner, Part, attribute, by_owner
from monitors.core.attribution import from_entries as decisions_of
from monitors.core.common_cause import CommonCause, Watched, common_causes, host_of
from monitors.core.correction import corrected
from monitors.core.deployment import Deployment
from monitors.core.deployment import from_entries as deployments_of
from monitors.core.errors import UsageError
from monitors.core.hours import days_of
from monitors.core.incident_links import links_of
from monitors.core.incident_merge import merge_flapping
from monitors.core.model import Verdict
from monitors.core.sla import covered
from monitors.core.span import clip, total
from monitors.core.split import split
from monitors.core.window import MONTH, Window, month_window, to_ms
from monitors.figures import ServiceRead, Told, read_service, told_of
from monitors.incidents import touching, watched_of
from monitors.ledger.signatures import verifier
from monitors.reports.data import AgencyMonth, Cadence, Day, Edition, Outage, ReportData, ServiceMonth, VantageSeen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from monitors.core.history import Life
    from monitors.core.hours import Calendar
    from monitors.core.model import Target
    from monitors.core.sla import SlaStatement
    from monitors.core.span import Span
    from monitors.core.timeline import ServiceTimeline
    from monitors.ledger.base import LedgerReader

QUARTER = re.compile(r"(\d{4})-Q([1-4])")
LOOPBACK = ("127.", "[::1]", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    """What is known of an agency's month beside one service's figures."""

    watched: dict[str, Watched]
    causes: tuple[CommonCause, ...]
    decisions: tuple[Decision, ...]
    deployments: tuple[Deployment, ...]
    told: Told
    days_off: Calendar


def agency_report(
    reader: LedgerReader, agency: str, cadence: Cadence, period: str, *, now_ms: int, seal: str = "",
    calendar_version: str = "",
) -> ReportData:
    """Read all that a report of an agency says, as a draft.

    The time of data of a period that is over is that of the ledger's newest record, so that the same ledger gives the
    same report; of one that runs it is now. Raises UsageError for a period or an agency that is none.
    """
    chosen = calendar(calendar_version)
    months = tuple(
        agency_month(reader, agency, month, now_ms, chosen) for month in months_of(cadence, period)
    )
    years = sorted({
        day.year for month in months for day in days_of((month.window.start_ms, month.window.end_ms), month.zone)
    })
    newest = max(
        [life.heartbeat_ms for life in reader.lives()] + [entry.at_ms for entry in reader.entries(agency=agency)],
        default=now_ms,
    )
    return ReportData(
        cadence=cadence, period=period, agency=agency, months=months, calendar=chosen.version, seal=seal,
        undecided=tuple(year for year in years if year in chosen.undecided or year not in chosen.years),
        edition=Edition(data_ms=min(now_ms, newest) if months[-1].window.end_ms <= now_ms else now_ms),
    )


def months_of(cadence: Cadence, period: str) -> tuple[str, ...]:
    """Give the months of a period: 2026-11, or 2026-Q4. Raises UsageError for what is neither."""
    if cadence is Cadence.MONTHLY:
        month = MONTH.fullmatch(period)
        if month is None or not 1 <= int(month[2]) <= 12:
            raise UsageError(f'month "{period}": expected YYYY-MM, for example 2026-11')
        return (period,)
    found = QUARTER.fullmatch(period)
    if found is None:
        raise UsageError(f'quarter "{period}": expected YYYY-Qn, for example 2026-Q4')
    first = int(found[2]) * 3 - 2
    return tuple(f"{found[1]}-{number:02}" for number in range(first, first + 3))


def agency_month(reader: LedgerReader, agency: str, month: str, now_ms: int, days_off: Calendar) -> AgencyMonth:
    """Read one agency's month, by its own clock. Raises UsageError for an agency that the ledger does not know."""
    known = [definition.target for definition in reader.definitions()]
    targets = [target for target in known if target.agency == agency]
    if not targets:
        raise UsageError(f'the ledger has no service of agency "{agency}"; "siaga24 sla show" names those it has')
    zone = ZoneInfo(targets[0].time_zone)
    try:
        window = month_window(month, zone)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    told = told_of(reader, agency)
    reads = {
        target.key: read_service(reader, target, window, told, now_ms, calendar_version=days_off.version)
        for target in targets
    }
    near = _near(reader, targets, known, reads, window=window, told=told, days_off=days_off, now_ms=now_ms)
    return AgencyMonth(
        agency=agency, name=targets[0].agency_name or agency, zone=zone, window=window,
        services=tuple(_service(target, reads[target.key], window, near) for target in targets),
    )


def _near(
    reader: LedgerReader, targets: Sequence[Target], known: Sequence[Target],
    reads: Mapping[str, ServiceRead | None], *, window: Window, told: Told, days_off: Calendar,
    now_ms: int,
) -> _Near:
    agency = targets[0].agency
    hosts = {host_of(target) for target in targets}
    companions = [target for target in known if target.agency != agency and host_of(target) in hosts]
    watched = watched_of(reader, companions, window.start_ms, window.end_ms, now_ms)
    watched += [
        Watched(definitions=read.history.definitions, incidents=touching(read.history, read.timeline, window))
        for read in reads.values() if read is not None
    ]
    entries = reader.entries(agency=agency)
    return _Near(
        watched={one.key: one for one in watched}, causes=common_causes(watched),
        decisions=decisions_of(entries, verifier(entries)), deployments=deployments_of(entries), told=told,
        days_off=days_off,
    )


def _service(target: Target, read: ServiceRead | None, window: Window, near: _Near) -> ServiceMonth:
    if read is None or read.statement is None:
        return ServiceMonth(target=target, statement=None)
    observed = (read.statement.start_ms, read.statement.until_ms)
    zone = ZoneInfo(target.time_zone)
    timeline, parted = read.timeline, read.split
    hours = covered(read.history, timeline, read.window or window)
    if read.beside.corrected is not None and read.beside.corrected.corrections:
        timeline = corrected(timeline, read.beside.corrected.corrections)
        parted = split(timeline, observed, zone, near.days_off, target.office_hours, covered=hours)
    own = near.watched[target.key]
    # whose the down time was is asked of what counts: what a ruling took away is nobody's
    parts = attribute(timeline, observed, own, near.causes, near.decisions, covered=hours)
    return ServiceMonth(
        target=target, statement=read.statement, corrected=read.beside.corrected, agreed=read.beside.agreed,
        split=parted, measured_split=read.split, outlook=read.outlook, owners=_owners(parts),
        outages=_outages(read, own, near, parts, observed),
        vantages=_vantages(read, read.statement),
        changes=read.changes, early=read.early, days=_days(timeline, observed, zone),
    )


def _outages(
    read: ServiceRead, own: Watched, near: _Near, parts: Sequence[Part], observed: Span,
) -> tuple[Outage, ...]:
    found = []
    for incident in merge_flapping(own.incidents):
        end_ms = observed[1] if incident.first_good_ms is None else incident.first_good_ms
        if incident.first_bad_ms >= observed[1] or end_ms <= observed[0]:
            continue
        mine = [part for part in parts if part.start_ms < end_ms and part.end_ms > incident.first_bad_ms]
        found.append(Outage(
            incident=incident, owners=_owners(mine),
            links=links_of(
                incident, read.history, deployments=near.deployments, maintenance=near.told.maintenance,
                causes=near.causes,
            ),
        ))
    return tuple(found)


def _owners(parts: Sequence[Part]) -> tuple[tuple[Owner, int], ...]:
    return tuple(sorted(
        ((owner, ms) for owner, ms in by_owner(parts).items() if ms), key=lambda pair: (-pair[1], pair[0].value),
    ))


def _vantages(read: ServiceRead, found: SlaStatement) -> tuple[VantageSeen, ...]:
    """Say what each vantage alone saw: a figure of its own, so that a region cannot hide behind the majority."""
    alone = {one.vantage: one.statement for one in read.by_vantage}
    if not alone:                        # one vantage: it saw what the service was
        alone = dict.fromkeys({definition.vantage for definition in read.history.definitions}, found)
    return tuple(
        VantageSeen(
            name=name, runs=one.runs, observed_ms=one.observed_ms, good_ms=one.good_ms, known_ms=one.known_ms,
            is_own_host=is_own_host(
                read.history.target, [life for life in read.history.lives if life.vantage == name],
            ),
        )
        for name, one in sorted(alone.items())
    )


def is_own_host(target: Target, lives: Sequence[Life]) -> bool:
    """Tell whether a vantage stands on the host that answers for a service.

    It does where the service is reached at a loopback address, or by the name of the machine that the monitor runs on.
    A machine with another name for itself than the one it is reached by is not recognised.
    """
    host = host_of(target).rpartition(":")[0] or host_of(target) if target.connect_to else host_of(target)
    return host.startswith(LOOPBACK) or host.endswith(".localhost") or any(
        life.host and host in (life.host.lower(), life.host.lower().partition(".")[0]) for life in lives
    )


def _days(timeline: ServiceTimeline, observed: Span, zone: tzinfo) -> tuple[Day, ...]:
    found = []
    for day in days_of(observed, zone):
        start, end = (to_ms(datetime.combine(one, time(), tzinfo=zone)) for one in (day, day + timedelta(days=1)))
        part = (max(start, observed[0]), min(end, observed[1]))
        spent = {verdict: total(clip(timeline.spans(verdict), part)) for verdict in Verdict}
        found.append(Day(
            day=day.isoformat(), up_ms=spent[Verdict.UP], degraded_ms=spent[Verdict.DEGRADED],
            down_ms=spent[Verdict.DOWN], unknown_ms=spent[Verdict.UNKNOWN],
        ))
    return tuple(found)
