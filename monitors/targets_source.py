"""Targets documents on disk: read and checked as one set, and looked at for changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitors.core.document import DocumentReader
from monitors.core.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitors.core.model import Target

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class TargetsFiles:
    """Documents, and folders whose ``*.json`` are documents; files beginning with a dot are somebody's scratch."""

    paths: Sequence[Path]
    _reader: DocumentReader = field(default_factory=DocumentReader, compare=False, repr=False)

    def read(self) -> tuple[Target, ...]:
        """Read all targets; one that did not change since the last time is the same object.

        Raises DocumentError, naming the file: it is unreadable, or a target is there twice.
        """
        found: dict[str, Target] = {}
        origin: dict[str, Path] = {}
        self._reader.begin()
        for file in self._files():
            for target in _targets(file, self._reader):
                if target.key in found:
                    raise DocumentError(
                        f"{file}: {target.key} stands in {origin[target.key]} too; leave it out of one of them",
                    )
                found[target.key] = target
                origin[target.key] = file
        self._reader.keep()
        return tuple(found[key] for key in sorted(found))

    def signature(self) -> Signature:
        """Say in what state the files are, cheaply: two equal answers mean that nothing changed."""
        states = []
        for file in self._files(is_strict=False):
            try:
                stat = file.stat()
            except OSError:              # gone since it was listed: that is a change too
                continue
            states.append((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
        return tuple(states)

    def _files(self, *, is_strict: bool = True) -> Iterator[Path]:
        for path in self.paths:
            if path.is_dir():
                yield from sorted(file for file in path.glob("*.json") if not file.name.startswith("."))
            elif path.exists() or is_strict:
                yield path


def _targets(file: Path, reader: DocumentReader) -> tuple[Target, ...]:
    try:
        return reader.read(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DocumentError(f'{file}: there is no such file or folder; "siaga24 stack up" writes one') from None
    except OSError as exc:
        raise DocumentError(f"{file}: cannot be read: {exc.strerror}") from exc
    except DocumentError as exc:
        raise DocumentError(f"{file}: {exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise DocumentError(f"{file}: not JSON: {exc}") from exc
