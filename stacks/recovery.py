"""Bring a stack's state and the engine together again, after an interrupted run or a hand that removed something.

Only what this stack's own state names as half-made, and helper containers of this state folder, are removed; data
volumes never. Pulumi's lock is only taken away from a process of this machine that is dead.
"""

from __future__ import annotations

import datetime as dt
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.errors import StackBusyError, StackError
from stacks.engine_facts import LABEL_AGENCY
from stacks.events import EventFold, display_name
from stacks.hosting import helper_labels
from stacks.process import began_after, is_alive
from stacks.pulumi_state import StackState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.automation import StackAutomation
    from stacks.engine import Engine
    from stacks.pulumi_state import PendingOperation, PulumiLock
    from stacks.session import Session

CREATING = "creating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What does not fit between a stack's state and the engine."""

    pending: tuple[PendingOperation, ...] = ()
    missing: tuple[str, ...] = ()        # names of containers and networks that the state knows and the engine lacks
    lost_data: tuple[str, ...] = ()      # names of data volumes that are gone
    helpers: tuple[str, ...] = ()        # IDs of left-over helper containers
    locks: tuple[PulumiLock, ...] = ()   # of Pulumi, held by nobody

    @property
    def needs_refresh(self) -> bool:
        """The state must be brought to what the engine holds."""
        return bool(self.pending or self.missing or self.lost_data)

    @property
    def is_any(self) -> bool:
        """There is something to do."""
        return self.needs_refresh or bool(self.helpers or self.locks)

    def sentence(self) -> str:
        """Say it for people."""
        parts = []
        if self.pending:
            parts.append(f"an earlier run was cut off in {len(self.pending)} operations")
        if self.missing:
            parts.append(f"{', '.join(self.missing)} {'was' if len(self.missing) == 1 else 'were'} removed by hand")
        if self.lost_data:
            parts.append(f"the data of {', '.join(self.lost_data)} is given up")
        if self.locks:
            parts.append("a lock of a dead process is taken away")
        if self.helpers:
            parts.append(f"{len(self.helpers)} left-over helper containers are removed")
        return "; ".join(parts)


def assess(engine: Engine, code: str, state_folder: Path, state: StackState, locks: Sequence[PulumiLock]) -> Damage:
    """Compare a stack's state with the engine; changes nothing. StackBusyError if Pulumi's lock has a live holder."""
    for lock in locks:
        _check_dead(code, lock)
    containers = {facts.id for facts in engine.containers({LABEL_AGENCY: code})}
    networks = {facts.id for facts in engine.networks()}
    missing = [
        display_name(r.inputs, r.urn) for r in state.of_kind("Container") if r.id not in containers and not r.is_leaving
        and engine.container(r.id) is None
    ]
    missing += [f"network {display_name(r.inputs, r.urn)}" for r in state.of_kind("Network") if r.id not in networks]
    kept = [r.id for r in state.of_kind("Volume")]
    there = set(engine.volume_names()) if kept else set()
    protected = {r.id for r in state.of_kind("Volume") if r.is_protected}
    gone = [name for name in kept if name not in there]
    return Damage(
        pending=state.pending,
        missing=(*missing, *(name for name in gone if name not in protected)),
        lost_data=tuple(name for name in gone if name in protected),
        helpers=tuple(facts.id for facts in engine.containers(helper_labels(state_folder, code))),
        locks=tuple(locks),
    )


def known_containers(state: StackState) -> frozenset[str]:
    """Return the IDs and names of containers that a state accounts for, half-made ones too."""
    ids = {r.id for r in state.of_kind("Container")}
    names = {_name(p.inputs, p.urn) for p in state.pending}
    return frozenset(ids | names)


def lost_data_reasons(code: str, damage: Damage) -> list[str]:
    """Refuse to go on where data that the stack keeps is gone: a new, empty volume would hide it."""
    return [
        f"volume {name}: the stack {code!r} keeps data in it, but the engine has no such volume any more; expected it "
        f"to be there; bring it back (docker volume create {name}, then restore a backup into it), or add "
        "--accept-loss to go on with an empty one"
        for name in damage.lost_data
    ]


def clear_half_made(engine: Engine, code: str, damage: Damage) -> None:
    """Remove what an interrupted run half made, so that the state may forget it. Volumes stay: they may hold data."""
    for helper in damage.helpers:
        engine.remove(helper, with_anonymous_volumes=True)
    for operation in damage.pending:
        name = str(operation.inputs.get("name") or "")
        if operation.kind != CREATING or not name:
            continue
        if operation.type.endswith(":Container"):
            facts = engine.container(name)
            if facts is not None and facts.agency == code:
                engine.remove(facts.id)
        elif operation.type.endswith(":Network"):
            ours = [n for n in engine.networks() if n.name == name and n.agency == code]
            for network in ours:
                engine.remove_network(network.id)


def mend(session: Session, automation: StackAutomation, damage: Damage) -> None:
    """Remove what is half made, and bring the state to what the engine holds."""
    session.progress.note(f"mending first: {damage.sentence()}")
    if damage.locks:
        automation.cancel()
    clear_half_made(session.engine, session.code, damage)
    if damage.needs_refresh:
        automation.refresh(EventFold(session.clock, session.progress.step))


def _check_dead(code: str, lock: PulumiLock) -> None:
    if lock.pid == 0:
        raise StackError(
            f"{lock.path}: Pulumi's lock of stack {code!r} cannot be read; expected JSON with pid and hostname; "
            "see that no other command works on the stack, then remove the file",
        )
    if lock.host != socket.gethostname():
        raise StackBusyError(
            f"stack {code!r} is busy: Pulumi process {lock.pid} on {lock.host} holds it since {lock.since}; whether it "
            f"lives cannot be told from here; look there, and if it is dead remove {lock.path}",
        )
    if is_alive(lock.pid) and not began_after(lock.pid, dt.datetime.fromisoformat(lock.since)):
        raise StackBusyError(
            f"stack {code!r} is busy: Pulumi process {lock.pid} holds it since {lock.since}; expected one command at a "
            "time; wait until it has ended, then try again",
        )


def _name(inputs: dict[str, object], urn: str) -> str:
    return str(inputs.get("name") or urn.rpartition("::")[2])
