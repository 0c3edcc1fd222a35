"""The Docker engine by its API: the only user of the ``docker`` package.

An ``Engine`` answers with plain values and acts on single containers; what to conclude is its callers' business. Calls
may come from several threads. An engine that cannot be reached is a ToolchainError, a refused request a StackError;
what is not there is ``None``.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException, Timeout
from urllib3.exceptions import ReadTimeoutError

from monitors.core.errors import StackError, ToolchainError
from stacks.engine_facts import (
    LABEL_AGENCY,
    ContainerFacts,
    EngineFacts,
    ImageFacts,
    NetworkFacts,
    PublishedFacts,
    VolumeFacts,
    container_facts,
    engine_facts,
    network_facts,
    published_facts,
)

T = TypeVar("T")

ANSWER_S = 30.0
PASSWD_FIELDS = 4
START_DOCKER = "start Docker (systemctl start docker), or correct docker/host in siaga24.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command in a container left: exit code (-1: none), standard output and error."""

    code: int
    out: bytes
    err: bytes


class Engine:
    """One Docker engine, at an address that was said explicitly (never the environment's)."""

    def __init__(self, host: str, *, timeout_s: float = ANSWER_S) -> None:
        """Connect to ``host`` (``unix:///var/run/docker.sock``, ``tcp://...``). Raises ToolchainError."""
        self.host = host
        try:
            self._api = docker.APIClient(base_url=host, version="auto", timeout=int(timeout_s))
        except (DockerException, RequestException, OSError, ValueError) as exc:
            raise _unreachable(host, exc) from exc
        # Certificates of the environment (REQUESTS_CA_BUNDLE) must not take the place of the engine's own.
        self._api.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._api.close()

    @property
    def is_local(self) -> bool:
        """It runs on this machine, so that its ports and disks can be looked at."""
        return self.host.startswith("unix://")

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        try:
            yield
        except APIError as exc:
            raise StackError(f"{what}: the Docker engine refused: {exc.explanation or exc}") from exc
        except (DockerException, RequestException, OSError) as exc:
            raise _unreachable(self.host, exc) from exc

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        with self._asking(what):
            return call()

    def facts(self) -> EngineFacts:
        """Say which engine this is."""
        return self._ask("engine", lambda: engine_facts(self._api.info(), self._api.version()))

    # ------------------------------------------------------------------ images

    def image(self, reference: str) -> ImageFacts | None:
        """Find a local image by ``name:tag``, digest or ID; None if it is not there."""
        with self._asking(f"image {reference}"):
            try:
                raw: dict[str, Any] = self._api.inspect_image(reference)  # type: ignore[no-untyped-call]
            except ImageNotFound:
                return None
            config = raw.get("Config") or {}
            uid, gid = self._user(raw["Id"], config.get("User") or "")
            test = (config.get("Healthcheck") or {}).get("Test") or ()
            return ImageFacts(
                id=raw["Id"], reference=reference, uid=uid, gid=gid, volumes=tuple(sorted(config.get("Volumes") or ())),
                health=() if test[:1] == ["NONE"] else tuple(test),
            )

    def image_names(self) -> tuple[str, ...]:
        """Name all local images (``name:tag``), sorted."""
        images = self._ask("images", self._api.images)
        return tuple(sorted({tag for image in images for tag in image.get("RepoTags") or () if tag != "<none>:<none>"}))

    def _user(self, image_id: str, user: str) -> tuple[int, int]:
        """Turn an image's USER into numbers, reading its /etc/passwd and /etc/group only where it needs to."""
        name, _, group = user.partition(":")
        if not name:
            return 0, 0
        if name.isdigit() and group.isdigit():
            return int(name), int(group)
        helper = self._api.create_container(image_id, command=["-"], network_disabled=True)["Id"]
        try:
            users = self._table(helper, "/etc/passwd")
            groups = self._table(helper, "/etc/group") if group else []
        finally:
            self._api.remove_container(helper, force=True, v=True)
        row = next((r for r in users if len(r) >= PASSWD_FIELDS and name in {r[0], r[2]}), None)
        uid = int(name) if name.isdigit() else int(row[2]) if row else -1
        gid = int(row[3]) if row else 0
        if group:
            gid = next((int(r[2]) for r in groups if group in {r[0], r[2]}), int(group) if group.isdigit() else -1)
        return uid, gid

    def _table(self, container_id: str, path: str) -> list[list[str]]:
        content = self.read_file(container_id, path)
        return [line.split(":") for line in (content or b"").decode(errors="replace").splitlines()]

    # -------------------------------------------------------------- containers

    def containers(self, labels: Mapping[str, str]) -> tuple[ContainerFacts, ...]:
        """Find all containers, running or not, that bear all these labels."""
        wanted = [f"{key}={value}" if value else key for key, value in labels.items()]
        listed = self._ask("containers", partial(self._api.containers, all=True, filters={"label": wanted}))
        found = (self.container(entry["Id"]) for entry in listed)
        return tuple(facts for facts in found if facts is not None)

    def mounting(self, volume: str) -> tuple[ContainerFacts, ...]:
        """Find all containers, running or not, that have a volume mounted."""
        listed = self._ask("containers", partial(self._api.containers, all=True, filters={"volume": [volume]}))
        found = (self.container(entry["Id"]) for entry in listed)
        return tuple(facts for facts in found if facts is not None and volume in facts.mounts)

    def container(self, container_id: str) -> ContainerFacts | None:
        """Look at one container, by ID or name; None if it is gone."""
        with self._asking(f"container {container_id}"):
            try:
                return container_facts(self._api.inspect_container(container_id))
            except NotFound:
                return None

    def published(self) -> tuple[PublishedFacts, ...]:
        """List the running containers that publish ports on the host."""
        listed = self._ask("containers", self._api.containers)
        return tuple(facts for facts in map(published_facts, listed) if facts.ports)

    def log_tail(self, container_id: str, lines: int) -> tuple[str, ...]:
        """Return a container's last log lines, standard output and error together; none if it is gone."""
        with self._asking(f"log of {container_id}"):
            try:
                raw = self._api.logs(container_id, tail=lines)
            except NotFound:
                return ()
            return tuple(raw.decode(errors="replace").splitlines())

    def run_in(self, container_id: str, command: Sequence[str], *, timeout_s: float = ANSWER_S) -> Answer:
        """Run a command in a container. StackError if the container is not running.

        A command that is silent for ``timeout_s`` (whole seconds, 1 at least) is left alone: code -1.
        """
        # A client of its own: docker-py has one patience for each client.
        patience = max(1, int(timeout_s))
        with (
            self._asking(f"command in {container_id[:12]}"),
            closing(docker.APIClient(base_url=self.host, version=self._api.api_version, timeout=patience)) as api,
        ):
            api.trust_env = False
            exec_id = api.exec_create(container_id, list(command))["Id"]
            try:
                out, err = api.exec_start(exec_id, demux=True)
            except (TimeoutError, Timeout, ReadTimeoutError):
                return Answer(code=-1, out=b"", err=f"no answer within {patience} s".encode())
            code = api.exec_inspect(exec_id)["ExitCode"]
            return Answer(code=-1 if code is None else code, out=out or b"", err=err or b"")

    def signal(self, container_id: str, name: str) -> None:
        """Send a signal (``USR2``) to a container's first process."""
        self._ask(f"signal to {container_id[:12]}", lambda: self._api.kill(container_id, signal=name))

    def start(self, container_id: str) -> None:
        """Start a container that is not running."""
        self._ask(f"start of {container_id[:12]}", lambda: self._api.start(container_id))

    def limit_pids(self, container_id: str, limit: int) -> None:
        """Set how many processes a container may hold."""
        what = f"limit of {container_id[:12]}"
        # docker-py's update_container() knows no pids; its session does the rest.
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{container_id}/update"
        with self._asking(what):
            answer = self._api.post(url, json={"PidsLimit": limit})
        if not answer.ok:
            raise StackError(f"{what}: the Docker engine refused: {answer.text.strip()}")

    def remove(self, container_id: str, *, grace_s: int = 0, with_anonymous_volumes: bool = False) -> None:
        """Stop a container, giving it ``grace_s``, and remove it; nothing if it is gone. Named volumes stay."""
        with self._asking(f"removal of {container_id[:12]}"):
            try:
                if grace_s:
                    self._api.stop(container_id, timeout=grace_s)
                self._api.remove_container(container_id, force=True, v=with_anonymous_volumes)
            except NotFound:
                return

    # --------------------------------------------------- files, volumes, networks

    @contextmanager
    def holding(self, image_id: str, mounts: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[str]:
        """Make a container that holds volumes (name -> path) and is never started; removed at the end. Gives its ID."""
        with self._asking("helper container"):
            host_config = self._api.create_host_config(
                binds={volume: {"bind": path, "mode": "rw"} for volume, path in mounts.items()}, network_mode="none",
            )
            helper = self._api.create_container(
                image_id, command=["-"], entrypoint=["/never-started"], user="0:0", labels=dict(labels),
                host_config=host_config, network_disabled=True,
            )["Id"]
        try:
            yield helper
        finally:
            self.remove(helper, with_anonymous_volumes=True)

    def put_tar(self, container_id: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into a folder of a container, running or not."""
        self._ask(f"files for {container_id[:12]}", lambda: self._api.put_archive(container_id, folder, archive))

    def read_file(self, container_id: str, path: str) -> bytes | None:
        """Return a file's content out of a container, running or not; None if it is not there."""
        with self._asking(f"{path} of {container_id[:12]}"):
            try:
                chunks, _ = self._api.get_archive(container_id, path)
            except NotFound:
                return None
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                member = archive.next()
                file = archive.extractfile(member) if member is not None else None
                return file.read() if file is not None else None

    def owner_of(self, container_id: str, folder: str) -> tuple[int, int, int]:
        """Return (uid, gid, mode) of a folder in a container, reading no more than its own entry."""
        url = f"{self._api.base_url}/v{self._api.api_version}/containers/{container_id}/archive"
        with (
            self._asking(f"{folder} of {container_id[:12]}"),
            self._api.get(url, params={"path": folder}, headers={"Accept-Encoding": "identity"}, stream=True) as answer,
        ):
            answer.raise_for_status()
            member = tarfile.TarInfo.frombuf(answer.raw.read(tarfile.BLOCKSIZE), "utf-8", "replace")
            return member.uid, member.gid, member.mode & 0o7777

    def networks(self) -> tuple[NetworkFacts, ...]:
        """List all networks."""
        return tuple(map(network_facts, self._ask("networks", self._api.networks)))

    def remove_network(self, name: str) -> None:
        """Remove a network that nothing uses; nothing if it is gone."""
        with self._asking(f"removal of network {name}"):
            try:
                self._api.remove_network(name)
            except NotFound:
                return

    def volumes(self, agency: str) -> tuple[VolumeFacts, ...]:
        """List the volumes of an agency's stack, by name."""
        found: dict[str, Any] = self._ask(
            "volumes", lambda: self._api.volumes(filters={"label": f"{LABEL_AGENCY}={agency}"}),
        )
        volumes = (
            VolumeFacts(name=raw["Name"], labels=raw.get("Labels") or {}, created=raw.get("CreatedAt", ""))
            for raw in found.get("Volumes") or ()
        )
        return tuple(sorted(volumes, key=lambda volume: volume.name))

    def remove_volume(self, name: str) -> None:
        """Delete a volume and all its data; nothing if it is gone."""
        with self._asking(f"removal of volume {name}"):
            try:
                self._api.remove_volume(name)
            except NotFound:
                return


def _unreachable(host: str, exc: Exception) -> ToolchainError:
    """Say why an engine does not answer, and what helps."""
    text = str(exc)
    if "PermissionError" in text or isinstance(exc, PermissionError):
        cause, mend = "this user may not use it", 'add the user to the group "docker" and log in again, or use sudo'
    elif "FileNotFoundError" in text:
        cause, mend = "there is no such socket", START_DOCKER
    elif "ConnectionRefused" in text or "Connection refused" in text:
        cause, mend = "nobody answers there", START_DOCKER
    elif "timed out" in text.lower():
        cause, mend = "it does not answer in time", "look at its log (journalctl -u docker) and restart it"
    else:
        cause, mend = text or type(exc).__name__, START_DOCKER
    return ToolchainError(f"Docker engine {host}: {cause}; expected a running Docker engine; {mend}")
