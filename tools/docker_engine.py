"""A Docker engine: the one that answers, else Debian's own, installed and started as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from monitors.core.errors import ToolchainError
from stacks.docker_host import DEFAULT_HOST, DockerEngine, docker_host, find_docker
from tools import debian
from tools.command import SYSTEM_PATH, run
from tools.part import Finding, PartError, Say

START_WITHIN_S = 60.0
PID_FILE = Path("/var/run/docker.pid")
SYSTEMD = Path("/run/systemd/system")  # there where systemd runs


class DockerPart:
    """The engine that ``docker`` would use.

    An engine started by hand is told to whoever asked: its pid goes to the file that SIAGA24_STARTED names.
    """

    name = "docker"

    def __init__(self, *, logs: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.logs = logs

    def look(self) -> Finding:
        """Ask the engine; else see whether one may be installed or started here."""
        try:
            return Finding(have=_told(find_docker(self.environ)))
        except ToolchainError as exc:
            problem = str(exc)
        if docker_host(self.environ) != DEFAULT_HOST or os.geteuid() != 0:
            return Finding(blocked=problem)
        if shutil.which("dockerd", path=SYSTEM_PATH):
            return Finding(will=("nothing for the Docker engine: dockerd is installed and only has to be started",))
        if not debian.may_install():
            return Finding(blocked=problem)
        return Finding(
            will=("the Docker engine of Debian or Ubuntu (package docker.io), started",),
            packages=("docker.io", "docker-cli|docker.io", "ca-certificates", "iptables"),
        )

    def make(self, say: Say) -> str:
        """Start the engine and wait until it answers."""
        try:
            return _told(find_docker(self.environ))  # installing the package starts it where systemd runs
        except ToolchainError:
            say.phase("starting the Docker engine")
        if SYSTEMD.is_dir():
            run(
                ["systemctl", "start", "docker"],
                what="starting docker.service",
                log=self.logs / "docker.log",
                mend='look at "journalctl -u docker"',
            )
            return self._await(None, "journalctl -u docker")
        log = self.logs / "dockerd.log"
        remove_stale_pid_file(PID_FILE)
        with log.open("wb") as record:
            process = subprocess.Popen(
                ["dockerd"],
                stdin=subprocess.DEVNULL,
                stdout=record,
                stderr=record,
                start_new_session=True,
                env={**os.environ, "PATH": SYSTEM_PATH},
            )
        told = self._await(process, str(log))
        if self.environ.get("SIAGA24_STARTED"):  # whoever asked for it ends it by this number
            with Path(self.environ["SIAGA24_STARTED"]).open("a", encoding="utf-8") as started:
                started.write(f"{process.pid}\n")
        return f"{told}, started as process {process.pid} (log: {log})"

    def _await(self, process: subprocess.Popen[bytes] | None, log: str) -> str:
        until = time.monotonic() + START_WITHIN_S
        while True:
            try:
                return _told(find_docker(self.environ))
            except ToolchainError as exc:
                problem = str(exc)
            if process is not None and process.poll() is not None:
                raise PartError(
                    f"dockerd ended at once with exit code {process.returncode}; its log says why: {log}"
                    " (it needs a machine of its own or a privileged container)",
                    log=Path(log),
                )
            if time.monotonic() > until:
                raise PartError(f"{problem} (waited {START_WITHIN_S:.0f} s; its log: {log})")
            time.sleep(0.2)


def remove_stale_pid_file(path: Path, processes: Path = Path("/proc")) -> None:
    """Remove the pid file of an engine that is gone, whose number another program may have by now.

    dockerd refuses to start while any process has the number in its pid file, as happens after a container restart.
    """
    try:
        pid = int(path.read_text(encoding="utf-8"))
        is_dockerd = (processes / str(pid) / "comm").read_text(encoding="utf-8").strip() == "dockerd"
    except (OSError, ValueError):
        is_dockerd = False
    if not is_dockerd:
        path.unlink(missing_ok=True)


def _told(engine: DockerEngine) -> str:
    return f"Docker {engine.version} (API {engine.api_version}) at {engine.host}"
