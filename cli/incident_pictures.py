"""The pictures of pages that browser steps kept, written from the ledger into a folder."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitors.core.incident import Incident
from monitors.core.model import Run


def pictures(found: Incident, runs: Mapping[str, Run]) -> Iterator[tuple[str, bytes]]:
    """Yield the name of a file and the JPEG of each picture, in the order of runs, tries and steps."""
    for label, run in runs.items():
        for number, attempt in enumerate(run.tries, 1):
            for place, step in enumerate(attempt.steps, 1):
                if step.evidence is not None and step.evidence.screenshot:
                    name = f"{found.name} {label} try {number} step {place}".replace("/", "-").replace(" ", "-")
                    yield f"{name}.jpg", base64.b64decode(step.evidence.screenshot)


def write_pictures(found: Incident, runs: Mapping[str, Run], folder: Path) -> list[Path]:
    """Write them; give the files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, picture in pictures(found, runs):
        file = folder / name
        file.write_bytes(picture)
        written.append(file)
    return written
