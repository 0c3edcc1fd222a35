"""How what stands near an incident is printed: lines for people, plain values for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cli.ledger_view import zone_of
from monitors.core.incident_links import IncidentLinks
from monitors.core.model import Target
from monitors.core.window import from_ms
from monitors.core.wording import instant


def lines_of(target: Target, links: IncidentLinks) -> Iterator[tuple[str, str]]:
    """Give label and text of each link."""
    zone = zone_of(target)
    for change in links.deployments:
        became = f"changed {change.changed} resources" if change.succeeded else f"failed: {change.failure}"
        yield "deployed", f"{instant(change.ended_ms, zone)} stack {change.command} by {change.by}: {became}"
    for definition in links.definitions:
        at = instant(definition.recorded_ms, zone)
        yield "redefined", f"{at} definition {definition.digest[:12]} came into force"
    for window in links.maintenance:
        yield "maintained", (
            f"{instant(window.start_ms, zone)} to {instant(window.ended_ms, zone)}: {window.reason} "
            f"(window {window.number}, {window.standing.value})"
        )
    for cause in links.causes:
        whole = "all" if cause.is_whole else f"{len(cause.services)} of {cause.watched}"
        yield "together", (
            f"{whole} services of {cause.reach.value} {cause.name} failed within one interval: "
            f"{', '.join(cause.services)}"
        )


def as_plain(target: Target, links: IncidentLinks) -> dict[str, Any]:
    """Write the links as plain values; times in the agency's zone."""
    zone = zone_of(target)

    def iso(at_ms: int) -> str:
        return from_ms(at_ms, zone).isoformat(timespec="milliseconds")

    return {
        "deployments": [
            {
                "number": one.number, "command": one.command, "from": iso(one.started_ms), "to": iso(one.ended_ms),
                "by": one.by, "succeeded": one.succeeded, "changed": one.changed, "failure": one.failure,
            }
            for one in links.deployments
        ],
        "definitions": [{"at": iso(one.recorded_ms), "digest": one.digest} for one in links.definitions],
        "maintenance": [
            {
                "number": one.number, "from": iso(one.start_ms), "to": iso(one.ended_ms), "reason": one.reason,
                "standing": one.standing.value,
            }
            for one in links.maintenance
        ],
        "common_causes": [
            {
                "reach": one.reach.value, "name": one.name, "first_bad": iso(one.first_bad_ms),
                "services": list(one.services), "incidents": list(one.incidents), "watched": one.watched,
            }
            for one in links.causes
        ],
    }
