"""The folder of an export: its files, how they are named, written and read. What they mean is in docs/seal.md.

``manifest.json``, ``seals.txt``, ``keys.txt`` and for each day ``DAY/proof.json`` and ``DAY/AGENCY/*.txt.gz``. The same
ledger gives the same bytes: compressed files carry no time and no name.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import zlib
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Self, cast

from monitors.core.errors import LedgerError
from monitors.core.seal_parts import BlockPart, LeafPart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

FORMAT = "siaga24-export-1"
MANIFEST, SEALS, KEYS, PROOF = "manifest.json", "seals.txt", "keys.txt", "proof.json"
PARTS = ("index", "rows", "runs", "evidence")
NATIONAL = "_"                           # folder of what is no agency's: no code is this
LEVEL = 3                                # of gzip: half a minute of a core for a nation's day
MOST_BYTES = 1 << 28                     # of one leaf's rows or one block's runs: more is no export of ours
CODE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an export says that it holds. Not signed: what counts is what seals say."""

    agency: str                          # "": of all
    days: tuple[str, ...]                # of the seals whose rows are here, in order
    seals: int                           # how many there were


def canonical(value: object) -> str:
    """Write canonical JSON and a line's end."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write what the export holds."""
    (folder / MANIFEST).write_text(canonical({"format": FORMAT, **asdict(manifest)}), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read what an export says it holds. Raises LedgerError for a folder that is none."""
    path = folder / MANIFEST
    told = read_json(path)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise LedgerError(f'{path}: this is no export of format "{FORMAT}"; name the folder of "siaga24 ledger export"')
    agency, days, seals = told.get("agency"), told.get("days"), told.get("seals")
    if (
        not isinstance(agency, str) or not isinstance(days, list) or type(seals) is not int
        or not all(isinstance(day, str) and DAY.fullmatch(day) for day in days) or days != sorted(set(days))
    ):
        raise LedgerError(f"{path}: agency, days or seals are missing or wrong; the file was changed")
    if agency:
        agency_folder(agency)
    return Manifest(agency=agency, days=tuple(days), seals=seals)


def read_json(path: Path) -> Any:
    """Read one JSON file of an export. Raises LedgerError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise LedgerError(f"{path}: it cannot be read: {(exc.strerror or str(exc)).lower()}") from exc
    except ValueError as exc:
        raise LedgerError(f"{path}: this is no JSON: {exc}; the file was changed or cut off") from exc


def agency_folder(agency: str) -> str:
    """Give the name of an agency's folder. Raises LedgerError for a code that is none, as in a changed export."""
    if agency and not CODE.fullmatch(agency):
        raise LedgerError(f'"{agency}" is no code of an agency; expected small letters, digits and hyphens')
    return agency or NATIONAL


class AgencyWriter:
    """Writes what one seal covers of one agency into a folder, leaf by leaf. To be used in a ``with``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        """Open the files."""
        self._folder.mkdir(parents=True)
        for name in PARTS:
            raw = self._stack.enter_context((self._folder / f"{name}.txt.gz").open("wb"))
            file = gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=raw, mtime=0)
            self._files[name] = cast("IO[bytes]", self._stack.enter_context(file))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        """Close them."""
        self._stack.close()

    def add(self, part: LeafPart) -> None:
        """Write the next leaf."""
        self._files["rows"].write(part.rows)
        blocks = []
        for block in part.blocks:
            self._files["runs"].write(block.runs)
            self._files["evidence"].write(block.evidence)
            blocks.append([block.line, len(block.runs), len(block.evidence), block.gone, block.said])
        line = [part.day, part.service, part.digest, part.marks.hex(), len(part.rows), blocks]
        self._files["index"].write(canonical(line).encode())


def read_agency(folder: Path) -> Iterator[LeafPart]:
    """Read what one seal covers of one agency, leaf by leaf. Raises LedgerError where a file was changed or cut off."""
    with contextlib.ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        try:
            for name in PARTS:
                files[name] = cast("IO[bytes]", stack.enter_context(gzip.open(folder / f"{name}.txt.gz", "rb")))
            for number, line in enumerate(files["index"], 1):
                yield _leaf(line, files, f"{folder}/index.txt.gz:{number}")
            for name in PARTS[1:]:
                if files[name].read(1):
                    raise LedgerError(
                        f"{folder}/{name}.txt.gz: it holds more than the index says; rows were added at its end",
                    )
        except (OSError, EOFError, zlib.error) as exc:
            raise LedgerError(f"{folder}: its files cannot be read: {exc}; they were changed or cut off") from exc


def _leaf(line: bytes, files: dict[str, IO[bytes]], where: str) -> LeafPart:
    try:
        day, service, digest, marks, rows, blocks = json.loads(line)
        if not isinstance(day, str) or not DAY.fullmatch(day) or not isinstance(service, str) or len(digest) != 64:
            raise ValueError("a day, a service or a digest is wrong")  # noqa: TRY301 - one sentence for all of them
        return LeafPart(
            day=day, service=service, digest=bytes.fromhex(digest).hex(), marks=bytes.fromhex(marks),
            rows=_read(files["rows"], rows), blocks=tuple(_block(block, files) for block in blocks),
        )
    except (ValueError, TypeError) as exc:
        raise LedgerError(f"{where}: this line is no leaf's: {exc}; the file was changed or cut off") from exc


def _block(parts: Any, files: dict[str, IO[bytes]]) -> BlockPart:
    line, runs, evidence, gone, said = parts
    if type(line) is not int or type(gone) is not int or not isinstance(said, str):
        raise ValueError("a block of the wrong form")
    return BlockPart(
        line=line, runs=_read(files["runs"], runs), evidence=_read(files["evidence"], evidence), gone=gone, said=said,
    )


def _read(file: IO[bytes], count: int) -> bytes:
    if type(count) is not int or not 0 <= count <= MOST_BYTES:
        raise ValueError(f"a length of {count!r}")
    found = file.read(count)
    if len(found) != count:
        raise ValueError(f"{len(found)} bytes where {count} were expected")
    return found
