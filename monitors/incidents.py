"""Incidents of services as people are shown them: flapping ones joined, with what failed at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.core.common_cause import CommonCause, Watched, common_causes, host_of
from monitors.core.deployment import from_entries as deployments_of
from monitors.core.entry import EntryKind
from monitors.core.flapping import WINDOW_MS
from monitors.core.history import ServiceHistory
from monitors.core.incident import Incident, incidents
from monitors.core.incident_links import NEAR_MS, IncidentLinks, links_of
from monitors.core.incident_merge import merge_flapping
from monitors.core.maintenance import from_entries as maintenance_of
from monitors.core.model import Target
from monitors.core.timeline import ServiceTimeline, data_until, service_timeline
from monitors.core.window import Window
from monitors.ledger.base import LedgerReader

DAY_MS = 86_400_000
FARTHEST_BACK = 31                       # days, to where flapping is followed before the window


def outages(
    reader: LedgerReader, target: Target, start_ms: int, end_ms: int, now_ms: int,
) -> tuple[ServiceHistory, ServiceTimeline, Sequence[Incident]] | None:
    """Read a service's history, timeline and incidents, each outage by itself, that touch a span."""
    history = reader.history(target.agency, target.service, start_ms=start_ms, end_ms=end_ms)
    if history is None:
        return None
    timeline = service_timeline(history, until_ms=data_until(history.lives, now_ms))
    return history, timeline, touching(history, timeline, Window(start_ms=start_ms, end_ms=end_ms))


def touching(history: ServiceHistory, timeline: ServiceTimeline, window: Window) -> tuple[Incident, ...]:
    """Find the outages of a timeline that touch a window, each by itself, oldest first."""
    return tuple(
        one for one in incidents(history, timeline)
        if one.first_bad_ms < window.end_ms and (one.first_good_ms is None or one.first_good_ms > window.start_ms)
    )


def joined(reader: LedgerReader, target: Target, window: Window, now_ms: int) -> tuple[Incident, ...]:
    """Find the service's incidents that touch the window, flapping ones joined, oldest first.

    An incident that began before the window has its true beginning, however long it flapped (up to a month back).
    """
    start_ms = max(0, window.start_ms - WINDOW_MS)
    for _ in range(FARTHEST_BACK):
        read = outages(reader, target, start_ms, window.end_ms, now_ms)
        if read is None:
            return ()
        found = read[2]
        if not found or found[0].first_bad_ms - start_ms >= WINDOW_MS or start_ms == 0:
            break
        start_ms = max(0, start_ms - DAY_MS)
    return tuple(
        one for one in merge_flapping(found)
        if one.first_bad_ms < window.end_ms and (one.first_good_ms is None or one.first_good_ms > window.start_ms)
    )


def companions(reader: LedgerReader, target: Target) -> list[Target]:
    """Give the services that share the agency or the host with one, it included."""
    host = host_of(target)
    targets = [definition.target for definition in reader.definitions()]
    return [one for one in targets if one.agency == target.agency or host_of(one) == host]


def watched_of(
    reader: LedgerReader, targets: Sequence[Target], start_ms: int, end_ms: int, now_ms: int,
) -> list[Watched]:
    """Read what each of the services went through in a span."""
    found = []
    for target in targets:
        read = outages(reader, target, start_ms, end_ms, now_ms)
        if read is not None:
            found.append(Watched(definitions=read[0].definitions, incidents=tuple(read[2])))
    return found


def causes_near(reader: LedgerReader, target: Target, incident: Incident, now_ms: int) -> tuple[CommonCause, ...]:
    """Find what failed with the first outage of an incident."""
    reach_ms = max(t.interval_ms for t in target.transactions)
    span = (incident.first_bad_ms - reach_ms, incident.first_bad_ms + reach_ms)
    begun = []
    for one in watched_of(reader, companions(reader, target), *span, now_ms):
        # what was down already began another time
        fresh = tuple(i for i in one.incidents if span[0] <= i.first_bad_ms <= span[1])
        begun.append(Watched(definitions=one.definitions, incidents=fresh))
    return common_causes(begun)


def links(reader: LedgerReader, target: Target, incident: Incident, now_ms: int) -> IncidentLinks:
    """Find what stands near an incident."""
    history = reader.history(
        target.agency, target.service, start_ms=incident.first_bad_ms - NEAR_MS,
        end_ms=incident.first_good_ms or max(now_ms, incident.first_bad_ms + 1),
    )
    if history is None:
        return IncidentLinks(deployments=(), definitions=(), maintenance=(), causes=())
    return links_of(
        incident, history,
        deployments=deployments_of(reader.entries(EntryKind.DEPLOYMENT, target.agency)),
        maintenance=maintenance_of(reader.entries(EntryKind.MAINTENANCE, target.agency, target.service)),
        causes=causes_near(reader, target, incident, now_ms),
    )
