"""What an image is made of decides its key; a fault in the declaration is told with its place and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.places import ROOT
from tools.image_set import DECLARATION, folder_content, read_images
from tools.part import PartError

DIGEST = f"sha256:{'a' * 64}"
TWO = """
suite = "bookworm"
epoch = "2026-11-25"
[base]
tag = "t/base:1"
folder = "base"
archive = "all"
[app]
tag = "t/app:1"
folder = "app"
from = "base"
archive = "all"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with two images, one on top of the other."""
    for name in ("base", "app", "tools/images"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "base" / "configure").write_text("one", encoding="utf-8")
    (tmp_path / "app" / "Dockerfile").write_text("FROM x", encoding="utf-8")
    (tmp_path / DECLARATION).write_text(TWO, encoding="utf-8")
    return tmp_path


def keys(root: Path, environ: dict[str, str] | None = None) -> dict[str, str]:
    return {image.name: image.key for image in read_images(root, environ or {}).images}


def test_the_projects_own_images_can_be_read_and_built_in_order():
    images = read_images(ROOT, {})
    assert [[image.name for image in level] for level in images.levels()] == [
        ["base"], ["haproxy", "postgres", "python"], ["loket", "loket-next"],
    ]
    assert "base" not in {image.name for image in images.wanted}
    assert images["loket"].key != images["loket-next"].key


def test_a_changed_file_changes_the_image_and_those_on_top_of_it(root: Path):
    before = keys(root)
    (root / "app" / "Dockerfile").write_text("FROM y", encoding="utf-8")
    after_app = keys(root)
    assert (after_app["base"] == before["base"], after_app["app"] == before["app"]) == (True, False)
    (root / "base" / "configure").write_text("two", encoding="utf-8")
    after_base = keys(root)
    assert (after_base["base"] == before["base"], after_base["app"] == after_app["app"]) == (False, False)


def test_a_later_epoch_makes_all_anew(root: Path):
    before = keys(root)
    (root / DECLARATION).write_text(TWO.replace("2026-11-25", "2026-12-24"), encoding="utf-8")
    assert not set(before.values()) & set(keys(root).values())


def test_a_file_that_becomes_executable_counts_and_what_is_never_sent_does_not(root: Path):
    folder = root / "app"
    (folder / ".dockerignore").write_text("**/*.pyc\n*.md\nlocal\n", encoding="utf-8")
    before = folder_content(folder)
    for name in ("README.md", "deep/x.pyc", "__pycache__/y.txt", "local/notes"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not sent", encoding="utf-8")
    assert folder_content(folder) == before
    (folder / "deep" / "README.md").write_text("sent: the pattern is for the top alone", encoding="utf-8")
    with_deep = folder_content(folder)
    (folder / "Dockerfile").chmod(0o755)
    assert len({before, with_deep, folder_content(folder)}) == 3


def test_a_registry_is_named_in_the_file_or_in_the_environment(root: Path):
    (root / DECLARATION).write_text(TWO + f'registry = "in.file/app@{DIGEST}"\n', encoding="utf-8")
    assert read_images(root, {})["app"].registry == f"in.file/app@{DIGEST}"
    image = read_images(root, {"SIAGA24_IMAGE_APP": f"in.environment:5000/app@{DIGEST}"})["app"]
    assert (image.registry, image.digest) == (f"in.environment:5000/app@{DIGEST}", DIGEST)


@pytest.mark.parametrize(
    ("change", "environ", "fault"),
    [
        (
            ("", ""), {"SIAGA24_IMAGE_APP": "reg/app:1.0"},
            'SIAGA24_IMAGE_APP: "reg/app:1.0" names no digest; expected REPOSITORY@sha256: and 64 hexadecimal digits, as ',
        ),
        (
            ('from = "base"', 'from = "base"\nregistry = "reg/app@sha256:abc"'), {},
            'tools/images/images.toml: app: registry: "reg/app@sha256:abc" names no digest; expected REPOSITORY@sha256:',
        ),
        (
            ('from = "base"', 'from = "bass"'), {},
            'tools/images/images.toml: app: from = "bass" is not declared above it; declare it first, or correct the name',
        ),
        (
            ('folder = "app"', 'folder = "ap"'), {},
            "tools/images/images.toml: app: the folder ap does not exist; restore it from git, or correct the name",
        ),
        (
            ('from = "base"', 'form = "base"'), {},
            "tools/images/images.toml: app: unknown key form; known are archive, args, folder, from, registry, tag",
        ),
        (
            ('tag = "t/app:1"\n', ""), {},
            "tools/images/images.toml: app: tag is missing; write it, as the images above have it",
        ),
        (("[app]", "[app"), {}, "tools/images/images.toml cannot be read: Expected ']' at the end of a table declaration"),
        (('epoch = "2026-11-25"', ""), {}, "tools/images/images.toml: epoch is missing; write it above the images"),
    ],
)
def test_a_fault_is_told_with_its_place(root: Path, change: tuple[str, str], environ: dict[str, str], fault: str):
    (root / DECLARATION).write_text(TWO.replace(*change) if change[0] else TWO, encoding="utf-8")
    with pytest.raises(PartError) as raised:
        read_images(root, environ)
    assert raised.value.text.startswith(fault)
