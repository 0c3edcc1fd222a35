"""What a stack offers now, read from its state: no engine, no Pulumi and no lock is needed to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from monitors.core.errors import StackError
from stacks.pulumi_state import BackendFiles
from stacks.statefile import Gate, StackRecord, read_record
from stacks.targets_file import targets_path

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.model import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StackView:
    """A stack's outputs and how its release stands."""

    code: str
    outputs: Mapping[str, Any]
    record: StackRecord
    targets_file: Path

    @property
    def endpoints(self) -> Mapping[str, Mapping[str, str]]:
        """Service -> url and connectTo."""
        found: Mapping[str, Mapping[str, str]] = self.outputs.get("endpoints") or {}
        return found


def view(workspace: Workspace, code: str) -> StackView:
    """Return the outputs of a stack. StackError where it is not up, UsageError where there is no such agency."""
    files = BackendFiles(workspace.state.absolute())
    state = files.state(code)
    record = read_record(workspace.state, code)
    was_taken_down = bool(record.engine_id) and record.gate is Gate.NONE      # its kept data keeps its old outputs
    if not state.outputs or was_taken_down:
        workspace.agency(code)           # a wrong code is told first, with near names
        raise StackError(
            f"stack {code!r} is not up, so it has no outputs; expected one that was brought up; "
            f"type: siaga24 stack up {code}",
        )
    return StackView(
        code=code, outputs=state.outputs, record=record,
        targets_file=targets_path(workspace.state, code),
    )
