"""The hooks that a hosting stack's program calls on the engine, bound to one run of one stack.

Pulumi turns what a program raises into long texts, so the first failure is kept here as it was raised.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from infra.naming import Label
from stacks.engine_facts import engine_time
from stacks.events import short_name
from stacks.filevolume import fill
from stacks.gate import Gate
from stacks.progress import Step, StepState
from stacks.routing import Routing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from infra.hooks import Finished, GatewayState, Running, VolumeFiles
    from stacks.engine_facts import ContainerFacts
    from stacks.session import Session

LABEL_HELPER = "siaga24.helper"          # on helper containers: the state folder that made them


def helper_labels(state: Path, code: str) -> dict[str, str]:
    """Return the labels of helper containers: those of another workspace's stack of that code are not ours."""
    owner = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:16]
    return {LABEL_HELPER: owner, f"{LABEL_HELPER}.agency": code}


class EngineHooks:
    """Implements ``infra.hooks.HostingHooks`` for one run."""

    def __init__(self, session: Session) -> None:
        """Act for one run."""
        self._session = session
        self._labels = helper_labels(session.state, session.code)
        self._gate = Gate(session)
        self._routing = Routing(session, self._labels)
        self._lock = threading.Lock()
        self._filled: set[tuple[str, str]] = set()
        self.failure: Exception | None = None

    def unproven(self, agency: str) -> frozenset[str]:
        """Name what an unwell container stands for while an older one of the same name still serves.

        Only those: deleted first, anything else would be an outage.
        """
        found = self._session.engine.containers({Label.AGENCY.value: agency})
        by_name: dict[str, list[ContainerFacts]] = {}
        for facts in found:
            by_name.setdefault(facts.labels.get(Label.NAME.value, ""), []).append(facts)
        return frozenset(name for name, several in by_name.items() if name and _stands_in_the_way(several))

    def fill(self, files: VolumeFiles) -> None:
        """Write a volume's files where they are not there yet; once a run."""
        with self._lock:
            if (files.volume, files.digest) in self._filled:
                return
        self._keeping(lambda: self._fill(files))
        with self._lock:
            self._filled.add((files.volume, files.digest))

    def running(self, container: Running) -> None:
        """Wait until a container is well."""
        self._keeping(lambda: self._gate.running(container))

    def finished(self, job: Finished) -> None:
        """Wait until a job has ended well."""
        self._keeping(lambda: self._gate.finished(job))

    def routed(self, gateway: GatewayState) -> None:
        """Bring the gateway onto its configuration."""
        self._keeping(lambda: self._routing.route(gateway))

    def _fill(self, files: VolumeFiles) -> None:
        if fill(self._session.engine, files, self._labels) and files.digest:
            self._session.progress.step(Step(
                key=f"fill {files.volume}", kind="volume", action="fill",
                name=short_name(files.volume, self._session.code), state=StepState.DONE,
            ))

    def _keeping(self, call: Callable[[], None]) -> None:
        self._session.interrupts.check()
        try:
            call()
        except Exception as exc:
            with self._lock:
                self.failure = self.failure or exc
            # The run has failed: what still waits elsewhere in it need not wait on.
            self._session.interrupts.give_up()
            raise


def _stands_in_the_way(several: Sequence[ContainerFacts]) -> bool:
    """Tell whether the newest of several containers is unwell and an older one runs."""
    newest, *older = sorted(several, key=lambda facts: engine_time(facts.created), reverse=True)
    is_well = newest.status == "running" and newest.health in {"healthy", ""}
    return not is_well and any(facts.status == "running" for facts in older)
