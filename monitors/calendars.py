"""Reads the versioned calendars of templates/calendars."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from monitors.core.entry import Entry, EntryKind
from monitors.core.errors import UsageError
from monitors.core.hours import Calendar

FOLDER = Path(__file__).parent.parent / "templates" / "calendars"
FORMAT = 1


def versions(folder: Path = FOLDER) -> tuple[str, ...]:
    """Give the versions that are there; the last one is the newest."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


@functools.lru_cache(maxsize=8)
def calendar(version: str = "", folder: Path = FOLDER) -> Calendar:
    """Read a version, or the newest. Raises UsageError."""
    known = versions(folder)
    if not known:
        raise UsageError(f"{folder}: there is no calendar; expected one JSON file a version")
    chosen = version or known[-1]
    if chosen not in known:
        raise UsageError(f'there is no calendar version "{chosen}"; there are: {", ".join(known)}')
    path = folder / f"{chosen}.json"
    try:
        return _calendar(json.loads(path.read_text(encoding="utf-8")), chosen)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise UsageError(f"{path}: it cannot be read as a calendar: {exc}; put the released file back") from exc


def note_of_newest(notes: Iterable[Entry], at_ms: int, folder: Path = FOLDER) -> tuple[Entry, ...]:
    """Give the entry by which the ledger is told which calendar is in use, with its file's digest; nothing if it knows.

    A file that was changed under the same version is told again: the figures of before were made with another.
    """
    version = versions(folder)[-1]
    text = (folder / f"{version}.json").read_bytes()
    digest = hashlib.sha256(text).hexdigest()
    known = [note.text("sha256") for note in notes if note.text("version") == version]
    if known and known[-1] == digest:
        return ()
    return (Entry(
        kind=EntryKind.CALENDAR, at_ms=at_ms, by="siaga24",
        body={"version": version, "sha256": digest, "years": sorted(json.loads(text)["years"])},
    ),)


def _calendar(document: Any, version: str) -> Calendar:
    if document["format"] != FORMAT or document["version"] != version:
        raise ValueError(
            f'format {document["format"]}, version "{document["version"]}"; expected {FORMAT}, "{version}"',
        )
    public = {date.fromisoformat(day): str(name) for day, name in document["public"].items()}
    joint = {date.fromisoformat(day): str(name) for day, name in document["joint_leave"].items()}
    return Calendar(
        version=version,
        years=frozenset(document["years"]),
        public=frozenset(public),
        joint_leave=frozenset(joint),
        undecided=frozenset(document["undecided"]),
        ramadan=tuple(
            (date.fromisoformat(first), date.fromisoformat(after)) for first, after in document["ramadan"].values()
        ),
        names={**public, **joint},
    )
