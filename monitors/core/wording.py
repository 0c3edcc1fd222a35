"""Numbers and words for people, in Bahasa Indonesia and English.

Shares are cut downwards, never rounded: 99.9969 % reads 99.996 %, and 100 % stands only where nothing is missing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.model import Verdict
from monitors.core.sla import Judgement
from monitors.core.window import from_ms

if TYPE_CHECKING:
    from datetime import tzinfo
    from decimal import Decimal

SHARE_DIGITS = 3
MS_PER_S, MS_PER_MIN, MS_PER_H, MS_PER_D = 1_000, 60_000, 3_600_000, 86_400_000


class Language(StrEnum):
    """Language of a text."""

    ID = "id"
    EN = "en"


VERDICT_WORDS = {
    Language.EN: {verdict: verdict.value for verdict in Verdict},
    Language.ID: {
        Verdict.UP: "tersedia",
        Verdict.DEGRADED: "terganggu",
        Verdict.DOWN: "tidak tersedia",
        Verdict.UNKNOWN: "tidak diketahui",
    },
}
JUDGEMENT_WORDS = {
    Language.EN: {judgement: judgement.value for judgement in Judgement},
    Language.ID: {
        Judgement.RUNNING: "berjalan",
        Judgement.KEPT: "terpenuhi",
        Judgement.BROKEN: "tidak terpenuhi",
        Judgement.NOT_PROVEN: "belum dapat dipastikan",
        Judgement.NOT_ON_BOARD: "belum terpantau",
    },
}
NO_DATA = {Language.EN: "no data", Language.ID: "tidak ada data"}
_UNITS = (
    (MS_PER_D, {Language.EN: "d", Language.ID: "hari"}),
    (MS_PER_H, {Language.EN: "h", Language.ID: "jam"}),
    (MS_PER_MIN, {Language.EN: "min", Language.ID: "menit"}),
    (MS_PER_S, {Language.EN: "s", Language.ID: "detik"}),
)
_MONTHS = {
    Language.EN: ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December"),
    Language.ID: ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
                  "November", "Desember"),
}


def share_parts(part: int, whole: int) -> int | None:
    """Give part / whole in units of 1/100,000, cut downwards; None where ``whole`` is 0.

    2,591,922,000 of 2,592,000,000 ms are 99,996 (99.996 %), not 99,997.
    """
    return part * 10 ** (SHARE_DIGITS + 2) // whole if whole else None


def share_percent(part: int, whole: int) -> float | None:
    """Give part / whole in percent with three decimals for programs, cut downwards; None where ``whole`` is 0."""
    parts = share_parts(part, whole)
    return None if parts is None else parts / 10**SHARE_DIGITS


def percent(part: int, whole: int, language: Language = Language.EN) -> str:
    """Show part / whole as percent with three decimals, or "no data"."""
    parts = share_parts(part, whole)
    if parts is None:
        return NO_DATA[language]
    return f"{_decimal(f'{parts // 10**SHARE_DIGITS}.{parts % 10**SHARE_DIGITS:0{SHARE_DIGITS}d}', language)} %"


def target_percent(target: Decimal, language: Language = Language.EN) -> str:
    """Show a promise as it was written: 99.5 %."""
    return f"{_decimal(f'{target:f}', language)} %"


def duration(ms: int, language: Language = Language.EN) -> str:
    """Show a length of time by its two largest units, cut downwards; what is not nothing never reads as nothing.

    2,592,000 ms are ``43 min 12 s``; 1,430 ms are ``1.4 s``; 7 ms are ``7 ms``.
    """
    if ms < 0:
        return f"-{duration(-ms, language)}"
    second = _UNITS[-1][1][language]
    if ms == 0:
        return f"0 {second}"
    if ms < MS_PER_S // 10:
        return f"{ms} ms"
    if ms < 10 * MS_PER_S:
        whole, tenth = divmod(ms // 100, 10)
        return f"{_decimal(f'{whole}.{tenth}', language)} {second}" if tenth else f"{whole} {second}"
    for index, (size, words) in enumerate(_UNITS):
        count = ms // size
        if count:
            text = f"{count} {words[language]}"
            if index + 1 < len(_UNITS):
                smaller, smaller_words = _UNITS[index + 1]
                rest = ms % size // smaller
                text += f" {rest} {smaller_words[language]}" if rest else ""
            return text
    raise AssertionError(ms)             # ten seconds and more have a unit


def instant(at_ms: int, zone: tzinfo, language: Language = Language.EN, *, with_date: bool = True) -> str:
    """Show an instant in a zone: ``24 Nov 2026 14.05.09 WIB``; seconds are cut downwards."""
    when = from_ms(at_ms, zone)
    clock = f"{when:%H.%M.%S} {when.tzname()}" if language is Language.ID else f"{when:%H:%M:%S} {when.tzname()}"
    if not with_date:
        return clock
    return f"{when.day} {_MONTHS[language][when.month - 1][:3]} {when.year} {clock}"


def month_name(month: str, language: Language = Language.EN) -> str:
    """Show ``2026-11`` as November 2026."""
    year, number = month.split("-")
    return f"{_MONTHS[language][int(number) - 1]} {year}"


def _decimal(text: str, language: Language) -> str:
    return text.replace(".", ",") if language is Language.ID else text
