"""Commands that are stopped or killed: a following ``up`` mends whatever is left, with no orphan and no double."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from stacks.hosting import helper_labels
from stacks.process import end_session
from stacks.toolchain import Toolchain
from tests.scenarios.engine_things import until
from tests.stacks.engine.deploying import HANGS, Deploying, deploying

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, toolchain: Toolchain,
) -> Iterator[Deploying]:
    place = deploying(tmp_path_factory.mktemp("interrupted") / "w", "dep-putus", 3, engine)
    yield place
    place.clear()


def pulumi_locks(place: Deploying) -> list[Path]:
    return list((place.state / "pulumi" / ".pulumi" / "locks").rglob("*.json"))


def child_of(place: Deploying) -> int:
    """Return the process ID of the CLI that works for a running command, 0 if none."""
    try:
        return int(json.loads((place.state / "locks" / f"{place.code}.lock").read_text(encoding="utf-8"))["child"])
    except (OSError, ValueError, KeyError):
        return 0


MOMENTS: dict[str, Callable[[Deploying], object]] = {
    "as-pulumi-begins": pulumi_locks,
    "the-gateway-is-there": lambda place: place.containers("gateway"),
    "a-replica-is-there": lambda place: place.containers("replica"),
}


@pytest.mark.parametrize(("moment", "victims"), [
    *((moment, "command-and-pulumi") for moment in MOMENTS), ("the-gateway-is-there", "command"),
])
def test_an_up_killed_at_any_moment_is_mended_by_the_next(place: Deploying, moment: str, victims: str) -> None:
    place.siaga24("stack", "destroy", place.code, "--delete-data", place.code)
    place.define()
    command = place.begin_up()
    try:
        until(moment, lambda: MOMENTS[moment](place) or command.poll() is not None)
        pulumi = child_of(place)
        command.kill()
        if victims == "command-and-pulumi" and pulumi:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pulumi, signal.SIGKILL)
    finally:
        command.communicate()
    place.up()
    place.assert_whole()
    assert pulumi_locks(place) == []
    assert len(place.containers("replica")) == 1
    assert not pulumi or end_session(pulumi) == 0, "the provider of the Pulumi that was killed still runs"


def test_a_first_interrupt_ends_in_order_and_the_next_up_goes_on(place: Deploying) -> None:
    place.define()
    place.up()
    place.define(HANGS)
    command = place.begin_up()
    until("the new replica to be waited for", lambda: len(place.containers("replica")) == 2)
    began = time.monotonic()
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130, said
    assert "stopping: what has begun is finished, nothing more is begun" in said
    assert "stopped as asked" in said
    assert "stopped replica 1 of situs: what served before serves alone" in said
    assert time.monotonic() - began < 20
    assert pulumi_locks(place) == []
    place.define()
    place.up()
    place.assert_whole()
    assert len(place.containers("replica")) == 1


def test_a_second_interrupt_ends_at_once_and_the_next_up_mends(place: Deploying) -> None:
    place.define()
    place.up()
    place.define(HANGS, service={"stop_grace": "15s"})
    command = place.begin_up()
    until("the new replica to be waited for", lambda: len(place.containers("replica")) == 2)
    command.send_signal(signal.SIGINT)
    command.send_signal(signal.SIGTERM)
    _, said = command.communicate(timeout=60)
    assert command.returncode == 130, said
    place.define()
    place.up()
    place.assert_whole()


def test_a_helper_container_that_a_killed_command_left_is_removed(place: Deploying) -> None:
    place.define()
    place.up()
    helper = place.engine.containers.create(
        "siaga24/python:3.11", ["-"], labels=helper_labels(place.state, place.code), network_mode="none",
    )
    stranger = place.engine.containers.create(
        "siaga24/python:3.11", ["-"], labels=helper_labels(place.state / "lain", place.code), network_mode="none",
    )
    try:
        assert "1 left-over helper containers are removed" in place.up().stderr
        left = {c.id for c in place.engine.containers.list(all=True, ignore_removed=True)}
        assert helper.id not in left
        assert stranger.id in left, "one of another workspace is not ours to remove"
    finally:
        stranger.remove(force=True)
