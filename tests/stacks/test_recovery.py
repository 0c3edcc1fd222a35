"""After an interrupted run or a hand: what is missing, what is half made, what may be removed, what never."""

from __future__ import annotations

import datetime as dt
import os
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from monitors.core.errors import StackBusyError, StackError
from stacks.engine import Engine
from stacks.hosting import helper_labels
from stacks.pulumi_state import PendingOperation, PulumiLock, StackState, StateResource
from stacks.recovery import Damage, assess, clear_half_made, known_containers, lost_data_reasons
from tests.stacks.fake_engine import FakeEngine, a_container, a_network
from tests.stacks.test_process import ended_process

CONTAINER, NETWORK, VOLUME = "docker:index/container:Container", "docker:index/network:Network", "docker:index/volume:Volume"


def in_state(kind: str, name: str, **given: Any) -> StateResource:
    defaults: dict[str, Any] = {"urn": f"urn:pulumi:dinkes::siaga24::{kind}::{name}", "type": kind, "id": name, "inputs": {}}
    return StateResource(**{**defaults, **given})


def pending(kind: str, name: str, how: str = "creating") -> PendingOperation:
    return PendingOperation(kind=how, urn=f"urn::{name}", type=kind, inputs={"name": name})


def look(engine: FakeEngine, state: StackState, *locks: PulumiLock, folder: Path = Path("/state")) -> Damage:
    return assess(cast("Engine", engine), "dinkes", folder, state, locks)


def a_lock(pid: int, host: str = "", since: str = "") -> PulumiLock:
    return PulumiLock(
        path=Path("/lock.json"), pid=pid, host=host or socket.gethostname(),
        since=since or dt.datetime.now(dt.UTC).isoformat(),
    )


def test_a_stack_that_is_as_its_state_says_is_whole() -> None:
    engine = FakeEngine(
        others=(a_container(id="c1"),), nets=(a_network("10.124.0.0/28", id="n1"),), volumes_there=frozenset({"v1"}),
    )
    state = StackState(resources=(in_state(CONTAINER, "c1"), in_state(NETWORK, "n1"), in_state(VOLUME, "v1")))
    assert not look(engine, state).is_any


def test_what_a_hand_removed_is_missing_and_lost_data_is_told_apart() -> None:
    state = StackState(resources=(
        in_state(CONTAINER, "c1"), in_state(NETWORK, "n1"), in_state(VOLUME, "v1"),
        in_state(VOLUME, "data", is_protected=True), in_state(CONTAINER, "old", is_leaving=True),
    ))
    damage = look(FakeEngine(), state)
    assert damage.missing == ("c1", "network n1", "v1")
    assert damage.lost_data == ("data",)
    assert damage.needs_refresh
    assert "c1, network n1, v1 were removed by hand" in damage.sentence()
    reason, = lost_data_reasons("dinkes", damage)
    assert "volume data: the stack 'dinkes' keeps data in it, but the engine has no such volume any more" in reason
    assert "--accept-loss" in reason


def test_half_made_things_are_removed_by_name_if_they_are_ours_and_volumes_never() -> None:
    ours = a_container(id="1", name="half")
    foreign = a_container(id="2", name="theirs", labels={"siaga24.agency": "lain"})
    engine = FakeEngine(
        others=(ours, foreign), nets=(a_network("10.124.0.0/28", id="n", name="edge", agency="dinkes"),),
    )
    operations = (
        pending(CONTAINER, "half"), pending(CONTAINER, "theirs"), pending(CONTAINER, "gone"), pending(NETWORK, "edge"),
        pending(VOLUME, "data"), pending(CONTAINER, "half", "deleting"),
    )
    clear_half_made(cast("Engine", engine), "dinkes", Damage(pending=operations))
    assert engine.did == [("remove", "1"), ("remove network", "n")]


def test_helpers_of_this_state_folder_are_found_and_those_of_another_are_not(tmp_path: Path) -> None:
    mine = a_container(id="mine", labels=helper_labels(tmp_path, "dinkes"))
    other = a_container(id="other", labels=helper_labels(tmp_path / "else", "dinkes"))
    another = a_container(id="another", labels=helper_labels(tmp_path, "disdik"))
    damage = look(FakeEngine(others=(mine, other, another)), StackState(), folder=tmp_path)
    assert damage.helpers == ("mine",)
    assert not damage.needs_refresh


def test_the_lock_of_a_dead_process_may_be_taken_away() -> None:
    damage = look(FakeEngine(), StackState(), a_lock(ended_process()))
    assert damage.is_any
    assert not damage.needs_refresh


def test_the_lock_of_a_living_process_is_respected_and_named() -> None:
    with pytest.raises(StackBusyError, match=f"Pulumi process {os.getpid()} holds it since 20"):
        look(FakeEngine(), StackState(), a_lock(os.getpid()))


def test_a_living_process_that_got_the_id_of_a_dead_holder_is_not_it() -> None:
    assert look(FakeEngine(), StackState(), a_lock(os.getpid(), since="2020-01-01T00:00:00.123456789+07:00")).locks


def test_the_lock_of_another_machine_is_never_taken_away() -> None:
    with pytest.raises(StackBusyError, match=r"on server-lain holds it.*whether it lives cannot be told from here"):
        look(FakeEngine(), StackState(), a_lock(1, host="server-lain"))


def test_an_unreadable_lock_is_told() -> None:
    with pytest.raises(StackError, match="cannot be read"):
        look(FakeEngine(), StackState(), a_lock(0))


def test_half_made_containers_are_known_by_their_names() -> None:
    state = StackState(resources=(in_state(CONTAINER, "c1"),), pending=(pending(CONTAINER, "half"),))
    assert known_containers(state) == {"c1", "half"}
