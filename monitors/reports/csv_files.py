"""A report's figures as CSV for programs: the same names and whole milliseconds in any language (RFC 4180, UTF-8)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from monitors.core.attribution import Owner
from monitors.core.window import from_ms
from monitors.core.wording import share_percent
from monitors.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from monitors.core.incident import Incident
    from monitors.core.nation import AgencyResult, NationStatement
    from monitors.core.sla import SlaStatement
    from monitors.core.split import Part
    from monitors.reports.data import NationData, ReportData, ServiceMonth

FIGURES = (
    "availability_percent", "coverage_percent", "low_percent", "high_percent", "judgement", "up_ms", "degraded_ms",
    "down_ms", "unknown_ms", "possibly_down_ms", "certainly_down_ms",
)
PARTS = ("outside", "office", "undecided", "closures")
SERVICE_COLUMNS = (
    "state", "version", "agency", "service", "service_name", "month", "from", "to", "until", "is_final",
    "target_percent", "weight", *FIGURES, *(f"measured_{name}" for name in FIGURES), "budget_ms",
    "budget_left_ms", "runs", "missed", "first_try_failures",
    *(f"{part}_{name}" for part in PARTS for name in ("availability_percent", "observed_ms", "known_ms", "down_ms")),
    *(f"measured_outside_{name}" for name in ("availability_percent", "observed_ms", "known_ms", "down_ms")),
    "agreed_availability_percent", "agreed_excluded_ms", "disputed_ms", "provable_percent",
    *(f"owner_{owner.value.replace(' ', '_')}_ms" for owner in Owner), "vantages", "own_host_only", "calendar",
)
INCIDENT_COLUMNS = (
    "incident", "agency", "service", "last_good", "first_bad", "last_bad", "first_good", "down_ms", "down_in_report_ms",
    "unknown_ms", "outages", "failed_step", "reason", "owners",
)
AGENCY_COLUMNS = (
    "state", "version", "month", "agency", "name", "kind", "province", "wave", "services", "judgement",
    *(
        f"{prefix}{name}" for prefix in ("", "outside_", "office_") for name in (
            "availability_percent", "coverage_percent", "low_percent", "high_percent", "observed_ms", "good_ms",
            "down_ms", "unknown_ms",
        )
    ), "own_host_services", "calendar",
)
RISKY = ("=", "+", "-", "@", "\t", "\r")


def services_csv(data: ReportData) -> bytes:
    """Write a row for each service and month."""
    return _written(SERVICE_COLUMNS, (
        _service(data, one, month.zone) for month in data.months for one in month.services
    ))


def incidents_csv(data: ReportData) -> bytes:
    """Write a row for each incident, oldest first."""
    return _written(INCIDENT_COLUMNS, _incidents(data))


def agencies_csv(data: NationData) -> bytes:
    """Write a row for each registered agency and month. Times are weight x milliseconds."""
    return _written(AGENCY_COLUMNS, (_agency(data, month, one) for month in data.months for one in month.agencies))


def _agency(data: NationData, month: NationStatement, one: AgencyResult) -> dict[str, object]:
    parts = (("", one.hours.promised), ("outside_", one.hours.outside), ("office_", one.hours.office))
    codes = {service.service for service in one.services}
    row: dict[str, object] = {
        "state": data.edition.state.value, "version": data.edition.version, "month": month.month,
        "agency": one.agency.code, "name": one.agency.name, "kind": one.agency.kind, "province": one.agency.province,
        "wave": one.agency.wave, "services": len(one.services), "judgement": one.statement.judgement.value,
        "own_host_services": sum((one.agency.code, code) in data.own_host for code in codes),
        "calendar": " ".join(month.calendars),
    }
    for prefix, spent in parts:
        whole = spent.observed_ms
        row |= {
            f"{prefix}{name}": value for name, value in (
                ("availability_percent", share_percent(spent.good_ms, spent.known_ms)),
                ("coverage_percent", share_percent(spent.known_ms, whole)),
                ("low_percent", share_percent(whole - spent.possibly_down_ms, whole)),
                ("high_percent", share_percent(whole - spent.certainly_down_ms, whole)), ("observed_ms", whole),
                ("good_ms", spent.good_ms), ("down_ms", spent.down_ms), ("unknown_ms", spent.unknown_ms),
            )
        }
    return row


def _service(data: ReportData, one: ServiceMonth, zone: tzinfo) -> dict[str, object]:
    target, statement, counts = one.target, one.statement, one.in_force
    row: dict[str, object] = {
        "state": data.edition.state.value, "version": data.edition.version, "agency": target.agency,
        "service": target.service, "service_name": target.service_name, "weight": target.weight,
        "calendar": data.calendar,
    }
    if statement is None or counts is None:
        return row
    row |= {
        "month": counts.month, "from": _iso(counts.start_ms, zone), "to": _iso(counts.end_ms, zone),
        "until": _iso(counts.until_ms, zone), "is_final": counts.is_final, "target_percent": f"{counts.target:f}",
        "budget_ms": counts.budget_ms, "budget_left_ms": counts.budget_left_ms, "runs": counts.runs,
        "missed": counts.missed, "first_try_failures": counts.first_try_failures,
        "disputed_ms": one.corrected.disputed_ms if one.corrected is not None else 0,
        "vantages": " ".join(vantage.name for vantage in one.vantages),
        "own_host_only": one.is_seen_from_own_host_only,
    }
    row |= _figures(counts) | {f"measured_{name}": value for name, value in _figures(statement).items()}
    if one.split is not None:
        for part in PARTS:
            row |= {f"{part}_{name}": value for name, value in _part(getattr(one.split, part)).items()}
    if one.measured_split is not None:
        row |= {f"measured_outside_{name}": value for name, value in _part(one.measured_split.outside).items()}
    if one.outlook is not None:
        row["provable_percent"] = f"{one.outlook.narrowest:f}"
    if one.agreed is not None:
        row |= {
            "agreed_availability_percent": share_percent(one.agreed.good_ms, one.agreed.known_ms),
            "agreed_excluded_ms": one.agreed.excluded_ms,
        }
    spent = dict(one.owners)
    return row | {f"owner_{owner.value.replace(' ', '_')}_ms": spent.get(owner, 0) for owner in Owner}


def _figures(one: SlaStatement) -> dict[str, object]:
    whole = one.observed_ms
    return {
        "availability_percent": share_percent(one.good_ms, one.known_ms),
        "coverage_percent": share_percent(one.known_ms, whole),
        "low_percent": share_percent(whole - one.possibly_down_ms, whole),
        "high_percent": share_percent(whole - one.certainly_down_ms, whole),
        "judgement": one.judgement.value, "up_ms": one.up_ms, "degraded_ms": one.degraded_ms, "down_ms": one.down_ms,
        "unknown_ms": one.unknown_ms, "possibly_down_ms": one.possibly_down_ms,
        "certainly_down_ms": one.certainly_down_ms,
    }


def _part(part: Part) -> dict[str, object]:
    return {
        "availability_percent": share_percent(part.good_ms, part.known_ms), "observed_ms": part.observed_ms,
        "known_ms": part.known_ms, "down_ms": part.down_ms,
    }


def _incidents(data: ReportData) -> Iterator[dict[str, object]]:
    found: dict[str, tuple[Incident, dict[Owner, int], tzinfo]] = {}
    for month in data.months:
        for one in month.services:
            for outage in one.outages:
                owners = found[outage.incident.name][1] if outage.incident.name in found else {}
                for owner, ms in outage.owners:
                    owners[owner] = owners.get(owner, 0) + ms
                found[outage.incident.name] = (outage.incident, owners, month.zone)
    for incident, owners, zone in sorted(found.values(), key=lambda each: (each[0].first_bad_ms, each[0].name)):
        yield {
            "incident": incident.name, "agency": incident.agency, "service": incident.service,
            **{
                name: "" if at_ms is None else _iso(at_ms, zone) for name, at_ms in (
                    ("last_good", incident.last_good_ms), ("first_bad", incident.first_bad_ms),
                    ("last_bad", incident.last_bad_ms), ("first_good", incident.first_good_ms),
                )
            },
            "down_ms": incident.down_ms, "down_in_report_ms": sum(owners.values()), "unknown_ms": incident.unknown_ms,
            "outages": incident.outages, "failed_step": incident.failed_step, "reason": incident.reason,
            "owners": "; ".join(f"{owner.value} {ms}" for owner, ms in owners.items()),
        }


def _written(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _harmless(value: object) -> object:
    """Keep a spreadsheet from running text as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return value
    told = printable(value)
    return f"'{told}" if told.startswith(RISKY) else told


def _iso(at_ms: int, zone: tzinfo) -> str:
    return from_ms(at_ms, zone).isoformat(timespec="milliseconds")
