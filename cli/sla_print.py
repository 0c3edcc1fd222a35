"""How ``siaga24 sla show`` prints figures: a table where it fits, else blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from cli.ledger_view import table_width
from cli.output import console, print_table, verdict_text
from cli.sla_beside import remarks
from cli.sla_changes import remarks as change_remarks
from cli.sla_figures import AgencyFigures, ServiceFigures
from cli.sla_outlook import remarks as outlook_remarks
from cli.sla_split import remarks as split_remarks
from monitors.core.sla import AgencyStatement, Judgement, SlaStatement
from monitors.core.vantage_figures import worst
from monitors.core.wording import duration, instant, percent, target_percent

JUDGEMENT_STYLES = {Judgement.KEPT: "green", Judgement.BROKEN: "bold red", Judgement.NOT_PROVEN: "yellow"}
NAME_WIDTH = 22                          # longer names are folded rather than the table given up
COLUMNS = (
    "agency, service", "now", "available", "coverage", "low", "high", "down", "unknown", "1st try bad", "budget left",
    "provable", "promise",
)
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
            "", "", "", _promise(total.judgement, ""),
        ]
        if agency.corrected is not None:
            so = agency.corrected
            yield [
                "  as corrected", "", *_shares(so), duration(so.down_ms), duration(so.unknown_ms), "", "", "",
                _promise(so.judgement, ""),
            ]
        for one in agency.services:
            name = f"  {one.target.service}"
            now = verdict_text(one.verdict) if agency.includes_now else NOTHING
            if one.statement is None:
                yield [name, now, *[NOTHING] * 9, "not in this window"]
                continue
            found = one.statement
            yield [
                name, now, *_shares(found), duration(found.down_ms), duration(found.unknown_ms), _first_try(found),
                duration(found.budget_left_ms), _provable(one), _promise(found.judgement, target_percent(found.target)),
            ]
            least = worst(one.by_vantage)
            if least is not None:
                seen = least.statement
                yield [
                    f"    worst: {least.vantage}", "", *_shares(seen), duration(seen.down_ms),
                    duration(seen.unknown_ms), _first_try(seen), duration(seen.budget_left_ms), "",
                    _promise(seen.judgement, ""),
                ]


def _print_blocks(agency: AgencyFigures) -> None:
    out = console()
    total = agency.statement
    out.print()
    out.print(
        Text(agency.agency, style="bold"), f" {percent(total.good_ms, total.known_ms)} ",
        _promise(total.judgement, ""), sep="",
    )
    if agency.corrected is not None:
        now = agency.corrected
        out.print(
            f"  as corrected {percent(now.good_ms, now.known_ms)} ", _promise(now.judgement, ""), sep="", markup=False,
        )
    for one in agency.services:
        found = one.statement
        state = [" ", verdict_text(one.verdict)] if agency.includes_now else []
        if found is None:
            out.print(f"  {one.target.service}", *state, " not in this window", sep="", markup=False)
            continue
        out.print(
            f"  {one.target.service}", *state, f"  {percent(found.good_ms, found.known_ms)}  ",
            _promise(found.judgement, target_percent(found.target)), sep="", markup=False,
        )
        coverage, low, high = _shares(found)[1:]
        out.print(f"    coverage {coverage}, between {low} and {high}", style="dim", markup=False)
        out.print(
            f"    down {duration(found.down_ms)}, unknown {duration(found.unknown_ms)}, "
            f"budget left {duration(found.budget_left_ms)}",
            style="dim", markup=False,
        )
        out.print(
            f"    first tries failed {_first_try(found)}, provable at most {_provable(one)}",
            style="dim", markup=False,
        )
        least = worst(one.by_vantage)
        if least is not None:
            seen = least.statement
            out.print(
                f"    worst vantage {least.vantage}: {percent(seen.good_ms, seen.known_ms)}", style="dim", markup=False,
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


def _provable(one: ServiceFigures) -> str:
    return NOTHING if one.outlook is None else f"{one.outlook.narrowest} %"


def _promise(judgement: Judgement, target: str) -> Text:
    return Text(f"{target} {judgement.value}".strip(), style=JUDGEMENT_STYLES.get(judgement, ""))


def _remarks(agency: AgencyFigures) -> Iterator[str]:
    data = instant(agency.data_ms, agency.zone)
    if agency.is_open:
        yield f"open: figures reach to {data}; the window ends {instant(agency.window.end_ms, agency.zone)}"
    else:
        yield f"closed and final: figures reach to {data}"
    total = agency.statement
    if total.services:
        of = "1 service" if total.services == 1 else f"{total.services} services"
        if any(one.target.weight != 1 for one in agency.services):
            of += ", each times its weight"
        yield (
            f"{agency.agency}: available {duration(total.good_ms)} of {duration(total.known_ms)} known, "
            f"{duration(total.observed_ms)} counted ({of})"
        )
    yield from split_remarks(agency.agency, (one.split for one in agency.services if one.split is not None))
    for one in agency.services:
        if one.statement is not None and one.statement.start_ms > agency.window.start_ms:
            yield f"{one.target.key} is counted since {instant(one.statement.start_ms, agency.zone)}"
        yield from remarks(one.target.key, one.beside)
        yield from change_remarks(one.target.key, one.changes, one.early, agency.zone)
        if one.outlook is not None:
            yield from outlook_remarks(one.target, one.outlook, agency.zone, in_full=len(agency.services) == 1)
