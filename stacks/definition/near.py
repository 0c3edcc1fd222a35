"""Which known name somebody may have meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MIN_LIKENESS = 0.6


def near(name: str, known: Iterable[str]) -> str:
    """Return the known name most like ``name``, or "" where none is like it. Case and underscores do not count."""
    plain = {_plain(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=MIN_LIKENESS)
    return plain[found[0]] if found else ""


def meant(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return ``did you mean "..."?`` for the nearest known name, else the sentence ``otherwise``."""
    candidate = near(name, known)
    return f'did you mean "{candidate}"?' if candidate else otherwise


def listed(names: Iterable[str], *, most: int = 24) -> str:
    """Return the names joined by commas, at most ``most`` of them."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(" ", "-")
