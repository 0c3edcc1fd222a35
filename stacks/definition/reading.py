"""One definition file to a record of its grammar; what cannot be read is a fault with its line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stacks import yamlio
from stacks.definition.faults import Place
from stacks.definition.tree import YamlFault

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.definition.faults import Findings
    from stacks.definition.shapes import Record, Shape


def shown(path: Path) -> str:
    """Return the path as people name it: from the current folder where it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def read_record(path: Path, shape: Shape, findings: Findings) -> Record | None:
    """Read the file; None where it is no YAML mapping. Faults are in ``findings``."""
    whole = Place(findings=findings, line=1)
    try:
        tree = yamlio.read(path.read_bytes())
    except OSError as exc:
        reason = (exc.strerror or "cannot be read").lower()
        whole.fault(f"it cannot be read: {reason}", "a file that this user may read", "correct its name or mode")
        return None
    except YamlFault as exc:
        Place(findings=findings, line=exc.line).fault(exc.what, exc.expected, exc.mend)
        return None
    return shape.read(tree, Place(findings=findings, line=tree.line))
