"""Where a secret could leak to, read out as (name of the place, text): state, engine, processes, metrics, commands.

The homes of secrets are left out by name: the passphrase file, the CA's key, and the files in which a container is
handed its secrets.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import docker

from stacks.toolchain import Toolchain
from tests.scenarios.engine_things import containers

Place = tuple[str, str | bytes]
PROCESS_POLL_S = 0.05


def state_places(state: Path) -> Iterator[Place]:
    """Every file below the state folder but the homes of secrets, which must be closed to other users."""
    for file in sorted(state.rglob("*")):
        relative = file.relative_to(state)
        if not file.is_file():
            continue
        if relative.name == "passphrase" or (relative.parts[0] == "ca" and relative.name not in {"ca.pem", "lock"}):
            assert file.stat().st_mode & 0o077 == 0, f"{relative} is open to other users"
            continue
        yield f"state file {relative}", file.read_bytes()


def exported_state(toolchain: Toolchain, work_dir: Path, variables: dict[str, str], stack: str) -> Place:
    """What `pulumi stack export` prints, as people have it who take a backup or ask for help."""
    done = subprocess.run(
        [str(toolchain.pulumi.path), "stack", "export", "--stack", stack],
        capture_output=True, text=True, check=False, cwd=work_dir, env=os.environ | toolchain.environment | variables,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["deployment"]["resources"], "the exported state is empty"
    return f"exported state of {stack}", done.stdout


def engine_places(engine: docker.DockerClient, agency: str) -> Iterator[Place]:
    """Logs and `docker inspect` of all containers, and of their images, of volumes and networks of an agency."""
    for container in containers(engine, agency, stopped=True):
        yield f"docker inspect of {container.name}", json.dumps(container.attrs)
        yield f"log of {container.name}", container.logs()
        yield f"image of {container.name}", json.dumps(container.image.attrs if container.image else {})
    label = {"label": f"siaga24.agency={agency}"}
    for volume in engine.volumes.list(filters=label):
        yield f"docker inspect of volume {volume.name}", json.dumps(volume.attrs)
    for network in engine.networks.list(filters=label):
        network.reload()
        yield f"docker inspect of network {network.name}", json.dumps(network.attrs)


def metrics_place(url: str) -> Place:
    """What a scrape of ``url`` gets."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return f"metrics at {url}", answer.read()


class ProcessWatch:
    """Reads the command lines of all processes of the machine again and again while the block runs.

    A command that lives for a moment is seen as long as it lives longer than one look takes.
    """

    def __init__(self) -> None:
        """Nothing is read before the block begins."""
        self._seen: set[str] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="process-watch")

    def __enter__(self) -> Self:
        """Begin to look."""
        self._look()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None):
        """Look a last time."""
        self._end.set()
        self._thread.join()
        self._look()

    def place(self) -> Place:
        """All command lines that were seen, one a line."""
        return "process list", "\n".join(sorted(self._seen))

    def _watch(self) -> None:
        while not self._end.wait(PROCESS_POLL_S):
            self._look()

    def _look(self) -> None:
        for folder in os.listdir("/proc"):  # noqa: PTH208 - called often: names are enough
            if folder.isdigit():
                try:
                    line = Path("/proc", folder, "cmdline").read_bytes()
                except OSError:
                    continue             # it has ended
                if line:
                    self._seen.add(line.replace(b"\0", b" ").decode("utf-8", errors="replace"))
