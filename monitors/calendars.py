"""Reads the versioned calendars of templates/calendars."""

from __future__ import annotations

import functools
import json
from datetime import date
from pathlib import Path
from typing import Any

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
