"""An agency's file made of what was imported: its services, with a comment on each thing that was left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from stacks import yamlio
from stacks.definition import names
from stacks.definition.grammar import KINDS
from stacks.importers.account import Level, one_line
from stacks.reserved import RESERVED_CODES

if TYPE_CHECKING:
    from stacks.importers.account import Finding
    from stacks.importers.draft import Imported

COMMENT_WIDTH = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What no input says of the agency."""

    code: str
    name: str
    kind: str = "city"
    time_zone: str = "Asia/Jakarta"

    def __post_init__(self) -> None:
        """Refuse what the grammar would refuse."""
        mend = names.code(self.code) or ("choose another one" if self.code in RESERVED_CODES else "")
        if mend:
            raise UsageError(f'"{self.code}" is no code of an agency; expected small letters, digits, hyphens; {mend}')
        mend = names.time_zone(self.time_zone)
        if mend:
            raise UsageError(f'"{self.time_zone}" is no time zone; expected one such as Asia/Jakarta; {mend}')
        if self.kind not in KINDS.meaning:
            raise UsageError(f'"{self.kind}" is no kind of agency; expected one of {", ".join(KINDS.meaning)}')


def agency_text(imported: Imported, heading: Heading, source: str) -> str:
    """Return the text of ``CODE.yaml``. ``source``: the kind and the names of the files, for its first line."""
    at_service = {id(one) for service in imported.services for one in service.findings}
    top = [one for one in imported.findings if id(one) not in at_service]
    lines = [
        f"# Imported from {one_line(source, most=COMMENT_WIDTH)}. What was left out or changed stands in comments.",
        "# Look at name, kind and time_zone: no other tool knows them.",
        *_comments(top, ""),
    ]
    head = {
        "version": yamlio.Verbatim("1", tag="tag:yaml.org,2002:int"),
        "code": heading.code,
        "name": one_line(heading.name, most=200) or heading.code,
        "kind": heading.kind,
        "time_zone": heading.time_zone,
    }
    lines += [yamlio.write(head).rstrip("\n"), "services:"]
    for service in imported.services:
        lines += _comments(service.findings, "  ")
        block = yamlio.write({service.code: service.keys}).rstrip("\n")
        lines += [f"  {line}" if line else "" for line in block.split("\n")]
    return "\n".join(lines) + "\n"


def _comments(findings: tuple[Finding, ...] | list[Finding], indent: str) -> list[str]:
    kept = [one for one in findings if one.level is not Level.NOTE]
    named = [replace(one, file=PurePath(one.file).name) for one in kept]
    return [f"{indent}# {one_line(str(one), most=COMMENT_WIDTH)}" for one in named]
