"""The nation's agencies one by one: those on board, those that are not, and the services with most downtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.wording import duration, percent, target_percent
from monitors.reports.achievement import judgement_cell
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Table
from monitors.reports.nation_sums import AgencyPeriod, agencies_of
from monitors.reports.numbers import count, count_cell, share_cell, time_cell
from monitors.reports.summary import OWN_HOST

if TYPE_CHECKING:
    from monitors.core.sla import SlaStatement
    from monitors.reports.data import NationData
    from monitors.reports.words import Words

WORST = 20


def nation_league(data: NationData, words: Words) -> Iterator[Block]:
    """Give every agency on board, most downtime first, then those that are not."""
    language = words.language
    agencies = agencies_of(data)
    on_board = sorted(
        (one for one in agencies if one.services), key=lambda one: (-one.promised.down_ms, one.agency.code),
    )
    if on_board:
        yield Heading(text=words("agencies"))
        yield Table(
            name=words("agencies"), columns=(
                Column(title=words("agency"), share=1),
                *(
                    Column(title=words(key), is_right=True)
                    for key in ("services", "outside_short", "available", "bounds", "covered", "down")
                ),
                Column(title=words("judged")),
            ),
            rows=tuple(_agency_row(one, data, words) for one in on_board),
            note=words(
                "agencies_note", agencies=count(len(on_board), language),
                observed=duration(sum(one.promised.observed_ms for one in on_board), language),
                known=duration(sum(one.promised.known_ms for one in on_board), language),
            ),
        )
    missing = [one for one in agencies if not one.services]
    if missing:
        yield Heading(text=words("not_on_board"))
        yield Table(
            name=words("not_on_board"), columns=(
                Column(title=words("agency"), share=3), Column(title=words("kind"), share=1),
                Column(title=words("province"), share=2), Column(title=words("wave"), share=1),
            ),
            rows=tuple(
                (
                    Cell(text=one.agency.name or one.agency.code),
                    Cell(text=group_name(one.agency.kind, "kind", data, words)),
                    Cell(text=group_name(one.agency.province, "province", data, words)),
                    Cell(text=one.agency.wave or "–"),
                )
                for one in missing
            ),
        )


def nation_worst(data: NationData, words: Words) -> Iterator[Block]:
    """Give the services with most downtime, each in each of its months."""
    language = words.language
    found = [
        (month.month, result, one) for month in data.months for result in month.agencies for one in result.services
        if one.down_ms
    ]
    found.sort(key=lambda each: (-each[2].down_ms, each[2].agency, each[2].service, each[0]))
    yield Heading(text=words("worst_services"))
    if not found:
        yield Paragraph(text=words("no_down"))
        return
    yield Table(
        name=words("worst_services"), columns=(
            Column(title=words("agency"), share=3), Column(title=words("service"), share=2),
            Column(title=words("month")), Column(title=words("down"), is_right=True),
            *(Column(title=words(key), is_right=True) for key in ("available", "covered", "target")),
            Column(title=words("judged")),
        ),
        rows=tuple(
            (
                Cell(text=result.agency.name or result.agency.code), Cell(text=_service(one, data)), Cell(text=month),
                time_cell(one.down_ms, language), share_cell(one.good_ms, one.known_ms, language),
                share_cell(one.known_ms, one.observed_ms, language), Cell(text=target_percent(one.target, language)),
                judgement_cell(one.judgement, words),
            )
            for month, result, one in found[:WORST]
        ),
        note=words("worst_note", shown=min(WORST, len(found)), all=count(len(found), language)),
    )


def group_name(name: str, grouping: str, data: NationData, words: Words) -> str:
    """Name a province, kind or wave."""
    if not name:
        return words("not_told")
    if grouping == "kind":
        return words.kind(name)
    return data.provinces.get(name, name) if grouping == "province" else name


def _agency_row(one: AgencyPeriod, data: NationData, words: Words) -> tuple[Cell, ...]:
    language, spent = words.language, one.promised
    whole = spent.observed_ms
    low = percent(whole - spent.possibly_down_ms, whole, language).removesuffix(" %")
    is_own = all((one.agency.code, service) in data.own_host for service in one.services)
    return (
        Cell(text=(one.agency.name or one.agency.code) + (f" {OWN_HOST}" if is_own else "")),
        count_cell(len(one.services), language), share_cell(one.outside.good_ms, one.outside.known_ms, language),
        share_cell(spent.good_ms, spent.known_ms, language),
        Cell(text=f"{low}–{percent(whole - spent.certainly_down_ms, whole, language)}"),
        share_cell(spent.known_ms, whole, language), time_cell(spent.down_ms, language),
        judgement_cell(one.judgement, words),
    )


def _service(one: SlaStatement, data: NationData) -> str:
    name = data.service_names.get((one.agency, one.service)) or one.service
    return name + (f" {OWN_HOST}" if (one.agency, one.service) in data.own_host else "")
