"""What people told the ledger stands in the report: maintenance, disputes and rulings; and what each vantage saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest

from monitors.core.entry import EntryKind
from monitors.core.history import Life
from monitors.core.hours import Open
from monitors.core.model import Promise
from monitors.core.wording import Language, percent
from monitors.ledger.keys import PrivateKey
from monitors.ledger.memory import MemoryLedger
from monitors.ledger.signatures import registration, signed
from monitors.reports.compose import compose
from monitors.reports.data import Cadence, ReportData
from monitors.reports.document import Document, Facts, Paragraph, Table
from monitors.reports.gather import agency_report
from tests.factories import NOON_MS, a_target, an_entry, some_runs

SITI, BUDI = PrivateKey(b"\x01" * 32), PrivateKey(b"\x02" * 32)
TARGET = a_target(agency="dinkes", service="antrean", service_name="Antrean", base_url="https://antrean.example.go.id")
HOUR, NOW_MS = 3_600_000, NOON_MS + 40 * 86_400_000
END_MS = NOON_MS + 300_000


@pytest.fixture
def ledger() -> MemoryLedger:
    """Two vantages for five minutes from noon: the first saw the service down for 90 s, the second at home for 30 s."""
    ledger = MemoryLedger()
    for vantage, host, letters in (("bandung", "jauh", "uuuddduuuu"), ("jakarta", "antrean.example.go.id", "uuuduuuuuu")):
        ledger.open_life(Life(life=f"life-{vantage}", vantage=vantage, opened_ms=NOON_MS, host=host))
        ledger.record_targets([TARGET], life=f"life-{vantage}", at_ms=NOON_MS)
        ledger.append(
            [
                replace(run, agency=TARGET.agency, service=TARGET.service, vantage=vantage, life=f"life-{vantage}")
                for run in some_runs(letters)
            ], life=f"life-{vantage}", heartbeat_ms=END_MS,
        )
    for entry in (registration(SITI, "Siti", NOON_MS), registration(BUDI, "Budi", NOON_MS)):
        ledger.keep_entry(entry)
    return ledger


def tell(ledger: MemoryLedger, kind: EntryKind, by: str, key: PrivateKey | None = None, at_ms: int = END_MS, **body) -> int:
    entry = an_entry(kind=kind, agency="dinkes", service="antrean", at_ms=at_ms, by=by, body=body)
    return ledger.keep_entry(signed(entry, key) if key is not None else entry).number


def read(ledger: MemoryLedger) -> ReportData:
    return agency_report(ledger, "dinkes", Cadence.MONTHLY, "2026-01", now_ms=NOW_MS)


def table(document: Document, name: str) -> list[list[str]]:
    return [
        [cell.text for cell in row] for block in document.blocks if isinstance(block, Table) and block.name == name
        for row in block.rows
    ]


def test_each_vantage_has_its_figure_and_the_one_at_home_its_mark(ledger):
    (one,) = read(ledger).months[0].services
    assert [(v.name, v.known_ms - v.good_ms, v.is_own_host) for v in one.vantages] == [
        ("bandung", 90_000, False), ("jakarta", 30_000, True),
    ]
    assert not one.is_seen_from_own_host_only
    facts = [item for b in compose(read(ledger), Language.EN).blocks if isinstance(b, Facts) for item in b.items]
    assert facts[3].note.endswith(f"worst vantage bandung: {percent(210_000, 300_000)}")  # 90 s of five minutes
    rows = table(compose(read(ledger), Language.EN), "Vantage")
    assert [(row[0], row[6]) for row in rows] == [("bandung", "0 of 1"), ("jakarta ‡", "1 of 1")]


def test_a_ruling_stands_beside_what_was_measured_and_with_the_incident(ledger):
    number = tell(ledger, EntryKind.DISPUTE, "Siti", SITI, act="open", claim="up", reason="log terlampir",
                  start_ms=NOON_MS + 90_000, end_ms=NOON_MS + 120_000)
    before = compose(read(ledger), Language.ID)
    assert any("belum diputuskan: Antrean 30 detik" in b.text for b in before.blocks if isinstance(b, Paragraph))
    tell(ledger, EntryKind.CORRECTION, "Budi", BUDI, dispute=number, outcome="upheld", verdict="up", reason="benar")
    document = compose(read(ledger), Language.ID)
    (dispute,) = table(document, "Sengketa")
    assert dispute[3] == "tersedia"
    assert dispute[5].startswith("dikabulkan oleh Budi")
    (ruling,) = table(document, "Dikoreksi")
    assert (ruling[0], ruling[4], ruling[8]) == ("Antrean †", "30 detik", "0 detik")
    (incident,) = table(document, "Gangguan")
    assert incident[3] == "0 detik"
    assert f"Dikoreksi oleh putusan atas sengketa no. {number}." in incident[4]


def test_maintenance_that_counts_has_a_second_figure_and_other_windows_say_why_not(ledger):
    counted = tell(ledger, EntryKind.MAINTENANCE, "Siti", at_ms=NOON_MS - 72 * HOUR, act="announce", reason="basis data",
                   start_ms=NOON_MS + 60_000, end_ms=NOON_MS + 240_000)
    tell(ledger, EntryKind.MAINTENANCE, "Budi", at_ms=NOON_MS - 71 * HOUR, act="approve", window=counted)
    late = tell(ledger, EntryKind.MAINTENANCE, "Siti", at_ms=NOON_MS, act="announce", reason="sakelar",
                start_ms=NOON_MS + HOUR, end_ms=NOON_MS + 2 * HOUR)
    document = compose(read(ledger), Language.ID)
    windows = {row[0]: row for row in table(document, "Pemeliharaan terjadwal")}
    assert windows[str(counted)][6] == "dikeluarkan 3 menit"
    assert windows[str(counted)][5] == "oleh Budi"
    assert windows[str(late)][6] == "pengumuman terlambat"
    (second,) = table(document, "Angka kedua")
    assert (second[0], second[6]) == ("Antrean", "3 menit")


def test_an_incident_names_what_is_near_and_whose_it_was(ledger):
    tell(ledger, EntryKind.DEPLOYMENT, "ci", at_ms=NOON_MS + 60_000, command="up", result="done", changed=1,
         started_ms=NOON_MS + 30_000)
    tell(ledger, EntryKind.ATTRIBUTION, "Siti", SITI, owner="network", reason="berita acara", start_ms=NOON_MS,
         end_ms=END_MS)
    (incident,) = table(compose(read(ledger), Language.ID), "Gangguan")
    # that a second vantage took the definition up changed nothing
    assert "Berdekatan waktu: perubahan stack 1\u00a0Jan\u00a012.01 oleh ci." in incident[4]
    assert incident[5] == "jaringan"
    assert incident[2].startswith("terakhir baik 1\u00a0Jan\u00a012.01.00; pertama gagal 1\u00a0Jan\u00a012.01.30")


def test_a_promise_that_cannot_be_proven_is_told_on_the_first_page(ledger):
    (one,) = read(ledger).months[0].services
    assert one.outlook is not None
    assert one.outlook.is_provable
    assert not any("lebih sempit" in getattr(b, "text", "") for b in compose(read(ledger), Language.ID).blocks)
    alone = replace(one, outlook=replace(one.outlook, narrowest=one.outlook.narrowest - 1))
    data = replace(read(ledger), months=(replace(read(ledger).months[0], services=(alone,)),))
    assert any("lebih sempit" in getattr(b, "text", "") for b in compose(data, Language.ID).blocks)


def test_a_mark_of_one_month_stands_with_the_sums_of_the_quarter(ledger):
    number = tell(ledger, EntryKind.DISPUTE, "Siti", SITI, act="open", claim="up", reason="log terlampir",
                  start_ms=NOON_MS + 90_000, end_ms=NOON_MS + 120_000)
    tell(ledger, EntryKind.CORRECTION, "Budi", BUDI, dispute=number, outcome="upheld", verdict="up", reason="benar")
    data = agency_report(ledger, "dinkes", Cadence.QUARTERLY, "2026-Q1", now_ms=NOW_MS + 90 * 86_400_000)
    (row,) = table(compose(data, Language.ID), "Triwulan")
    assert row[0] == "Antrean †"
    assert [row[place] for place in (3, 6, 9, 10)] == ["? belum dapat dipastikan"] * 4


def test_a_changed_promise_is_told_with_the_month_from_which_it_counts(ledger):
    changed = replace(TARGET, promise=Promise(target=Decimal("99.9")))
    for vantage in ("bandung", "jakarta"):
        ledger.record_targets([changed], life=f"life-{vantage}", at_ms=END_MS)
    document = compose(read(ledger), Language.ID)
    rows = table(document, "Perubahan definisi dan janji")
    assert rows
    assert (rows[0][0], rows[0][1][:11]) == ("Antrean", "1\u00a0Jan\u00a012.05")
    assert rows[0][3] == "janji: mulai bulan berikutnya"
    league = table(document, "Capaian setiap layanan")
    assert league[0][1] == "99,5 %"         # the promise that was in force when the month began


def test_a_promise_of_some_hours_counts_in_them_alone_in_every_chapter():
    """From 12.00 to 12.02 it is promised, and from 12.01.30 to 12.03 it was down: half a minute counts."""
    opens: Open = (time(12), time(12, 2))
    target = replace(TARGET, promise=Promise(hours=(opens,) * 7))
    ledger = MemoryLedger()
    ledger.open_life(Life(life="life-1", vantage="bandung", opened_ms=NOON_MS, host="jauh"))
    ledger.record_targets([target], life="life-1", at_ms=NOON_MS)
    ledger.append(
        [replace(run, agency="dinkes", service="antrean", vantage="bandung", life="life-1") for run in some_runs("uuuddduuuu")],
        life="life-1", heartbeat_ms=END_MS,
    )
    (one,) = read(ledger).months[0].services
    assert one.statement is not None
    assert one.split is not None
    assert one.statement.observed_ms == 31 * 120_000
    assert one.statement.down_ms == 30_000 == sum(ms for _, ms in one.owners)
    assert one.split.outside.down_ms + one.split.office.down_ms == 30_000
    assert [(v.observed_ms, v.known_ms - v.good_ms) for v in one.vantages] == [(31 * 120_000, 30_000)]
    (incident,) = table(compose(read(ledger), Language.ID), "Gangguan")
    assert incident[3] == "30 detik"
