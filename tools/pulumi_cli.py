"""The Pulumi CLI: the one on PATH, else by Pulumi's installer, else built from Go modules."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from monitors.core.errors import ToolchainError
from stacks.toolchain import ENGINE_SOURCES, PULUMI_VERSION, Tool, cache_folder, find_pulumi, official_folder
from tools import official
from tools.command import run
from tools.go_build import GoBuild, build_once, missing_go
from tools.part import Finding, PartError, Say

PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
# Without its version the Automation API refuses the CLI.
LDFLAGS = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}"


class PulumiCli:
    """The engine that every stack operation runs."""

    name = "pulumi"

    def __init__(self, *, logs: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.log = logs / "pulumi.log"
        self.engine = cache_folder(environ) / "engine"

    def look(self) -> Finding:
        """Find it, or say by which way it will come."""
        try:
            return Finding(have=_told(find_pulumi(self.environ)))
        except ToolchainError:
            pass
        if official.answers(official.installer_address()):
            return Finding(will=(f"the Pulumi CLI {PULUMI_VERSION} by Pulumi's installer, into {self.engine}",))
        if problem := missing_go():
            return Finding(blocked=problem)
        cost = "120 MB; about 6 min, once"
        return Finding(will=(f"the Pulumi CLI {PULUMI_VERSION}, built from Go modules into {self.engine} ({cost})",))

    def make(self, say: Say) -> str:
        """Install it, or build it where Pulumi's server does not answer or its installer fails."""
        self.log.unlink(missing_ok=True)
        if not self._install(say):
            build_once(
                f"pulumi-{PULUMI_VERSION}",
                ENGINE_SOURCES / "pulumi",
                self.engine,
                lambda copy, out: self._build(copy, out, say),
            )
        try:
            return _told(find_pulumi(self.environ))
        except ToolchainError as exc:
            raise PartError(f"after installing there is still {exc}", log=self.log) from exc

    def _install(self, say: Say) -> bool:
        self.engine.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=self.engine) as scratch:
            script, root = Path(scratch) / "install.sh", Path(scratch) / "root"
            if official.fetch(official.installer_address(), to=script) is None:
                return False
            say.phase(f"Pulumi's installer fetches version {PULUMI_VERSION}")
            try:
                run(
                    ["sh", script, "--no-edit-path", "--install-root", root, "--version", PULUMI_VERSION],
                    what="Pulumi's installer",
                    mend="its log says why",
                    log=self.log,
                    on_line=say.detail,
                )
            except PartError as exc:
                say.phase(f"{exc.text}; building it from Go modules instead")
                return False
            if not (root / "bin" / "pulumi").is_file():
                say.phase("Pulumi's installer left no bin/pulumi; building it from Go modules instead")
                return False
            target = self.engine / official_folder("pulumi", PULUMI_VERSION)
            shutil.rmtree(target, ignore_errors=True)
            root.rename(target)
        return True

    def _build(self, copy: Path, output: Path, say: Say) -> None:
        say.phase(f"building Pulumi {PULUMI_VERSION} from Go modules")
        (output / "bin").mkdir()
        GoBuild(source=copy, log=self.log, say=say).compile(PACKAGE, output / "bin" / "pulumi", ldflags=LDFLAGS)


def _told(tool: Tool) -> str:
    return f"Pulumi {tool.version} ({tool.origin})"
