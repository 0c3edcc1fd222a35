"""How the evidence of a failed step is printed: what was asked, what came back, whose certificate it was."""

from __future__ import annotations

from cli.output import console
from monitors.core.evidence import Evidence

BODY_LINES = 12                          # of the body on a terminal; JSON has all that was kept
LINE_WIDTH = 200
INDENT = 4


def print_evidence(evidence: Evidence, *, address: str = "") -> None:
    """Print it for people, indented; ``address``: that was connected to. Secrets are out of it already."""
    parts = [
        ("asked", evidence.request),
        ("address", address),
        ("certificate", evidence.certificate),
        *((f"hop {number}", hop) for number, hop in enumerate(evidence.hops, 1)),
    ]
    for label, text in parts:
        if text:
            _print(f"{label:<12}{text}")
    if evidence.screenshot:
        size_kb = max(1, len(evidence.screenshot) * 3 // 4 // 1000)
        _print(f"{'picture':<12}of the page, {size_kb} kB; incident show --pictures FOLDER writes it")
    for label, text, most in (("head", evidence.head, 40), ("body", evidence.body, BODY_LINES)):
        lines = text.splitlines()
        for number, line in enumerate(lines[:most]):
            _print(f"{label if number == 0 else '':<12}{_short(line)}")
        if len(lines) > most:
            _print(f"{'':<12}… and {len(lines) - most} lines more; --json shows all that was kept")


def _short(line: str) -> str:
    return line if len(line) <= LINE_WIDTH else f"{line[: LINE_WIDTH - 1]}…"


def _print(text: str) -> None:
    console().print(" " * INDENT + text, style="dim", markup=False, highlight=False, soft_wrap=True)
