"""``siaga24 doctor``: what this machine has and lacks, each with its version, its origin and how to mend it."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import click
from rich.text import Text

from cli.output import console, json_option, print_json, print_table
from monitors.core.errors import Siaga24Error
from stacks.docker_host import find_docker
from stacks.toolchain import find_provider, find_pulumi

LOCK_FILE: Final = Path(__file__).resolve().parent.parent / "tools" / "locks" / "run.lock"
MAKE_READY: Final = 'run "make ready"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that the toolkit needs. ``mend``: what is wrong and what to do, empty where all is well.

    ``path``: the executable, for programs; told in JSON alone, because it would fill the screen.
    """

    name: str
    version: str = ""
    origin: str = ""
    path: str = ""
    mend: str = ""

    @property
    def is_missing(self) -> bool:
        """It is not there, or cannot be used."""
        return bool(self.mend)


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Tell what this machine has and lacks: Python packages, Docker engine, Pulumi, images.

    Changes nothing. Exit code 1 if something is missing. The monitor alone (siaga24 monitor, watch, sla) needs the
    Python packages and nothing else.

    \b
    Example:  siaga24 doctor
              siaga24 doctor --json | jq '.items[] | select(.mend != "")'
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    items = examine(os.environ)
    missing = [item for item in items if item.is_missing]
    if as_json:
        print_json({"version": 1, "ready": not missing, "items": [asdict(item) for item in items]})
    else:
        _print(items, missing)
    if missing:
        sys.exit(1)


def examine(environ: Mapping[str, str]) -> list[Item]:
    """Look at everything; one that fails does not hide the others."""
    return [
        Item(name="Python", version=platform.python_version(), origin=sys.prefix),
        python_packages(LOCK_FILE),
        _tool("Docker engine", lambda: _docker(environ)),
        _tool("Pulumi CLI", lambda: _pulumi(environ)),
        _tool("docker provider", lambda: _provider(environ)),
        *_images(environ),
    ]


def python_packages(lock_file: Path) -> Item:
    """Compare the installed packages with the lock file, where the toolkit runs from its checkout."""
    name = "Python packages"
    if not lock_file.is_file():
        return Item(name=name, version=metadata.version("siaga24"), origin="installed without the lock file")
    locked = {}
    for line in lock_file.read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==(\S+?)(?:\s*;\s*(.*?))?\s*\\?$", line)
        if found and "win32" not in (found[3] or ""):
            locked[found[1]] = found[2]
    other = {package: have for package, want in locked.items() if (have := _installed(package)) != want}
    if not other:
        return Item(name=name, version=f"{len(locked)} as locked", origin=f"{lock_file.parent.name}/{lock_file.name}")
    told = ", ".join(f"{package} is {have or 'missing'} (locked: {locked[package]})" for package, have in other.items())
    return Item(
        name=name, version=f"{len(locked) - len(other)} of {len(locked)} as locked", mend=f"{told}; {MAKE_READY}"
    )


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _tool(name: str, find: Callable[[], Item]) -> Item:
    try:
        return find()
    except Siaga24Error as exc:
        return Item(name=name, mend=str(exc))


def _docker(environ: Mapping[str, str]) -> Item:
    engine = find_docker(environ)
    return Item(name="Docker engine", version=f"{engine.version} (API {engine.api_version})", origin=engine.host)


def _pulumi(environ: Mapping[str, str]) -> Item:
    tool = find_pulumi(environ)
    return Item(name="Pulumi CLI", version=tool.version, origin=tool.origin, path=str(tool.path))


def _provider(environ: Mapping[str, str]) -> Item:
    tool = find_provider(environ)
    return Item(name="docker provider", version=tool.version, origin=tool.origin, path=str(tool.path))


def _images(environ: Mapping[str, str]) -> list[Item]:
    """Look for the images that every stack needs; where no engine answers, nobody can tell."""
    lacking = [package for package in ("docker", "pulumi") if importlib.util.find_spec(package) is None]
    if lacking:  # told among the Python packages already
        return []
    from stacks.engine import Engine  # noqa: PLC0415 - needs Docker's and Pulumi's packages, which may be missing
    from stacks.program import DATABASE_IMAGE, GATEWAY_IMAGE  # noqa: PLC0415

    try:
        with Engine(find_docker(environ).host) as engine:
            there = engine.image_names()
    except Siaga24Error:  # told as the engine's own row already
        return []
    return [
        Item(name=f"image of the {role}", version=image, origin="on the engine")
        if image in there
        else Item(name=f"image of the {role}", mend=f"{image} is not on the engine; {MAKE_READY}, or load it there")
        for role, image in (("gateway", GATEWAY_IMAGE), ("database", DATABASE_IMAGE))
    ]


def _print(items: list[Item], missing: list[Item]) -> None:
    rows = [
        (
            Text("missing", style="bold red") if item.is_missing else Text("ok", style="green"),
            item.name,
            item.version or "-",
            item.origin or "-",
        )
        for item in items
    ]
    print_table(("state", "what", "version", "origin"), rows)
    out = console()
    for item in missing:
        out.print(Text(f"- {item.mend}"), soft_wrap=True)
    if not missing:
        out.print("Everything that a stack and the monitor need is here.")
