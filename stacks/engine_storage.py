"""Images, volumes and networks of the Docker engine, and files in containers that hold volumes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stacks.engine_containers import Containers
from stacks.engine_facts import LABEL_AGENCY, ImageFacts, NetworkFacts, VolumeFacts, network_facts

PASSWD_FIELDS = 4


class Storage(Containers):
    """The engine's images, volumes and networks."""

    def image(self, reference: str) -> ImageFacts | None:
        """Find a local image by ``name:tag``, digest or ID; None if it is not there."""
        raw: dict[str, Any] | None = self._find(
            f"image {reference}", lambda: self._api.inspect_image(reference),  # type: ignore[no-untyped-call]
        )
        if raw is None:
            return None
        config = raw.get("Config") or {}
        uid, gid = self._user(raw["Id"], config.get("User") or "")
        test = (config.get("Healthcheck") or {}).get("Test") or []
        return ImageFacts(
            id=raw["Id"], reference=reference, uid=uid, gid=gid, volumes=tuple(sorted(config.get("Volumes") or ())),
            health=() if test[:1] == ["NONE"] else tuple(test),
        )

    def image_names(self) -> tuple[str, ...]:
        """Name all local images (``name:tag``), sorted."""
        images = self._ask("images", self._api.images)
        tags = {tag for image in images for tag in image.get("RepoTags") or ()}
        return tuple(sorted(tags - {"<none>:<none>"}))

    def _user(self, image_id: str, user: str) -> tuple[int, int]:
        """Turn an image's USER into numbers, reading its /etc/passwd and /etc/group only where it needs to."""
        name, _, group = user.partition(":")
        if not name:
            return 0, 0
        if name.isdigit() and group.isdigit():
            return int(name), int(group)
        with self.holding(image_id, {}, {}) as helper:
            users = self._table(helper, "/etc/passwd")
            groups = self._table(helper, "/etc/group") if group else []
        row = next((r for r in users if len(r) >= PASSWD_FIELDS and name in {r[0], r[2]}), None)
        uid = int(name) if name.isdigit() else int(row[2]) if row else -1
        gid = int(row[3]) if row else 0
        if group:
            gid = next((int(r[2]) for r in groups if group in {r[0], r[2]}), int(group) if group.isdigit() else -1)
        return uid, gid

    def _table(self, container_id: str, path: str) -> list[list[str]]:
        content = self.read_file(container_id, path) or b""
        return [line.split(":") for line in content.decode(errors="replace").splitlines()]

    @contextmanager
    def holding(self, image_id: str, mounts: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[str]:
        """Make a container that holds volumes (name -> path) and is never started; removed at the end. Gives its ID."""
        with self._asking("helper container"):
            host_config = self._api.create_host_config(
                binds={volume: {"bind": path, "mode": "rw"} for volume, path in mounts.items()}, network_mode="none",
            )
            helper = self._api.create_container(
                image_id, command=["-"], entrypoint=["/never-started"], user="0:0", labels=dict(labels),
                host_config=host_config, network_disabled=True,
            )["Id"]
        try:
            yield helper
        finally:
            self.remove(helper, with_anonymous_volumes=True)

    def put_tar(self, container_id: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into a folder of a container, running or not."""
        self._ask(f"files for {container_id[:12]}", lambda: self._api.put_archive(container_id, folder, archive))

    def read_file(self, container_id: str, path: str) -> bytes | None:
        """Return a file's content out of a container, running or not; None if it is not there."""
        def read() -> bytes | None:
            chunks, _ = self._api.get_archive(container_id, path)
            with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
                member = archive.next()
                file = archive.extractfile(member) if member is not None else None
                return file.read() if file is not None else None

        return self._find(f"{path} of {container_id[:12]}", read)

    def owner_of(self, container_id: str, folder: str) -> tuple[int, int, int]:
        """Return (uid, gid, mode) of a folder in a container, reading no more than its own entry."""
        with (
            self._asking(f"{folder} of {container_id[:12]}"),
            self._api.get(
                self._url(f"/containers/{container_id}/archive"), params={"path": folder},
                headers={"Accept-Encoding": "identity"}, stream=True,
            ) as answer,
        ):
            answer.raise_for_status()
            member = tarfile.TarInfo.frombuf(answer.raw.read(tarfile.BLOCKSIZE), "utf-8", "replace")
            return member.uid, member.gid, member.mode & 0o7777

    def networks(self) -> tuple[NetworkFacts, ...]:
        """List all networks."""
        return tuple(map(network_facts, self._ask("networks", self._api.networks)))

    def remove_network(self, name: str) -> None:
        """Remove a network that nothing uses; nothing if it is gone."""
        self._find(f"removal of network {name}", lambda: self._api.remove_network(name))

    def volumes(self, agency: str) -> tuple[VolumeFacts, ...]:
        """List the volumes of an agency's stack, by name."""
        found: dict[str, Any] = self._ask(
            "volumes", lambda: self._api.volumes(filters={"label": f"{LABEL_AGENCY}={agency}"}),
        )
        volumes = (
            VolumeFacts(name=raw["Name"], labels=raw.get("Labels") or {}, created=raw.get("CreatedAt", ""))
            for raw in found.get("Volumes") or ()
        )
        return tuple(sorted(volumes, key=lambda volume: volume.name))

    def volume_names(self) -> frozenset[str]:
        """Name all volumes."""
        found: dict[str, Any] = self._ask("volumes", self._api.volumes)
        return frozenset(raw["Name"] for raw in found.get("Volumes") or ())

    def remove_volume(self, name: str) -> None:
        """Delete a volume and all its data; nothing if it is gone."""
        self._find(f"removal of volume {name}", lambda: self._api.remove_volume(name))
