"""What is asked of the engine about images, through the ``docker`` command, whichever of them is on PATH.

The engine's classic builder is used (DOCKER_BUILDKIT=0): newer clients come without the buildx plugin that the other
one needs.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stacks.docker_host import docker_host
from tools.command import SYSTEM_PATH, run
from tools.image_set import Image
from tools.part import PartError, Say

CONTENT_LABEL = "siaga24.content"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageStore:
    """The images of the engine at ``environ``'s DOCKER_HOST."""

    log: Path
    environ: Mapping[str, str]

    def present(self, images: Sequence[Image]) -> set[str]:
        """Return the names of those that are there with the content that is wanted now."""
        tags = {image.tag: image for image in images}
        done = subprocess.run(  # exit code 1 where any is missing; those found are printed all the same
            ["docker", "image", "inspect", *tags],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=self._environment(),
            timeout=60,
        )
        try:
            found = json.loads(done.stdout or "[]")
        except ValueError as exc:
            raise PartError(f"docker image inspect did not answer with JSON: {done.stderr.strip()}") from exc
        names = set()
        for entry in found:
            labels = entry["Config"].get("Labels") or {}
            digests = {reference.partition("@")[2] for reference in entry.get("RepoDigests") or []}
            for tag in entry.get("RepoTags") or []:
                image = tags.get(tag)
                if image and (image.digest in digests if image.digest else labels.get(CONTENT_LABEL) == image.key):
                    names.add(image.name)
        return names

    def pull(self, image: Image, say: Say) -> None:
        """Take the image from its registry by digest and give it its tag."""
        self._docker(
            "pull",
            image.registry,
            say=say,
            what=f"pulling {image.registry}",
            mend="look whether the registry answers and knows this digest",
        )
        self._docker("tag", image.registry, image.tag, what=f"tagging {image.tag}", mend="look at the engine's log")

    def build(self, image: Image, base_tag: str, network: str, say: Say) -> None:
        """Build the image from its folder on top of its parent."""
        proxies = [f"{name}={os.environ[name]}" for name in PROXIES if os.environ.get(name)]
        args = [f"BASE={base_tag}", *(f"{key}={value}" for key, value in image.args.items()), *proxies]
        self._docker(
            "build",
            "--network",
            network,
            "--tag",
            image.tag,
            "--label",
            f"{CONTENT_LABEL}={image.key}",
            *(word for arg in args for word in ("--build-arg", arg)),
            str(image.folder),
            say=say,
            what=f"building {image.tag}",
            mend="look whether the Debian mirror answers from inside a container",
        )

    def load(self, archive: Path, say: Say) -> None:
        """Give the engine the images of an archive, with their tags."""
        self._docker(
            "load", "--input", str(archive), say=say, what=f"loading {archive.name}", mend="remove the archive"
        )

    def save(self, tags: Sequence[str], archive: Path) -> None:
        """Write images with their tags to a compressed archive; it bears its name only when complete."""
        archive.parent.mkdir(parents=True, exist_ok=True)
        partial = archive.with_suffix(".partial")
        with partial.open("wb") as file, subprocess.Popen(["gzip", "-1"], stdin=subprocess.PIPE, stdout=file) as packer:
            if packer.stdin is None:
                raise AssertionError("a pipe was asked for")
            with packer.stdin as pipe:
                run(
                    ["docker", "save", *tags],
                    what="saving images",
                    mend="look whether the disk is full",
                    log=self.log,
                    stdout=pipe,
                    env=self._environment(),
                )
            if packer.wait():
                raise PartError(f"gzip failed while writing {partial}; look whether the disk is full")
        partial.rename(archive)

    def import_tree(self, tree: Path, image: Image) -> None:
        """Make an image without layers below it from a file tree."""
        tar = ["tar", "-C", str(tree), "--numeric-owner", "--exclude=./proc/*", "--exclude=./sys/*", "-c", "."]
        with subprocess.Popen(tar, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as packer:
            self._docker(
                "import",
                "--change",
                f"LABEL {CONTENT_LABEL}={image.key}",
                "-",
                image.tag,
                stdin=packer.stdout,
                what=f"importing {image.tag}",
                mend="look whether the disk is full",
            )
            if packer.wait():
                raise PartError(f"tar failed while reading {tree}; look whether the disk is full")

    def _docker(self, *argv: str, what: str, mend: str, say: Say | None = None, stdin: object = None) -> None:
        run(
            ["docker", *argv],
            what=what,
            mend=mend,
            log=self.log,
            on_line=say.detail if say else None,
            env=self._environment(),
            stdin=stdin,  # type: ignore[arg-type]
        )

    def _environment(self) -> dict[str, str]:
        return {**self.environ, "PATH": SYSTEM_PATH, "DOCKER_BUILDKIT": "0", "DOCKER_HOST": docker_host(self.environ)}
