"""Lay out what a user then writes in: a workspace, a new agency's file.

Nothing that exists is ever overwritten but the generated schema files.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from stacks.allocation import free_port, free_subnet
from stacks.definition import names
from stacks.definition.reading import shown
from stacks.reserved import RESERVED_CODES
from stacks.schema import schema_files
from stacks.tiers import TEMPLATES
from stacks.workspace import SETTINGS_FILE, check_agencies, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.model import Workspace

EXAMPLE_CODE = "contoh"
COMMENT_COLUMN = 38  # where the template's comments begin, less one
_LAYOUT = {SETTINGS_FILE: "siaga24.yaml", ".gitignore": "gitignore", "README.md": "README.md"}
_IGNORED = {".git", ".DS_Store"}  # what an otherwise empty folder may hold


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgency:
    """What the user says of a new agency; the rest is free or usual."""

    code: str
    name: str
    time_zone: str = "Asia/Jakarta"
    kind: str = "city"
    tier: str = "silver"


def lay_out_workspace(folder: Path) -> list[Path]:
    """Make ``folder`` a workspace, or bring one up to date; return the files that were written.

    UsageError where the folder holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f'"{folder}" is a file; name a folder')
    is_workspace = (folder / SETTINGS_FILE).is_file()
    if not is_workspace and folder.exists():
        found = sorted(path.name for path in folder.iterdir() if path.name not in _IGNORED)
        if found:
            raise UsageError(
                f'"{folder}" is not empty and no workspace (it holds "{found[0]}"); name a new or an empty folder',
            )
    written = [
        _write_new(folder / name, (TEMPLATES / "workspace" / template).read_text(encoding="utf-8"))
        for name, template in _LAYOUT.items()
        if not (folder / name).exists()
    ]
    for name, text in schema_files().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    if not is_workspace:
        written.append(write_agency(open_workspace(folder), NewAgency(code=EXAMPLE_CODE, name="Dinas Contoh")))
    return written


def write_agency(workspace: Workspace, new: NewAgency) -> Path:
    """Write a commented, valid file for a new agency, with a subnet and a port that are free; return its path.

    UsageError where the code is no code or taken, or the time zone unknown.
    """
    _check(new)
    path = workspace.folder / f"{new.code}.yaml"
    if path.exists():
        raise UsageError(f"{shown(path)} is there already; choose another code, or edit it")
    claims = [one.claims for one in check_agencies(workspace)]
    text = render(
        (TEMPLATES / "agency" / "new.yaml").read_text(encoding="utf-8"),
        {
            "code": new.code,
            "name": json.dumps(new.name, ensure_ascii=False),
            "name_plain": " ".join(new.name.split()),
            "kind": new.kind,
            "zone": new.time_zone,
            "tier": new.tier,
            "wave": workspace.settings.waves[-1],
            "domain": workspace.settings.domain,
            "subnet": str(free_subnet(workspace.settings, [one.subnet[0] for one in claims if one.subnet])),
            "port": str(free_port(port for one in claims for _, port, _ in one.ports)),
        },
    )
    return _write_new(path, text)


def render(template: str, values: dict[str, str]) -> str:
    """Fill in each ``@{name}``; KeyError for one without a value. Aligned comments stay where they were."""

    def line(found: re.Match[str]) -> str:
        text = re.sub(r"@\{([a-z_]+)\}", lambda part: values[part.group(1)], found.group())
        if text == found.group() or text.startswith("#"):
            return text
        content, mark, comment = text.partition("  # ")
        return f"{content.rstrip():<{COMMENT_COLUMN}} # {comment}" if mark else text

    return re.sub(r"^.*$", line, template, flags=re.MULTILINE)


def _check(new: NewAgency) -> None:
    mend = names.code(new.code)
    if mend:
        raise UsageError(f'"{new.code}" is no code; expected small letters, digits and hyphens, 40 at most; {mend}')
    if new.code in RESERVED_CODES:
        raise UsageError(f'"{new.code}" is the name of another file of a workspace; choose another code')
    mend = names.time_zone(new.time_zone)
    if mend:
        raise UsageError(f'"{new.time_zone}" is no time zone; expected one such as Asia/Jakarta; {mend}')
    if not new.name.strip() or len(new.name) > 200 or any(ord(sign) < 32 for sign in new.name):
        raise UsageError("the name is empty, longer than 200 characters or has line breaks; write it on one line")


def _write_new(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as exc:
        raise UsageError(f"{shown(path)} is there already; it is left as it is") from exc
    return path
