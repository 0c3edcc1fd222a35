"""How disputes are printed: a list, one, JSON and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.text import Text

from cli.output import console, print_json, print_table
from monitors.core.dispute import Dispute, DisputeRule, DisputeState
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant

RULE = DisputeRule()
COLUMNS = ("no.", "of", "from", "length", "claim", "state", "opened by", "ruled by", "due")
CSV_COLUMNS = (
    "number", "agency", "service", "from", "to", "claim", "reason", "state", "opened_by", "opened", "answered_by",
    "answered", "answer", "ruled_by", "ruled", "ruling_reason", "answer_due", "ruling_due", "overdue",
)
STYLES = {DisputeState.UPHELD: "green", DisputeState.REJECTED: "dim"}


def print_list(found: Sequence[tuple[Dispute, ZoneInfo]], now_ms: int) -> None:
    """Print the list for people."""
    if not found:
        console().print("no dispute")
        return
    print_table(COLUMNS, [
        [
            one.number, f"{one.agency}/{one.service}", instant(one.start_ms, zone), duration(one.end_ms - one.start_ms),
            one.claim.value, Text(one.state.value, style=STYLES.get(one.state, "yellow")), one.opened_by,
            one.ruled_by or "-", _due(one, zone, now_ms),
        ]
        for one, zone in found
    ], right=("no.", "length"), folded=("of", "opened by", "ruled by", "due"))


def print_one(one: Dispute, zone: ZoneInfo, now_ms: int, *, as_json: bool) -> None:
    """Print a dispute after something was told of it."""
    if as_json:
        print_json(as_plain(one, zone, now_ms))
        return
    out = console()
    out.print(
        f"dispute {one.number} of {one.agency}/{one.service}: {one.state.value}; {instant(one.start_ms, zone)} to "
        f"{instant(one.end_ms, zone)} is said to have been {one.claim.value}", markup=False, soft_wrap=True,
    )
    for file in one.evidence:
        out.print(f"  evidence {file.name}, {file.size} bytes, SHA-256 {file.sha256}", markup=False, soft_wrap=True)
    due = _due(one, zone, now_ms)
    out.print(f"  {due}" if due else f"  ruled by {one.ruled_by}: {one.ruling_reason}", markup=False, soft_wrap=True)


def as_plain(one: Dispute, zone: ZoneInfo, now_ms: int) -> dict[str, Any]:
    """Write a dispute as plain values; times by the agency's clock."""

    def iso(at_ms: int | None) -> str | None:
        return None if at_ms is None else from_ms(at_ms, zone).isoformat(timespec="milliseconds")

    return {
        "number": one.number, "agency": one.agency, "service": one.service, "from": iso(one.start_ms),
        "to": iso(one.end_ms), "claim": one.claim.value, "reason": one.reason, "state": one.state.value,
        "opened_by": one.opened_by, "opened": iso(one.opened_ms), "answered_by": one.answered_by,
        "answered": iso(one.answered_ms), "answer": one.answer, "ruled_by": one.ruled_by, "ruled": iso(one.ruled_ms),
        "ruling_reason": one.ruling_reason, "answer_due": iso(one.answer_due_ms(RULE)),
        "ruling_due": iso(one.ruling_due_ms(RULE)), "overdue": one.overdue(RULE, now_ms),
        "evidence": [{"name": file.name, "bytes": file.size, "sha256": file.sha256} for file in one.evidence],
    }


def csv_row(one: Dispute, zone: ZoneInfo, now_ms: int) -> list[object]:
    """Write one row in the order of CSV_COLUMNS."""
    plain = as_plain(one, zone, now_ms)
    return ["" if plain[column] is None else plain[column] for column in CSV_COLUMNS]


def _due(one: Dispute, zone: ZoneInfo, now_ms: int) -> str:
    if one.is_ruled:
        return "ruled late" if one.overdue(RULE, now_ms) else ""
    late = " (overdue)" if one.overdue(RULE, now_ms) else ""
    what, at_ms = (
        ("answer", one.answer_due_ms(RULE)) if one.state is DisputeState.OPEN and now_ms <= one.answer_due_ms(RULE)
        else ("ruling", one.ruling_due_ms(RULE))
    )
    return f"{what} until {instant(at_ms, zone)}{late}"
