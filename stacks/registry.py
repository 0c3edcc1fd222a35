"""Every agency of the nation, on board or not: the heads of a workspace's files, without reading what they host.

An agency's file is registered as it stands there, whatever else is wrong in it (``siaga24 agency validate`` tells), and
also while it has no service yet. Only the plain lines at the top level are looked at: a nation's 650 files take a
fraction of a second, where reading them whole takes ten.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.core.nation import Registered
from stacks.reserved import RESERVED_CODES

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS_FILE = "siaga24.yaml"
KEYS = ("name", "kind", "province", "wave")
_LINE = re.compile(r"[ \t]*:(?:[ \t]+|(?=\n|$))(.*?)[ \t]*(?=\n|$)")
_QUOTED = re.compile(r'"([^"\\]*)"(?:[ \t]+#.*)?|\'([^\']*)\'(?:[ \t]+#.*)?')
_PLAIN = re.compile(r"([^\s\"'&*!|>%@`\[{#?:,-](?:[^#:\n]|(?<!\s)#|:(?=\S))*)(?:[ \t]+#.*)?")
_GOES_ON = re.compile(r"(?:[ \t]*\n)*[ \t]+[^\s#]")      # a text on several lines


def registered_in(folder: Path) -> tuple[Registered, ...]:
    """Give the agencies of a workspace by code; none where the folder is no workspace.

    DefinitionError where the settings, which name the wave of those that name none, have faults.
    """
    settings = folder / SETTINGS_FILE
    if not settings.is_file():
        return ()
    paths = (path for path in folder.glob("*.yaml") if path.stem not in RESERVED_CODES and path.name[0] != ".")
    found = [_agency(path) for path in sorted(paths)]
    if all(one.wave for one in found):
        return tuple(found)
    from stacks.tiers import load_settings  # noqa: PLC0415 - the whole grammar, which nothing else here needs

    last = load_settings(settings).waves[-1]
    return tuple(one if one.wave else replace(one, wave=last) for one in found)


def _agency(path: Path) -> Registered:
    found = head(path.read_bytes())
    # the file's name is the code; a line that says otherwise is a fault
    return Registered(code=path.stem, **{key: found.get(key, "") for key in KEYS})


def head(data: bytes) -> dict[str, str]:
    """Give the texts of an agency file's head; what cannot be read has none."""
    text = "\n" + data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    found: dict[str, str] = {}
    for key in KEYS:
        line = _line_of(text, key)
        if line is None:
            continue
        quoted, plain = _QUOTED.fullmatch(line[1]), _PLAIN.fullmatch(line[1])
        value = quoted or plain
        if value is None or _GOES_ON.match(text, line.end() + 1):
            return _read_whole(data)     # an anchor, several lines, an escape
        said = next(group for group in value.groups() if group is not None)
        found[key] = said if quoted else said.rstrip()       # spaces within quotes are a part of the text
    return found if "name" in found else _read_whole(data)


def _line_of(text: str, key: str) -> re.Match[str] | None:
    """Find a key's line; by far faster than a pattern over the whole file."""
    at = text.find(f"\n{key}")
    while at >= 0:
        found = _LINE.match(text, at + 1 + len(key))
        if found is not None:
            return found
        at = text.find(f"\n{key}", at + 1)
    return None


def _read_whole(data: bytes) -> dict[str, str]:
    from stacks import yamlio  # noqa: PLC0415 - a library of its own, that few files need here
    from stacks.definition.tree import Scalar, YamlFault  # noqa: PLC0415

    try:
        table = yamlio.read(data)
    except YamlFault:
        return {}
    return {
        key.text: value.text for key, value in table.entries if key.text in KEYS and isinstance(value, Scalar)
    }
