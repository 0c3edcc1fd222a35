"""Where a user's agencies and settings lie, and the state folder that goes with them.

A workspace is a folder with ``siaga24.yaml`` and one ``CODE.yaml`` for each agency beside it. It is the users' own,
outside the toolkit and under their own version control; the state folder is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from monitors.core.errors import DefinitionError, UsageError
from stacks.definition.check_agency import check_between
from stacks.definition.faults import Findings, Place
from stacks.definition.near import listed, meant
from stacks.definition.reading import shown
from stacks.loader import Checked, check_file
from stacks.model import Agency, Settings, Workspace
from stacks.reserved import RESERVED_CODES
from stacks.tiers import load_settings, standard_tiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SETTINGS_FILE = "siaga24.yaml"
STATE_FOLDER = ".siaga24"


def open_workspace(path: Path | None = None, state: Path | None = None) -> Workspace:
    """Open the workspace at ``path``, else the current folder; agencies are read when they are asked for.

    UsageError where it is none, DefinitionError for faults of its settings.
    """
    folder = path or Path()
    settings_file = folder / SETTINGS_FILE
    if not settings_file.is_file():
        where = f'"{folder}"' if path else "this folder"
        if path and not folder.is_dir():
            below = "" if folder.is_absolute() else f" below {Path.cwd()}"
            raise UsageError(
                f"there is no folder {where}{below}; name one with --workspace DIR or SIAGA24_WORKSPACE, or make "
                f"one: siaga24 init {folder}",
            )
        lost = " (siaga24.yml is there: rename it)" if (folder / "siaga24.yml").exists() else ""
        raise UsageError(
            f"{where} is no workspace: it has no {SETTINGS_FILE}{lost}; give one with --workspace DIR or "
            "SIAGA24_WORKSPACE, or make one: siaga24 init DIR",
        )
    settings = load_settings(settings_file)
    source = AgencyFiles(folder=folder, settings=settings)
    return Workspace(folder=folder, state=state or folder / STATE_FOLDER, settings=settings, source=source)


def check_agencies(workspace: Workspace, codes: Sequence[str] = ()) -> tuple[Checked, ...]:
    """Check the files of ``codes``, or of all agencies; faults are in the result. UsageError for an unknown code."""
    return AgencyFiles(folder=workspace.folder, settings=workspace.settings).check(codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyFiles:
    """The agency files of one folder: the ``AgencySource`` of a workspace."""

    folder: Path
    settings: Settings

    def codes(self) -> tuple[str, ...]:
        """All codes, sorted: the names of the files, whatever is in them."""
        return tuple(path.stem for path in self._paths())

    def agency(self, code: str) -> Agency:
        """Load one agency, checked against what the other files claim."""
        [checked] = self.check([code])
        if checked.findings.faults or checked.agency is None:
            raise DefinitionError(checked.findings.lines())
        return checked.agency

    def agencies(self) -> tuple[Agency, ...]:
        """Load all agencies; the faults of all files are told together."""
        checked = self.check()
        faults = [line for one in checked for line in one.findings.lines()]
        if faults:
            raise DefinitionError(faults)
        return tuple(one.agency for one in checked if one.agency is not None)

    def check(self, codes: Sequence[str] = ()) -> tuple[Checked, ...]:
        """Check the files of ``codes`` (all, where none are given), each alone and against the others.

        What two files both claim is told once where both are checked, at the later one.
        """
        for code in codes:
            self._require(code)
        asked = [path for path in self._paths() if not codes or path.stem in codes]
        tiers = standard_tiers()
        checked = {path: check_file(path, self.settings, tiers) for path in asked}
        for place, one in enumerate(checked.values()):
            others = asked[:place]
            if codes:
                others += [other for other in self._rivals(one) if other not in checked]
            for other in others:
                known = checked.get(other) or check_file(other, self.settings, tiers)
                check_between(one.claims, known.claims)
            if place == 0 and not codes:
                self._tell_unread(one.findings)
        return tuple(checked.values())

    def _paths(self) -> list[Path]:
        paths = (path for path in self.folder.glob("*.yaml") if path.stem not in RESERVED_CODES)
        return sorted(path for path in paths if not path.name.startswith("."))

    def _require(self, code: str) -> None:
        known = self.codes()
        if code in known:
            return
        if not known:
            raise UsageError(f'no agency "{code}"; this workspace has none yet; make one: siaga24 agency new {code}')
        mend = meant(code, known, f"make it: siaga24 agency new {code};")
        raise UsageError(f'no agency "{code}"; {mend} known agencies: {listed(known)}')

    def _rivals(self, one: Checked) -> Iterable[Path]:
        """Return the other files that may claim the same: those in which one of its claims stands as text.

        Checking 620 files takes some ten seconds, looking for words in them a fraction of one.
        """
        words = [str(port) for _, port, _ in one.claims.ports]
        words += [str(one.claims.subnet[0].network_address)] if one.claims.subnet else []
        for host, _ in one.claims.hosts:
            domain = host.partition(".")[2]
            words += [host, domain, domain.removesuffix(f".{self.settings.domain}")]
        for path in self._paths():
            if path != one.path:
                text = path.read_bytes()
                if any(word and word.encode() in text for word in words):
                    yield path

    def _tell_unread(self, findings: Findings) -> None:
        """Warn of files that look like definitions and are never read."""
        for path in sorted(self.folder.glob("*.yml")):
            Place(findings=Findings(file=shown(path), warnings=findings.warnings), line=1).warn(
                "its name ends in .yml, so it is not read",
                "a name that ends in .yaml",
                f'rename it to "{path.stem}.yaml"',
            )
