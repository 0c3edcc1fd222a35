"""Bring an agency's stack up, preview it, show it, take it down: each command from its first check to its last.

``up``: lock, preflight, recovery, secrets, Pulumi with the gates inside, the check from outside, the targets document.
What fails before Pulumi begins has changed nothing; what fails later is mended by the next ``up``.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitors.core.document import to_document
from monitors.core.errors import Siaga24Error, StackError
from stacks import recovery
from stacks.aside import set_aside
from stacks.automation import StackAutomation
from stacks.events import EventFold
from stacks.hosting import EngineHooks
from stacks.interrupts import STOPPED, InterruptedRunError
from stacks.kept_data import let_go
from stacks.lock import hold_stack
from stacks.outside import ANY_ADDRESS, Door, check_doors
from stacks.program import inline_program, secret_keys, spec_of
from stacks.progress import Counts, Phase, Progress
from stacks.pulumi_state import BackendFiles
from stacks.secrets_store import ensure_secrets, placeholders
from stacks.session import Phases, Session
from stacks.standback import stand_back
from stacks.standing import Connected, Standing, connect, look
from stacks.statefile import Gate, StackRecord, write_record
from stacks.superseded import remove_superseded, tell_stays
from stacks.targets import targets_of
from stacks.targets_file import write_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stacks.lock import StackLock
    from stacks.model import Agency, Workspace

STOPPING = "stopping: what has begun is finished, nothing more is begun; Ctrl-C again ends at once"
KILLED = "ended at once; what was half made is looked after by the next up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command came to."""

    code: str
    counts: Counts = field(default_factory=Counts)
    seconds: Mapping[str, float] = field(default_factory=dict)   # by phase
    addresses: Mapping[str, str] = field(default_factory=dict)   # service -> URL
    targets_file: Path | None = None
    bind: str = ""                       # the gateway's address
    ca_file: Path | None = None          # what browsers must trust, where the local authority signed
    warnings: tuple[str, ...] = ()


def located(workspace: Workspace) -> Workspace:
    """Return the workspace with an absolute state folder: Pulumi works in a folder of its own."""
    return replace(workspace, state=workspace.state.absolute())


def up(workspace: Workspace, code: str, progress: Progress, *, accepts_loss: bool = False) -> Result:
    """Bring the stack of agency ``code`` to what its definition says. Raises what the command should tell."""
    workspace = located(workspace)
    agency = workspace.agency(code)
    if not agency.hosted:
        return _only_watched(workspace.state, agency, progress)
    with (
        hold_stack(workspace.state, code, f"stack up {code}", on_wait=progress.note) as lock,
        ExitStack() as closing,
    ):
        phases = Phases(progress)
        with phases(Phase.PREFLIGHT):
            connected = connect(workspace, closing)
            session, automation, standing = _prepare(
                workspace, agency, connected, progress, lock, accepts_loss=accepts_loss,
            )
            automation.ensure()
            secrets = ensure_secrets(automation, secret_keys(agency))
            session.redact.add(secrets.values())
            inputs = standing.inputs(session, secrets)
            hooks = EngineHooks(session)
            program = inline_program(agency, inputs, hooks)
        record = _began(session, standing)
        _recover(session, automation, standing, phases)
        let_go(automation, standing.state, spec_of(agency, inputs), progress)
        fold = EventFold(time.monotonic, progress.step)
        try:
            with phases(Phase.PULUMI), stoppable(session, automation):
                outputs = automation.up(program, fold)
            with phases(Phase.GATE), stoppable(session, automation):
                check_doors(_doors(agency, outputs, standing.pair.ca_pem), session.interrupts, progress)
        except Siaga24Error as exc:
            failure = _first(exc, hooks, session)
            if stopped := stand_back(session.engine, code, session.began):
                progress.note(f"stopped {', '.join(stopped)}: what served before serves alone")
            write_record(session.state, code, record.failed(session.redact(str(failure))))
            raise failure from None
        write_record(session.state, code, record.passed())
        tell_stays(session, remove_superseded(session, standing.files.state(code)))
        return Result(
            code=code, counts=fold.counts, seconds=phases.seconds, addresses=_addresses(outputs),
            targets_file=write_targets(session.state, code, outputs["targets"]),
            bind=_reachable(agency), ca_file=_ca_file(workspace.state, agency), warnings=standing.warnings,
        )


def preview(workspace: Workspace, code: str, progress: Progress) -> Result:
    """Compute what ``up`` would change, changing nothing: it works on a copy of the state."""
    workspace = located(workspace)
    agency = workspace.agency(code)
    if not agency.hosted:
        return Result(code=code)
    with (
        hold_stack(workspace.state, code, f"stack preview {code}", on_wait=progress.note) as lock,
        set_aside(workspace, code) as place,
        ExitStack() as closing,
    ):
        phases = Phases(progress)
        with phases(Phase.PREFLIGHT):
            connected = connect(place, closing)
            session, automation, standing = _prepare(place, agency, connected, progress, lock, accepts_loss=False)
            automation.ensure()
            secrets = placeholders(automation.secrets(), secret_keys(agency))
            session.redact.add(secrets.values())
            inputs = standing.inputs(session, secrets)
            program = inline_program(agency, inputs, EngineHooks(session))
            let_go(automation, standing.state, spec_of(agency, inputs), progress)
        if standing.damage.is_any:
            progress.note(f"up would first mend the stack: {standing.damage.sentence()}")
        fold = EventFold(time.monotonic, progress.step)
        with phases(Phase.PULUMI), stoppable(session, automation):
            automation.preview(program, fold)
        return Result(code=code, counts=fold.counts, seconds=phases.seconds, warnings=standing.warnings)


def _prepare(
    place: Workspace, agency: Agency, connected: Connected, progress: Progress, lock: StackLock, *, accepts_loss: bool,
) -> tuple[Session, StackAutomation, Standing]:
    """Check everything; nothing on the engine is changed."""
    session = Session(
        code=agency.code, state=place.state, engine=connected.engine, began=connected.engine.facts().time,
        began_s=time.monotonic(), progress=progress,
    )
    standing = look(session, agency, certificates=place.state / "ca", accepts_loss=accepts_loss)
    for warning in standing.warnings:
        progress.note(warning)
    automation = StackAutomation(
        standing.files, agency.code, connected.tools, standing.passphrase, session.redact, on_child=lock.note_child,
    )
    return session, automation, standing


def _began(session: Session, standing: Standing) -> StackRecord:
    """Note on which engine the stack is made, and that its release is not verified yet."""
    record = replace(
        standing.record, engine_id=standing.engine.id, engine_host=session.engine.host,
        engine_name=standing.engine.name, gate=Gate.UNVERIFIED,
    )
    write_record(session.state, session.code, record)
    return record


def _recover(session: Session, automation: StackAutomation, standing: Standing, phases: Phases) -> None:
    """Mend what an interrupted run, or a hand, left."""
    if standing.damage.is_any:
        with phases(Phase.RECOVERY), stoppable(session, automation):
            recovery.mend(session, automation, standing.damage)


@contextmanager
def stoppable(session: Session, automation: StackAutomation) -> Iterator[None]:
    """Let a first Ctrl-C end Pulumi in order, and a second one at once. Raises InterruptedRunError afterwards."""

    def first() -> None:
        session.progress.note(STOPPING)
        automation.stop()

    def second() -> None:
        session.progress.note("ending at once")
        automation.kill()

    with session.interrupts.guarded(first, second):
        yield
    session.interrupts.check()


def _first(exc: Siaga24Error, hooks: EngineHooks, session: Session) -> Siaga24Error:
    """Choose which failure to tell: a stop that was asked for, else what a gate found, else what Pulumi said."""
    if session.interrupts.asked:
        return InterruptedRunError(STOPPED)
    if isinstance(hooks.failure, Siaga24Error):
        return hooks.failure
    if hooks.failure is not None:
        return StackError(f"stack {session.code!r}: {session.redact(str(hooks.failure))}")
    return exc


def _doors(agency: Agency, outputs: Mapping[str, Any], ca_pem: str) -> list[Door]:
    endpoints = outputs["endpoints"]
    return [
        Door(
            service=service.code, base_url=endpoints[service.code]["url"],
            connect_to=endpoints[service.code]["connectTo"], ca_pem=ca_pem, path=service.health,
        )
        for service in agency.hosted
    ]


def _addresses(outputs: Mapping[str, Any]) -> dict[str, str]:
    return {code: endpoint["url"] for code, endpoint in sorted((outputs.get("endpoints") or {}).items())}


def _reachable(agency: Agency) -> str:
    """Return an address at which the gateway can be asked from here."""
    bind = "" if agency.gateway is None else str(agency.gateway.bind)
    return "127.0.0.1" if bind == ANY_ADDRESS else bind


def _ca_file(state: Path, agency: Agency) -> Path | None:
    if agency.gateway is None or agency.gateway.certificate is not None:
        return None
    return state / "ca" / "ca.pem"


def _only_watched(state: Path, agency: Agency, progress: Progress) -> Result:
    """An agency that hosts nothing needs no Pulumi: only its targets document."""
    if BackendFiles(state).state(agency.code).of_kind("Container"):
        progress.note(
            f"{agency.code} hosts nothing any more, but its stack is still up; "
            f"take it down: siaga24 stack destroy {agency.code}",
        )
    path = write_targets(state, agency.code, to_document(targets_of(agency, {})))
    return Result(
        code=agency.code, addresses={service.code: service.url for service in agency.external}, targets_file=path,
    )
