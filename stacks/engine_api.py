"""The Docker engine by its API: the only user of the ``docker`` package.

``EngineApi`` is the connection and its failures: an engine that cannot be reached is a ToolchainError, a refused
request a StackError, what is not there is ``None``. What is asked over it is in ``engine_containers.py`` and
``engine_storage.py``; ``engine.py`` puts them together. Calls may come from several threads.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Self, TypeVar

import docker
from docker.constants import DEFAULT_DOCKER_API_VERSION
from docker.errors import APIError, DockerException, NotFound
from requests.exceptions import RequestException

from monitors.core.errors import StackError, ToolchainError
from stacks.engine_facts import EngineFacts, engine_facts

T = TypeVar("T")

ANSWER_S = 30.0
START_DOCKER = "start Docker (systemctl start docker), or correct docker/host in siaga24.yaml"


class EngineApi:
    """A connection to one engine, at an address that was said explicitly (never the environment's)."""

    def __init__(self, host: str, *, timeout_s: float = ANSWER_S) -> None:
        """Connect to ``host`` (``unix:///var/run/docker.sock``, ``tcp://...``). Raises ToolchainError."""
        self.host = host
        try:
            _knock(host)
            with closing(self._client(DEFAULT_DOCKER_API_VERSION, timeout_s)) as asked:
                self._version: str = asked.version(api_version=False)["ApiVersion"]
            self._api = self._client(self._version, timeout_s)
        except (DockerException, RequestException, OSError, ValueError) as exc:
            raise _unreachable(host, exc) from exc

    def _client(self, version: str, timeout_s: float) -> docker.APIClient:
        client = docker.APIClient(base_url=self.host, version=version, timeout=max(1, int(timeout_s)))
        # Certificates of the environment (REQUESTS_CA_BUNDLE) must not take the place of the engine's own.
        client.trust_env = False
        return client

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

    def facts(self) -> EngineFacts:
        """Say which engine this is."""
        return self._ask("engine", lambda: engine_facts(self._api.info(), self._api.version()))

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

    def _find(self, what: str, call: Callable[[], T]) -> T | None:
        """Ask for something that may not be there."""
        with self._asking(what):
            try:
                return call()
            except NotFound:
                return None

    def _url(self, path: str) -> str:
        """Return the address of a request that docker-py has no method for."""
        return f"{self._api.base_url}/v{self._version}{path}"


def _knock(host: str) -> None:
    """Open a connection and close it: docker-py would leave the socket of a refused one open."""
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            knocking.settimeout(ANSWER_S)
            knocking.connect(host.removeprefix("unix://"))


def _unreachable(host: str, exc: Exception) -> ToolchainError:
    """Say why an engine does not answer, and what helps."""
    text = f"{type(exc).__name__}: {exc}"
    if "PermissionError" in text:
        cause, mend = "this user may not use it", 'add the user to the group "docker" and log in again, or use sudo'
    elif "FileNotFoundError" in text:
        cause, mend = "there is no such socket", START_DOCKER
    elif "ConnectionRefused" in text or "Connection refused" in text:
        cause, mend = "nobody answers there", START_DOCKER
    elif "timed out" in text.lower():
        cause, mend = "it does not answer in time", "look at its log (journalctl -u docker) and restart it"
    else:
        cause, mend = text, START_DOCKER
    return ToolchainError(f"Docker engine {host}: {cause}; expected a running Docker engine; {mend}")
