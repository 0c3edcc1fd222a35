"""Small files of the state folder: written whole or not at all, synced, with the mode they need.

What a stack was last known to be, beside Pulumi's own state, is a ``StackRecord``: the engine it lives on and whether
its release passed the health gate.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.errors import StackError

if TYPE_CHECKING:
    from pathlib import Path


def write_atomic(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write ``data`` so that a reader, or a crash, meets the old file or the new one. Raises StackError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as exc:
        raise unwritable(path, exc) from exc
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def unwritable(path: Path | str, exc: OSError) -> StackError:
    """Return the error for something in the state folder that cannot be written."""
    return StackError(
        f"{path}: cannot be written ({exc.strerror}); expected a state folder with room that you may write to; "
        "free space or choose another one with --state, then type the command again",
    )


class Gate(StrEnum):
    """What is known of the health of the release that a stack runs."""

    UNVERIFIED = "unverified"            # made, or being made, and not seen healthy
    PASSED = "passed"                    # seen healthy, inside and from outside
    NONE = "none"                        # nothing runs


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRecord:
    """What we know of a stack beside Pulumi's state. Empty values: not known yet."""

    engine_id: str = ""                  # the Docker engine's own ID
    engine_host: str = ""                # where it was reached
    engine_name: str = ""                # its host's name, for people
    gate: Gate = Gate.NONE
    failure: str = ""                    # why the gate failed, a sentence

    def failed(self, reason: str) -> StackRecord:
        """Return the record after a failed gate."""
        return replace(self, gate=Gate.UNVERIFIED, failure=reason)

    def passed(self) -> StackRecord:
        """Return the record after a passed gate."""
        return replace(self, gate=Gate.PASSED, failure="")

    def gone(self) -> StackRecord:
        """Return the record of a stack that was taken down; its data may still be on the engine."""
        return replace(self, gate=Gate.NONE, failure="")


def record_path(state: Path, code: str) -> Path:
    """Say where the record of a stack lies."""
    return state / "stacks" / f"{code}.json"


def read_record(state: Path, code: str) -> StackRecord:
    """Return the record of a stack, an empty one if there is none. Raises StackError if it is damaged."""
    path = record_path(state, code)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        known = {each.name: raw[each.name] for each in fields(StackRecord) if each.name in raw}
        return StackRecord(**{**known, "gate": Gate(raw["gate"])})
    except FileNotFoundError:
        return StackRecord()
    except (OSError, ValueError, TypeError, KeyError) as exc:
        raise StackError(
            f"{path}: the record of stack {code!r} cannot be read ({exc}); expected the JSON that siaga24 wrote; "
            "put a copy of it back, or remove the file if the engine is still the one the stack was made on",
        ) from exc


def write_record(state: Path, code: str, record: StackRecord) -> None:
    """Keep the record of a stack."""
    text = json.dumps(asdict(record), indent=2, sort_keys=True) + "\n"
    write_atomic(record_path(state, code), text.encode())


def forget_record(state: Path, code: str) -> None:
    """Remove the record of a stack of which nothing is left."""
    record_path(state, code).unlink(missing_ok=True)
