"""Which images are wanted and what each is made of, as ``tools/images/images.toml`` says; each has a content key."""

from __future__ import annotations

import fnmatch
import os
import platform
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.part import ROOT, PartError

DECLARATION = Path("tools/images/images.toml")
BY_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
KNOWN_KEYS = {"tag", "folder", "from", "archive", "registry", "args"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image. ``key``: digest of all that it is made of; ``registry``: reference by digest, or empty."""

    name: str
    tag: str
    folder: Path
    parent: str
    args: Mapping[str, str]
    archive: str
    registry: str
    key: str

    @property
    def digest(self) -> str:
        """Return ``sha256:...`` of the registry's image; empty where it is built."""
        return self.registry.partition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSet:
    """All images in the order in which they can be built. ``suite``: the Debian release they are made of."""

    suite: str
    images: tuple[Image, ...]

    def __getitem__(self, name: str) -> Image:
        """Return the image of this name."""
        return next(image for image in self.images if image.name == name)

    @property
    def wanted(self) -> tuple[Image, ...]:
        """Return the images that are run; a base without a parent only helps to build them."""
        return tuple(image for image in self.images if image.parent)

    def levels(self) -> list[list[Image]]:
        """Group the images so that each group needs only earlier ones and can be built side by side."""
        depth: dict[str, int] = {}
        for image in self.images:
            depth[image.name] = depth[image.parent] + 1 if image.parent else 0
        return [
            [image for image in self.images if depth[image.name] == level] for level in range(max(depth.values()) + 1)
        ]


def read_images(root: Path = ROOT, environ: Mapping[str, str] = os.environ) -> ImageSet:
    """Read the declaration; a fault is told with its place and how to mend it."""
    path = root / DECLARATION
    try:
        declared = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as exc:
        raise PartError(f"{DECLARATION} cannot be read: {exc}; restore it from git") from exc
    for key in ("suite", "epoch"):
        if key not in declared:
            raise PartError(f"{DECLARATION}: {key} is missing; write it above the images")
    suite, epoch = str(declared.pop("suite")), str(declared.pop("epoch"))
    images: dict[str, Image] = {}
    for name, entry in declared.items():
        images[name] = _image(
            name, entry, images, root=root, environ=environ, seed=f"{suite} {epoch} {platform.machine()}"
        )
    return ImageSet(suite=suite, images=tuple(images.values()))


def _image(
    name: str,
    entry: Mapping[str, Any],
    earlier: Mapping[str, Image],
    *,
    root: Path,
    environ: Mapping[str, str],
    seed: str,
) -> Image:
    where = f"{DECLARATION}: {name}"
    if unknown := set(entry) - KNOWN_KEYS:
        raise PartError(f"{where}: unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(KNOWN_KEYS))}")
    variable = f"SIAGA24_IMAGE_{name.upper().replace('-', '_')}"
    if lacking := [key for key in ("tag", "folder", "archive") if key not in entry]:
        raise PartError(f"{where}: {' and '.join(lacking)} is missing; write it, as the images above have it")
    registry = environ.get(variable) or str(entry.get("registry", ""))
    if registry and not BY_DIGEST.fullmatch(registry):
        source = variable if environ.get(variable) else f"{where}: registry"
        raise PartError(
            f'{source}: "{registry}" names no digest; expected REPOSITORY@sha256: and 64 hexadecimal digits, '
            "as the registry printed it when the image was pushed"
        )
    parent = str(entry.get("from", ""))
    if parent and parent not in earlier:
        raise PartError(f'{where}: from = "{parent}" is not declared above it; declare it first, or correct the name')
    folder = root / str(entry["folder"])
    if not folder.is_dir():
        raise PartError(
            f"{where}: the folder {entry['folder']} does not exist; restore it from git, or correct the name"
        )
    args = {str(key): str(value) for key, value in entry.get("args", {}).items()}
    made_of = (
        registry or f"{seed}\n{earlier[parent].key if parent else ''}\n{sorted(args.items())}\n{folder_content(folder)}"
    )
    return Image(
        name=name,
        tag=str(entry["tag"]),
        folder=folder,
        parent=parent,
        args=args,
        registry=registry,
        archive=str(entry["archive"]),
        key=sha256(made_of.encode()).hexdigest()[:24],
    )


def folder_content(folder: Path) -> str:
    """Digest names, modes and bytes of the files that ``docker build`` would send: not what .dockerignore names."""
    ignore_file = folder / ".dockerignore"
    ignored = ignore_file.read_text(encoding="utf-8").split() if ignore_file.is_file() else []
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if not path.is_file() or "__pycache__" in path.parts or _is_ignored(relative, ignored):
            continue
        is_executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{relative} {is_executable}\n".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_ignored(relative: str, patterns: list[str]) -> bool:
    """Apply the plain patterns of .dockerignore: ``*.md`` at the top, ``**/x`` anywhere, ``x`` for all below x."""
    name = relative.rpartition("/")[2]
    for pattern in patterns:
        if pattern.startswith("**/"):
            if fnmatch.fnmatch(name, pattern[3:]) or any(
                fnmatch.fnmatch(part, pattern[3:]) for part in relative.split("/")
            ):
                return True
        elif fnmatch.fnmatch(relative.partition("/")[0], pattern):
            return True
    return False
