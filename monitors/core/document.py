"""The targets document: versioned JSON, the only contract between hosting and monitor.

``to_document`` and ``from_document`` are inverse to each other; values equal to their default are left out. Plain
dicts in and out: reading and writing files is the caller's.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from monitors.core.errors import DocumentError
from monitors.core.model import Target

DOCUMENT_VERSION = 1
_HEAD = re.compile(rf'\s*\{{\s*"version"\s*:\s*{DOCUMENT_VERSION}\s*,\s*"targets"\s*:\s*\[\s*(?=\{{)')
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
_NEXT = re.compile(r"\s*,\s*")
_TAIL = re.compile(r"\s*\]\s*\}\s*")


def to_document(targets: Sequence[Target]) -> dict[str, Any]:
    """Write targets as plain dicts, lists, strings, numbers and booleans."""
    return {"version": DOCUMENT_VERSION, "targets": [_encode(target) for target in targets]}


def from_document(document: object) -> tuple[Target, ...]:
    """Read a targets document.

    Raises DocumentError, which names the place by its path, where the version is another one, a key is unknown or
    missing, a value has another type or cannot exist, or two targets have the same key.
    """
    if not isinstance(document, Mapping):
        raise DocumentError(f"targets document: expected an object, got {_kind(document)}")
    version = document.get("version")
    if version != DOCUMENT_VERSION:
        raise DocumentError(
            f"targets document: version {version!r}, but this monitor reads version {DOCUMENT_VERSION}; "
            'write it anew with "siaga24 stack up" of the same toolkit',
        )
    unknown = sorted(set(document) - {"version", "targets"})
    if unknown:
        raise DocumentError(f"targets document: unknown key {unknown[0]!r}")
    targets: tuple[Target, ...] = _decode(tuple[Target, ...], document.get("targets"), "targets")
    _check_names(targets)
    return targets


def _check_names(targets: Sequence[Target]) -> None:
    seen: set[str] = set()
    for index, target in enumerate(targets):
        if target.key in seen:
            raise DocumentError(f"targets/{index}: {target.key} stands in the document twice; leave one out")
        seen.add(target.key)
        names = [transaction.name for transaction in target.transactions]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise DocumentError(f"targets/{index}/transactions: {twice!r} stands there twice; rename one")


class DocumentReader:
    """Reads documents again and again: a target whose text did not change is the same object as before.

    Equal parts of targets (texts, assertions, whole steps) are one object too. A nation's document is read target by
    target, so that what JSON makes of it never stands in memory as a whole. Not for several threads at once.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Target] = {}        # by digest of the target's text
        self._fresh: dict[bytes, Target] = {}
        self._parts: dict[Any, Any] = {}

    def begin(self) -> None:
        """Begin a set of documents."""
        self._fresh, self._parts = {}, {}

    def read(self, text: str) -> tuple[Target, ...]:
        """Read one document. Raises DocumentError as ``from_document``, and ValueError where it is no JSON."""
        targets: list[Target] = []
        for piece in _target_texts(text):
            digest = hashlib.blake2b(piece.encode(errors="surrogatepass"), digest_size=16).digest()
            target = self._known.get(digest) or self._fresh.get(digest)
            if target is None:
                try:
                    target = _decode(Target, json.loads(piece), f"targets/{len(targets)}", self._parts)
                except RecursionError:
                    return from_document(json.loads(text))
            self._fresh[digest] = target
            targets.append(target)
        if not targets:                  # empty, or not as ``to_document`` writes it: the plain way says what is wrong
            return from_document(json.loads(text))
        _check_names(targets)
        return tuple(targets)

    def keep(self) -> None:
        """End a set that was read without a fault; what it does not have is forgotten."""
        self._known = self._fresh
        self.begin()


def _target_texts(text: str) -> Iterator[str]:
    """Cut a document as ``to_document`` has it into its targets' texts; nothing where it looks otherwise."""
    head = _HEAD.match(text)
    if head is None:
        return
    scan, ends = json.JSONDecoder().raw_decode, []
    start = head.end()
    while True:
        _, end = scan(text, start)
        ends.append((start, end))
        after = _NEXT.match(text, end)
        if after is None:
            break
        start = after.end()
    if _TAIL.fullmatch(text, end):
        yield from (text[start:end] for start, end in ends)


def _encode(value: object) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if is_dataclass(value):
        return {
            part.name: _encode(getattr(value, part.name))
            for part in fields(value)
            if getattr(value, part.name) != _default(part)
        }
    return value


def _default(part: Field[Any]) -> object:
    if part.default_factory is not MISSING:
        return part.default_factory()
    return part.default


def _decode(wanted: Any, value: object, path: str, parts: dict[Any, Any] | None = None) -> Any:
    """Read a value. ``parts``: what was read before, so that equal texts and objects are one."""
    read = _read(wanted, value, path, parts)
    if parts is None or not (isinstance(read, (str, tuple)) or is_dataclass(read)):
        return read
    try:
        return parts.setdefault((type(read), read), read)
    except TypeError:                    # it holds something that cannot be compared
        return read


def _read(wanted: Any, value: object, path: str, parts: dict[Any, Any] | None) -> Any:
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        inner = next(arg for arg in get_args(wanted) if arg is not type(None))
        return None if value is None else _decode(inner, value, path, parts)
    if origin is tuple:
        return _decode_tuple(get_args(wanted), value, path, parts)
    if is_dataclass(wanted):
        return _decode_object(wanted, value, path, parts)
    if wanted is Decimal:
        try:
            return Decimal(_checked(str, value, path))
        except InvalidOperation:
            raise DocumentError(f"{path}: expected a decimal number as text, got {value!r}") from None
    if wanted is time:
        return _time(_checked(str, value, path), path)
    if issubclass(wanted, StrEnum):
        try:
            return wanted(_checked(str, value, path))
        except ValueError:
            known = ", ".join(member.value for member in wanted)
            raise DocumentError(f"{path}: expected one of {known}, got {value!r}") from None
    return _checked(wanted, value, path)


def _time(text: str, path: str) -> time:
    if _CLOCK.fullmatch(text) is None:
        raise DocumentError(f"{path}: expected a time of day as 07:30, got {text!r}")
    return time.fromisoformat(text)


def _decode_tuple(
    args: tuple[Any, ...], value: object, path: str, parts: dict[Any, Any] | None,
) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DocumentError(f"{path}: expected a list, got {_kind(value)}")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_decode(args[0], item, f"{path}/{index}", parts) for index, item in enumerate(value))
    if len(value) != len(args):
        raise DocumentError(f"{path}: expected {len(args)} items, got {len(value)}")
    pairs = enumerate(zip(args, value, strict=True))
    return tuple(_decode(arg, item, f"{path}/{index}", parts) for index, (arg, item) in pairs)


def _decode_object(wanted: Any, value: object, path: str, parts: dict[Any, Any] | None) -> Any:
    if not isinstance(value, Mapping):
        raise DocumentError(f"{path}: expected an object, got {_kind(value)}")
    hints, needed = _shape(wanted)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise DocumentError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(hints)}")
    missing = [name for name in needed if name not in value]
    if missing:
        raise DocumentError(f"{path}: key {missing[0]!r} is missing")
    given = {name: _decode(hints[name], item, f"{path}/{name}", parts) for name, item in value.items()}
    try:
        return wanted(**given)
    except ValueError as exc:
        raise DocumentError(f"{path}: {exc}") from exc


@functools.cache
def _shape(wanted: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the types of a dataclass's fields by name, and the names of those without a default.

    Found out once: a nation's document has 13,000 targets of a few shapes.
    """
    hints = get_type_hints(wanted)
    parts = fields(wanted)
    return (
        {part.name: hints[part.name] for part in parts},
        tuple(part.name for part in parts if _default(part) is MISSING),
    )


def _checked(wanted: type, value: object, path: str) -> Any:
    # bool is an int to Python; a document that says `true` for a number is wrong all the same
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise DocumentError(f"{path}: expected {_NAMES.get(wanted, wanted.__name__)}, got {_kind(value)}")
    return value


_NAMES: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false"}


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
