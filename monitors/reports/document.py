"""A report as headings, paragraphs, tables and pictures, in one language; every format lays out the same document."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from monitors.reports.printable import all_texts, printable

MS_PER_DAY = 86_400_000


class Tone(StrEnum):
    """What a value means, for colour beside its words: nothing hangs on colour alone."""

    PLAIN = ""
    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"
    FAINT = "faint"


class Unit(StrEnum):
    """What a cell's number is, for spreadsheets."""

    NONE = ""
    PERCENT = "percent"                  # with three decimals, already cut downwards
    MS = "ms"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in a table: words for people, and the number behind them where there is one."""

    text: str
    number: float | None = None
    unit: Unit = Unit.NONE
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. ``share``: of the width that is left by columns of share 0, which take what they need."""

    title: str
    share: int = 0
    is_right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading; level 1 begins a chapter."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A few sentences. ``mark``: set off from the text, because it bears on how figures may be read."""

    text: str
    tone: Tone = Tone.PLAIN
    is_mark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One large figure with what it is and what it is a share of."""

    label: str
    value: str
    note: str
    tone: Tone = Tone.PLAIN
    number: float | None = None
    unit: Unit = Unit.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Large figures side by side."""

    items: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. ``name``: of its sheet, short and without signs that sheets refuse."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    sums: int = 0                        # how many rows at the end are sums

    def __post_init__(self) -> None:
        """Every row has a cell for each column."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f'table "{self.name}": a row of {len(row)} cells under {len(self.columns)} columns')


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawing; ``alt`` says in words what it shows."""

    svg: str
    alt: str
    caption: str


Block = Heading | Paragraph | Facts | Table | Picture
KINDS: dict[type, str] = {
    Heading: "heading", Paragraph: "paragraph", Facts: "facts", Table: "table", Picture: "picture",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report. ``status``: draft, final or reissued, in words; it stands on every page."""

    language: str
    title: str
    subtitle: str
    period: str
    status: str
    status_tone: Tone
    data_time: str
    footer: str
    page_word: str
    made_ms: int                         # the time of data: what stands in files as the time they were made
    blocks: tuple[Block, ...]


def as_plain(document: Document) -> dict[str, Any]:
    """Write a document as plain values for templates; each block says its ``kind``."""
    plain = {name: getattr(document, name) for name in Document.__slots__ if name != "blocks"}
    plain |= {"blocks": [{"kind": KINDS[type(block)]} | asdict(block) for block in document.blocks]}
    return dict(all_texts(plain, printable))
