"""A rig for tests on the real engine: one Pulumi stack from a spec, run inline, and the engine's own view of it."""

from __future__ import annotations

import gc
import http.client
import socket
import ssl
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import docker
import pulumi
import pytest
from pulumi import automation as auto

from infra.naming import joined
from infra.plan import VolumePlan
from infra.spec import ImageSpec, StackSpec
from infra.stack import HostingStack
from stacks.engine import Engine
from stacks.hosting import EngineHooks
from stacks.progress import Silent
from stacks.session import Session
from stacks.toolchain import Toolchain
from tests.scenarios.engine_things import gateway_says

PROJECT = "siaga24"
# After a failed update Pulumi's server thread lets go of an event loop that it has not closed.
PULUMI_LEAVES_LOOPS_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
SAME = {"same"}


@dataclass(slots=True, kw_only=True)
class Rig:
    """One stack of its own state folder. Its things on the engine are those labelled with the spec's code."""

    folder: Path
    toolchain: Toolchain
    client: docker.DockerClient
    https_port: int
    hooks: EngineHooks | None = None
    logs: list[str] = field(default_factory=list)
    stands_on: StackSpec | None = None   # what the stack is on; None after a failure

    def image(self, reference: str) -> ImageSpec:
        """Return a local image as a spec has it."""
        with Engine(self.toolchain.docker.host) as engine:
            facts = engine.image(reference)
        assert facts is not None, f"image {reference} is missing; make ready builds it"
        return ImageSpec(id=facts.id, uid=facts.uid, gid=facts.gid, volumes=facts.volumes, health=facts.health)

    def _stack(self, spec: StackSpec) -> auto.Stack:
        backend = self.folder / "state"
        backend.mkdir(exist_ok=True)

        def program() -> None:
            assert self.hooks is not None
            stack = HostingStack(joined(spec.code), spec, self.hooks)
            pulumi.export("releases", stack.releases)
            pulumi.export("gateway", stack.gateway_digest)

        return auto.create_or_select_stack(
            stack_name=spec.code,
            project_name=PROJECT,
            program=program,
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(self.folder),
                env_vars={
                    **self.toolchain.environment,
                    "PULUMI_BACKEND_URL": backend.as_uri(),
                    "PULUMI_CONFIG_PASSPHRASE": "kata sandi untuk uji",
                    "PULUMI_HOME": self.toolchain.environment["PULUMI_HOME"],
                },
                secrets_provider="passphrase",
                project_settings=auto.ProjectSettings(
                    name=PROJECT, runtime="python", backend=auto.ProjectBackend(url=backend.as_uri()),
                ),
                pulumi_command=auto.PulumiCommand(root=self.toolchain.pulumi_root),
            ),
        )

    def _hooks_of(self, spec: StackSpec, engine: Engine) -> EngineHooks:
        began = engine.facts().time
        return EngineHooks(Session(
            code=spec.code, state=self.folder, engine=engine, began=began, began_s=time.monotonic(), progress=Silent(),
        ))

    def up(self, spec: StackSpec, **options: Any) -> dict[str, int]:
        """Run `up` and return the number of operations by kind; raises what a hook raised."""
        self.stands_on = None
        failure: Exception | None = None
        with Engine(self.toolchain.docker.host) as engine:
            self.hooks = self._hooks_of(spec, engine)
            try:
                result = self._stack(spec).up(on_output=self.logs.append, **options)
            except auto.CommandError as exc:
                failure = self.hooks.failure or exc.with_traceback(None)
        collect()                        # here, where nothing holds the frames of the failed program any more
        if failure is not None:
            raise failure
        self.stands_on = spec
        return {str(kind): count for kind, count in (result.summary.resource_changes or {}).items()}

    def changes(self, spec: StackSpec, *, refresh: bool = False) -> dict[str, int]:
        """Return what a preview would change, by kind, without what stays the same."""
        with Engine(self.toolchain.docker.host) as engine:
            self.hooks = self._hooks_of(spec, engine)
            result = self._stack(spec).preview(on_output=self.logs.append, refresh=refresh, diff=True)
        return {str(kind): count for kind, count in result.change_summary.items() if str(kind) not in SAME}

    def export(self, spec: StackSpec) -> dict[str, Any]:
        """Return the stack's exported state."""
        return dict(self._stack(spec).export_stack().deployment or {})

    def unprotect(self, spec: StackSpec, volumes: Iterable[VolumePlan]) -> None:
        """Let go of data volumes: what the program no longer has is then forgotten by the state, and kept."""
        stack = self._stack(spec)
        names = {volume.key for volume in volumes}
        urns = [r["urn"] for r in self.export(spec)["resources"] if r.get("protect") and r["urn"].split("::")[-1] in names]
        stack.workspace.pulumi_command.run(
            ["state", "unprotect", "--yes", "--stack", spec.code, *urns], str(self.folder), stack.workspace.env_vars,
        )

    def gateway_says(self, code: str, path: str) -> str:
        """Return what the gateway answers on its inner port."""
        return gateway_says(self.client, code, path)

    def ask(self, url: str, ca_file: Path, *, status: int = 200, method: str = "GET") -> str:
        """Return what the stack's gateway answers at ``url`` (without port); AssertionError if its status is another."""
        name = url.removeprefix("https://")
        context = ssl.create_default_context(cafile=str(ca_file))
        context.check_hostname = status == HTTPStatus.OK     # a host that is gone is no longer in the certificate
        with socket.create_connection(("127.0.0.1", self.https_port), timeout=40) as plain:
            connection = http.client.HTTPConnection(name)
            connection.sock = context.wrap_socket(plain, server_hostname=name)
            connection.request(method, "/", body=b"isi" if method == "POST" else None)
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
        assert answer.status == status, (answer.status, text[:200])
        return text

    def remove(self, code: str) -> None:
        """Remove everything of a stack from the engine, data too; the state goes with its folder."""
        label: dict[str, str | list[str] | bool] = {"label": f"siaga24.agency={code}"}
        for container in self.client.containers.list(all=True, filters=label):
            container.remove(force=True)
        for network in self.client.networks.list(filters=label):
            network.remove()
        for volume in self.client.volumes.list(filters=label):
            volume.remove(force=True)

    def containers(self, code: str, *, component: str = "", all: bool = False) -> list[Any]:  # noqa: A002
        """Return the running (or all) containers of a stack, perhaps of one component."""
        labels = [f"siaga24.agency={code}"] + ([f"siaga24.component={component}"] if component else [])
        # One that is removed while it is looked at is none of them any more.
        found: list[Any] = self.client.containers.list(all=all, filters={"label": labels}, ignore_removed=True)
        return found


def collect() -> None:
    """Collect what a failed inline program leaves: Pulumi does not close its event loop, and warnings are errors here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
