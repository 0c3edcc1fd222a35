"""Numbers and times as reports of the two languages write them: 99,95 %, 1.234, 24 November 2026 pukul 07.30 WIB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.window import from_ms
from monitors.core.wording import Language, duration, month_name, percent, share_percent, target_percent
from monitors.reports.document import Cell, Tone, Unit

if TYPE_CHECKING:
    from datetime import tzinfo
    from decimal import Decimal


NO_BREAK = "\u00a0"                      # a date in a narrow column stays in one piece


def count(number: int, language: Language) -> str:
    """Show a whole number: 1.234 or 1,234."""
    text = f"{number:,}"
    return text.replace(",", ".") if language is Language.ID else text


def day(at_ms: int, zone: tzinfo, language: Language) -> str:
    """Show a day: 24 November 2026."""
    when = from_ms(at_ms, zone)
    return f"{when.day} {month_name(f'{when:%Y-%m}', language)}"


def moment(at_ms: int, zone: tzinfo, language: Language) -> str:
    """Show a day with its minute and zone: 24 November 2026 pukul 07.30 WIB."""
    when = from_ms(at_ms, zone)
    if language is Language.ID:
        return f"{day(at_ms, zone, language)} pukul {when:%H.%M} {when.tzname()}"
    return f"{day(at_ms, zone, language)}, {when:%H:%M} {when.tzname()}"


def second(at_ms: int, zone: tzinfo, language: Language) -> str:
    """Show a moment of the report's time in a table: 24 Nov 07.30.05; year and zone stand elsewhere."""
    when = from_ms(at_ms, zone)
    clock = f"{when:%H.%M.%S}" if language is Language.ID else f"{when:%H:%M:%S}"
    return f"{when.day}{NO_BREAK}{month_name(f'{when:%Y-%m}', language)[:3]}{NO_BREAK}{clock}"


def minute(at_ms: int, zone: tzinfo, language: Language) -> str:
    """Show a minute in a table: 24 Nov 07.30."""
    return second(at_ms, zone, language)[:-3]


def period_name(period: str, language: Language) -> str:
    """Show a month or a quarter: November 2026, Triwulan IV 2026."""
    if "-Q" not in period:
        return month_name(period, language)
    year, _, quarter = period.partition("-Q")
    if language is Language.ID:
        return f"Triwulan {('I', 'II', 'III', 'IV')[int(quarter) - 1]} {year}"
    return f"Quarter {quarter} of {year}"


def exact(ms: int, language: Language) -> str:
    """Show a length of time to the millisecond: 712:59:30.007 hours, so that small changes are seen."""
    seconds, rest = divmod(abs(ms), 1_000)
    comma = "," if language is Language.ID else "."
    return f"{'-' if ms < 0 else ''}{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}{comma}{rest:03}"


def share_cell(part: int, whole: int, language: Language, tone: Tone = Tone.PLAIN) -> Cell:
    """Make a cell of a share, cut downwards; "no data" where the whole is 0."""
    return Cell(
        text=percent(part, whole, language), number=share_percent(part, whole), unit=Unit.PERCENT,
        tone=tone if whole else Tone.FAINT,
    )


def target_cell(target: Decimal, language: Language, tone: Tone = Tone.PLAIN) -> Cell:
    """Make a cell of a target in percent, as it was written."""
    return Cell(text=target_percent(target, language), number=float(target), unit=Unit.PERCENT, tone=tone)


def time_cell(ms: int, language: Language, tone: Tone = Tone.PLAIN) -> Cell:
    """Make a cell of a length of time."""
    return Cell(text=duration(ms, language), number=ms, unit=Unit.MS, tone=tone if ms else Tone.FAINT)


def count_cell(number: int, language: Language) -> Cell:
    """Make a cell of a whole number."""
    return Cell(text=count(number, language), number=number, unit=Unit.COUNT)
