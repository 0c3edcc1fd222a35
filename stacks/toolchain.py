"""Where the tools outside Python are: the Docker engine, the Pulumi CLI and its docker provider.

Looks, never installs (that is ``tools/ready``), and uses the standard library alone, because ``tools/`` asks here
before there is a Python environment. Every tool is told with its version and its origin.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from monitors.core.errors import ToolchainError
from stacks.docker_host import DockerEngine, find_docker

PULUMI_VERSION: Final = "3.274.1"
PROVIDER_VERSION: Final = "5.2.0"
PROVIDER_BINARY: Final = "pulumi-resource-docker"
ENGINE_SOURCES: Final = Path(__file__).resolve().parent.parent / "tools" / "engine"
MAKE_READY: Final = 'run "make ready", which installs or builds it once'


class Origin(StrEnum):
    """Where a tool came from."""

    PATH = "PATH"
    PULUMI_HOME = "Pulumi home"
    INSTALLER = "Pulumi's installer"
    GO_MODULES = "built from Go modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that was found. ``path`` is its executable."""

    name: str
    version: str
    path: Path
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Everything that a stack needs outside Python."""

    docker: DockerEngine
    pulumi: Tool
    provider: Tool

    @property
    def pulumi_root(self) -> str | None:
        """Return the ``root`` of ``PulumiCommand``: a folder with ``bin/pulumi``, or None for the one on PATH."""
        return None if self.pulumi.origin is Origin.PATH else str(self.pulumi.path.parent.parent)

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables to run Pulumi with, on top of the process's own.

        ``PULUMI_HOME`` is the one that holds the provider. Nothing may be fetched in the middle of an update, so the
        CLI neither looks for a newer self nor downloads plugins.
        """
        return {
            "PULUMI_HOME": str(plugin_home(self.provider.path)),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "DOCKER_HOST": self.docker.host,
            "PATH": f"{self.pulumi.path.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }


def find_toolchain(environ: Mapping[str, str]) -> Toolchain:
    """Find all three, or raise one ToolchainError that names everything that is missing, a sentence each."""
    missing: list[str] = []
    docker: DockerEngine | None = None
    pulumi: Tool | None = None
    provider: Tool | None = None
    try:
        docker = find_docker(environ)
    except ToolchainError as exc:
        missing.append(str(exc))
    try:
        pulumi = find_pulumi(environ)
    except ToolchainError as exc:
        missing.append(str(exc))
    try:
        provider = find_provider(environ)
    except ToolchainError as exc:
        missing.append(str(exc))
    if docker is None or pulumi is None or provider is None:
        raise ToolchainError("\n".join(missing))
    return Toolchain(docker=docker, pulumi=pulumi, provider=provider)


def find_pulumi(environ: Mapping[str, str]) -> Tool:
    """Find the Pulumi CLI: PATH, the user's Pulumi home, then what ``tools/ready`` put into the cache.

    One that is older than PULUMI_VERSION or of another major version is passed over.
    """
    passed_over: list[str] = []
    candidates = [(Path(found), Origin.PATH)] if (found := shutil.which("pulumi", path=environ.get("PATH"))) else []
    candidates.append((user_pulumi_home(environ) / "bin" / "pulumi", Origin.PULUMI_HOME))
    for path, origin in candidates:
        if not _is_executable(path):
            continue
        version = _pulumi_version(path)
        if _serves(version):
            return Tool(name="pulumi", version=version, path=path.absolute(), origin=origin)
        passed_over.append(f"{path} is version {version or 'unknown'}")
    for folder, origin in cached_engines("pulumi", PULUMI_VERSION, environ):
        if _is_executable(path := folder / "bin" / "pulumi"):
            return Tool(name="pulumi", version=PULUMI_VERSION, path=path, origin=origin)
    found_instead = f" ({'; '.join(passed_over)})" if passed_over else ""
    raise ToolchainError(f"no Pulumi CLI of version {PULUMI_VERSION} or a later 3.x{found_instead}; {MAKE_READY}")


def find_provider(environ: Mapping[str, str]) -> Tool:
    """Find the docker provider of PROVIDER_VERSION: the user's Pulumi home, then the cache."""
    user_home = user_pulumi_home(environ)
    homes = [(user_home, Origin.PULUMI_HOME), *cached_engines("docker-provider", PROVIDER_VERSION, environ)]
    for home, origin in homes:
        folder = home / "plugins" / f"resource-docker-v{PROVIDER_VERSION}"
        # Pulumi leaves a .partial file beside a plugin whose download was cut off.
        if _is_executable(path := folder / PROVIDER_BINARY) and not folder.with_name(f"{folder.name}.partial").exists():
            return Tool(name="docker provider", version=PROVIDER_VERSION, path=path, origin=origin)
    raise ToolchainError(
        f"no Pulumi docker provider {PROVIDER_VERSION} in {user_home / 'plugins'} or in {cache_folder(environ)}; "
        f"{MAKE_READY}"
    )


def plugin_home(provider: Path) -> Path:
    """Return the Pulumi home that holds this provider: HOME/plugins/resource-docker-vX/pulumi-resource-docker."""
    return provider.parent.parent.parent


def user_pulumi_home(environ: Mapping[str, str]) -> Path:
    """Return the user's own Pulumi home, as the CLI would choose it."""
    return Path(environ["PULUMI_HOME"]) if environ.get("PULUMI_HOME") else _home(environ) / ".pulumi"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return where built and downloaded tools are kept: outside the checkout, so that a clean clone finds them."""
    if environ.get("SIAGA24_CACHE"):
        return Path(environ["SIAGA24_CACHE"]).absolute()
    base = Path(environ["XDG_CACHE_HOME"]) if environ.get("XDG_CACHE_HOME") else _home(environ) / ".cache"
    return (base / "siaga24").absolute()


def cached_engines(name: str, version: str, environ: Mapping[str, str]) -> list[tuple[Path, Origin]]:
    """List the cache's folders for a part of the engine that fit this checkout: the official one, then built ones.

    A built one is named by the content of its sources and the Go version, ``pulumi-3.274.1-<content>-go1.26.8``: after
    a change of the sources it no longer fits.
    """
    engine = cache_folder(environ) / "engine"
    built = sorted(
        engine.glob(f"{name}-{version}-{source_content(ENGINE_SOURCES / name)}-go*"), key=lambda folder: folder.name
    )
    return [
        *((folder, Origin.INSTALLER) for folder in [engine / official_folder(name, version)] if folder.is_dir()),
        *((folder, Origin.GO_MODULES) for folder in reversed(built)),
    ]


def official_folder(name: str, version: str) -> str:
    """Return the name of the cache's folder for an official download on this kind of machine."""
    return f"{name}-{version}-official-{platform.system().lower()}-{platform.machine()}"


def source_content(folder: Path) -> str:
    """Digest a folder of Go sources (names and bytes; not what a build leaves) and the kind of machine."""
    digest = sha256(f"{platform.system()} {platform.machine()}\n".encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".go", ".mod", ".sum"}:
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _pulumi_version(path: Path) -> str:
    try:
        answer = subprocess.run(
            [path, "version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.fullmatch(r"v?(\d+\.\d+\.\d+\S*)", answer.strip())
    return found[1] if found else ""


def _serves(version: str) -> bool:
    """Tell whether this CLI may stand in for the pinned one: same major, not older, no pre-release."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return False
    have, want = ([int(part) for part in text.split(".")] for text in (version, PULUMI_VERSION))
    return have[0] == want[0] and have >= want


def _is_executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
