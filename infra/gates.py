"""Waits between Pulumi's steps: a hook's call as an Output, so that what comes after depends on it.

Outputs and not Pulumi's resource hooks: those run only when a resource changes, so a container that never became well
would pass the next run unasked. These run on every `up`, and never in a preview.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pulumi
from pulumi import Output

from infra.hooks import Finished, GatewayState, Running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pulumi_docker as docker

    from infra.hooks import HostingHooks, VolumeFiles
    from infra.plan import ContainerPlan


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where containers of a stack go: whose they are, which networks there are by role, and what they wait for.

    ``unproven``: what of the stack is there twice, because the newer of both never became well.
    """

    code: str
    networks: Mapping[str, docker.Network]
    gates: Gates
    unproven: frozenset[str]


class Gates:
    """The hooks of one stack, as Outputs that resolve when the engine is where the plan wants it."""

    def __init__(self, hooks: HostingHooks) -> None:
        self._hooks = hooks
        self._is_preview = pulumi.runtime.is_dry_run()

    def unproven(self, agency: str) -> frozenset[str]:
        """Return the names of containers whose newest never passed; asked now, before anything is registered."""
        return frozenset() if self._is_preview else self._hooks.unproven(agency)

    def filled(self, volume: docker.Volume, files: VolumeFiles | None) -> Output[str]:
        """Return the volume's name, once its files are in it."""
        if files is None:
            return volume.name
        return self._after(volume.name, lambda _: self._hooks.fill(files))

    def passed(self, container: docker.Container, plan: ContainerPlan) -> Output[str]:
        """Return the container's ID, once it is well, or a job is done."""
        hooks, what, pids = self._hooks, plan.what, plan.limits.pids

        def running(container_id: str) -> None:
            hooks.running(Running(container_id=container_id, what=what, health=plan.health, pids=pids))

        def finished(container_id: str) -> None:
            hooks.finished(Finished(container_id=container_id, what=what, deadline_ms=plan.deadline_ms, pids=pids))

        return self._after(container.id, finished if plan.is_job else running)

    def routed(
        self, gateway: Output[str], files: VolumeFiles, replicas: Mapping[str, Sequence[Output[str]]],
    ) -> Output[str]:
        """Return the gateway's ID, once it runs on these files and finds every replica (by backend) well."""
        known: Output[dict[str, list[str]]] = Output.all(
            **{backend: Output.all(*ids) for backend, ids in replicas.items()},
        )

        def routed(values: tuple[str, dict[str, list[str]]]) -> None:
            backends = tuple((backend, tuple(ids)) for backend, ids in sorted(values[1].items()))
            self._hooks.routed(GatewayState(container_id=values[0], files=files, backends=backends))

        pair: Output[tuple[str, dict[str, list[str]]]] = Output.all(gateway, known).apply(
            lambda values: (values[0], values[1]),
        )
        return self._after(pair, routed).apply(lambda values: values[0])

    def after(self, resource: pulumi.Resource, gate: Output[str]) -> pulumi.Input[pulumi.Resource]:
        """Return what to depend on so as to start after ``gate``. In a preview IDs are unknown: the resource alone."""
        return resource if self._is_preview else gate.apply(lambda _: resource)

    def _after(self, value: Output[T], call: Callable[[T], None]) -> Output[T]:
        if self._is_preview:
            return value

        async def run(known: T) -> T:
            try:
                await asyncio.to_thread(call, known)
            except Exception as exc:
                # RunError is told as one line; anything else as a traceback. The hooks keep the original.
                raise pulumi.RunError(str(exc)) from exc
            return known

        return value.apply(run)
