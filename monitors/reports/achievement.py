"""The chapters of what every service reached: the league table, office hours beside the rest, and pictures of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from monitors.core.model import Verdict
from monitors.core.sla import SlaStatement
from monitors.core.split import Part
from monitors.core.wording import Language, duration, percent, share_parts
from monitors.reports.charts import Range, days, ranges
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Picture, Table, Tone
from monitors.reports.numbers import count, period_name, share_cell, target_cell, time_cell
from monitors.reports.summary import marked, marked_names, service_judgements
from monitors.reports.words import JUDGEMENT_SIGNS, JUDGEMENT_TONES

if TYPE_CHECKING:
    from monitors.core.rollup import Spent
    from monitors.core.sla import Judgement
    from monitors.reports.data import AgencyMonth, ReportData, ServiceMonth
    from monitors.reports.words import Words

ROWS_A_PICTURE = 40
MOST_RANGES = 20
EMPTY = Cell(text="–", tone=Tone.FAINT)


def league(data: ReportData, words: Words) -> Iterator[Block]:
    """Give the table of all services, most downtime first, with what each share is a share of."""
    if not service_judgements(data):
        return
    yield Heading(text=words("league"))
    if len(data.months) > 1:
        yield _quarter(data, words)
    for month in data.months:
        if not month.judged:
            continue
        if len(data.months) > 1:
            yield Heading(text=period_name(month.window.month, words.language), level=2)
        yield _table(month, words, is_only=len(data.months) == 1)
        if any(one.has_data for one in month.judged):
            yield _ranges(month, words)


def pictures(data: ReportData, words: Words) -> Iterator[Block]:
    """Draw the days of all services."""
    lived = [month for month in data.months if month.judged]
    if not lived:
        return
    yield Heading(text=words("pictures"))
    legend = [words.verdict(v) for v in (Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN)]
    for month in lived:
        services = [one for one in _in_order(month) if one.days]
        dates = sorted({day.day for one in services for day in one.days})
        down = len({day.day for one in services for day in one.days if day.down_ms})
        for first in range(0, len(services), ROWS_A_PICTURE):
            some = services[first:first + ROWS_A_PICTURE]
            yield Picture(
                svg=days([(marked(one), one.days) for one in some], dates, legend),
                alt=words("days_alt", services=len(some), days=len(dates), down=down),
                caption=f"{period_name(month.window.month, words.language)}. {words('days_caption')}",
            )


def hours(data: ReportData, words: Words) -> Iterator[Block]:
    """Give each service in office hours and outside them."""
    yield Heading(text=words("hours"))
    with_closures = any(month.part("closures").observed_ms for month in data.months)
    parts = ("outside", "office", "closures") if with_closures else ("outside", "office")
    titles = [words(key) for key in ("outside_col", "office", "closures")][:len(parts)]
    several = len(data.months) > 1
    columns = (
        Column(title=words("service"), share=1), *((Column(title=words("month")),) if several else ()),
        *(
            Column(title=title, is_right=True)
            for name in titles for title in (name, words("covered"), words("down"))
        ),
    )
    rows = [
        (
            Cell(text=marked(one)), *((Cell(text=month.window.month),) if several else ()),
            *(cell for part in parts for cell in part_cells(getattr(one.split, part), words.language)),
        )
        for month in data.months for one in _in_order(month) if one.split is not None
    ]
    if not rows:
        yield Paragraph(text=words("no_split"))
        return
    rows += [
        (
            Cell(text=words("all_services")), *((Cell(text=month.window.month),) if several else ()),
            *(cell for part in parts for cell in part_cells(month.part(part), words.language)),
        )
        for month in data.months if month.judged
    ]
    yield Table(
        name=words("office"), columns=columns, rows=tuple(rows), note=words("hours_note", calendar=data.calendar),
        sums=sum(1 for month in data.months if month.judged),
    )


def judgement_cell(judgement: Judgement, words: Words) -> Cell:
    """Say what became of a promise, by sign, word and colour."""
    return Cell(
        text=f"{JUDGEMENT_SIGNS[judgement]} {words.judgement(judgement)}", tone=JUDGEMENT_TONES[judgement],
    )


def _table(month: AgencyMonth, words: Words, *, is_only: bool) -> Table:
    columns = (
        Column(title=words("service"), share=1),
        *(
            Column(title=words(key), is_right=True)
            for key in ("target", "provable", "available", "bounds", "covered", "down", "budget_left", "outside_short")
        ),
        Column(title=words("judged")),
    )
    rows = tuple(_row(one, found, words) for one in _in_order(month) if (found := one.in_force) is not None)
    judged = month.judged
    note = words(
        "league_note", services=count(len(judged), words.language),
        observed=duration(sum(one.observed_ms for one in judged), words.language),
        known=duration(sum(one.known_ms for one in judged), words.language),
    )
    name = words("league") if is_only else month.window.month
    return Table(name=name, columns=columns, rows=rows, note=note)


def _row(one: ServiceMonth, found: SlaStatement, words: Words) -> tuple[Cell, ...]:
    language, whole = words.language, found.observed_ms
    low = percent(whole - found.possibly_down_ms, whole, language).removesuffix(" %")
    high = percent(whole - found.certainly_down_ms, whole, language)
    left = found.budget_left_ms
    return (
        Cell(text=marked(one)),
        target_cell(found.target, language),
        _provable(one, language),
        share_cell(found.good_ms, found.known_ms, language),
        Cell(text=f"{low}–{high}"),
        share_cell(found.known_ms, whole, language),
        time_cell(found.down_ms, language),
        time_cell(left, language, Tone.BAD if left < 0 else Tone.PLAIN),
        share_cell(one.split.outside.good_ms, one.split.outside.known_ms, language) if one.split else EMPTY,
        judgement_cell(found.judgement, words),
    )


def _provable(one: ServiceMonth, language: Language) -> Cell:
    """Show the narrowest target that intervals and vantages can prove; one wider than the promise is marked."""
    if one.outlook is None:
        return EMPTY
    return target_cell(one.outlook.narrowest, language, Tone.PLAIN if one.outlook.is_provable else Tone.UNSURE)


def _quarter(data: ReportData, words: Words) -> Table:
    """Give every service's months side by side; a quarter is kept only if each of them is."""
    judged = service_judgements(data)
    names = marked_names(data)
    by_month = [{one.target.service: one for one in month.services} for month in data.months]
    columns = (
        Column(title=words("service"), share=2),
        *(
            column for month in data.months
            for column in (
                Column(title=period_name(month.window.month, words.language), is_right=True),
                Column(title=words("covered"), is_right=True), Column(title=words("judged"), share=1),
            )
        ),
        Column(title=words("quarter"), share=1),
    )
    rows = []
    for service, judgement in sorted(judged.items(), key=lambda pair: names[pair[0]]):
        cells = [Cell(text=names[service])]
        for services in by_month:
            found = services[service].in_force if service in services else None
            cells += (EMPTY, EMPTY, EMPTY) if found is None else (
                share_cell(found.good_ms, found.known_ms, words.language),
                share_cell(found.known_ms, found.observed_ms, words.language), judgement_cell(found.judgement, words),
            )
        rows.append((*cells, judgement_cell(judgement, words)))
    return Table(name=words("quarter"), columns=columns, rows=tuple(rows), note=words("quarter_note"))


def _ranges(month: AgencyMonth, words: Words) -> Picture:
    rows = []
    for one in _in_order(month):
        found = one.in_force
        if found is None or not found.has_data:
            continue
        whole = found.observed_ms
        rows.append(Range(
            name=marked(one), low=share_parts(whole - found.possibly_down_ms, whole) or 0,
            high=share_parts(whole - found.certainly_down_ms, whole) or 0,
            measured=share_parts(found.good_ms, found.known_ms) or 0, target=found.target,
        ))
    lived = len(rows)
    rows = sorted(rows, key=lambda one: (one.low, one.name))[:MOST_RANGES]
    comma = "," if words.language is Language.ID else "."
    lowest = min((one.measured for one in rows), default=0)
    return Picture(
        svg=ranges(rows, comma),
        alt=words("ranges_alt", services=len(rows), lowest=f"{lowest // 1_000}{comma}{lowest % 1_000:03} %"),
        caption=words("ranges_caption", shown=len(rows), services=lived),
    )


def part_cells(part: Part | Spent, language: Language) -> Sequence[Cell]:
    """Show availability, its coverage and downtime of some hours; dashes where there were none."""
    if not part.observed_ms:
        return EMPTY, EMPTY, EMPTY
    return (
        share_cell(part.good_ms, part.known_ms, language), share_cell(part.known_ms, part.observed_ms, language),
        time_cell(part.down_ms, language),
    )


def _in_order(month: AgencyMonth) -> list[ServiceMonth]:
    """Most downtime first; of the same, by name."""
    return sorted(
        month.services,
        key=lambda one: (-(one.in_force.down_ms if one.in_force is not None else 0), one.name, one.target.service),
    )
