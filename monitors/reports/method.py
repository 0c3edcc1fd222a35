"""The method page: the rules of ``docs/semantics.md`` in a reader's words, and what this report rests on.

The rules stand in ``templates/reports/words.*.json``; where one changes in the semantics it changes there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.flapping import WINDOW_MS
from monitors.core.hours import CLOSED_RUN_DAYS
from monitors.core.sla import COVERAGE_FLOOR
from monitors.core.wording import duration
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Table
from monitors.reports.numbers import count, moment

if TYPE_CHECKING:
    from monitors.reports.data import ReportData
    from monitors.reports.words import Words

def method(data: ReportData, words: Words) -> Iterator[Block]:
    """Give the method page."""
    values = {
        "floor": COVERAGE_FLOOR[0] * 100 // COVERAGE_FLOOR[1], "closed": CLOSED_RUN_DAYS,
        "flap": duration(WINDOW_MS, words.language),
    }
    yield Heading(text=words("method"))
    for term, text in words.rules:
        yield Heading(text=term, level=2)
        yield Paragraph(text=text.format(**values))
    yield Heading(text=words("rests_on"), level=2)
    yield Table(
        name=words("method"), columns=(Column(title=words("what"), share=2), Column(title=words("value"), share=5)),
        rows=tuple((Cell(text=name), Cell(text=value)) for name, value in _rests_on(data, words)),
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
