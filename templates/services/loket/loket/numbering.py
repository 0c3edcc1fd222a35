"""What a queue number looks like and where its holder stands. Pure: no database, no clock, no web.

A number belongs to one office day, one series and one service. Citizens draw from the series ``warga``; the checks of a
monitor draw from ``uji``, so that watching a service around the clock never costs a citizen a place in the queue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_CODE = re.compile(r"[A-Z]{1,8}")
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


class Series(StrEnum):
    """Who draws from a counter: citizens, or the checks of a monitor."""

    CITIZEN = "warga"
    SYNTHETIC = "uji"


class Standing(StrEnum):
    """Where a ticket stands; the words are those of the JSON answers."""

    WAITING = "menunggu"
    CALLED = "dipanggil"
    PASSED = "terlewat"
    EXPIRED = "kedaluwarsa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One kind of business at the office: a short code, printed before the number, and a name for people."""

    code: str
    name: str


def parse_services(text: str) -> tuple[Counter, ...]:
    """Read the comma list of services.

    ``KTP=Kartu Tanda Penduduk`` states code and name; a bare ``KTP`` is both; any other bare name gets the next letter
    by its place in the list. Raises ValueError with a sentence that names the faulty entry.
    """
    counters: list[Counter] = []
    for place, entry in enumerate(part.strip() for part in text.split(",")):
        if not entry:
            raise ValueError(f"entry {place + 1} of the list is empty; remove the extra comma")
        code, separator, name = (part.strip() for part in entry.partition("="))
        if not separator:
            name = entry
            if not _CODE.fullmatch(entry):
                if place >= len(ascii_uppercase):
                    raise ValueError(f'"{entry}" has no code and the letters A to Z are used up; write CODE={entry}')
                code = ascii_uppercase[place]
        if not _CODE.fullmatch(code):
            raise ValueError(
                f'"{entry}" has the code "{code}"; a code is 1 to 8 capital letters, as in KTP=Kartu Tanda Penduduk'
            )
        if code == Series.SYNTHETIC.upper():
            raise ValueError(f'"{entry}" has the code "{code}", which marks numbers of a monitor; choose another code')
        if not name:
            raise ValueError(f'"{entry}" has no name after the equals sign; write one, as in KTP=Kartu Tanda Penduduk')
        if any(code == known.code for known in counters):
            raise ValueError(f'the code "{code}" is there twice; give each service a code of its own')
        counters.append(Counter(code=code, name=name))
    return tuple(counters)


def label(series: str, code: str, number: int) -> str:
    """Return the number as people read it: ``A-017``, and ``UJI-A-017`` for a monitor's check."""
    plain = f"{code}-{number:03d}"
    return plain if series == Series.CITIZEN else f"UJI-{plain}"


def standing(*, number: int, serving: int, is_today: bool) -> Standing:
    """Return where a number stands when ``serving`` is the last one called (0: none yet)."""
    if not is_today:
        return Standing.EXPIRED
    if number > serving:
        return Standing.WAITING
    return Standing.CALLED if number == serving else Standing.PASSED


def ahead(*, number: int, serving: int) -> int:
    """Return how many people are called before this number: 17 with 12 called has 4 ahead (13 to 16)."""
    return max(number - serving - 1, 0)


def spoken_date(moment: datetime) -> str:
    """Return the date as Indonesians write it: ``Selasa, 25 November 2025``."""
    return f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def spoken_time(moment: datetime) -> str:
    """Return the time with its zone: ``14.32 WIB``; the zone's name comes from the time zone database."""
    return f"{moment:%H.%M} {moment.tzname()}"
