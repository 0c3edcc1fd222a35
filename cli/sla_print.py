"""How ``siaga24 sla show`` prints figures: a table where it fits, else blocks; JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from cli.ledger_view import table_width
from cli.output import console, print_table, verdict_text
from cli.sla_beside import as_plain as beside_as_plain
from cli.sla_beside import remarks
from cli.sla_figures import AgencyFigures, ServiceFigures
from cli.sla_split import as_plain as split_as_plain
from cli.sla_split import remarks as split_remarks
from monitors.core.sla import AgencyStatement, Judgement, SlaStatement
from monitors.core.window import from_ms
from monitors.core.wording import duration, instant, percent, share_percent, target_percent

JUDGEMENT_STYLES = {Judgement.KEPT: "green", Judgement.BROKEN: "bold red", Judgement.NOT_PROVEN: "yellow"}
NAME_WIDTH = 22                          # longer names are folded rather than the table given up
COLUMNS = (
    "agency, service", "now", "available", "coverage", "low", "high", "down", "unknown", "1st try bad", "budget left",
    "promise",
)
CSV_COLUMNS = (
    "agency", "service", "month", "from", "to", "until", "is_open", "verdict_now", "availability_percent",
    "coverage_percent", "low_percent", "high_percent", "target_percent", "judgement", "up_ms", "degraded_ms", "down_ms",
    "unknown_ms", "possibly_down_ms", "certainly_down_ms", "budget_ms", "budget_left_ms", "runs", "missed",
    "first_try_failures", "disputed_ms", "corrected_availability_percent", "agreed_availability_percent",
    "outside_office_availability_percent", "office_availability_percent",
)
BESIDE_COLUMNS = {
    "corrected_availability_percent": "corrected", "agreed_availability_percent": "without_agreed_maintenance",
}
SPLIT_COLUMNS = {"outside_office_availability_percent": "outside", "office_availability_percent": "office"}
NOTHING = "-"

Shared = SlaStatement | AgencyStatement


def print_figures(agencies: Sequence[AgencyFigures]) -> None:
    """Print for people."""
    out = console()
    if not agencies:
        out.print('the ledger holds no service yet; "siaga24 stack up AGENCY" and "siaga24 monitor run" bring one')
        return
    words = sorted({one.window_words for one in agencies}) if agencies[0].window.month else [agencies[0].window_words]
    title = " / ".join(words)
    rows = list(_rows(agencies))
    if out.width >= table_width(COLUMNS, [[str(row[0])[:NAME_WIDTH], *row[1:]] for row in rows]):
        print_table(COLUMNS, rows, title=title, right=COLUMNS[2:-1], folded=COLUMNS[:1])
    else:
        out.print(title, style="bold", markup=False)
        for agency in agencies:
            _print_blocks(agency)
    out.print()
    for line in dict.fromkeys(line for agency in agencies for line in _remarks(agency)):
        out.print(line, style="dim", soft_wrap=True, markup=False)
    if not agencies[0].is_watched:
        out.print(
            f"no monitor has given a sign of life since {instant(agencies[0].heartbeat_ms, agencies[0].zone)}; "
            'what came after is unknown; "siaga24 monitor run" goes on watching',
            style="yellow", soft_wrap=True, markup=False,
        )


def _rows(agencies: Sequence[AgencyFigures]) -> Iterator[list[object]]:
    for agency in agencies:
        total = agency.statement
        yield [
            Text(agency.agency, style="bold"), "", *_shares(total), duration(total.down_ms), duration(total.unknown_ms),
            "", "", _promise(total.judgement, ""),
        ]
        for one in agency.services:
            name = f"  {one.target.service}"
            now = verdict_text(one.verdict) if agency.includes_now else NOTHING
            if one.statement is None:
                yield [name, now, *[NOTHING] * 8, "not in this window"]
                continue
            found = one.statement
            yield [
                name, now, *_shares(found), duration(found.down_ms), duration(found.unknown_ms), _first_try(found),
                duration(found.budget_left_ms), _promise(found.judgement, target_percent(found.target)),
            ]


def _print_blocks(agency: AgencyFigures) -> None:
    out = console()
    total = agency.statement
    out.print()
    out.print(
        Text(agency.agency, style="bold"), f" {percent(total.good_ms, total.known_ms)} ",
        _promise(total.judgement, ""), sep="",
    )
    for one in agency.services:
        found = one.statement
        now = [" ", verdict_text(one.verdict)] if agency.includes_now else []
        if found is None:
            out.print(f"  {one.target.service}", *now, " not in this window", sep="", markup=False)
            continue
        out.print(
            f"  {one.target.service}", *now, f"  {percent(found.good_ms, found.known_ms)}  ",
            _promise(found.judgement, target_percent(found.target)), sep="", markup=False,
        )
        coverage, low, high = _shares(found)[1:]
        out.print(f"    coverage {coverage}, between {low} and {high}", style="dim", markup=False)
        out.print(
            f"    down {duration(found.down_ms)}, unknown {duration(found.unknown_ms)}, "
            f"budget left {duration(found.budget_left_ms)}, first tries failed {_first_try(found)}",
            style="dim", markup=False,
        )


def _shares(found: Shared) -> tuple[str, str, str, str]:
    """Availability, coverage, low and high, as shown."""
    whole = found.observed_ms
    return (
        percent(found.good_ms, found.known_ms), percent(found.known_ms, whole),
        percent(whole - found.possibly_down_ms, whole), percent(whole - found.certainly_down_ms, whole),
    )


def _first_try(found: SlaStatement) -> str:
    done = found.runs - found.missed
    return f"{found.first_try_failures} of {done}"


def _promise(judgement: Judgement, target: str) -> Text:
    return Text(f"{target} {judgement.value}".strip(), style=JUDGEMENT_STYLES.get(judgement, ""))


def _remarks(agency: AgencyFigures) -> Iterator[str]:
    data = instant(agency.data_ms, agency.zone)
    if agency.is_open:
        yield f"open: figures reach to {data}; the window ends {instant(agency.window.end_ms, agency.zone)}"
    else:
        yield f"closed and final: figures reach to {data}"
    yield from split_remarks(agency.agency, (one.split for one in agency.services if one.split is not None))
    for one in agency.services:
        if one.statement is not None and one.statement.start_ms > agency.window.start_ms:
            yield f"{one.target.key} is counted since {instant(one.statement.start_ms, agency.zone)}"
        yield from remarks(one.target.key, one.beside)


def as_plain(agencies: Sequence[AgencyFigures]) -> list[dict[str, Any]]:
    """Write the figures as plain values: times in the agency's zone, lengths in milliseconds, shares cut downwards."""
    return [
        {
            "agency": agency.agency,
            "name": agency.name,
            "time_zone": agency.zone.key,
            "month": agency.window.month or None,
            "from": _iso(agency.window.start_ms, agency),
            "to": _iso(agency.window.end_ms, agency),
            "until": _iso(agency.data_ms, agency),
            "is_open": agency.is_open,
            "is_watched": agency.is_watched,
            **_plain_shares(agency.statement),
            "judgement": agency.statement.judgement.value,
            "down_ms": agency.statement.down_ms,
            "unknown_ms": agency.statement.unknown_ms,
            "services": [_plain_service(agency, one) for one in agency.services],
        }
        for agency in agencies
    ]


def csv_rows(agencies: Sequence[AgencyFigures]) -> Iterator[list[object]]:
    """Write one row for each service, in the order of CSV_COLUMNS."""
    for agency in agencies:
        for one in agency.services:
            plain = {"agency": agency.agency, "month": agency.window.month} | _plain_service(agency, one)
            for column, key in BESIDE_COLUMNS.items():
                plain[column] = plain.get(key, {}).get("availability_percent")
            for column, key in SPLIT_COLUMNS.items():
                plain[column] = ((plain.get("split") or {}).get(key) or {}).get("availability_percent")
            yield ["" if plain.get(column) is None else plain[column] for column in CSV_COLUMNS]


def _plain_service(agency: AgencyFigures, one: ServiceFigures) -> dict[str, Any]:
    head: dict[str, Any] = {"service": one.target.service, "name": one.target.service_name}
    if agency.includes_now:
        head |= {"verdict_now": one.verdict.value, "verdict_since": _iso(one.since_ms, agency)}
    found = one.statement
    if found is None:
        return head | {"judgement": None, "disputed_ms": 0}
    return head | {
        "from": _iso(found.start_ms, agency),
        "to": _iso(found.end_ms, agency),
        "until": _iso(found.until_ms, agency),
        "is_open": not found.is_final,
        **_plain_shares(found),
        "target_percent": float(found.target),
        "judgement": found.judgement.value,
        "up_ms": found.up_ms,
        "degraded_ms": found.degraded_ms,
        "down_ms": found.down_ms,
        "unknown_ms": found.unknown_ms,
        "possibly_down_ms": found.possibly_down_ms,
        "certainly_down_ms": found.certainly_down_ms,
        "budget_ms": found.budget_ms,
        "budget_left_ms": found.budget_left_ms,
        "runs": found.runs,
        "missed": found.missed,
        "first_try_failures": found.first_try_failures,
        **beside_as_plain(one.beside),
        "split": split_as_plain(one.split) if one.split is not None else None,
    }


def _plain_shares(found: Shared) -> dict[str, float | None]:
    whole = found.observed_ms
    return {
        "availability_percent": share_percent(found.good_ms, found.known_ms),
        "coverage_percent": share_percent(found.known_ms, whole),
        "low_percent": share_percent(whole - found.possibly_down_ms, whole),
        "high_percent": share_percent(whole - found.certainly_down_ms, whole),
    }


def _iso(at_ms: int, agency: AgencyFigures) -> str:
    return from_ms(at_ms, agency.zone).isoformat(timespec="milliseconds")
