"""A copy of a stack's state in a folder that is thrown away: a preview works on it and can change nothing real."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stacks.pulumi_state import BackendFiles
from stacks.statefile import read_record, record_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.model import Workspace


@contextmanager
def set_aside(workspace: Workspace, code: str) -> Iterator[Workspace]:
    """Give the workspace with a copy of what the state folder holds of ``code``; keys stay in files of mode 0600.

    Raises StackError for damaged files, which name the real ones.
    """
    BackendFiles(workspace.state).state(code)
    read_record(workspace.state, code)
    with tempfile.TemporaryDirectory(prefix="siaga24-preview-") as name:
        copy = Path(name)
        real, there = BackendFiles(workspace.state), BackendFiles(copy)
        for source in (
            workspace.state / "passphrase", workspace.state / "ca", record_path(workspace.state, code),
            real.work_dir(code), real.checkpoint(code), real.meta_file,
        ):
            target = copy / source.relative_to(workspace.state)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                shutil.copy2(source, target)
        there.root.mkdir(exist_ok=True)
        yield replace(workspace, state=copy)
