"""A report as PDF, laid out by typst with the fonts it brings along: the same bytes on any machine.

It is made for archives (PDF/A-2a, ISO 19005-2) and screen readers (PDF/UA-1, ISO 14289-1); typst refuses what does not
conform.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typst

from monitors.core.errors import Siaga24Error
from monitors.reports.document import as_plain
from monitors.reports.printable import all_texts, in_fonts

if TYPE_CHECKING:
    from monitors.reports.document import Document

FOLDER = Path(__file__).parent.parent.parent / "templates" / "reports"


def pdf(document: Document) -> bytes:
    """Lay a document out as PDF. Raises Siaga24Error where typst cannot."""
    return _compiled(document, "pdf", None)[0]


def pages(document: Document, *, dots_per_inch: float = 80) -> list[bytes]:
    """Give the pages as PNG pictures, for people who look at what was changed."""
    return _compiled(document, "png", dots_per_inch)


def _compiled(document: Document, layout: Literal["pdf", "png"], dots_per_inch: float | None) -> list[bytes]:
    text = json.dumps(all_texts(as_plain(document), in_fonts), ensure_ascii=False, sort_keys=True)
    try:
        found = typst.compile(
            FOLDER / "report.typ", root=FOLDER, format=layout, ppi=dots_per_inch, sys_inputs={"document": text},
            ignore_system_fonts=True, timestamp=document.made_ms // 1_000,
            pdf_standards=["a-2a", "ua-1"] if layout == "pdf" else [],
        )
    except typst.TypstError as exc:
        raise Siaga24Error(
            f"{FOLDER / 'report.typ'}: the report cannot be laid out: {exc}; put the released template back",
        ) from exc
    return list(found) if isinstance(found, list) else [found]
