"""What stands near an incident: what was changed, what was announced, and what failed with it.

A link says "near in time", never "because of": who reads it decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from monitors.core.common_cause import CommonCause, concerning

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitors.core.deployment import Deployment
    from monitors.core.history import Definition, ServiceHistory
    from monitors.core.incident import Incident
    from monitors.core.maintenance import Maintenance

NEAR_MS = 1_800_000
"""A change this long before the last good run is still told: what it broke may have shown later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLinks:
    """What is near an incident, each oldest first."""

    deployments: tuple[Deployment, ...]
    definitions: tuple[Definition, ...]  # changes of what is watched and promised; not the first one
    maintenance: tuple[Maintenance, ...]  # windows that overlap it, whether or not they count
    causes: tuple[CommonCause, ...]      # what failed within one interval of it


def links_of(
    incident: Incident, history: ServiceHistory, *, deployments: Iterable[Deployment],
    maintenance: Iterable[Maintenance], causes: Iterable[CommonCause],
) -> IncidentLinks:
    """Find what stands near an incident: from half an hour before its last good run to its end.

    An incident without a good run before it is looked at from half an hour before its first bad one.
    """
    first_ms = incident.first_bad_ms if incident.last_good_ms is None else incident.last_good_ms
    since_ms = min(first_ms, incident.first_bad_ms) - NEAR_MS
    # a restart that mends it is told too, and an end nobody has seen yet does not cut it off
    until_ms = incident.first_good_ms
    named: dict[tuple[int, str], Definition] = {}
    for former, definition in pairwise(history.definitions):
        # another vantage that takes up what is in force already changes nothing
        if definition.digest != former.digest:
            named.setdefault((definition.recorded_ms, definition.digest), definition)
    return IncidentLinks(
        deployments=tuple(
            one for one in deployments
            if one.agency in ("", incident.agency) and since_ms <= one.ended_ms
            and (until_ms is None or one.started_ms <= until_ms)
        ),
        definitions=tuple(
            one for one in named.values()
            if since_ms <= one.recorded_ms and (until_ms is None or one.recorded_ms <= until_ms)
        ),
        maintenance=tuple(
            one for one in maintenance
            if one.concerns(incident.agency, incident.service) and one.ended_ms > incident.first_bad_ms
            and (until_ms is None or one.start_ms < until_ms)
        ),
        causes=concerning(causes, incident),
    )
