"""How maintenance windows are printed: a list, one that was told just now, JSON and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from cli.maintenance_view import Seen
from cli.output import console, print_json, print_table
from monitors.core.maintenance import Standing
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant

COLUMNS = (
    "no.", "of", "from", "length", "notice", "announced by", "approved by", "second figure", "left out", "overrun",
)
CSV_COLUMNS = (
    "number", "agency", "service", "from", "to", "reason", "announced_by", "announced", "approved_by", "approved",
    "cancelled_by", "cancelled", "notice_ms", "standing", "excluded_ms", "overrun_ms",
)


def print_list(found: Sequence[Seen]) -> None:
    """Print the list for people."""
    if not found:
        console().print("no maintenance window in this time")
        return
    print_table(COLUMNS, [_row(one) for one in found], right=("no.", "length", "left out", "overrun"), folded=("of",))


def print_told(one: Seen, what: str, *, as_json: bool) -> None:
    """Print what was recorded just now, and what it means."""
    if as_json:
        print_json(as_plain(one))
        return
    window = one.window
    out = console()
    out.print(
        f"window {window.number} of {_of(one)} {what}: {instant(window.start_ms, one.zone)} to "
        f"{instant(window.ended_ms, one.zone)} ({duration(window.ended_ms - window.start_ms)})",
        markup=False, soft_wrap=True,
    )
    standing = window.standing
    if standing is Standing.NOT_APPROVED:
        out.print(
            f"it counts once another person has approved it: siaga24 maintenance approve {window.number} --by NAME",
            markup=False, soft_wrap=True,
        )
    elif standing is Standing.EXCLUDED:
        out.print(f"second figure: {one.standing}, {duration(one.excluded_ms)}", markup=False, soft_wrap=True)
    else:
        out.print(
            f"second figure: nothing is left out ({standing.value}; notice {_notice(one)}, expected "
            f"{duration(window.rule.notice_ms)})", style="yellow", markup=False, soft_wrap=True,
        )


def as_plain(one: Seen) -> dict[str, Any]:
    """Write a window as plain values; times by the agency's clock."""
    window = one.window
    return {
        "number": window.number, "agency": window.agency, "service": window.service,
        "from": _iso(one, window.start_ms), "to": _iso(one, window.end_ms), "ended": _iso(one, window.ended_ms),
        "reason": window.reason, "announced_by": window.announced_by, "announced": _iso(one, window.announced_ms),
        "approved_by": window.approved_by, "approved": _iso(one, window.approved_ms),
        "cancelled_by": window.cancelled_by, "cancelled": _iso(one, window.cancelled_ms),
        "notice_ms": window.notice_ms, "notice_expected_ms": window.rule.notice_ms, "cap_ms": window.rule.cap_ms,
        "standing": one.standing, "excluded_ms": one.excluded_ms, "overrun_ms": one.overrun_ms,
        "services": [
            {
                "service": seen.service, "excluded_ms": seen.excluded_ms, "down_ms": seen.down_ms,
                "overrun_ms": seen.overrun_ms,
                "pieces": [
                    {
                        "from": _iso(one, piece.start_ms), "to": _iso(one, piece.end_ms),
                        "standing": piece.standing.value,
                    }
                    for piece in seen.pieces
                ],
            }
            for seen in one.services
        ],
    }


def csv_row(one: Seen) -> list[object]:
    """Write one row in the order of CSV_COLUMNS."""
    plain = as_plain(one)
    return ["" if plain[column] is None else plain[column] for column in CSV_COLUMNS]


def _row(one: Seen) -> list[object]:
    window = one.window
    style = "green" if window.standing is Standing.EXCLUDED else "yellow"
    return [
        window.number, _of(one), instant(window.start_ms, one.zone), duration(window.end_ms - window.start_ms),
        _notice(one), window.announced_by, window.approved_by or "-", Text(one.standing, style=style),
        duration(one.excluded_ms), duration(one.overrun_ms),
    ]


def _of(one: Seen) -> str:
    return "/".join(part for part in (one.window.agency, one.window.service) if part) or "all agencies"


def _notice(one: Seen) -> str:
    return duration(one.window.notice_ms) if one.window.notice_ms >= 0 else "none"


def _iso(one: Seen, at_ms: int | None) -> str | None:
    return None if at_ms is None else from_ms(at_ms, one.zone).isoformat(timespec="milliseconds")
