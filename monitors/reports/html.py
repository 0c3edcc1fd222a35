"""A report as one HTML page: no script, nothing fetched from elsewhere, pictures within it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from monitors.reports.document import as_plain

if TYPE_CHECKING:
    from monitors.reports.document import Document

FOLDER = Path(__file__).parent.parent.parent / "templates" / "reports"


def html(document: Document) -> bytes:
    """Lay a document out as HTML."""
    return _template().render(as_plain(document)).encode()


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )
    return environment.get_template("report.html")
