"""Data volumes: what holds data that nobody can make again, and how a stack lets go of it without harm.

The program protects and retains these volumes. A service that leaves the definition would make Pulumi refuse to forget
a protected volume, so it is unprotected first: the stack forgets it, the engine keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.naming import Label
from infra.planning import plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.spec import StackSpec
    from stacks.automation import StackAutomation
    from stacks.engine import Engine
    from stacks.engine_facts import VolumeFacts
    from stacks.progress import Progress
    from stacks.pulumi_state import StackState


def data_volumes(engine: Engine, code: str) -> tuple[VolumeFacts, ...]:
    """List the data volumes of an agency on the engine, those of services that are no longer defined too."""
    return tuple(volume for volume in engine.volumes(code) if volume.labels.get(Label.DATA) == "true")


def strange_data_reasons(code: str, volumes: Sequence[VolumeFacts], *, is_known: bool) -> list[str]:
    """Refuse data that this state folder did not make: the passwords to it are elsewhere. ``is_known``: it made it."""
    if is_known:
        return []
    return [
        f"volume {volume.name}: holds data of an agency {code!r} that this state folder did not make, and the "
        "passwords to it are in the folder that did; expected none; use that workspace and state folder, or, if nobody "
        f"needs the data, delete it: docker volume rm {volume.name}"
        for volume in volumes
    ]


def planned_data(spec: StackSpec) -> frozenset[str]:
    """Name the data volumes that a stack is to have."""
    services = plan_of(spec).services
    names = {volume.name for service in services for volume in service.volumes if volume.is_data}
    return frozenset(names | {service.database.data.name for service in services if service.database is not None})


def let_go(automation: StackAutomation, state: StackState, spec: StackSpec, progress: Progress) -> None:
    """Let the stack forget data volumes that its definition no longer names; they stay on the engine."""
    named = planned_data(spec)
    leaving = [r for r in state.of_kind("Volume") if r.is_protected and r.id not in named]
    for resource in leaving:
        progress.note(
            f"volume {resource.id} is no longer in the definition; its data stays on the engine, and nothing uses it",
        )
    if leaving:
        automation.unprotect(tuple(resource.urn for resource in leaving))
