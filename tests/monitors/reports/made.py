"""Reports' data from a small ledger: four services of one agency through a month of 31 days, one with an outage."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitors.core.sla import SlaStatement
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.reports.data import Cadence, Edition, ReportData, ServiceMonth, State
from monitors.reports.gather import agency_report
from tests.bench.made_ledger import Made, make_ledger

AGENCY = "instansi-0000"
MADE = Made(services=4, days=31, raw_days=0)
NOW_MS = MADE.end_ms + 2 * 3_600_000
JANUARY_MS = 31 * 86_400_000


@functools.cache
def january() -> ReportData:
    """Give the report's data of January 2026, a draft."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        make_ledger(path, MADE)
        reader = SqliteReader(path)
        data = agency_report(reader, AGENCY, Cadence.MONTHLY, "2026-01", now_ms=NOW_MS)
        reader.close()
    return data


def final() -> ReportData:
    """Give it as version 1."""
    data = january()
    return replace(data, edition=Edition(
        state=State.FINAL, version=1, data_ms=data.edition.data_ms, issued_by="Siti Rahma",
    ))


def with_service(data: ReportData, place: int, **given: Any) -> ReportData:
    """Give the data with one of its services told otherwise."""
    services = list(data.months[0].services)
    services[place] = replace(services[place], **given)
    return replace(data, months=(replace(data.months[0], services=tuple(services)),))


def service(data: ReportData, place: int = 0) -> ServiceMonth:
    """Give one of the services."""
    return data.months[0].services[place]


def measured(one: ServiceMonth) -> SlaStatement:
    """Give a service's statement, which is there."""
    assert one.statement is not None
    return one.statement
