"""Faults and warnings of definition files, each with its place.

A fault reads ``file:line: path: what is; what was expected; how to mend``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WHOLE_FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, or (as a warning) one that is right and still may surprise."""

    file: str
    line: int
    path: str
    what: str
    expected: str
    mend: str

    def __str__(self) -> str:
        """Return the one line that people read."""
        path = self.path or WHOLE_FILE
        return f"{self.file}:{self.line}: {path}: {self.what}; expected {self.expected}; {self.mend}"


@dataclass(slots=True)
class Findings:
    """What one file's check has found so far."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def lines(self) -> tuple[str, ...]:
        """All faults in the order of the file, each once."""
        return tuple(dict.fromkeys(str(fault) for fault in sorted(self.faults, key=lambda fault: fault.line)))

    def warning_lines(self) -> tuple[str, ...]:
        """All warnings in the order of the file, each once."""
        return tuple(dict.fromkeys(str(fault) for fault in sorted(self.warnings, key=lambda fault: fault.line)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: a path of keys and a line. Faults are told at a place."""

    findings: Findings
    line: int
    path: tuple[str, ...] = ()

    def below(self, name: str, line: int | None = None) -> Place:
        """Return the place of a key or item below this one."""
        return Place(findings=self.findings, line=self.line if line is None else line, path=(*self.path, name))

    def fault(self, what: str, expected: str, mend: str) -> None:
        """Tell a fault here."""
        self.findings.faults.append(self._made(what, expected, mend))

    def warn(self, what: str, expected: str, mend: str) -> None:
        """Tell a warning here."""
        self.findings.warnings.append(self._made(what, expected, mend))

    def _made(self, what: str, expected: str, mend: str) -> Fault:
        return Fault(
            file=self.findings.file,
            line=self.line,
            path="/".join(self.path),
            what=what,
            expected=expected,
            mend=mend,
        )


def quoted(text: str, *, most: int = 60) -> str:
    """Return ``text`` in quotes on one line, cut where it is long; a password inside an address is masked."""
    flat = re.sub(r"://[^/@ ]*@", "://***@", " ".join(text.split()))
    return f'"{flat}"' if len(flat) <= most else f'"{flat[:most]}..."'
