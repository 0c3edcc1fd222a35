"""A report as a workbook: a sheet for the summary, one for each table, one for the method; numbers are numbers.

The library writes the same bytes for the same input once it is told when the file was made. Text is never read as a
formula or an address, whatever it begins with.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import xlsxwriter

from monitors.reports.document import MS_PER_DAY, Cell, Facts, Heading, Paragraph, Table, Tone, Unit
from monitors.reports.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from monitors.reports.document import Document

FORMATS = {Unit.PERCENT: "0.000%", Unit.MS: "[h]:mm:ss.000", Unit.COUNT: "#,##0", Unit.NONE: "General"}
COLOURS = {Tone.GOOD: "#00694b", Tone.BAD: "#a02c00", Tone.UNSURE: "#8a5a00", Tone.FAINT: "#6b7280"}
REFUSED = str.maketrans("[]:*?/\\", "       ")
LONGEST_NAME = 31
WIDEST = 60


def xlsx(document: Document) -> bytes:
    """Lay a document out as a workbook."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    })
    book.set_properties({
        "title": printable(f"{document.title}: {document.subtitle}, {document.period}"), "comments": document.status,
        "created": datetime.fromtimestamp(document.made_ms // 1_000, tz=UTC).replace(tzinfo=None),
    })
    look = _Look(book)
    _front(book, document, look)
    for table in (block for block in document.blocks if isinstance(block, Table)):
        _sheet(book, table, look)
    _prose(book, document, look)
    book.close()
    return buffer.getvalue()


class _Look:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, Tone], Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.bold = book.add_format({"bold": True})
        self.head = book.add_format({
            "bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#eef2f6",
        })
        self.prose = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, unit: Unit, tone: Tone) -> Format:
        """Give the format of a cell."""
        key = (FORMATS[unit], tone)
        if key not in self._made:
            given: dict[str, object] = {"num_format": key[0], "valign": "top", "text_wrap": unit is Unit.NONE}
            if tone in COLOURS:
                given["font_color"] = COLOURS[tone]
            self._made[key] = self._book.add_format(given)
        return self._made[key]


def _front(book: Workbook, document: Document, look: _Look) -> None:
    first = next((block.text for block in document.blocks if isinstance(block, Heading)), document.title)
    sheet = book.add_worksheet(_name(book, first))
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 22)
    sheet.set_column(2, 2, WIDEST)
    sheet.write_string(0, 0, document.title, look.title)
    for row, text in enumerate((printable(document.subtitle), document.period, document.status, document.data_time), 1):
        sheet.write_string(row, 0, text, look.bold)
    row = 6
    for block in document.blocks:
        if isinstance(block, Facts):
            for fact in block.items:
                sheet.write_string(row, 0, fact.label, look.prose)
                _write(sheet, row, 1, Cell(text=fact.value, number=fact.number, unit=fact.unit, tone=fact.tone), look)
                sheet.write_string(row, 2, printable(fact.note), look.prose)
                row += 1
        elif isinstance(block, Paragraph) and block.is_mark:
            sheet.merge_range(row, 0, row, 2, printable(block.text), look.prose)
            sheet.set_row(row, 15 * (1 + len(block.text) // 110))
            row += 1


def _sheet(book: Workbook, table: Table, look: _Look) -> None:
    sheet = book.add_worksheet(_name(book, table.name))
    for place, column in enumerate(table.columns):
        longest = max((len(row[place].text) for row in table.rows), default=0)
        sheet.set_column(place, place, min(WIDEST, max(len(column.title), longest) + 3))
        sheet.write_string(0, place, column.title, look.head)
    for number, row in enumerate(table.rows, 1):
        for place, cell in enumerate(row):
            _write(sheet, number, place, cell, look)
    sheet.freeze_panes(1, 1)
    if table.note:
        sheet.write_string(len(table.rows) + 2, 0, table.note)


def _prose(book: Workbook, document: Document, look: _Look) -> None:
    chapter = ""
    sheet: Worksheet | None = None
    row = 0
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            chapter = block.text
        if isinstance(block, Heading) and block.level == 2 and chapter == _last_chapter(document.blocks):
            if sheet is None:
                sheet = book.add_worksheet(_name(book, chapter))
                sheet.set_column(0, 0, 110)
            sheet.write_string(row, 0, block.text, look.bold)
            row += 1
        elif isinstance(block, Paragraph) and sheet is not None:
            sheet.write_string(row, 0, block.text, look.prose)
            row += 1


def _last_chapter(blocks: Sequence[object]) -> str:
    return [block.text for block in blocks if isinstance(block, Heading) and block.level == 1][-1]


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, look: _Look) -> None:
    format_ = look.of(cell.unit if cell.number is not None else Unit.NONE, cell.tone)
    if cell.number is None:
        sheet.write_string(row, place, printable(cell.text), format_)
    elif cell.unit is Unit.MS and cell.number < 0:   # spreadsheets know no negative times
        sheet.write_string(row, place, cell.text, look.of(Unit.NONE, cell.tone))
    else:
        part_of = {Unit.PERCENT: 100, Unit.MS: MS_PER_DAY}.get(cell.unit, 1)
        sheet.write_number(row, place, round(cell.number / part_of, 12), format_)  # 0.99999, not ...98


def _name(book: Workbook, wanted: str) -> str:
    """Give a sheet's name that spreadsheets take, and that no other sheet has."""
    plain = wanted.translate(REFUSED).strip(" '")[:LONGEST_NAME] or "-"
    taken = {name.lower() for name in book.sheetnames}
    name, number = plain, 2
    while name.lower() in taken:
        name, number = f"{plain[:LONGEST_NAME - 3]} {number}", number + 1
    return name
