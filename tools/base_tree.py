"""A small Debian tree by debootstrap, from the mirror that this machine uses itself: what the base image is made of."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import debian
from tools.command import SYSTEM_PATH, run
from tools.part import PartError, Say

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("debootstrap", "debian-archive-keyring")
PREFIX = ".tree-"


def missing_packages() -> tuple[str, ...]:
    """Return the Debian packages that building a tree needs and that are not there."""
    have_program = shutil.which("debootstrap", path=SYSTEM_PATH) is not None
    return () if have_program and KEYRING.exists() else PACKAGES


def problem() -> str:
    """Say why no tree can be built here; empty where it can."""
    if debian.may_install() or (os.geteuid() == 0 and not missing_packages()):
        return ""
    return (
        "the base image cannot be built here: debootstrap needs root on Debian or Ubuntu; run this as root there once, "
        "or name a Debian 12 image by digest in SIAGA24_IMAGE_BASE=REPOSITORY@sha256:..."
    )


@contextlib.contextmanager
def debian_tree(suite: str, configure: Path, *, work: Path, log: Path, say: Say) -> Iterator[Path]:
    """Give a configured tree for as long as the block runs. ``work``: a folder on a disk that allows programs."""
    mirror, sources = debian.apt_sources(suite)
    work.mkdir(parents=True, exist_ok=True)
    tree = Path(tempfile.mkdtemp(prefix=PREFIX, dir=work))
    try:
        tree.chmod(0o755)
        say.phase(f"debootstrap fetches Debian {suite}")
        run(
            [
                "debootstrap",
                "--variant=minbase",
                "--include=ca-certificates",
                f"--keyring={KEYRING}",
                suite,
                tree,
                mirror,
            ],
            what="debootstrap",
            log=log,
            on_line=lambda line: say.detail(line.removeprefix("I: ")),
            mend="look whether the mirror answers, or set SIAGA24_DEBIAN_MIRROR to another",
        )
        (tree / "etc/apt/sources.list").write_text("\n".join(sources) + "\n", encoding="utf-8")
        shutil.copy("/etc/resolv.conf", tree / "etc/resolv.conf")
        shutil.copy(configure, tree / "configure")
        say.phase("taking Debian's security updates, leaving out documentation")
        run(
            ["chroot", tree, "sh", "/configure"],
            what="configuring the base image",
            mend="its log says why",
            log=log,
            on_line=say.detail,
        )
        (tree / "configure").unlink()
        yield tree
    finally:
        remove_tree(tree)


def remove_tree(tree: Path) -> None:
    """Remove a tree, one left by a killed run too, in which debootstrap may have mounted /proc and /sys."""
    for name in ("proc", "sys"):
        if (tree / name).is_mount():
            subprocess.run(["umount", "--lazy", tree / name], check=False, capture_output=True)
        if (tree / name).is_mount():
            raise PartError(f"{tree / name} is mounted and cannot be unmounted; unmount it and remove {tree}")
    shutil.rmtree(tree, ignore_errors=True)
