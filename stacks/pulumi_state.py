"""Pulumi's own files of a stack, read: the checkpoint with its resources and unfinished operations, and its locks.

Read only; all changes go through the Pulumi CLI. The format is the file backend's (version 3 of the checkpoint).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitors.core.errors import StackError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "siaga24"
_KEPT_FOLDER = ".pulumi"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateResource:
    """A resource that the state knows to be on the engine."""

    urn: str
    type: str
    id: str
    inputs: dict[str, Any]
    is_protected: bool = False
    is_leaving: bool = False             # replaced, and to be deleted by the next update


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOperation:
    """An operation that had begun when the update was cut off."""

    kind: str                            # creating, updating, deleting, reading, importing
    urn: str
    type: str
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """A stack's checkpoint. Components and the stack itself are left out of ``resources``."""

    resources: tuple[StateResource, ...] = ()
    pending: tuple[PendingOperation, ...] = ()
    outputs: dict[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[StateResource, ...]:
        """Return the resources of a Docker kind (``Container``, ``Network``, ``Volume``)."""
        return tuple(r for r in self.resources if r.type.startswith("docker:") and r.type.endswith(f":{kind}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiLock:
    """A lock that an update of Pulumi holds or left behind."""

    path: Path
    pid: int
    host: str
    since: str


class BackendFiles:
    """The file backend in ``<state>/pulumi``: where things are."""

    def __init__(self, state: Path) -> None:
        """Use the state folder."""
        self.root = state / "pulumi"

    @property
    def url(self) -> str:
        """The backend's address for Pulumi."""
        return f"file://{self.root}"

    def work_dir(self, code: str) -> Path:
        """The stack's own folder with its settings: nothing is shared between two stacks' commands."""
        return self.root / code

    def config_file(self, code: str) -> Path:
        """The stack's configuration, with its encrypted secrets."""
        return self.work_dir(code) / f"Pulumi.{code}.yaml"

    def checkpoint(self, code: str) -> Path:
        """The stack's state."""
        return self.root / _KEPT_FOLDER / "stacks" / PROJECT / f"{code}.json"

    @property
    def meta_file(self) -> Path:
        """The backend's own version mark."""
        return self.root / _KEPT_FOLDER / "meta.yaml"

    def exists(self, code: str) -> bool:
        """Tell whether the stack was made."""
        return self.checkpoint(code).exists()

    def has_secrets(self) -> bool:
        """Tell whether any stack's configuration holds secrets that a passphrase protects."""
        return any("encryptionsalt:" in path.read_text(encoding="utf-8") for path in self.root.glob("*/Pulumi.*.yaml"))

    def holds(self, code: str, key: str) -> bool:
        """Tell whether a stack's configuration has ``key``, without reading its value."""
        path = self.config_file(code)
        return path.exists() and f"{key}:" in path.read_text(encoding="utf-8")

    def state(self, code: str) -> StackState:
        """Read a stack's checkpoint; an empty state if there is none. Raises StackError if it is damaged."""
        path = self.checkpoint(code)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return StackState()
        try:
            return _parse(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            backup = path.with_name(path.name + ".bak")
            raise StackError(
                f"{path}: the state of stack {code!r} is damaged ({exc}); expected the JSON that Pulumi wrote; nothing "
                f"was changed; put the last good copy back, for instance: cp {backup} {path}",
            ) from exc

    def locks(self, code: str) -> tuple[PulumiLock, ...]:
        """Read Pulumi's locks on a stack; an unreadable one has pid 0."""
        folder = self.root / _KEPT_FOLDER / "locks" / "organization" / PROJECT / code
        locks = []
        for path in sorted(folder.glob("*.json")):
            try:
                raw = json.loads(path.read_text(encoding="utf-8"))
                dt.datetime.fromisoformat(raw["timestamp"])
                locks.append(PulumiLock(
                    path=path, pid=int(raw["pid"]), host=str(raw["hostname"]), since=str(raw["timestamp"]),
                ))
            except (OSError, ValueError, KeyError, TypeError):
                locks.append(PulumiLock(path=path, pid=0, host="", since=""))
        return tuple(locks)


def _parse(raw: dict[str, Any]) -> StackState:
    latest = (raw.get("checkpoint") or {}).get("latest") or {}
    resources = tuple(
        StateResource(
            urn=entry["urn"], type=entry["type"], id=entry.get("id", ""), inputs=entry.get("inputs") or {},
            is_protected=entry.get("protect", False), is_leaving=entry.get("delete", False),
        )
        for entry in latest.get("resources") or () if entry.get("custom") and entry.get("id")
    )
    pending = tuple(
        PendingOperation(
            kind=entry["type"], urn=entry["resource"]["urn"], type=entry["resource"]["type"],
            inputs=entry["resource"].get("inputs") or {},
        )
        for entry in latest.get("pending_operations") or ()
    )
    outputs: dict[str, Any] = {}
    for entry in latest.get("resources") or ():
        if entry["type"] == "pulumi:pulumi:Stack":
            outputs = entry.get("outputs") or {}
    return StackState(resources=resources, pending=pending, outputs=outputs)
