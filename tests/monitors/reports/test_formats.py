"""Each format is made of the same data with the same bytes, whenever and wherever, and says the same figures."""

from __future__ import annotations

import csv
import functools
import hashlib
import io
import re
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import openpyxl
import pytest

from monitors.core.wording import Language
from monitors.reports.compose import compose
from monitors.reports.document import Table
from monitors.reports.files import Format, digests, made
from tests.monitors.reports.made import final, january, measured, service, with_service

AGAIN = """
import hashlib, json, sys
from monitors.core.wording import Language
from monitors.reports.files import Format, digests, made
from tests.monitors.reports.made import final, measured
print(json.dumps(digests(made(final(), Language.ID, Format))))
"""


class Cells(HTMLParser):
    """Reads the table cells of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self._is_in = False

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self._is_in = tag == "td"
        if self._is_in:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self._is_in:
            self.cells[-1] += data

    def handle_endtag(self, _tag: str) -> None:
        self._is_in = False


@functools.cache
def files_of_version_1() -> dict[str, bytes]:
    return made(final(), Language.ID, Format)


def of(suffix: str) -> bytes:
    return next(content for name, content in files_of_version_1().items() if name.endswith(suffix))


def test_another_process_makes_the_same_bytes_of_every_format(monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "4242")
    monkeypatch.setenv("TZ", "America/New_York")
    found = subprocess.run([sys.executable, "-c", AGAIN], capture_output=True, text=True, check=True)
    assert eval(found.stdout) == digests(files_of_version_1())  # noqa: S307 - our own
    assert len(files_of_version_1()) == 5


@pytest.mark.parametrize("language", list(Language))
def test_pdf_and_html_tell_the_language_and_the_title(language):
    files = made(final(), language, [Format.PDF, Format.HTML])
    document, page = files.values()
    assert document.startswith(b"%PDF-")
    assert f"/Lang ({language.value})".encode() in document or b"/Lang" in document
    assert f'<html lang="{language.value}">' in page.decode()


def test_the_pdf_has_its_fonts_within():
    # objects lie in compressed streams
    parts = re.findall(rb"stream\r?\n(.*?)endstream", of(".pdf"), re.DOTALL)
    told = b"".join(zlib.decompressobj().decompress(part) for part in parts if part[:1] == b"x")
    names = set(re.findall(rb"/FontName\s*/([A-Z]{6}\+[\w-]+)", told + of(".pdf")))
    assert names
    assert {name.partition(b"+")[2].partition(b"-")[0] for name in names} <= {b"LibertinusSerif", b"NewCMMath"}
    assert told.count(b"/FontFile") + of(".pdf").count(b"/FontFile") >= len(names)


def test_the_pdf_is_for_archives_and_screen_readers():
    content = of(".pdf")
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in content
    assert b"<pdfuaid:part>1</pdfuaid:part>" in content


def test_html_has_every_cell_of_the_document_and_fetches_nothing():
    page = of(".html").decode()
    reader = Cells()
    reader.feed(page)
    expected = [
        cell.text for block in compose(final(), Language.ID).blocks if isinstance(block, Table)
        for row in block.rows for cell in row
    ]
    assert [cell.strip() for cell in reader.cells] == [text.strip() for text in expected]
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="', page)


def test_names_from_definitions_are_never_markup_nor_formulas():
    target = replace(service(january()).target, service_name='=HYPERLINK("http://x")<img src=x onerror=alert(1)>#[*a*]')
    data = with_service(final(), 0, target=target)
    files = made(data, Language.ID, Format)
    page = next(content for name, content in files.items() if name.endswith(".html")).decode()
    assert "<img" not in page
    book = openpyxl.load_workbook(io.BytesIO(next(c for n, c in files.items() if n.endswith(".xlsx"))))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "d"}  # no "f"
    rows = list(csv.DictReader(io.StringIO(next(c for n, c in files.items() if n.endswith("services.csv")).decode())))
    assert rows[0]["service_name"].startswith("'=HYPERLINK")


def test_the_workbook_has_numbers_that_another_library_reads_as_the_statements():
    book = openpyxl.load_workbook(io.BytesIO(of(".xlsx")))
    assert book.sheetnames[0] == "Ringkasan"
    sheet = book["Capaian setiap layanan"]
    by_name = {one.name: measured(one) for one in january().months[0].services}
    for row in sheet.iter_rows(min_row=2, max_row=5, values_only=True):
        found = by_name[row[0]]
        assert row[1] == 0.995
        assert round(row[3] * 100_000) == found.good_ms * 100_000 // found.known_ms
        assert round(row[6] / timedelta(milliseconds=1)) == found.down_ms
    assert zipfile.ZipFile(io.BytesIO(of(".xlsx"))).infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_csv_has_every_service_in_whole_milliseconds():
    rows = list(csv.DictReader(io.StringIO(of("services.csv").decode())))
    for row, one in zip(rows, january().months[0].services, strict=True):
        found = measured(one)
        assert (int(row["up_ms"]), int(row["down_ms"]), int(row["unknown_ms"])) == (
            found.up_ms, found.down_ms, found.unknown_ms,
        )
        assert row["judgement"] == found.judgement.value
        assert row["state"] == "final"
        assert sum(int(row[name]) for name in row if name.startswith("owner_")) == found.down_ms
    incidents = list(csv.DictReader(io.StringIO(of("incidents.csv").decode())))
    assert sum(int(row["down_in_report_ms"]) for row in incidents) == sum(int(row["down_ms"]) for row in rows)


def test_csv_is_the_same_in_both_languages():
    assert hashlib.sha256(of("services.csv")).hexdigest() in digests(made(final(), Language.EN, [Format.CSV])).values()
