"""A registry of images on this machine, and image sets whose tags are a test run's own."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from tests.tools.places import ROOT
from tools import official
from tools.images_part import Images


@pytest.fixture(scope="session")
def mark() -> str:
    """A word that no other run uses in its names."""
    return f"siaga24-tools-{secrets.token_hex(4)}"


@pytest.fixture(scope="session")
def registry(engine: docker.DockerClient, mark: str) -> Iterator[str]:
    """Run Debian's docker-registry on a free port of 127.0.0.1 and give its address."""
    image, _ = engine.images.build(
        path=str(ROOT / "tests" / "tools" / "registry"), tag=f"{mark}/registry", buildargs={"BASE": "siaga24/base:bookworm"},
    )
    container = engine.containers.run(str(image.id), detach=True, name=f"{mark}-registry", ports={"5000/tcp": ("127.0.0.1", 0)})
    try:
        container.reload()
        published = container.ports["5000/tcp"]
        assert published
        address = f"127.0.0.1:{published[0]['HostPort']}"
        while official.fetch(f"http://{address}/v2/") is None:  # pytest's own time limit ends it
            pass
        yield address
    finally:
        container.remove(force=True, v=True)
        engine.images.remove(f"{mark}/registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """A checkout of its own with two images, ``base`` from a registry and ``app`` built on it, and a cache of its own."""

    root: Path
    cache: Path
    tag: str
    base: str
    engine: docker.DockerClient

    def part(self, **environ: str) -> Images:
        """Give the part that makes them ready."""
        more = {"SIAGA24_CACHE": str(self.cache), "SIAGA24_IMAGE_BASE": self.base, **environ}
        return Images(logs=self.cache / "logs", environ={**os.environ, **more}, root=self.root)

    def file_in_image(self) -> str:
        """Read back what the image was made of."""
        container = self.engine.containers.create(self.tag, ["never started"])
        try:
            stream, _ = container.get_archive("/content")
            with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
                file = archive.extractfile("content")
                assert file is not None
                return file.read().decode()
        finally:
            container.remove()

    def wipe(self) -> None:
        """Take the image from the engine, as a new engine would not have it."""
        self.engine.images.remove(self.tag)


@pytest.fixture
def workshop(tmp_path: Path, engine: docker.DockerClient, registry: str, mark: str) -> Iterator[Workshop]:
    """Push a small base image to the registry and lay out a checkout that takes it from there by digest."""
    remote = f"{registry}/{mark}/base"
    engine.api.import_image_from_data(a_tree(), repository=remote, tag="1")
    pushed = list(engine.images.push(remote, "1", stream=True, decode=True))
    digests = [line["aux"]["Digest"] for line in pushed if "aux" in line]
    assert digests, pushed
    engine.images.remove(f"{remote}:1")
    for name in ("base", "app", "tools/images"):
        (tmp_path / "root" / name).mkdir(parents=True)
    (tmp_path / "root" / "app" / "Dockerfile").write_text(f"ARG BASE\nFROM ${{BASE}}\nLABEL siaga24.test={mark}\nCOPY content /content\n", encoding="utf-8")
    (tmp_path / "root" / "app" / "content").write_text("first", encoding="utf-8")
    (tmp_path / "root" / "tools" / "images" / "images.toml").write_text(
        f'suite = "bookworm"\nepoch = "1"\n[base]\ntag = "{mark}/base:1"\nfolder = "base"\narchive = "all"\n'
        f'[app]\ntag = "{mark}/app:1"\nfolder = "app"\nfrom = "base"\narchive = "all"\n',
        encoding="utf-8",
    )
    try:
        yield Workshop(
            root=tmp_path / "root", cache=tmp_path / "cache", tag=f"{mark}/app:1", base=f"{remote}@{digests[0]}",
            engine=engine,
        )
    finally:
        for image in engine.images.list(filters={"label": f"siaga24.test={mark}"}):
            engine.images.remove(str(image.id), force=True)
        for image in engine.api.images():    # as plain values: another test may remove its own images meanwhile
            for name in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]:
                if mark in name and f"{mark}/registry" not in name:
                    with contextlib.suppress(ImageNotFound):  # the last tag takes the digests with it
                        engine.images.remove(name)


def a_tree() -> bytes:
    """Give the smallest file tree that an image can be made of."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        file = tarfile.TarInfo("etc/name")
        file.size = len(b"small")
        archive.addfile(file, io.BytesIO(b"small"))
    return packed.getvalue()
