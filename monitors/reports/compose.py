"""From a report's data to its document, chapter by chapter, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.reports.achievement import hours, league, pictures
from monitors.reports.data import NationData, State
from monitors.reports.document import Block, Document, Paragraph, Tone
from monitors.reports.happenings import attribution, incidents
from monitors.reports.method import method
from monitors.reports.nation import (
    nation_groups,
    nation_hours,
    nation_method,
    nation_summary,
)
from monitors.reports.nation_league import nation_league, nation_worst
from monitors.reports.numbers import moment, period_name
from monitors.reports.summary import changes, summary
from monitors.reports.told import definition_changes, disputes, maintenance, vantages
from monitors.reports.words import Words

if TYPE_CHECKING:
    from monitors.core.wording import Language
    from monitors.reports.data import Report

CHAPTERS = (
    summary, changes, league, pictures, hours, incidents, attribution, maintenance, disputes, definition_changes,
    vantages, method,
)
STATE_TONES = {State.DRAFT: Tone.UNSURE, State.FINAL: Tone.GOOD, State.REISSUED: Tone.BAD}


NATION_CHAPTERS = (
    nation_summary, changes, nation_groups, nation_league, nation_worst, nation_hours, nation_method,
)
def compose(data: Report, language: Language) -> Document:
    """Write a report in a language. The same data gives the same document."""
    words = Words(language)
    edition = data.edition
    blocks: list[Block] = []
    if isinstance(data, NationData):
        for nation_chapter in NATION_CHAPTERS:
            blocks += nation_chapter(data, words)
    else:
        for chapter in CHAPTERS:
            blocks += chapter(data, words)
    if edition.state is State.DRAFT:
        why = words("draft_unissued" if data.is_final else "draft_why")
        blocks.insert(1, Paragraph(text=why, is_mark=True, tone=Tone.UNSURE))
    return Document(
        language=language.value, title=words("title"),
        subtitle=words("nation") if isinstance(data, NationData) else data.name,
        period=f"{words.cadence(data.cadence)}, {period_name(data.period, language)}",
        status=words.state(edition.state, edition.version), status_tone=STATE_TONES[edition.state],
        data_time=words("data_time", when=moment(edition.data_ms, data.zone, language)),
        footer=words("footer", seal=data.seal or words("no_seal_short")), page_word=words("page"),
        made_ms=edition.data_ms, blocks=tuple(blocks),
    )
