"""Volumes of keys and settings that nothing uses any more: removed here, after an update, and not by Pulumi in it.

An engine can go on counting a container that is gone as the user of a volume until it is itself started anew. Were the
removal a part of the update, a release that is up and well would fail for it, and every one after it. Data is never
touched: see ``kept_data``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.naming import Label
from monitors.core.errors import StackError

if TYPE_CHECKING:
    from stacks.pulumi_state import StackState
    from stacks.session import Session


def remove_superseded(session: Session, state: StackState) -> dict[str, str]:
    """Remove an agency's volumes without data that its stack does not have; those that stay, each with the reason.

    Raises StackError where the engine does not answer at all.
    """
    had = {resource.id for resource in state.of_kind("Volume")}
    stays: dict[str, str] = {}
    for volume in session.engine.volumes(session.code):
        if volume.name in had or volume.labels.get(Label.DATA) != "false":
            continue
        try:
            session.engine.remove_volume(volume.name)
        except StackError as exc:
            stays[volume.name] = str(exc)
    return stays


def tell_stays(session: Session, stays: dict[str, str]) -> None:
    """Note, for each volume that the engine would not give, that the next ``up`` asks again."""
    for name, reason in stays.items():
        session.progress.note(
            f"volume {name} of earlier keys or settings stays for now ({reason}); nothing uses it, and the next up "
            "removes it",
        )


def refuse_stays(stays: dict[str, str]) -> None:
    """Raise StackError for volumes with keys that are still there after the stack is gone."""
    if stays:
        raise StackError(
            f"the stack is gone, but not its volumes of keys and settings {', '.join(stays)}: "
            f"{next(iter(stays.values()))}; expected the engine to remove them; start the engine anew, then type "
            "destroy again",
        )
