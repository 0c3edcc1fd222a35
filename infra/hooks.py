"""What a hosting stack asks of the engine beyond Pulumi's provider, as a protocol; ``stacks`` hands it in.

The provider cannot write files into containers with a read-only root, waits weakly for health (no early failure, no
log lines, nothing on a second ``up``), knows no pids limit and cannot reload a gateway. All calls block, may come from
several threads at once, and are harmless when repeated: each looks first, and does nothing where the world is as it
should be. They are never made in a preview. What they raise ends the update before anything old is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from infra.spec import HealthSpec, Sensitive

DIGEST_FILE = ".digest"                  # in every filled volume: the digest of what it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of a volume."""

    path: str                            # relative to the volume's root, with / between
    content: Sensitive
    mode: int = 0o400


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFiles:
    """What a volume's root looks like: its owner and mode, files and links. Other files in it are left alone."""

    volume: str                          # the engine's name of the volume
    image: str                           # ID of an image that is there; a container of it is made, never started
    uid: int                             # owner of root, folders and files
    gid: int
    digest: str                          # keyed digest over all of it; "" = no files, only own the root
    directory_mode: int = 0o500
    files: tuple[FileEntry, ...] = ()
    links: tuple[tuple[str, str], ...] = ()    # (path, relative target), written after the files
    is_initial: bool = False             # `fill` writes them into an unfilled volume only; changes go through `routed`


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A container that has to be well before the rollout goes on."""

    container_id: str
    what: str                            # for people, e.g. "replica 2 of loket"
    health: HealthSpec
    pids: int                            # the limit to set: the provider knows none


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job's container that has to have ended with code 0."""

    container_id: str
    what: str                            # e.g. "job migrasi of loket"
    deadline_ms: int
    pids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayState:
    """What the running gateway has to be on, and which replicas it has to have found well.

    ``files`` lie in the volume at ``infra.gateway.FOLDER``: a folder ``<digest>/`` and the link ``current`` to it.
    """

    container_id: str
    files: VolumeFiles
    backends: tuple[tuple[str, tuple[str, ...]], ...]   # (backend, IDs of the containers that must be UP in it)


class HostingHooks(Protocol):
    """Acts on the engine between Pulumi's steps. Raises with a sentence for people."""

    def unproven(self, agency: str) -> frozenset[str]:
        """Return the names (label NAME) that several containers of an agency bear: their newest never passed a gate.

        A rollout that passes removes what it replaces. Asked once, before anything is made.
        """
        ...

    def fill(self, files: VolumeFiles) -> None:
        """Write the files, DIGEST_FILE last; nothing if it holds this digest already (any digest if ``is_initial``)."""
        ...

    def running(self, container: Running) -> None:
        """Return when the container is well; raise with its log lines, at once if it ended, else after ``start_ms``."""
        ...

    def finished(self, job: Finished) -> None:
        """Return when the job ended with 0; raise with its log lines if it fails now. An older failure is run anew."""
        ...

    def routed(self, gateway: GatewayState) -> None:
        """Bring the running gateway onto these files without losing a request; wait until it finds the replicas UP."""
        ...
