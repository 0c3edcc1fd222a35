"""Building a Go program once, into the cache and named by the content of its sources and the Go version."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stacks.toolchain import source_content
from tools.command import read, run
from tools.part import PartError, Say

OLDEST_GO = (1, 26)
# No toolchain of another version is fetched, and the sums in go.sum are law.
GO_ENVIRONMENT = {
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=readonly -buildvcs=false",
    "GOWORK": "off",
    "CGO_ENABLED": "0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoBuild:
    """One build in a copy of its sources: compiles, with progress."""

    source: Path
    log: Path
    say: Say

    def compile(self, package: str, output: Path, *, tags: str = "", ldflags: str = "-s -w") -> None:
        """Compile ``package`` to ``output``, stripped and without this machine's paths in it."""
        total = self._count(package, tags)
        seen = 0

        def progress(line: str) -> None:
            nonlocal seen
            if re.fullmatch(r"[\w.~/-]+", line):  # -v prints each package as it is compiled
                seen += 1
                self.say.detail(f"{seen} of {total} packages")

        flags = ["-v", "-trimpath", f"-tags={tags}", f"-ldflags={ldflags}"]
        run(
            ["go", "build", "-C", self.source, *flags, "-o", output, package],
            what=f"compiling {package}",
            log=self.log,
            on_line=progress,
            env=GO_ENVIRONMENT,
            mend="its log says why; a build needs 4 GB of free disk and 2 GB of memory",
        )

    def _count(self, package: str, tags: str) -> int:
        """Fetch what the build needs and return how many packages that is."""
        with tempfile.TemporaryFile() as listed:
            run(
                ["go", "list", "-C", self.source, "-deps", f"-tags={tags}", package],
                what="fetching Go modules",
                mend='look whether Go reaches its module proxy ("go env GOPROXY")',
                log=self.log,
                on_line=lambda line: self.say.detail(line.removeprefix("go: ")),
                env=GO_ENVIRONMENT,
                stdout=listed,
            )
            listed.seek(0)
            return len(listed.read().split())


def require_go() -> str:
    """Return the version of the Go on PATH, or raise a PartError that says what to install."""
    problem = missing_go()
    if problem:
        raise PartError(problem)
    return _go_version()


def missing_go() -> str:
    """Say what is wrong with the Go on PATH; empty where it will do."""
    version = _go_version()
    want = ".".join(map(str, OLDEST_GO))
    advice = (
        f"install Go {want} or later (https://go.dev/dl), or put Pulumi's official release and its docker plugin "
        "in place (https://www.pulumi.com/docs/install)"
    )
    if not version:
        return f'no "go" on PATH and Pulumi\'s download server does not answer; {advice}'
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        return (
            f"the Go on PATH is {version}, but {want} is needed and Pulumi's download server does not answer; {advice}"
        )
    return ""


def build_once(name: str, sources: Path, engine: Path, build: Callable[[Path, Path], None]) -> Path:
    """Build into ``engine/<name>-<content>-go<version>`` and return that folder; it bears the name only when complete.

    ``build(copy, output)`` gets a copy of the sources, so that the checkout stays clean, and the folder to fill.
    """
    go = require_go()
    target = engine / f"{name}-{source_content(sources)}-go{go}"
    if target.is_dir():
        return target
    engine.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=engine) as scratch:
        copy, output = Path(scratch) / "source", Path(scratch) / "output"
        shutil.copytree(sources, copy)
        output.mkdir()
        build(copy, output)
        output.rename(target)
    return target


def _go_version() -> str:
    answer = read(["go", "env", "GOVERSION"], env=GO_ENVIRONMENT)
    return (answer or "").strip().removeprefix("go")
