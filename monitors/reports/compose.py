"""From a report's data to its document, chapter by chapter, in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.reports.achievement import hours, league, pictures
from monitors.reports.data import State
from monitors.reports.document import Document, Paragraph, Tone
from monitors.reports.happenings import attribution, incidents
from monitors.reports.method import method
from monitors.reports.numbers import moment, period_name
from monitors.reports.summary import changes, summary
from monitors.reports.told import disputes, maintenance, vantages
from monitors.reports.words import Words

if TYPE_CHECKING:
    from monitors.core.wording import Language
    from monitors.reports.data import ReportData

CHAPTERS = (
    summary, changes, league, pictures, hours, incidents, attribution, maintenance, disputes, vantages, method,
)
STATE_TONES = {State.DRAFT: Tone.UNSURE, State.FINAL: Tone.GOOD, State.REISSUED: Tone.BAD}


def compose(data: ReportData, language: Language) -> Document:
    """Write a report in a language. The same data gives the same document."""
    words = Words(language)
    edition = data.edition
    blocks = [block for chapter in CHAPTERS for block in chapter(data, words)]
    if edition.state is State.DRAFT:
        why = words("draft_unissued" if data.is_final else "draft_why")
        blocks.insert(1, Paragraph(text=why, is_mark=True, tone=Tone.UNSURE))
    return Document(
        language=language.value, title=words("title"), subtitle=data.name,
        period=f"{words.cadence(data.cadence)}, {period_name(data.period, language)}",
        status=words.state(edition.state, edition.version), status_tone=STATE_TONES[edition.state],
        data_time=words("data_time", when=moment(edition.data_ms, data.zone, language)),
        footer=words("footer", seal=data.seal or words("no_seal_short")), page_word=words("page"),
        made_ms=edition.data_ms, blocks=tuple(blocks),
    )
