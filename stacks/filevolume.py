"""Fill a named volume with files through a container that is made, never started, and removed again.

The engine unpacks a tar archive with any owner and mode, so nothing runs as root and no file passes over this machine's
disk. The digest's file is emptied first and written last: a fill that was cut off is done again.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from infra.hooks import DIGEST_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.hooks import VolumeFiles
    from stacks.engine import Engine

ROOT = "siaga24-fill"
INSIDE = f"/{ROOT}"                      # no image has this path, so nothing of an image is copied into the volume
DIGEST_MODE = 0o444


def fill(engine: Engine, files: VolumeFiles, labels: Mapping[str, str]) -> bool:
    """Make the volume hold these files; tell whether anything had to be written.

    ``labels``: of the helper container, so that one that a killed command leaves behind is found. Looks first through a
    container that has the volume mounted, which costs far less than making a helper.
    """
    users = engine.mounting(files.volume)
    if users and (not files.digest or _serves(files, digest_in(engine, users[0].id, users[0].mounts[files.volume]))):
        return False
    with engine.holding(files.image, {files.volume: INSIDE}, labels) as helper:
        if not files.digest:
            if engine.owner_of(helper, INSIDE) == (files.uid, files.gid, files.directory_mode):
                return False
        elif _serves(files, digest_in(engine, helper, INSIDE)):
            return False
        # Unpacked one level above: the engine ignores an archive's entry for the very folder it unpacks into.
        engine.put_tar(helper, "/", archive(files))
        return True


def switch(engine: Engine, files: VolumeFiles, labels: Mapping[str, str]) -> None:
    """Write everything, links and digest too, whatever the volume holds."""
    with engine.holding(files.image, {files.volume: INSIDE}, labels) as helper:
        engine.put_tar(helper, "/", archive(files))


def write_only(engine: Engine, files: VolumeFiles, labels: Mapping[str, str]) -> None:
    """Write the files beside what is there, without links and digest: nothing uses them yet."""
    with engine.holding(files.image, {files.volume: INSIDE}, labels) as helper:
        engine.put_tar(helper, "/", archive(files, with_links=False))


def digest_in(engine: Engine, container_id: str, folder: str) -> str:
    """Return the digest that a volume, mounted at ``folder``, says it holds; "" if none."""
    content = engine.read_file(container_id, f"{folder}/{DIGEST_FILE}")
    return (content or b"").decode(errors="replace").strip()


def _serves(files: VolumeFiles, digest: str) -> bool:
    """Tell whether a volume that holds ``digest`` may stay as it is."""
    return digest == files.digest or (files.is_initial and bool(digest))


def archive(files: VolumeFiles, *, with_links: bool = True) -> bytes:
    """Return the volume's root, folders, files, links and digest as a tar archive, in the order to unpack them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:

        def add(path: str, kind: bytes, mode: int, content: bytes = b"", target: str = "") -> None:
            entry = tarfile.TarInfo(f"{ROOT}/{path}")
            entry.type, entry.mode, entry.linkname = kind, mode, target
            entry.uid, entry.gid, entry.size = files.uid, files.gid, len(content)
            tar.addfile(entry, io.BytesIO(content))

        has_digest = bool(files.digest) and with_links
        add("", tarfile.DIRTYPE, files.directory_mode)
        if has_digest:
            add(DIGEST_FILE, tarfile.REGTYPE, DIGEST_MODE)
        for folder in _folders(files):
            add(folder, tarfile.DIRTYPE, files.directory_mode)
        for file in files.files:
            add(file.path, tarfile.REGTYPE, file.mode, file.content.reveal().encode())
        if with_links:
            for path, target in files.links:
                add(path, tarfile.SYMTYPE, 0o777, target=target)
        if has_digest:
            add(DIGEST_FILE, tarfile.REGTYPE, DIGEST_MODE, files.digest.encode())
    return buffer.getvalue()


def _folders(files: VolumeFiles) -> list[str]:
    """Name every folder above a file or link, outer ones first."""
    paths = [file.path for file in files.files] + [path for path, _ in files.links]
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents if str(parent) != "."}
    return sorted(folders)
