"""A workspace with one small agency, for tests of the commands on the real engine: one service, no database, fast.

The service is a few lines of Python in the stock image; a definition can break it in several ways. Agencies' codes begin
with ``dep-``, subnets with 10.125, ports are 21100 to 21899: they meet nobody else's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
from docker.models.containers import Container

from tests.factories import write_workspace
from tests.scenarios.command import Done, siaga24, start

IMAGE = "siaga24/python:3.11"
GOOD = """
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "3"); self.end_headers(); self.wfile.write(b"ok\\n")
http.server.ThreadingHTTPServer(("", 8000), Page).serve_forever()
"""
ENDS = 'print("cannot start: no configuration", flush=True); raise SystemExit(3)'
HANGS = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); time.sleep(3600)"


@dataclass(slots=True, kw_only=True)
class Deploying:
    """One workspace and its agency. ``siaga24`` runs a command in it, as people do."""

    folder: Path
    code: str
    number: int                          # 0..: chooses subnet and port
    engine: docker.DockerClient
    told: list[str] = field(default_factory=list)

    @property
    def state(self) -> Path:
        return self.folder / ".siaga24"

    @property
    def port(self) -> int:
        return 21100 + 10 * self.number

    @property
    def subnet(self) -> str:
        return f"10.125.{100 + self.number}.0/26"

    def define(self, script: str = GOOD, **more: Any) -> None:
        """Write the definition: JSON is YAML. ``more`` are keys of the service; ``gateway`` replaces the gateway."""
        gateway = more.pop("gateway", {"bind": "127.0.0.1", "https_port": self.port})
        service = {
            "name": "Situs", "image": IMAGE, "port": 8000, "replicas": 1, "command": ["python3", "-c", script],
            "transactions": {"buka": {
                "interval": "5s", "deadline": "2s", "steps": [{"name": "buka", "get": "/", "expect": {"status": 200}}],
            }},
            **more.pop("service", {}),
        }
        agency = {
            "version": 1, "code": self.code, "name": "Uji", "kind": "city", "time_zone": "Asia/Jakarta",
            "network": {"subnet": self.subnet}, "gateway": gateway, "services": {"situs": service, **more},
        }
        (self.folder / f"{self.code}.yaml").write_text(json.dumps(agency, indent=1), encoding="utf-8")

    def siaga24(self, *arguments: str, code: int | None = 0, environment: dict[str, str] | None = None) -> Done:
        done = siaga24(*arguments, workspace=self.folder, code=code, environment=environment)
        self.told.append(str(done))
        return done

    def up(self, *options: str, code: int | None = 0) -> Done:
        return self.siaga24("stack", "up", self.code, *options, code=code)

    def begin_up(self) -> Any:
        """Start ``up`` and return its process."""
        return start("stack", "up", self.code, workspace=self.folder)

    def summary(self, command: str, *options: str) -> dict[str, Any]:
        """Run a command with ``--json`` and return its last line."""
        line = self.siaga24("stack", command, self.code, *options, "--json").stdout.splitlines()[-1]
        summary: dict[str, Any] = json.loads(line)
        assert summary["type"] == "summary"
        return summary

    def containers(self, component: str = "") -> list[Container]:
        labels = [f"siaga24.agency={self.code}"] + ([f"siaga24.component={component}"] if component else [])
        found = self.engine.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
        return sorted(found, key=lambda c: str(c.name))

    def in_state(self) -> set[str]:
        """Return the IDs of the containers that the state knows."""
        path = self.state / "pulumi" / ".pulumi" / "stacks" / "siaga24" / f"{self.code}.json"
        latest = json.loads(path.read_text(encoding="utf-8"))["checkpoint"]["latest"]
        assert not latest.get("pending_operations")
        return {r["id"] for r in latest["resources"] if r["type"] == "docker:index/container:Container"}

    def assert_whole(self) -> None:
        """Nothing on the engine that the state does not know, nothing in the state that is not there, no helper."""
        assert {str(c.id) for c in self.containers()} == self.in_state()
        labels = [f"siaga24.helper.agency={self.code}"]
        assert self.engine.containers.list(all=True, filters={"label": labels}) == []

    def clear(self) -> None:
        """Remove everything, by the command and then by hand."""
        self.siaga24("stack", "destroy", self.code, "--delete-data", self.code, code=None)
        for container in self.containers():
            container.remove(force=True)
        for network in self.engine.networks.list(filters={"label": f"siaga24.agency={self.code}"}):
            network.remove()
        for volume in self.engine.volumes.list(filters={"label": f"siaga24.agency={self.code}"}):
            volume.remove(force=True)


def deploying(folder: Path, code: str, number: int, engine: docker.DockerClient) -> Deploying:
    """Make the workspace; what an earlier, killed test run left of this code is removed."""
    place = Deploying(folder=write_workspace(folder, pool="10.125.0.0/16"), code=code, number=number, engine=engine)
    place.define()
    place.clear()
    return place
