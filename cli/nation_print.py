"""How ``siaga24 sla nation`` prints: the headline, a table for each grouping, and plain values for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

from rich.text import Text

from cli.ledger_view import table_width
from cli.output import console, print_table
from monitors.core.nation import GROUPINGS, AgencyResult, Group, Hours, NationStatement
from monitors.core.rollup import Spent
from monitors.core.sla import Judgement
from monitors.core.wording import duration, instant, month_name, percent, share_percent
from monitors.nation_figures import NationRead

WIB = timezone(timedelta(hours=7), "WIB")
STYLES = {Judgement.KEPT: "green", Judgement.BROKEN: "bold red", Judgement.NOT_PROVEN: "yellow"}
COUNTS = ("registered", "kept", "broken", "not_proven", "running", "not_on_board", "services")
FIGURES = ("outside office hours", "available", "coverage", "low", "high", "down")
COLUMNS = ("registered", "kept", "broken", "not proven", "running", "not on board", "services", *FIGURES)
AGENCY_COLUMNS = ("agency", "name", "promise", "services", *FIGURES)
FEW_COLUMNS = ("kept", "broken", "not on board", "outside hours", "available")
AGENCY_FEW = ("agency", "promise", "outside hours", "available", "coverage")
NAME_WIDTH = 22                          # longer names are folded rather than columns left out
NOT_TOLD = "(not told)"
CSV_COLUMNS = (
    "level", "name", "title", "judgement", *COUNTS, "outside_availability_percent", "availability_percent",
    "coverage_percent", "low_percent", "high_percent", "observed_ms", "known_ms", "good_ms", "down_ms", "unknown_ms",
)


def print_nation(read: NationRead, *, with_agencies: bool) -> None:
    """Print for people."""
    out = console()
    found = read.measured
    nation = found.nation
    out.print(f"{month_name(found.month)}, each agency by its own clock", style="bold", markup=False)
    if not nation.registered:
        out.print(
            'no agency is registered: no agency file here ("siaga24 agency new CODE" makes one), and no finished '
            'day in the ledger that was rolled up ("siaga24 ledger rollup")', markup=False,
        )
        return
    out.print(
        Text.assemble(
            "promise kept by ", (f"{nation.kept} of {nation.registered} registered agencies", "bold"),
            f" ({percent(nation.kept, nation.registered)}), of the {nation.on_board} on board "
            f"{percent(nation.kept, nation.on_board)}",
        ), soft_wrap=True,
    )
    out.print(
        f"broken {nation.broken}, not proven {nation.not_proven}, running {nation.running}, not on board "
        f"{nation.not_on_board}; {nation.services} services", markup=False, soft_wrap=True,
    )
    promised, outside, office = nation.hours.promised, nation.hours.outside, nation.hours.office
    out.print(f"outside office hours {_told(outside)}", markup=False, soft_wrap=True)
    out.print(f"in office hours {_told(office)}", markup=False, soft_wrap=True)
    if nation.hours.closures.observed_ms:
        out.print(f"while closed for five days or more {_told(nation.hours.closures)}", markup=False, soft_wrap=True)
    out.print(
        f"together {_told(promised)}, coverage {percent(promised.known_ms, promised.observed_ms)}, between "
        f"{_low(promised)} and {_high(promised)}", markup=False, soft_wrap=True,
    )
    if read.corrected is not None:
        laid = read.corrected.nation
        rulings = f"{read.rulings} ruling{'s' if read.rulings > 1 else ''}"
        out.print(
            f"as corrected by {rulings} on disputes: kept by {laid.kept} of {laid.registered}, broken {laid.broken}, "
            f"not proven {laid.not_proven}; outside office hours {_told(laid.hours.outside)}; together "
            f"{_told(laid.hours.promised)}", markup=False, soft_wrap=True,
        )
    for grouping in GROUPINGS:
        rows = [[one.name or NOT_TOLD, *_counts(one), *_figures(one.hours)] for one in found.by[grouping]]
        if out.width >= table_width((grouping, *COLUMNS), rows):
            print_table((grouping, *COLUMNS), rows, right=COLUMNS, folded=(grouping,))
        else:
            rows = [[one.name or NOT_TOLD, *_few(one)] for one in found.by[grouping]]
            print_table((grouping, *FEW_COLUMNS), rows, right=FEW_COLUMNS, folded=(grouping,))
    if with_agencies:
        rows = [_agency_row(one) for one in found.agencies]
        if out.width >= table_width(AGENCY_COLUMNS, [[*row[:1], "", *row[2:]] for row in rows]) + NAME_WIDTH:
            print_table(AGENCY_COLUMNS, rows, right=AGENCY_COLUMNS[3:], folded=("name",))
        else:
            rows = [[row[0], row[2], *row[4:7]] for row in rows]
            print_table(AGENCY_FEW, rows, right=AGENCY_FEW[2:], folded=("agency",))
    for line in remarks(found):
        out.print(line, style="dim", markup=False, soft_wrap=True)


def remarks(found: NationStatement) -> Iterator[str]:
    """Say in sentences how far the figures reach, and what decided over office hours."""
    if found.until_ms is not None and not found.is_final:
        yield f"figures of finished days, of every service up to {instant(found.until_ms, WIB)}; they are not final"
    if found.until_ms is None:
        yield 'no day of the month is rolled up yet; the monitor does it as days end, or "siaga24 ledger rollup" now'
    if found.nation.hours.undecided.observed_ms:
        unsure = duration(found.nation.hours.undecided.observed_ms)
        yield f"{unsure} of service time in a year whose days off are not decreed yet, so in neither"
    if found.calendars:
        yield f"office hours by calendar {', '.join(found.calendars)}"


def as_plain(read: NationRead) -> dict[str, Any]:
    """Write the statement as plain values: lengths in milliseconds of weighted service time, shares cut downwards."""
    laid = read.corrected
    return _statement(read.measured) | {
        "rulings": read.rulings, "corrected": _statement(laid) if laid is not None else None,
    }


def _statement(found: NationStatement) -> dict[str, Any]:
    groups = {
        f"by_{grouping}": [{"name": one.name, **_group(one)} for one in found.by[grouping]] for grouping in GROUPINGS
    }
    return {
        "month": found.month, "is_final": found.is_final, "until_ms": found.until_ms,
        "calendars": list(found.calendars), "nation": _group(found.nation), **groups,
        "agencies": [
            {
                "code": one.agency.code, "name": one.agency.name, "kind": one.agency.kind,
                "province": one.agency.province, "wave": one.agency.wave, "judgement": one.statement.judgement.value,
                "services": len(one.services), **_hours(one.hours),
            }
            for one in found.agencies
        ],
    }


def csv_rows(read: NationRead) -> Iterator[list[object]]:
    """Give a row for the nation, each group and each agency; of corrected figures one more for the nation."""
    found = read.measured
    yield ["nation", "", "", "", *_counts(found.nation), *_csv_figures(found.nation.hours)]
    if read.corrected is not None:
        laid = read.corrected.nation
        yield ["nation as corrected", "", "", "", *_counts(laid), *_csv_figures(laid.hours)]
    for grouping in GROUPINGS:
        for one in found.by[grouping]:
            yield [grouping, one.name, "", "", *_counts(one), *_csv_figures(one.hours)]
    for agency in found.agencies:
        judgement = agency.statement.judgement
        yield [
            "agency", agency.agency.code, agency.agency.name, judgement.value, *[""] * (len(COUNTS) - 1),
            len(agency.services), *_csv_figures(agency.hours),
        ]


def _told(spent: Spent) -> str:
    return f"{percent(spent.good_ms, spent.known_ms)} available, down {duration(spent.down_ms)}"


def _low(spent: Spent) -> str:
    return percent(spent.observed_ms - spent.possibly_down_ms, spent.observed_ms)


def _high(spent: Spent) -> str:
    return percent(spent.observed_ms - spent.certainly_down_ms, spent.observed_ms)


def _counts(one: Group) -> list[object]:
    return [getattr(one, name) for name in COUNTS]


def _few(one: Group) -> list[object]:
    outside, available, *_ = _figures(one.hours)
    return [f"{one.kept} of {one.registered}", one.broken, one.not_on_board, outside, available]


def _figures(hours: Hours) -> list[object]:
    spent = hours.promised
    return [
        percent(hours.outside.good_ms, hours.outside.known_ms), percent(spent.good_ms, spent.known_ms),
        percent(spent.known_ms, spent.observed_ms), _low(spent), _high(spent), duration(spent.down_ms),
    ]


def _agency_row(one: AgencyResult) -> list[object]:
    judgement = one.statement.judgement
    return [
        one.agency.code, one.agency.name, Text(judgement.value, style=STYLES.get(judgement, "")), len(one.services),
        *_figures(one.hours),
    ]


def _csv_figures(hours: Hours) -> list[object]:
    spent, observed = hours.promised, hours.promised.observed_ms
    return [
        share_percent(hours.outside.good_ms, hours.outside.known_ms), share_percent(spent.good_ms, spent.known_ms),
        share_percent(spent.known_ms, observed), share_percent(observed - spent.possibly_down_ms, observed),
        share_percent(observed - spent.certainly_down_ms, observed), observed, spent.known_ms, spent.good_ms,
        spent.down_ms, spent.unknown_ms,
    ]


def _group(one: Group) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in COUNTS}, "on_board": one.on_board,
        "kept_of_registered_percent": share_percent(one.kept, one.registered),
        "kept_of_on_board_percent": share_percent(one.kept, one.on_board), **_hours(one.hours),
    }


def _hours(hours: Hours) -> dict[str, Any]:
    parts = {"promised": hours.promised, "outside": hours.outside, "office": hours.office,
             "undecided": hours.undecided, "closures": hours.closures}
    return {name: _spent(spent) for name, spent in parts.items()}


def _spent(spent: Spent) -> dict[str, Any]:
    observed = spent.observed_ms
    return {
        "availability_percent": share_percent(spent.good_ms, spent.known_ms),
        "coverage_percent": share_percent(spent.known_ms, observed),
        "low_percent": share_percent(observed - spent.possibly_down_ms, observed),
        "high_percent": share_percent(observed - spent.certainly_down_ms, observed),
        "observed_ms": observed, "known_ms": spent.known_ms, "good_ms": spent.good_ms, "down_ms": spent.down_ms,
        "unknown_ms": spent.unknown_ms, "possibly_down_ms": spent.possibly_down_ms,
        "certainly_down_ms": spent.certainly_down_ms,
    }
