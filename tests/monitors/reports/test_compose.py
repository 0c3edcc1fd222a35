"""The document says what the statement says, in the chapters and the order that are promised."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitors.core.wording import Language, percent
from monitors.reports.compose import compose
from monitors.reports.data import Edition, ReportData, State
from monitors.reports.document import Document, Facts, Heading, Paragraph, Table
from tests.monitors.reports.made import final, january, measured, service, with_service


def headings(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Heading) and block.level == 1]


def tables(document: Document) -> dict[str, Table]:
    return {block.name: block for block in document.blocks if isinstance(block, Table)}


def marks(document: Document) -> str:
    return " ".join(block.text for block in document.blocks if isinstance(block, Paragraph) and block.is_mark)


def own_host(data: ReportData, *places: int) -> ReportData:
    for place in places:
        vantages = tuple(replace(one, is_own_host=True) for one in service(data, place).vantages)
        data = with_service(data, place, vantages=vantages)
    return data


def test_chapters_in_bahasa_indonesia():
    assert headings(compose(january(), Language.ID)) == [
        "Ringkasan", "Capaian setiap layanan", "Gambar hari demi hari", "Di luar jam kerja dan pada jam kerja", "Gangguan",
        "Asal waktu henti", "Pemeliharaan terjadwal", "Sengketa dan koreksi", "Titik pantau", "Metode",
    ]


@pytest.mark.parametrize("language", list(Language))
def test_the_first_figure_is_availability_outside_office_hours_of_all_services(language):
    facts = next(block for block in compose(january(), language).blocks if isinstance(block, Facts))
    part = january().months[0].part("outside")
    assert facts.items[0].value == percent(part.good_ms, part.known_ms, language)
    assert [facts.items[place].label for place in range(3)] == {
        Language.ID: ["Ketersediaan di luar jam kerja", "Janji layanan terpenuhi", "Cakupan pengukuran"],
        Language.EN: ["Availability outside office hours", "Promise kept", "Measurement coverage"],
    }[language]


def test_the_league_has_every_service_once_most_downtime_first_and_its_denominator():
    league = tables(compose(january(), Language.EN))["Every service's achievement"]
    assert league.rows[0][0].text == max(
        january().months[0].services, key=lambda one: measured(one).down_ms,
    ).name
    assert len(league.rows) == 4
    assert "4 services, 124 d of service time" in league.note


def test_what_was_seen_from_the_services_own_host_alone_is_marked_wherever_it_stands():
    document = compose(own_host(january(), 1), Language.ID)
    name = f"{service(january(), 1).name} ‡"
    assert "hanya dari host layanan sendiri" in marks(document)
    shown = [row for table in tables(document).values() for row in table.rows if row[0].text.startswith(name[:-2])]
    assert shown
    assert all(row[0].text == name for row in shown)
    assert "‡" not in marks(compose(january(), Language.ID))


def test_a_service_with_one_vantage_elsewhere_bears_no_mark():
    vantage = service(january()).vantages[0]
    both = (vantage, replace(vantage, name="sendiri", is_own_host=True))
    assert "‡" not in marks(compose(with_service(january(), 0, vantages=both), Language.ID))


def test_every_state_says_what_it_is_on_the_document():
    assert compose(january(), Language.ID).status == "DRAF: angka masih dapat berubah"
    assert compose(final(), Language.EN).status == "FINAL, version 1"
    second = replace(final(), edition=Edition(state=State.REISSUED, version=2, data_ms=1, former_ms=1))
    assert compose(second, Language.ID).status == "DITERBITKAN ULANG, versi 2"
    assert "Perubahan sejak versi sebelumnya" in headings(compose(second, Language.ID))


def test_the_method_page_names_the_calendar_and_says_that_there_is_no_seal():
    document = compose(january(), Language.ID)
    method = {row[0].text: row[1].text for row in tables(document)["Dasar laporan ini"].rows}
    assert method["Kalender"] == january().calendar
    assert method["Segel terbaru buku besar"].startswith("Belum ada segel")
    assert method["Diukur dari"] == "local"
    sealed = compose(replace(january(), seal="2026-01-31 no. 31 abc"), Language.EN)
    assert tables(sealed)["What this report rests on"].rows[-1][1].text == "2026-01-31 no. 31 abc"
    assert sealed.footer.endswith("2026-01-31 no. 31 abc")


def test_an_agency_without_a_watched_service_claims_nothing():
    data = replace(january(), months=(replace(january().months[0], services=()),))
    document = compose(data, Language.ID)
    assert "tidak memiliki layanan yang dipantau" in marks(document)
    assert "100" not in marks(document)


def test_a_weight_counts_in_the_agencys_shares_and_not_in_its_downtime():
    one = service(january(), 0)
    weighty = with_service(january(), 0, target=replace(one.target, weight=3))
    plain, weighed = january().months[0].part("outside"), weighty.months[0].part("outside")
    assert one.split is not None
    assert weighed.down_ms == plain.down_ms + 2 * one.split.outside.down_ms
    assert weighed.observed_ms == plain.observed_ms + 2 * one.split.outside.observed_ms
    values = [
        [item.value for block in compose(data, Language.EN).blocks if isinstance(block, Facts) for item in block.items]
        for data in (january(), weighty)
    ]
    assert values[0][0] != values[1][0]     # availability outside office hours
    assert values[0][4] == values[1][4]     # downtime is plain time
