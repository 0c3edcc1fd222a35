"""Containers of the Docker engine: find them, look at them, act on single ones."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitors.core.errors import StackError
from stacks.engine_api import ANSWER_S, EngineApi
from stacks.engine_facts import ContainerFacts, PublishedFacts, container_facts, published_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command in a container left: exit code (-1: none), standard output and error."""

    code: int
    out: bytes
    err: bytes


class Containers(EngineApi):
    """The engine's containers."""

    def containers(self, labels: Mapping[str, str]) -> tuple[ContainerFacts, ...]:
        """Find all containers, running or not, that bear all these labels."""
        return self._listed({"label": [f"{key}={value}" for key, value in labels.items()]})

    def mounting(self, volume: str) -> tuple[ContainerFacts, ...]:
        """Find all containers, running or not, that have a volume mounted."""
        return tuple(facts for facts in self._listed({"volume": [volume]}) if volume in facts.mounts)

    def _listed(self, filters: Mapping[str, Sequence[str]]) -> tuple[ContainerFacts, ...]:
        listed = self._ask("containers", lambda: self._api.containers(all=True, filters=dict(filters)))
        found = (self.container(entry["Id"]) for entry in listed)
        return tuple(facts for facts in found if facts is not None)

    def container(self, container_id: str) -> ContainerFacts | None:
        """Look at one container, by ID or name; None if it is gone."""
        raw = self._find(f"container {container_id[:12]}", lambda: self._api.inspect_container(container_id))
        return None if raw is None else container_facts(raw)

    def published(self) -> tuple[PublishedFacts, ...]:
        """List the running containers that publish ports on the host."""
        listed = self._ask("containers", self._api.containers)
        return tuple(facts for facts in map(published_facts, listed) if facts.ports)

    def log_tail(self, container_id: str, lines: int) -> tuple[str, ...]:
        """Return a container's last log lines, standard output and error together; none if it is gone."""
        raw: bytes | None = self._find(
            f"log of {container_id[:12]}", lambda: self._api.logs(container_id, tail=lines),
        )
        return tuple((raw or b"").decode(errors="replace").splitlines())

    def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = ANSWER_S) -> Answer:
        """Run a command in a container. StackError if the container is not running.

        A command that has not ended after ``timeout_s`` is left alone: code -1.
        """
        # A thread, because docker-py takes the time-out off the connection over which a command's output comes.
        answers: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(self._run_in(container_id, command))
            except Exception as exc:  # noqa: BLE001 - raised again by whoever waits
                answers.put(exc)

        threading.Thread(target=run, name="command in a container", daemon=True).start()
        try:
            answer = answers.get(timeout=timeout_s)
        except queue.Empty:
            return Answer(code=-1, out=b"", err=f"no answer within {timeout_s:g} s".encode())
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _run_in(self, container_id: str, command: Sequence[str]) -> Answer:
        with self._asking(f"command in {container_id[:12]}"):
            exec_id = self._api.exec_create(container_id, list(command))["Id"]
            out, err = self._api.exec_start(exec_id, demux=True)
            code = self._api.exec_inspect(exec_id)["ExitCode"]
            return Answer(code=-1 if code is None else code, out=out or b"", err=err or b"")

    def signal(self, container_id: str, name: str) -> None:
        """Send a signal (``USR2``) to a container's first process."""
        self._ask(f"signal to {container_id[:12]}", lambda: self._api.kill(container_id, signal=name))

    def start(self, container_id: str) -> None:
        """Start a container that is not running."""
        self._ask(f"start of {container_id[:12]}", lambda: self._api.start(container_id))

    def stop(self, container_id: str) -> None:
        """Stop a container, giving it the grace it was made with; nothing if it is gone."""
        self._find(f"stop of {container_id[:12]}", lambda: self._api.stop(container_id))

    def limit_pids(self, container_id: str, limit: int) -> None:
        """Set how many processes a container may hold; docker-py's own update knows no pids."""
        what = f"limit of {container_id[:12]}"
        with self._asking(what):
            answer = self._api.post(self._url(f"/containers/{container_id}/update"), json={"PidsLimit": limit})
        if not answer.ok:
            raise StackError(f"{what}: the Docker engine refused: {answer.text.strip()}")

    def remove(self, container_id: str, *, with_anonymous_volumes: bool = False) -> None:
        """Kill and remove a container; nothing if it is gone. Named volumes stay."""
        self._find(
            f"removal of {container_id[:12]}",
            lambda: self._api.remove_container(container_id, force=True, v=with_anonymous_volumes),
        )
