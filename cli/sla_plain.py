"""The figures of ``siaga24 sla show`` for programs: JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cli.sla_beside import as_plain as beside_as_plain
from cli.sla_changes import as_plain as changes_as_plain
from cli.sla_figures import AgencyFigures, ServiceFigures
from cli.sla_outlook import as_plain as outlook_as_plain
from cli.sla_split import as_plain as split_as_plain
from monitors.core.sla import AgencyStatement, SlaStatement
from monitors.core.vantage_figures import worst
from monitors.core.window import from_ms
from monitors.core.wording import share_percent

CSV_COLUMNS = (
    "agency", "service", "month", "from", "to", "until", "is_open", "verdict_now", "availability_percent",
    "coverage_percent", "low_percent", "high_percent", "target_percent", "judgement", "up_ms", "degraded_ms", "down_ms",
    "unknown_ms", "possibly_down_ms", "certainly_down_ms", "budget_ms", "budget_left_ms", "runs", "missed",
    "first_try_failures", "disputed_ms", "corrected_availability_percent", "agreed_availability_percent",
    "outside_office_availability_percent", "office_availability_percent", "provable_percent", "budget_gone_by",
    "worst_vantage", "worst_vantage_availability_percent",
)
BESIDE_COLUMNS = {
    "corrected_availability_percent": "corrected", "agreed_availability_percent": "without_agreed_maintenance",
}
SPLIT_COLUMNS = {"outside_office_availability_percent": "outside", "office_availability_percent": "office"}

Shared = SlaStatement | AgencyStatement


def as_plain(agencies: Sequence[AgencyFigures]) -> list[dict[str, Any]]:
    """Write the figures as plain values: times in the agency's zone, lengths in milliseconds, shares cut downwards."""
    return [
        {
            "agency": agency.agency,
            "name": agency.name,
            "time_zone": agency.zone.key,
            "month": agency.window.month or None,
            "from": _iso(agency.window.start_ms, agency),
            "to": _iso(agency.window.end_ms, agency),
            "until": _iso(agency.data_ms, agency),
            "is_open": agency.is_open,
            "is_watched": agency.is_watched,
            **_plain_shares(agency.statement),
            "judgement": agency.statement.judgement.value,
            "services_counted": agency.statement.services,
            "observed_ms": agency.statement.observed_ms,
            "known_ms": agency.statement.known_ms,
            "good_ms": agency.statement.good_ms,
            "down_ms": agency.statement.down_ms,
            "unknown_ms": agency.statement.unknown_ms,
            **({} if agency.corrected is None else {"corrected": {
                **_plain_shares(agency.corrected), "judgement": agency.corrected.judgement.value,
                "down_ms": agency.corrected.down_ms, "unknown_ms": agency.corrected.unknown_ms,
            }}),
            "services": [_plain_service(agency, one) for one in agency.services],
        }
        for agency in agencies
    ]


def csv_rows(agencies: Sequence[AgencyFigures]) -> Iterator[list[object]]:
    """Write one row for each service, in the order of CSV_COLUMNS."""
    for agency in agencies:
        for one in agency.services:
            plain = {"agency": agency.agency, "month": agency.window.month} | _plain_service(agency, one)
            for column, key in BESIDE_COLUMNS.items():
                plain[column] = plain.get(key, {}).get("availability_percent")
            for column, key in SPLIT_COLUMNS.items():
                plain[column] = ((plain.get("split") or {}).get(key) or {}).get("availability_percent")
            plain["worst_vantage_availability_percent"] = next(
                (
                    seen["availability_percent"] for seen in plain.get("by_vantage", ())
                    if seen["vantage"] == plain["worst_vantage"]
                ), None,
            )
            yield ["" if plain.get(column) is None else plain[column] for column in CSV_COLUMNS]


def _plain_service(agency: AgencyFigures, one: ServiceFigures) -> dict[str, Any]:
    head: dict[str, Any] = {"service": one.target.service, "name": one.target.service_name}
    if agency.includes_now:
        head |= {"verdict_now": one.verdict.value, "verdict_since": _iso(one.since_ms, agency)}
    found = one.statement
    if found is None:
        return head | {"judgement": None, "disputed_ms": 0}
    return head | {
        "from": _iso(found.start_ms, agency),
        "to": _iso(found.end_ms, agency),
        "until": _iso(found.until_ms, agency),
        "is_open": not found.is_final,
        **_plain_shares(found),
        "target_percent": float(found.target),
        "judgement": found.judgement.value,
        "up_ms": found.up_ms,
        "degraded_ms": found.degraded_ms,
        "down_ms": found.down_ms,
        "unknown_ms": found.unknown_ms,
        "possibly_down_ms": found.possibly_down_ms,
        "certainly_down_ms": found.certainly_down_ms,
        "budget_ms": found.budget_ms,
        "budget_left_ms": found.budget_left_ms,
        "runs": found.runs,
        "missed": found.missed,
        "first_try_failures": found.first_try_failures,
        "observed_ms": found.observed_ms,
        "known_ms": found.known_ms,
        "good_ms": found.good_ms,
        "not_covered_ms": found.uncovered_ms,
        "by_vantage": [
            {
                "vantage": seen.vantage, **_plain_shares(seen.statement), "down_ms": seen.statement.down_ms,
                "unknown_ms": seen.statement.unknown_ms, "judgement": seen.statement.judgement.value,
                "from": _iso(seen.statement.start_ms, agency),
            }
            for seen in one.by_vantage
        ],
        "worst_vantage": least.vantage if (least := worst(one.by_vantage)) is not None else None,
        "changes": changes_as_plain(one.changes, one.early, agency.zone),
        **(outlook_as_plain(one.outlook, agency.zone) if one.outlook is not None else {}),
        **beside_as_plain(one.beside),
        "split": split_as_plain(one.split) if one.split is not None else None,
    }


def _plain_shares(found: Shared) -> dict[str, float | None]:
    whole = found.observed_ms
    return {
        "availability_percent": share_percent(found.good_ms, found.known_ms),
        "coverage_percent": share_percent(found.known_ms, whole),
        "low_percent": share_percent(whole - found.possibly_down_ms, whole),
        "high_percent": share_percent(whole - found.certainly_down_ms, whole),
    }


def _iso(at_ms: int, agency: AgencyFigures) -> str:
    return from_ms(at_ms, agency.zone).isoformat(timespec="milliseconds")
