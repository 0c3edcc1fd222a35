"""What plain ``pulumi preview`` runs: the same program as ``siaga24 stack preview``, in Pulumi's own process.

The stack's name is the agency's code; the workspace is SIAGA24_WORKSPACE, else the samples. Only previews: an update
needs what ``siaga24 stack up`` does around Pulumi (lock, recovery, secrets made once, gates), so it is refused.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pulumi

from monitors.core.errors import UsageError
from stacks.aside import set_aside
from stacks.engine import Engine
from stacks.hosting import EngineHooks
from stacks.program import inline_program, secret_keys
from stacks.progress import Silent
from stacks.secrets_store import placeholders
from stacks.session import Session
from stacks.standing import look
from stacks.workspace import open_workspace

SAMPLES = Path(__file__).parent / "agencies"


class _Told(Silent):
    """Tells remarks in Pulumi's own log."""

    def note(self, text: str) -> None:
        """Tell a sentence that people should read."""
        pulumi.info(text)


def preview_program() -> None:
    """Register the resources of the stack's agency. UsageError in an update."""
    code = pulumi.get_stack()
    if not pulumi.runtime.is_dry_run():
        raise UsageError(
            f'plain "pulumi up" would skip the lock, the checks and the gates; type: siaga24 stack up {code}',
        )
    state = os.environ.get("SIAGA24_STATE")
    workspace = open_workspace(
        Path(os.environ.get("SIAGA24_WORKSPACE") or SAMPLES), Path(state) if state else None,
    )
    workspace = replace(workspace, state=workspace.state.absolute())
    agency = workspace.agency(code)
    with Engine(workspace.settings.docker_host) as engine, set_aside(workspace, code) as place:
        session = Session(
            code=code, state=place.state, engine=engine, began=engine.facts().time, began_s=time.monotonic(),
            progress=_Told(),
        )
        standing = look(session, agency, certificates=place.state / "ca", accepts_loss=True)
        for warning in standing.warnings:
            pulumi.warn(warning)
        kept = json.loads(pulumi.Config().get("secrets") or "{}")
        inputs = standing.inputs(session, placeholders(kept, secret_keys(agency)))
        inline_program(agency, inputs, EngineHooks(session))()
