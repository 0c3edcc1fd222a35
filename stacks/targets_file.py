"""Where an agency's targets document lies, and how it gets there: the file that the monitor reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stacks.statefile import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def targets_path(state: Path, code: str) -> Path:
    """Say where an agency's targets document lies."""
    return state / "targets" / f"{code}.json"


def write_targets(state: Path, code: str, document: Mapping[str, Any]) -> Path:
    """Write an agency's targets document whole, and return where it lies."""
    path = targets_path(state, code)
    write_atomic(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
    return path
