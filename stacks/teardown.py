"""Take a stack down. Data volumes stay, and the secrets that open what is in them, unless deleting them is asked for.

A stack's code is enough: an agency whose definition is gone or faulty can still be taken down.
"""

from __future__ import annotations

import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from monitors.core.document import to_document
from monitors.core.errors import DefinitionError, PreflightError, UsageError
from stacks import recovery
from stacks.automation import StackAutomation
from stacks.deploy import located, stoppable
from stacks.engine import Engine
from stacks.events import EventFold, short_name
from stacks.kept_data import data_volumes, strange_data_reasons
from stacks.lock import hold_stack
from stacks.passphrase import passphrase_file, read
from stacks.preflight import identity_reasons
from stacks.progress import Counts, Phase, Progress, Step, StepState
from stacks.pulumi_state import BackendFiles
from stacks.session import Phases, Session
from stacks.standing import connect
from stacks.statefile import forget_record, read_record, write_record
from stacks.superseded import refuse_stays, remove_superseded
from stacks.targets import targets_of
from stacks.targets_file import targets_path, write_targets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stacks.engine_facts import VolumeFacts
    from stacks.model import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What became of a stack that was taken down."""

    code: str
    counts: Counts = field(default_factory=Counts)
    seconds: Mapping[str, float] = field(default_factory=dict)
    kept: tuple[str, ...] = ()           # names of data volumes that are still there
    deleted_data: tuple[str, ...] = ()   # names of data volumes that are gone now


def held(workspace: Workspace, code: str) -> tuple[str, ...]:
    """Name the data volumes of a stack, for a question. UsageError where neither stack nor agency is known."""
    workspace = located(workspace)
    _check_known(workspace, code)
    with Engine(workspace.settings.docker_host) as engine:
        return tuple(volume.name for volume in data_volumes(engine, code))


def destroy(
    workspace: Workspace, code: str, progress: Progress, *, delete_data: bool = False, accepts_loss: bool = False,
) -> Destroyed:
    """Remove a stack from the engine, its data only if ``delete_data``. Repeating it is harmless."""
    workspace = located(workspace)
    _check_known(workspace, code)
    files = BackendFiles(workspace.state)
    with (
        hold_stack(workspace.state, code, f"stack destroy {code}", on_wait=progress.note) as lock,
        ExitStack() as closing,
    ):
        phases = Phases(progress)
        with phases(Phase.PREFLIGHT):
            connected = connect(workspace, closing)
            engine, facts = connected.engine, connected.engine.facts()
            record = read_record(workspace.state, code)
            reasons = [] if accepts_loss else identity_reasons(code, facts, engine.host, record)
            if delete_data:
                reasons += strange_data_reasons(code, data_volumes(engine, code), is_known=bool(record.engine_id))
            if reasons:
                raise PreflightError(reasons)
            session = Session(
                code=code, state=workspace.state, engine=engine, began=facts.time, began_s=time.monotonic(),
                progress=progress,
            )
        fold = EventFold(time.monotonic, progress.step)
        stays: dict[str, str] = {}
        if files.exists(code):
            passphrase = passphrase_file(workspace.state, has_stacks=files.has_secrets())
            session.redact.add([read(passphrase)])
            automation = StackAutomation(
                files, code, connected.tools, passphrase, session.redact, on_child=lock.note_child,
            )
            _remove(session, automation, files, fold, phases, delete_data=delete_data)
            write_record(workspace.state, code, record.gone())
            stays = remove_superseded(session, files.state(code))
        _forget_targets(workspace, code)
        deleted = _delete_data(session, phases) if delete_data else ()
        if delete_data:
            if files.exists(code):
                automation.remove()
            shutil.rmtree(files.work_dir(code), ignore_errors=True)
            forget_record(workspace.state, code)
        kept = tuple(volume.name for volume in data_volumes(engine, code))
        refuse_stays(stays)
        return Destroyed(code=code, counts=fold.counts, seconds=phases.seconds, kept=kept, deleted_data=deleted)


def _remove(
    session: Session, automation: StackAutomation, files: BackendFiles, fold: EventFold, phases: Phases, *,
    delete_data: bool,
) -> None:
    state = files.state(session.code)
    damage = recovery.assess(session.engine, session.code, session.state, state, files.locks(session.code))
    if damage.is_any:
        with phases(Phase.RECOVERY), stoppable(session, automation):
            recovery.mend(session, automation, damage)
            state = files.state(session.code)
    with phases(Phase.PULUMI), stoppable(session, automation):
        protected = tuple(r.urn for r in state.resources if r.is_protected)
        if delete_data and protected:
            automation.unprotect(protected)
        automation.destroy(fold, keep_protected=bool(protected) and not delete_data)


def _delete_data(session: Session, phases: Phases) -> tuple[str, ...]:
    """Delete the data volumes; the typed agency code has allowed it."""
    volumes: Sequence[VolumeFacts] = data_volumes(session.engine, session.code)
    if not volumes:
        return ()
    with phases(Phase.DATA):
        for volume in volumes:
            began = session.clock()
            session.engine.remove_volume(volume.name)
            session.progress.step(Step(
                key=f"data {volume.name}", kind="volume", name=short_name(volume.name, session.code),
                action="delete data", state=StepState.DONE, seconds=session.clock() - began,
            ))
    return tuple(volume.name for volume in volumes)


def _forget_targets(workspace: Workspace, code: str) -> None:
    """Leave the monitor only what somebody else hosts."""
    path = targets_path(workspace.state, code)
    try:
        agency = workspace.agency(code)
    except UsageError:
        path.unlink(missing_ok=True)
        return
    if agency.external:
        watched = replace(agency, services=agency.external)
        write_targets(workspace.state, code, to_document(targets_of(watched, {})))
    else:
        path.unlink(missing_ok=True)


def _check_known(workspace: Workspace, code: str) -> None:
    """Refuse a code that is neither a stack nor an agency, naming those that are near."""
    if BackendFiles(workspace.state).exists(code) or read_record(workspace.state, code).engine_id:
        return
    try:
        workspace.agency(code)
    except DefinitionError:
        return                           # it is there, if faulty

