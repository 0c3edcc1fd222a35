"""Pulumi's docker provider: in the user's Pulumi home, else from Pulumi's plugin server, else built from Go modules."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from monitors.core.errors import ToolchainError
from stacks.toolchain import (
    ENGINE_SOURCES,
    PROVIDER_BINARY,
    PROVIDER_VERSION,
    Tool,
    cache_folder,
    find_provider,
    find_pulumi,
    official_folder,
)
from tools import official
from tools.command import run
from tools.go_build import GoBuild, build_once, missing_go
from tools.part import Finding, PartError, Say

TAGS = "no_compose"  # leaves out Docker Compose's resource, half of the program, which no stack uses


class DockerProvider:
    """The plugin behind the Python package pulumi_docker."""

    name = "provider"

    def __init__(self, *, logs: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.log = logs / "provider.log"
        self.engine = cache_folder(environ) / "engine"

    def look(self) -> Finding:
        """Find it, or say by which way it will come."""
        try:
            return Finding(have=_told(find_provider(self.environ)))
        except ToolchainError:
            pass
        if self._server_answers():
            return Finding(
                will=(f'the docker provider {PROVIDER_VERSION} by "pulumi plugin install", into {self.engine}',),
                needs=("pulumi",),
            )
        if problem := missing_go():
            return Finding(blocked=problem)
        cost = "85 MB; about 6 min, once"
        return Finding(
            will=(f"the docker provider {PROVIDER_VERSION}, built from Go modules into {self.engine} ({cost})",)
        )

    def make(self, say: Say) -> str:
        """Install it, or build it where no plugin server answers."""
        self.log.unlink(missing_ok=True)
        if not self._install(say):
            build_once(
                f"docker-provider-{PROVIDER_VERSION}",
                ENGINE_SOURCES / "docker-provider",
                self.engine,
                lambda copy, out: self._build(copy, out, say),
            )
        try:
            return _told(find_provider(self.environ))
        except ToolchainError as exc:
            raise PartError(f"after installing there is still {exc}", log=self.log) from exc

    def _server_answers(self) -> bool:
        return bool(official.plugin_server()) or official.answers(official.installer_address())

    def _install(self, say: Say) -> bool:
        if not self._server_answers():
            return False
        try:
            pulumi = find_pulumi(self.environ)
        except ToolchainError:
            return False
        self.engine.mkdir(parents=True, exist_ok=True)
        server = ["--server", official.plugin_server()] if official.plugin_server() else []
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=self.engine) as scratch:
            home = Path(scratch) / "home"
            say.phase(f"pulumi plugin install resource docker {PROVIDER_VERSION}")
            try:
                run(
                    [
                        pulumi.path,
                        "plugin",
                        "install",
                        "resource",
                        "docker",
                        PROVIDER_VERSION,
                        "--exact",
                        *server,
                        "--non-interactive",
                    ],
                    what="pulumi plugin install",
                    mend="its log says why",
                    log=self.log,
                    on_line=say.detail,
                    env={"PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
                )
            except PartError as exc:
                say.phase(f"{exc.text}; building it from Go modules instead")
                return False
            target = self.engine / official_folder("docker-provider", PROVIDER_VERSION)
            shutil.rmtree(target, ignore_errors=True)
            home.rename(target)
        return True

    def _build(self, copy: Path, output: Path, say: Say) -> None:
        say.phase("building the provider's schema from Go modules")
        build = GoBuild(source=copy, log=self.log, say=say)
        build.compile("./generate", copy / "generator", tags=TAGS)
        # The schema is made here once and embedded: made at each start it costs 0.16 s and a warning every time.
        with (copy / "schema.json").open("wb") as schema:
            run(
                [copy / "generator"],
                what="making the provider's schema",
                mend="its log says why",
                log=self.log,
                stdout=schema,
            )
        say.phase(f"building the docker provider {PROVIDER_VERSION} from Go modules")
        folder = output / "plugins" / f"resource-docker-v{PROVIDER_VERSION}"
        folder.mkdir(parents=True)
        build.compile(".", folder / PROVIDER_BINARY, tags=TAGS)


def _told(tool: Tool) -> str:
    return f"docker provider {tool.version} ({tool.origin})"
