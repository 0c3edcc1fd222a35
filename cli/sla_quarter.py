"""``siaga24 sla show --quarter``: each service's three months beside what they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.text import Text

from cli.ledger_view import Asked, zone_of
from cli.output import console, print_csv, print_json, print_table
from cli.sla_print import JUDGEMENT_STYLES
from monitors.core.errors import UsageError
from monitors.core.model import Target
from monitors.core.quarter import QuarterStatement, judged_together, months_of, quarter_statement
from monitors.core.sla import SlaStatement
from monitors.core.wording import duration, month_name, percent, share_percent, target_percent
from monitors.figures import Told, read_service, told_of
from monitors.ledger.base import LedgerReader

CSV_COLUMNS = (
    "agency", "service", "quarter", "availability_percent", "coverage_percent", "low_percent", "high_percent",
    "down_ms", "judgement", "corrected_judgement", "months",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceQuarter:
    """A service's quarter as measured, and as corrected where a ruling corrected any of it."""

    measured: QuarterStatement
    corrected: QuarterStatement | None


def show_quarter(reader: LedgerReader, targets: Sequence[Target], quarter: str, now_ms: int, output: str) -> None:
    """Read and print. Raises UsageError for what is no quarter."""
    try:
        months = months_of(quarter)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    name = f"{months[0][:4]}-{quarter[-2:].upper()}"
    found: list[tuple[str, list[ServiceQuarter]]] = []
    for agency, group in groupby(targets, key=lambda target: target.agency):
        told = told_of(reader, agency)
        found.append((agency, [_service(reader, target, told, name, now_ms) for target in group]))
    if output == "json":
        print_json([_plain_agency(agency, services, name) for agency, services in found])
    elif output == "csv":
        plain = [_plain(one) for _, services in found for one in services]
        print_csv(CSV_COLUMNS, [
            [row[column] for column in CSV_COLUMNS[:-1]] + [_in_one_cell(row["months"])] for row in plain
        ])
    else:
        _print(found, months, name)


def _service(
    reader: LedgerReader, target: Target, told: Told, quarter: str, now_ms: int,
) -> ServiceQuarter:
    zone = zone_of(target)
    measured: list[tuple[str, SlaStatement | None]] = []
    in_force: list[tuple[str, SlaStatement | None]] = []
    to_come: list[str] = []
    for month in months_of(quarter):
        window = Asked(month=month, since=None, to=None, now_ms=now_ms).window(zone)
        if window.start_ms >= now_ms:
            to_come.append(month)
        read = read_service(reader, target, window, told, now_ms) if window.start_ms < now_ms else None
        found = None if read is None else read.statement
        corrected = None if read is None else read.beside.corrected
        measured.append((month, found))
        in_force.append((month, found if corrected is None else corrected.in_force))
    return ServiceQuarter(
        measured=quarter_statement(target.agency, target.service, quarter, measured, to_come=to_come),
        corrected=quarter_statement(target.agency, target.service, quarter, in_force, to_come=to_come)
        if in_force != measured else None,
    )


def _print(found: Sequence[tuple[str, Sequence[ServiceQuarter]]], months: Sequence[str], quarter: str) -> None:
    if not found:
        console().print("the ledger holds no service yet")
        return
    columns = (
        "agency, service", *(month_name(month) for month in months), "available", "coverage", "low", "high", "down",
        "promise",
    )
    rows: list[list[object]] = []
    for agency, services in found:
        judgement = judged_together([one.measured.judgement for one in services])
        rows.append([
            Text(agency, style="bold"), *[""] * 8, Text(judgement.value, style=JUDGEMENT_STYLES.get(judgement, "")),
        ])
        for one in services:
            rows.append(_row(f"  {one.measured.service}", one.measured))
            if one.corrected is not None:
                rows.append(_row("    as corrected", one.corrected))
    print_table(columns, rows, title=quarter, right=columns[4:-1], folded=columns[:4])
    console().print("a quarter is kept only if each of its months is", style="dim")


def _row(name: str, one: QuarterStatement) -> list[object]:
    whole = one.observed_ms
    return [
        name, *(_month(found) for _, found in one.months), percent(one.good_ms, one.known_ms),
        percent(one.known_ms, whole), percent(whole - one.possibly_down_ms, whole),
        percent(whole - one.certainly_down_ms, whole), duration(one.down_ms),
        Text(one.judgement.value, style=JUDGEMENT_STYLES.get(one.judgement, "")),
    ]


def _month(found: SlaStatement | None) -> str:
    if found is None:
        return "-"
    return f"{percent(found.good_ms, found.known_ms)}, {target_percent(found.target)} {found.judgement.value}"


def _plain_agency(agency: str, services: Sequence[ServiceQuarter], quarter: str) -> dict[str, Any]:
    return {
        "agency": agency, "quarter": quarter,
        "judgement": judged_together([one.measured.judgement for one in services]).value,
        "services": [_plain(one) for one in services],
    }


def _plain(one: ServiceQuarter) -> dict[str, Any]:
    found = one.measured
    return {
        "agency": found.agency, "service": found.service, "quarter": found.quarter, **_shares(found),
        "down_ms": found.down_ms, "observed_ms": found.observed_ms, "judgement": found.judgement.value,
        "corrected_judgement": one.corrected.judgement.value if one.corrected is not None else None,
        "months": [
            {"month": month, "judgement": None} if stated is None else {
                "month": month, "judgement": stated.judgement.value, "target_percent": float(stated.target),
                **_shares(stated), "down_ms": stated.down_ms,
            }
            for month, stated in found.months
        ],
    }


def _in_one_cell(months: Sequence[dict[str, Any]]) -> str:
    return "; ".join(f"{month['month']} {month['judgement'] or '-'}" for month in months)


def _shares(found: QuarterStatement | SlaStatement) -> dict[str, float | None]:
    whole = found.observed_ms
    return {
        "availability_percent": share_percent(found.good_ms, found.known_ms),
        "coverage_percent": share_percent(found.known_ms, whole),
        "low_percent": share_percent(whole - found.possibly_down_ms, whole),
        "high_percent": share_percent(whole - found.certainly_down_ms, whole),
    }
