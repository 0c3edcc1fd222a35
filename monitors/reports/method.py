"""The method page: the rules of ``docs/semantics.md`` in a reader's words, and what this report rests on.

The rules stand in ``templates/reports/words.*.json``; where one changes in the semantics it changes there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.flapping import WINDOW_MS
from monitors.core.hours import CLOSED_RUN_DAYS
from monitors.core.provability import TABLE_TARGETS, provability_table
from monitors.core.sla import COVERAGE_FLOOR
from monitors.core.wording import duration, target_percent
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Table, Tone
from monitors.reports.numbers import count, count_cell, moment, target_cell
from monitors.reports.summary import marked

if TYPE_CHECKING:
    from monitors.reports.data import ReportData
    from monitors.reports.words import Words

def method(data: ReportData, words: Words) -> Iterator[Block]:
    """Give the method page."""
    yield from rules(words)
    yield Heading(text=words("rests_on"), level=2)
    yield Table(
        name=words("rests_on"), columns=(Column(title=words("what"), share=2), Column(title=words("value"), share=5)),
        rows=tuple((Cell(text=name), Cell(text=value)) for name, value in _rests_on(data, words)),
    )
    yield from _proof(data, words)


def rules(words: Words) -> Iterator[Block]:
    """Give the rules in words."""
    values = {
        "floor": COVERAGE_FLOOR[0] * 100 // COVERAGE_FLOOR[1], "closed": CLOSED_RUN_DAYS,
        "flap": duration(WINDOW_MS, words.language),
    }
    yield Heading(text=words("method"))
    for term, text in words.rules:
        yield Heading(text=term, level=2)
        yield Paragraph(text=text.format(**values))


def _proof(data: ReportData, words: Words) -> Iterator[Block]:
    """Say whether the runs suffice for the claims, and what a healthy service can prove at all."""
    language = words.language
    yield Heading(text=words("sampling"), level=2)
    yield Table(
        name=words("sampling"), columns=(
            Column(title=words("service"), share=1), Column(title=words("month")),
            *(
                Column(title=words(key), is_right=True)
                for key in ("target", "runs", "outages", "clean_needed", "needed")
            ),
            Column(title=words("enough")),
        ),
        rows=tuple(
            (
                Cell(text=marked(one)), Cell(text=month.window.month),
                target_cell(told.target, language), count_cell(told.runs, language),
                count_cell(told.failed, language), count_cell(told.clean_needed, language),
                count_cell(told.needed, language) if told.needed is not None else Cell(text="–", tone=Tone.FAINT),
                Cell(text=words("yes")) if told.is_enough else Cell(text=words("no"), tone=Tone.UNSURE),
            )
            for month in data.months for one in month.services if one.outlook is not None
            for told in [one.outlook.confidence]
        ), note=words("sampling_note"),
    )
    yield from provability(words)


def provability(words: Words) -> Iterator[Block]:
    """Give the table of what a healthy service can prove, by interval, vantages and rate of lone failures."""
    language = words.language
    yield Heading(text=words("provability"), level=2)
    yield Table(
        name=words("provability"), columns=(
            *(
                Column(title=words(key), is_right=True)
                for key in ("vantage", "lone", "interval", "deadline", "narrowest")
            ),
            *(Column(title=target_percent(target, language), is_right=True) for target in TABLE_TARGETS),
        ),
        rows=tuple(
            (
                count_cell(row.vantages, language), target_cell(row.lone_failures, language),
                Cell(text=duration(row.interval_ms, language)), Cell(text=duration(row.deadline_ms, language)),
                target_cell(row.narrowest, language),
                *(target_cell(share, language) for _, share in row.not_proven),
            )
            for row in provability_table()
        ), note=words("provability_note"),
    )


def _rests_on(data: ReportData, words: Words) -> Iterator[tuple[str, str]]:
    language = words.language
    first, last = data.months[0].window, data.newest.window
    yield words("period"), words(
        "from_to", start=moment(first.start_ms, data.zone, language), end=moment(last.end_ms, data.zone, language),
    )
    yield words("zone"), str(data.zone)
    yield words("as_of"), moment(data.edition.data_ms, data.zone, language)
    yield words("edition"), words.state(data.edition.state, data.edition.version) + (
        f" ({data.edition.issued_by})" if data.edition.issued_by else ""
    )
    yield words("denominator"), _denominator(data, words)
    yield words("intervals"), _intervals(data, words)
    yield words("from_where"), ", ".join(
        sorted({vantage.name for month in data.months for one in month.services for vantage in one.vantages}),
    ) or "–"
    yield words("calendar"), data.calendar + (
        f" ({words('not_decreed', years=', '.join(map(str, data.undecided)))})" if data.undecided else ""
    )
    yield words("seal"), data.seal or words("no_seal")


def _denominator(data: ReportData, words: Words) -> str:
    judged = [one for month in data.months for one in month.judged]
    return words(
        "denominator_value", services=count(len({one.service for one in judged}), words.language),
        observed=duration(sum(one.observed_ms for one in judged), words.language),
        runs=count(sum(one.runs for one in judged), words.language),
        missed=count(sum(one.missed for one in judged), words.language),
        first=count(sum(one.first_try_failures for one in judged), words.language),
    )


def _intervals(data: ReportData, words: Words) -> str:
    found = sorted({t.interval_ms for month in data.months for one in month.services for t in one.target.transactions})
    return ", ".join(duration(interval, words.language) for interval in found) or "–"
