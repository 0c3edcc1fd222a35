"""All images: by digest from a registry, else from the cache's archives, else built from Debian packages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from monitors.core.errors import ToolchainError
from stacks.docker_host import find_docker
from stacks.toolchain import cache_folder
from tools import base_tree, debian
from tools.command import SYSTEM_PATH
from tools.docker_images import PROXIES, ImageStore
from tools.image_set import Image, ImageSet, read_images
from tools.part import ROOT, Finding, PartError, Say

KEPT_ARCHIVES = 3  # of one name: this checkout's, and those of the branches that one switches between


class Images:
    """The images of ``tools/images/images.toml`` in the engine."""

    name = "images"

    def __init__(self, *, logs: Path, environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> None:
        self.environ = environ
        self.root = root
        self.log = logs / "images.log"
        self.cache = cache_folder(environ)
        self.store = ImageStore(log=self.log, environ=environ)

    def look(self) -> Finding:
        """Compare the engine's images with what is wanted, and say where each missing one will come from."""
        try:
            images = read_images(self.root, self.environ)
        except PartError as exc:
            return Finding(blocked=exc.text)
        has_client = shutil.which("docker", path=SYSTEM_PATH) is not None
        present: set[str] = set()
        if has_client and self._engine_answers():
            present = self.store.present(images.images)
        missing = [image for image in images.wanted if image.name not in present]
        if not missing:
            return Finding(have=f"{len(images.wanted)} images")
        packages: tuple[str, ...] = () if has_client else ("docker-cli|docker.io",)
        if packages and not debian.may_install():
            return Finding(
                blocked='no "docker" command on PATH, which loads and builds the images; install the docker client'
            )
        will, to_build = self._sources(images, missing, present)
        if "base" in to_build:
            if problem := base_tree.problem():
                return Finding(blocked=problem)
            packages += base_tree.missing_packages()
        return Finding(will=tuple(will), packages=packages, needs=("docker",))

    def make(self, say: Say) -> str:
        """Pull, load and build until all are there; what was built is archived for a wiped engine."""
        images = read_images(self.root, self.environ)
        self.log.unlink(missing_ok=True)
        present = self.store.present(images.images)
        self._pull(images, present, say)
        for name in sorted({image.archive for image in images.wanted if image.name not in present}):
            self._load(name, images, say)
        present |= self.store.present(images.images)
        built = self._build(images, present, say)
        for name in sorted({image.archive for image in built}):
            self._save(name, images, say)
        return f"{len(images.wanted)} images" + (f" ({len(built)} built)" if built else "")

    def _sources(self, images: ImageSet, missing: Sequence[Image], present: set[str]) -> tuple[list[str], set[str]]:
        """Say where each missing image will come from, and name all that must be built for it."""
        from_cache = [
            image.tag for image in missing if not image.registry and self._archive(image.archive, images).is_file()
        ]
        will = [f"image {image.tag} from {image.registry}" for image in missing if image.registry]
        if from_cache:
            will.append(f"images {', '.join(from_cache)} from {self.cache / 'images'}")
        building = [image for image in missing if not image.registry and image.tag not in from_cache]
        if building:
            will.append(f"images {', '.join(image.tag for image in building)}, built from Debian packages")
        return will, {name for image in building for name in self._missing_chain(image, images, present)}

    def _pull(self, images: ImageSet, present: set[str], say: Say) -> None:
        for image in images.images:
            if image.registry and image.name not in present:
                say.phase(f"pulling {image.registry}")
                try:
                    self.store.pull(image, say)
                    present.add(image.name)
                except PartError as exc:
                    say.phase(f"{exc.text}; it is built from Debian packages instead")

    def _load(self, name: str, images: ImageSet, say: Say) -> None:
        archive = self._archive(name, images)
        if not archive.is_file():
            return
        say.phase(f"loading {archive.name}")
        try:
            self.store.load(archive, say)
            archive.touch()
        except PartError as exc:
            archive.unlink(missing_ok=True)
            say.phase(f"{exc.text}; it was removed, and its images are built anew")

    def _build(self, images: ImageSet, present: set[str], say: Say) -> list[Image]:
        needed = {name for image in images.wanted for name in self._missing_chain(image, images, present)}
        built: list[Image] = []
        for level in images.levels():
            todo = [image for image in level if image.name in needed]
            if not todo:
                continue
            say.phase(f"building {', '.join(image.tag for image in todo)}")
            # Images of one folder share their first steps: one after the other, the second finds them done.
            folders: dict[Path, list[Image]] = {}
            for image in todo:
                folders.setdefault(image.folder, []).append(image)
            with ThreadPoolExecutor(max_workers=len(folders)) as pool:
                list(pool.map(lambda group: self._build_all(group, images, say), folders.values()))
            built += todo
        return built

    def _missing_chain(self, image: Image, images: ImageSet, present: set[str]) -> set[str]:
        """Name the image and those below it that are not there, as far as they are not pulled."""
        if image.name in present or (image.registry and not image.parent):
            return set()
        return {image.name} | (self._missing_chain(images[image.parent], images, present) if image.parent else set())

    def _build_all(self, group: Sequence[Image], images: ImageSet, say: Say) -> None:
        for image in group:
            self._build_one(image, images, Named(say, image.name) if image.parent else say)

    def _build_one(self, image: Image, images: ImageSet, say: Say) -> None:
        if image.parent:
            proxies = [value for name in PROXIES if (value := os.environ.get(name))]
            network = debian.build_network([*proxies, os.environ.get("SIAGA24_DEBIAN_MIRROR", "")])
            self.store.build(image, images[image.parent].tag, network, say)
            return
        with base_tree.debian_tree(
            images.suite, image.folder / "configure", work=self.cache / "work", log=self.log, say=say
        ) as tree:
            say.phase(f"importing {image.tag}")
            self.store.import_tree(tree, image)

    def _save(self, name: str, images: ImageSet, say: Say) -> None:
        members = [image for image in images.images if image.archive == name and not image.registry]
        present = self.store.present(members)
        say.phase(f"keeping a copy of {', '.join(image.tag for image in members)} in the cache")
        archive = self._archive(name, images)
        try:
            self.store.save([image.tag for image in members if image.name in present], archive)
        except (PartError, OSError) as exc:  # the images are there; only the next wiped engine has to build again
            say.phase(f"no copy was kept: {exc}")
            archive.with_suffix(".partial").unlink(missing_ok=True)
        kept = sorted(archive.parent.glob(f"{name}-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in kept[KEPT_ARCHIVES:]:
            old.unlink()

    def _archive(self, name: str, images: ImageSet) -> Path:
        keys = [image.key for image in images.images if image.archive == name and not image.registry]
        return self.cache / "images" / f"{name}-{sha256(' '.join(keys).encode()).hexdigest()[:16]}.tar.gz"

    def _engine_answers(self) -> bool:
        try:
            find_docker(self.environ)
        except ToolchainError:
            return False
        return True


class Named:
    """Puts a name before each detail, where several things are built side by side under one phase."""

    def __init__(self, say: Say, name: str) -> None:
        self._say = say
        self._name = name

    def phase(self, text: str) -> None:
        """Pass it on."""
        self._say.phase(text)

    def detail(self, text: str) -> None:
        """Pass it on with the name."""
        self._say.detail(f"{self._name}: {text}")
