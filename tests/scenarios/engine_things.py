"""What an agency has on the engine, found by labels; and waiting for a fact, never for a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import docker
from docker.models.containers import Container

from infra.gateway import ask, body

T = TypeVar("T")
POLL_S = 0.2


def containers(
    engine: docker.DockerClient, agency: str, component: str = "", service: str = "", *, stopped: bool = False,
) -> list[Container]:
    """Return the agency's containers in the order of their names; with ``stopped`` those that do not run too."""
    labels = [f"siaga24.agency={agency}"]
    labels += [f"siaga24.component={component}"] if component else []
    labels += [f"siaga24.service={service}"] if service else []
    found = engine.containers.list(all=stopped, filters={"label": labels}, ignore_removed=True)
    return sorted(found, key=lambda one: str(one.name))


def data_volumes(engine: docker.DockerClient, agency: str) -> list[str]:
    """Return the names of the agency's volumes that hold data."""
    found = engine.volumes.list(filters={"label": [f"siaga24.agency={agency}", "siaga24.data=true"]})
    return sorted(str(one.name) for one in found)


def until(what: str, ask: Callable[[], T | None], *, at_most_s: float = 60.0) -> T:
    """Ask again until the answer is something; AssertionError that names ``what`` where it never is."""
    give_up = time.monotonic() + at_most_s
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < give_up, f"waited {at_most_s:g} s in vain for {what}"
        time.sleep(POLL_S)


def gateway_says(engine: docker.DockerClient, agency: str, path: str) -> str:
    """Return what the agency's gateway answers on its inner port: ``/metrics``, ``/stats;csv``, ``/digest``.

    Asked again where a command's output was lost, as happens on a busy engine.
    """
    gateway, = containers(engine, agency, "gateway")

    def answer() -> str | None:
        output = gateway.exec_run(list(ask(path))).output
        assert isinstance(output, bytes)
        with contextlib.suppress(ValueError):
            return body(output)
        return None

    return until(f"an answer of the gateway of {agency} to {path}", answer, at_most_s=20)


def remove_leftovers(engine: docker.DockerClient, agency: str) -> None:
    """Remove what a killed test run left of an agency that only tests use (its code begins with ``e2e-``)."""
    assert agency.startswith("e2e-"), f"{agency!r} is not a test's agency"
    for container in containers(engine, agency, stopped=True):
        container.remove(force=True)
    for network in engine.networks.list(filters={"label": f"siaga24.agency={agency}"}):
        network.remove()
    for volume in engine.volumes.list(filters={"label": f"siaga24.agency={agency}"}):
        volume.remove(force=True)
