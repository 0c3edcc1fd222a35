"""Small programs on a PATH of their own, which stand for tools that a machine has or lacks."""

from __future__ import annotations

import os
from pathlib import Path

SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def program(folder: Path, name: str, script: str) -> Path:
    """Write an executable shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def path_before(folder: Path, rest: str = SYSTEM) -> str:
    """Return a PATH on which the folder's programs come first."""
    return f"{folder}{os.pathsep}{rest}"


def provider_in(home: Path, version: str) -> Path:
    """Put something executable where Pulumi looks for the docker provider."""
    return program(home / "plugins" / f"resource-docker-v{version}", "pulumi-resource-docker", "exit 0")


class Heard:
    """Keeps what a part says."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.details: list[str] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def detail(self, text: str) -> None:
        self.details.append(text)
