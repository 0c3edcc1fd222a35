"""A report's files: which there are, what is in them, and how they come to a folder without one being overwritten."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from monitors.reports.compose import compose
from monitors.reports.csv_files import agencies_csv, incidents_csv, services_csv
from monitors.reports.data import NationData, State
from monitors.reports.html import html
from monitors.reports.pdf import pdf
from monitors.reports.xlsx import xlsx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from monitors.core.wording import Language
    from monitors.reports.data import Report


class Format(StrEnum):
    """How a report is laid out."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    HTML = "html"


def made(data: Report, language: Language, formats: Iterable[Format]) -> dict[str, bytes]:
    """Make the files of a report: name -> bytes. CSV is the same in any language, and so has none in its name."""
    # no agency's code has a "_" in it
    whose = "siaga24_nation" if isinstance(data, NationData) else f"siaga24-{data.agency}"
    stem = f"{whose}-{data.period}-" + (
        "draft" if data.edition.state is State.DRAFT else f"v{data.edition.version}"
    )
    document = compose(data, language)
    found: dict[str, bytes] = {}
    for one in formats:
        if one is Format.PDF:
            found[f"{stem}-{language.value}.pdf"] = pdf(document)
        elif one is Format.XLSX:
            found[f"{stem}-{language.value}.xlsx"] = xlsx(document)
        elif one is Format.HTML:
            found[f"{stem}-{language.value}.html"] = html(document)
        elif isinstance(data, NationData):
            found[f"{stem}-agencies.csv"] = agencies_csv(data)
        else:
            found[f"{stem}-services.csv"] = services_csv(data)
            found[f"{stem}-incidents.csv"] = incidents_csv(data)
    return found


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the SHA-256 of each file."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def refuse_others(files: Mapping[str, bytes], folder: Path) -> None:
    """Raise UsageError where a file is there with other bytes than those to be written."""
    for name, content in files.items():
        path = folder / name
        try:
            is_other = path.exists() and path.read_bytes() != content
        except OSError as exc:
            raise UsageError(f"{path}: it cannot be read: {exc.strerror}; give another folder with --out") from exc
        if is_other:
            raise UsageError(
                f"{path}: is there with other bytes, and an issued report is never overwritten; move it away, or give "
                "another folder with --out",
            )


def write(files: Mapping[str, bytes], folder: Path, *, may_replace: bool) -> list[Path]:
    """Write files into a folder, each whole or not at all; one with the same bytes is left as it is.

    ``may_replace``: of drafts. Raises UsageError where one is there with other bytes, or the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not may_replace:
            refuse_others(files, folder)
        for name, content in files.items():
            _put(folder / name, content, may_replace=may_replace)
            written.append(folder / name)
    except OSError as exc:
        raise UsageError(
            f"{folder}: the report cannot be written: {exc.strerror}; give another folder with --out",
        ) from exc
    return written


def _put(path: Path, content: bytes, *, may_replace: bool) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        if may_replace:
            part.replace(path)
            return
        with contextlib.suppress(FileExistsError):   # a name that is taken is never taken over, not even in a race
            path.hardlink_to(part)
        if path.read_bytes() != content:
            raise UsageError(f"{path}: is there with other bytes, and an issued report is never overwritten")
    finally:
        part.unlink(missing_ok=True)
