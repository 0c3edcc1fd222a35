"""A ledger as a monitor would have left it, for the tests of the commands that read it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from monitors.core.history import Life
from monitors.core.model import Promise, Run
from monitors.ledger.sqlite import SqliteLedger
from tests.factories import NOON_MS, a_target, some_runs

TARGETS = (
    a_target(agency="dinkes-bandung", agency_name="Dinas Kesehatan Kota Bandung"),
    a_target(agency="dinkes-bandung", service="rujukan", agency_name="Dinas Kesehatan Kota Bandung"),
    a_target(
        agency="disdukcapil-jayapura", service="akta", agency_name="Disdukcapil Kota Jayapura",
        time_zone="Asia/Jayapura", promise=Promise(target=Decimal("99.9")),
    ),
)
LETTERS = {"antrean": "uuuddduuuu", "rujukan": "u" * 10, "akta": "uue-uuuuuu"}
END_MS = NOON_MS + 300_000


def runs_of(letters: dict[str, str]) -> list[Run]:
    """Build the runs of all targets, one interval apart, from noon in Jakarta on."""
    return [
        replace(run, agency=target.agency, service=target.service)
        for target in TARGETS for run in some_runs(letters[target.service])
    ]


def write_ledger(path: Path, letters: dict[str, str] | None = None) -> Path:
    """Write the ledger of five minutes on 1 January 2026."""
    ledger = SqliteLedger(path)
    ledger.open_life(Life(life="life-1", vantage="local", opened_ms=NOON_MS))
    ledger.record_targets(TARGETS, life="life-1", at_ms=NOON_MS)
    ledger.append(runs_of(letters or LETTERS), life="life-1", heartbeat_ms=END_MS)
    ledger.close()
    return path
