"""Which Docker engine is meant and whether it answers: one question to ``/version``, with the standard library alone.

Everything else that is asked of an engine goes through ``stacks/engine_api.py``.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from monitors.core.errors import ToolchainError

DEFAULT_HOST: Final = "unix:///var/run/docker.sock"
OLDEST_API: Final = (1, 41)  # Docker 20.10
ANSWER_WITHIN_S: Final = 10.0
START_IT: Final = (
    'start it ("systemctl start docker"), or run "make ready" as root on Debian or Ubuntu, '
    "which installs and starts one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerEngine:
    """An engine that answered. ``host`` is its address as DOCKER_HOST has it."""

    host: str
    version: str
    api_version: str


def docker_host(environ: Mapping[str, str]) -> str:
    """Return the address that the ``docker`` command would use: DOCKER_HOST, its current context, the usual socket.

    Pulumi's provider and the Python client know nothing of contexts, on which desktop installations rest.
    """
    if environ.get("DOCKER_HOST"):
        return environ["DOCKER_HOST"]
    folder = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or Path.home()) / ".docker")
    context = environ.get("DOCKER_CONTEXT") or _json_file(folder / "config.json").get("currentContext") or "default"
    if context == "default":
        return DEFAULT_HOST
    meta = _json_file(folder / "contexts" / "meta" / sha256(context.encode()).hexdigest() / "meta.json")
    try:
        return str(meta["Endpoints"]["docker"]["Host"])
    except (KeyError, TypeError):
        return DEFAULT_HOST


def find_docker(environ: Mapping[str, str]) -> DockerEngine:
    """Ask the engine for its version, or raise a ToolchainError that says why it does not answer and how to mend it."""
    host = docker_host(environ)
    answer = ask_engine(host, "/version") if host.startswith("unix://") else _ask_by_client(host, environ)
    engine = DockerEngine(host=host, version=str(answer["Version"]), api_version=str(answer["ApiVersion"]))
    if tuple(int(part) for part in engine.api_version.split(".")) < OLDEST_API:
        raise ToolchainError(
            f"the Docker engine at {host} is version {engine.version} with API {engine.api_version}; "
            f"API {OLDEST_API[0]}.{OLDEST_API[1]} (Docker 20.10) or later is needed; upgrade the engine"
        )
    return engine


def ask_engine(host: str, path: str) -> Any:
    """GET ``path`` from the engine behind a unix socket: its JSON answer, or None where it says "no such thing"."""
    connection = _UnixConnection(host.removeprefix("unix://"))
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
    except FileNotFoundError as exc:
        raise ToolchainError(f"no Docker engine: {host} does not exist; {START_IT}") from exc
    except PermissionError as exc:
        raise ToolchainError(
            f"this user may not use the Docker engine at {host}: permission denied; "
            f'add the user to the group "docker" and log in again, or set DOCKER_HOST to an engine of its own'
        ) from exc
    except ConnectionRefusedError as exc:
        raise ToolchainError(f"no Docker engine: {host} is there but nothing listens; {START_IT}") from exc
    except (OSError, http.client.HTTPException) as exc:
        raise ToolchainError(
            f"the Docker engine at {host} does not answer: {exc or type(exc).__name__}; look at its log and {START_IT}"
        ) from exc
    finally:
        connection.close()
    if response.status == http.HTTPStatus.NOT_FOUND:
        return None
    if response.status != http.HTTPStatus.OK:
        raise ToolchainError(
            f"{host} answered {response.status} to {path}, as no Docker engine does; check DOCKER_HOST"
        )
    try:
        return json.loads(body)
    except ValueError as exc:
        raise ToolchainError(f"{host} did not answer as a Docker engine does; check DOCKER_HOST") from exc


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, socket_path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_WITHIN_S)
        self.socket_path = socket_path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_WITHIN_S)
        self.sock.connect(self.socket_path)


def _ask_by_client(host: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Ask an engine over tcp:// or ssh:// through the docker command, which knows certificates and keys."""
    client = shutil.which("docker", path=environ.get("PATH"))
    if client is None:
        raise ToolchainError(
            f'the engine at {host} is reached through the "docker" command, which is not on PATH; install it'
        )
    try:
        done = subprocess.run(
            [client, "version", "--format", "{{json .Server}}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWER_WITHIN_S,
            stdin=subprocess.DEVNULL,
            env={**environ, "DOCKER_HOST": host},
        )
    except subprocess.TimeoutExpired as exc:
        raise ToolchainError(
            f"the Docker engine at {host} did not answer in {ANSWER_WITHIN_S:.0f} s; check DOCKER_HOST"
        ) from exc
    try:
        server = json.loads(done.stdout)
        return {"Version": server["Version"], "ApiVersion": server.get("ApiVersion") or server["APIVersion"]}
    except (ValueError, KeyError, TypeError) as exc:
        said = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ToolchainError(f"the Docker engine at {host} does not answer: {said[0]}; check DOCKER_HOST") from exc


def _json_file(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
