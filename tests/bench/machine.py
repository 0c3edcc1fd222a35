"""What a figure was measured on: without it, a number says nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException

from monitors.core.errors import ToolchainError
from stacks.toolchain import find_toolchain
from tests.bench.base import BenchError


def machine_facts() -> dict[str, Any]:
    """Tell cores, memory, load and the versions that a figure depends on."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": _after("/proc/cpuinfo", "model name"),
        "memory": _after("/proc/meminfo", "MemTotal"),
        "load_average_before": list(os.getloadavg()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "siaga24": version("siaga24"),
        "commit": _commit(),
        "pulumi": version("pulumi"),
        "docker_engine": _engine_version(),
    }


def need_engine() -> None:
    """Raise BenchError where the Docker engine, the Pulumi CLI or its provider is missing."""
    try:
        find_toolchain(os.environ)
    except ToolchainError as exc:
        raise BenchError(str(exc)) from exc


def _engine_version() -> str:
    try:
        client = docker.from_env(timeout=20)
        try:
            return str(client.version()["Version"])
        finally:
            client.close()
    except (DockerException, OSError):
        return "none"


def _after(file: str, key: str) -> str:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return "not known"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "not known")


def _commit() -> str:
    """Name the commit, with ``+changes`` where the tree differs from it."""
    root = Path(__file__).parents[2]
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=True,
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"], cwd=root, capture_output=True, text=True,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "no git"
    return f"{head}+changes" if changed else head
