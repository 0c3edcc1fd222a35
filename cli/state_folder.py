"""Where a command that needs no definitions finds a workspace's state: without opening the workspace."""

from __future__ import annotations

from pathlib import Path

from monitors.core.errors import UsageError

STATE_FOLDER = ".siaga24"                # as stacks.workspace has it, which would load the YAML reader


def state_folder(workspace: Path | None, state: Path | None, *, else_give: str) -> Path:
    """Give ``state``, else the state folder of the workspace, which is the current folder unless it is given.

    ``else_give``: what could be given in its place, for the UsageError where there is no workspace.
    """
    if state is not None:
        return state
    folder = workspace or Path()
    if not (folder / "siaga24.yaml").is_file():
        raise UsageError(
            f'"{folder}" is no workspace: it has no siaga24.yaml; name one with --workspace DIR, or {else_give}',
        )
    return folder / STATE_FOLDER
