"""The nation's report: agencies kept, broken, not proven, running and not on board, which add up to all registered.

Figures are the ledger's roll-ups of finished days as measured; rulings on disputes stand in the agencies' own reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.nation import GROUPINGS
from monitors.core.sla import Judgement
from monitors.core.wording import duration, percent, share_percent
from monitors.reports.achievement import EMPTY, part_cells
from monitors.reports.charts import PROMISE_COLOURS, bar
from monitors.reports.document import Block, Cell, Column, Fact, Facts, Heading, Paragraph, Picture, Table, Tone, Unit
from monitors.reports.method import provability, rules
from monitors.reports.nation_league import group_name
from monitors.reports.nation_sums import AgencyPeriod, GroupPeriod, agencies_of, group_of
from monitors.reports.numbers import count, count_cell, moment, share_cell
from monitors.reports.words import JUDGEMENT_SIGNS

if TYPE_CHECKING:
    from monitors.core.rollup import Spent
    from monitors.reports.data import NationData
    from monitors.reports.words import Words

ORDER = (
    Judgement.KEPT, Judgement.BROKEN, Judgement.NOT_PROVEN, Judgement.RUNNING, Judgement.NOT_ON_BOARD,
)


def nation_summary(data: NationData, words: Words) -> Iterator[Block]:
    """Give the large figures: promise kept first, of all that are registered."""
    language = words.language
    yield Heading(text=words("summary"))
    nation = group_of("", agencies_of(data))
    if not nation.services:
        yield Paragraph(text=words("nation_no_services"), is_mark=True, tone=Tone.UNSURE)
    kept = nation.counts[Judgement.KEPT]
    yield Facts(items=(
        Fact(
            label=words("nation_promise"), value=words("nation_promise_value", kept=kept, all=nation.registered),
            note=words(
                "nation_promise_note", share=percent(kept, nation.registered, language), on_board=nation.on_board,
                share_on_board=percent(kept, nation.on_board, language),
            ), number=kept, unit=Unit.COUNT,
        ),
        _share(words("outside"), nation.outside, words),
        Fact(
            label=words("coverage"), value=percent(nation.promised.known_ms, nation.promised.observed_ms, language),
            number=share_percent(nation.promised.known_ms, nation.promised.observed_ms), unit=Unit.PERCENT,
            note=words(
                "coverage_note", unknown=duration(nation.promised.unknown_ms, language),
                observed=duration(nation.promised.observed_ms, language),
            ),
        ),
    ))
    yield Facts(items=(
        _share(words("availability"), nation.promised, words),
        Fact(
            label=words("downtime"), value=duration(nation.promised.down_ms, language), number=nation.promised.down_ms,
            unit=Unit.MS, note=words("nation_services", services=count(nation.services, language)),
        ),
        Fact(
            label=words("not_on_board"), value=count(nation.counts[Judgement.NOT_ON_BOARD], language), unit=Unit.COUNT,
            number=nation.counts[Judgement.NOT_ON_BOARD], note=words("nation_denominator", all=nation.registered),
        ),
    ))
    yield Picture(
        svg=bar([
            (f"{JUDGEMENT_SIGNS[one]} {words.judgement(one)}", nation.counts[one], count(nation.counts[one], language))
            for one in ORDER
        ], PROMISE_COLOURS),
        alt="; ".join(f"{words.judgement(one)}: {nation.counts[one]}" for one in ORDER),
        caption=words("nation_bar_caption", all=nation.registered),
    )
    yield Paragraph(text=words("nation_measured"), is_mark=True)
    if data.own_host:
        yield Paragraph(
            text=words("nation_own_host", part=len(data.own_host), whole=nation.services), is_mark=True,
            tone=Tone.UNSURE,
        )


def nation_groups(data: NationData, words: Words) -> Iterator[Block]:
    """Give the provinces, kinds and waves."""
    agencies = agencies_of(data)
    for grouping in GROUPINGS:
        members: dict[str, list[AgencyPeriod]] = {}
        for one in agencies:
            members.setdefault(getattr(one.agency, grouping), []).append(one)
        groups = [group_of(name, members[name]) for name in sorted(members, key=lambda name: (not name, name))]
        yield Heading(text=words(f"by_{grouping}"))
        yield Table(
            name=words(f"by_{grouping}"), columns=(
                Column(title=words(grouping), share=1), Column(title=words("registered"), is_right=True),
                *(Column(title=words.judgement(one), is_right=True) for one in ORDER),
                *(
                    Column(title=words(key), is_right=True)
                    for key in ("services", "outside_short", "available", "covered", "down")
                ),
            ),
            rows=(
                *(_group_row(one, group_name(one.name, grouping, data, words), words) for one in groups),
                _group_row(group_of("", agencies), words("total"), words),
            ),
            sums=1, note=words("groups_note"),
        )


def nation_hours(data: NationData, words: Words) -> Iterator[Block]:
    """Give the nation in office hours and outside them, month by month."""
    language = words.language
    yield Heading(text=words("hours"))
    yield Table(
        name=words("office"), columns=(
            Column(title=words("month"), share=1), *(
                Column(title=words(key), is_right=True) for part in ("outside_col", "office", "closures")
                for key in (part, "covered", "down")
            ),
        ),
        rows=tuple(
            (
                Cell(text=month.month),
                *(
                    cell for part in (
                        month.nation.hours.outside, month.nation.hours.office, month.nation.hours.closures,
                    )
                    for cell in part_cells(part, language)
                ),
            )
            for month in data.months
        ),
        note=words("hours_note", calendar=data.calendar or "–"),
    )


def nation_method(data: NationData, words: Words) -> Iterator[Block]:
    """Give the method page."""
    language = words.language
    yield from rules(words)
    yield Heading(text=words("rests_on"), level=2)
    until = [month.until_ms for month in data.months if month.until_ms is not None]
    told = (
        (words("period"), ", ".join(month.month for month in data.months)),
        (words("zone"), words("nation_zone")),
        (words("as_of"), moment(data.edition.data_ms, data.zone, language)),
        (words("rolled_until"), moment(min(until), data.zone, language) if until else "–"),
        (words("edition"), words.state(data.edition.state, data.edition.version) + (
            f" ({data.edition.issued_by})" if data.edition.issued_by else ""
        )),
        (words("denominator"), words("nation_denominator", all=len(agencies_of(data)))),
        (words("calendar"), data.calendar or "–"),
        (words("seal"), data.seal or words("no_seal")),
    )
    yield Table(
        name=words("rests_on"), columns=(Column(title=words("what"), share=2), Column(title=words("value"), share=5)),
        rows=tuple((Cell(text=name), Cell(text=value)) for name, value in told),
    )
    yield from provability(words)


def _share(label: str, spent: Spent, words: Words) -> Fact:
    language, whole = words.language, spent.observed_ms
    return Fact(
        label=label, value=percent(spent.good_ms, spent.known_ms, language),
        number=share_percent(spent.good_ms, spent.known_ms), unit=Unit.PERCENT,
        note=words(
            "availability_note", low=percent(whole - spent.possibly_down_ms, whole, language),
            high=percent(whole - spent.certainly_down_ms, whole, language),
        ),
    )


def _group_row(one: GroupPeriod, name: str, words: Words) -> tuple[Cell, ...]:
    language = words.language
    return (
        Cell(text=name), count_cell(one.registered, language),
        *(count_cell(one.counts[judgement], language) for judgement in ORDER), count_cell(one.services, language),
        *((
            share_cell(one.outside.good_ms, one.outside.known_ms, language),
            *part_cells(one.promised, language),
        ) if one.services else (EMPTY, EMPTY, EMPTY, EMPTY)),
    )
