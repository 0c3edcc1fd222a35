"""How incidents are printed: a list, one with its evidence, JSON and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.text import Text

from cli.evidence_print import print_evidence
from cli.incident_links_print import lines_of
from cli.ledger_view import table_width, zone_of
from cli.output import console, print_table, verdict_text
from monitors.core.incident import Incident
from monitors.core.incident_links import IncidentLinks
from monitors.core.model import Run, Target
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant

REASON_WIDTH = 40                        # columns at least, else each incident gets lines of its own
COLUMNS = ("incident", "first bad", "down", "state", "failed step", "reason")
STEP_COLUMNS = ("step", "name", "result", "status", "dns", "connect", "tls", "first byte", "body", "total ms")
CSV_COLUMNS = (
    "incident", "agency", "service", "is_open", "last_good", "first_bad", "last_bad", "first_good", "down_ms",
    "unknown_ms", "failed_step", "reason",
)


def print_list(found: Sequence[tuple[Target, Incident]], *, only_open: bool) -> None:
    """Print the list for people."""
    if not found:
        console().print("no incident is open" if only_open else "no incident in this time")
        return
    out = console()
    rows = [
        [
            one.name, _instant(target, one.first_bad_ms), duration(one.down_ms), _state(one), one.failed_step,
            one.reason,
        ]
        for target, one in found
    ]
    if out.width < table_width(COLUMNS[:-1], [row[:-1] for row in rows]) + REASON_WIDTH:
        for target, one in found:
            out.print(
                one.name, _state(one), f"{duration(one.down_ms)} down since {_instant(target, one.first_bad_ms)}",
                soft_wrap=True, markup=False,
            )
            out.print(f"  {one.reason or one.failed_step}", style="dim", markup=False)
        return
    print_table(COLUMNS, rows, right=("down",), folded=("reason",))


def print_incident(target: Target, found: Incident, runs: Mapping[str, Run], near: IncidentLinks | None = None) -> None:
    """Print one incident for people."""
    out = console()
    out.print(Text(found.name, style="bold"), _state(found), soft_wrap=True)
    title = " / ".join(part for part in (target.agency_name, target.service_name) if part)
    if title:
        out.print(title, markup=False, soft_wrap=True)
    out.print()
    for label, value in (
        ("last good", _instant(target, found.last_good_ms) if found.last_good_ms is not None else "none before"),
        ("first bad", _instant(target, found.first_bad_ms)),
        ("last bad", _instant(target, found.last_bad_ms)),
        ("first good", _instant(target, found.first_good_ms) if found.first_good_ms is not None else "not yet"),
        ("down", duration(found.down_ms) + (f", and {duration(found.unknown_ms)} unknown" if found.unknown_ms else "")),
        *((("flapping", f"{found.outages} outages, {duration(found.good_between_ms)} good between them"),)
          if found.outages > 1 else ()),
        *(lines_of(target, near) if near is not None else ()),
    ):
        out.print(f"{label:<12}{value}", markup=False, soft_wrap=True)
    for one in found.failing:
        runs_seen = f"{one.runs} bad run{'s' if one.runs > 1 else ''}"
        out.print(
            f"{'failed':<12}{one.transaction}: {one.failed_step or 'no step'}, {runs_seen} "
            f"seen from {one.vantage} since {_instant(target, one.first_bad_ms)}",
            style="red", markup=False, soft_wrap=True,
        )
        out.print(f"{'':<12}{one.reason}", style="red", markup=False, soft_wrap=True)
    for label, run in runs.items():
        out.print()
        _print_run(target, label, run)


def _print_run(target: Target, label: str, run: Run) -> None:
    from cli.trial import outcome_text, phase_cells  # noqa: PLC0415 - brings libcurl along, needed here alone

    out = console()
    out.print(
        Text(f"{label:<11}", style="bold"), verdict_text(run.verdict),
        f"{run.transaction}, run {run.sequence + 1}, {_instant(target, run.started_ms)}",
        soft_wrap=True, markup=False,
    )
    for number, attempt in enumerate(run.tries, 1):
        rows = [
            [str(place), step.name, outcome_text(step), step.status or "", *phase_cells(step)]
            for place, step in enumerate(attempt.steps, 1)
        ]
        several = f"try {number} of {len(run.tries)}, {attempt.duration_us // 1000} ms" if len(run.tries) > 1 else ""
        print_table(STEP_COLUMNS, rows, title=several, right=STEP_COLUMNS[3:], folded=("name",))
        for reason in filter(None, [*(step.reason for step in attempt.steps), attempt.fault]):
            out.print(f"  {reason}", style="red", markup=False, soft_wrap=True)
        for step in attempt.steps:
            if step.evidence is not None:
                print_evidence(step.evidence, address=step.address)


def as_plain(target: Target, found: Incident, runs: Mapping[str, Run] | None = None) -> dict[str, Any]:
    """Write an incident as plain values; times in the agency's zone. ``runs``: the ones that tell, with all steps."""
    plain: dict[str, Any] = {
        "incident": found.name,
        "agency": found.agency,
        "service": found.service,
        "time_zone": target.time_zone,
        "is_open": found.is_open,
        "last_good": _iso(target, found.last_good_ms),
        "first_bad": _iso(target, found.first_bad_ms),
        "last_bad": _iso(target, found.last_bad_ms),
        "first_good": _iso(target, found.first_good_ms),
        "down_ms": found.down_ms,
        "unknown_ms": found.unknown_ms,
        "outages": found.outages,
        "good_between_ms": found.good_between_ms,
        "failed_step": found.failed_step,
        "reason": found.reason,
        "failing": [
            asdict(one) | {"first_bad": _iso(target, one.first_bad_ms)} for one in found.failing
        ],
    }
    if runs is not None:
        plain["runs"] = {label.replace(" ", "_"): asdict(run) for label, run in runs.items()}
    return plain


def csv_row(target: Target, found: Incident) -> list[object]:
    """Write one row in the order of CSV_COLUMNS."""
    plain = as_plain(target, found)
    return ["" if plain[column] is None else plain[column] for column in CSV_COLUMNS]


def _state(found: Incident) -> Text:
    return Text("open", style="bold red") if found.is_open else Text("over", style="green")


def _instant(target: Target, at_ms: int) -> str:
    return instant(at_ms, zone_of(target))


def _iso(target: Target, at_ms: int | None) -> str | None:
    return None if at_ms is None else from_ms(at_ms, zone_of(target)).isoformat(timespec="milliseconds")
