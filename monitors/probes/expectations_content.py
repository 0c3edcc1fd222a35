"""What a page's content itself shows: words that somebody injected, and a size or digest that is not as declared. Pure.

Pages of public bodies are broken into to sell gambling: they go on answering 200. The words below are those that such
pages carry in Bahasa Indonesia; a page that has a reason to write one of them, such as a warning, names it as allowed.
"""

from __future__ import annotations

import hashlib
import unicodedata

GAMBLING = (
    "judi online", "judi bola", "judi slot", "judi kartu", "judol", "situs judi", "agen judi", "bandar judi",
    "slot gacor", "slot online", "slot88", "slot 88", "slot777", "slot 777", "slot deposit", "slot dana", "slot pulsa",
    "slot thailand", "slot maxwin", "slot qris", "slot server", "situs slot", "agen slot", "bandar slot", "link slot",
    "daftar slot", "akun slot", "rtp slot", "rtp live", "bocoran slot", "demo slot", "gacor hari ini", "situs gacor",
    "link gacor", "gampang menang", "gampang maxwin", "anti rungkad", "scatter hitam", "togel",
    "toto macau", "toto slot", "situs toto", "bandar toto",
    "prediksi sgp", "prediksi hk", "keluaran sgp", "keluaran hk", "live draw sgp",
    "live draw hk", "poker online", "idn poker", "bandarqq", "bandar qq", "dominoqq", "domino qq", "pkv games",
    "casino online", "kasino online", "live casino", "sbobet", "agen bola", "sabung ayam online", "joker123",
    "mahjong ways", "gates of olympus", "sweet bonanza", "starlight princess", "bonus new member 100", "depo 10k",
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SEPARATORS = str.maketrans(dict.fromkeys("-_+.,/:;|&'\"<>=()[]{}", " "))
# as they stand, and with nothing between their pieces
_FORMS = tuple((word, form) for word in GAMBLING for form in dict.fromkeys((word, word.replace(" ", ""))))
_MOST_SHOWN = 3


def injected(text: str, allowed: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Give the gambling words that a page holds, those that are ``allowed`` left out; at most three."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain).translate(_INVISIBLE)
    plain = " ".join(plain.translate(_SEPARATORS).split())
    found: dict[str, None] = {}
    for word, form in _FORMS:
        if word not in allowed and word not in found and _stands_in(plain, form):
            found[word] = None
            if len(found) == _MOST_SHOWN:
                break
    return tuple(found)


def _stands_in(plain: str, form: str) -> bool:
    """Tell whether a word is there that neither begins nor ends inside of another one."""
    place = plain.find(form)
    while place >= 0:
        end = place + len(form)
        if not plain[place - 1 : place].isalnum() and not plain[end : end + 1].isalpha():
            return True
        place = plain.find(form, end)
    return False


def size_drift(expected: str, size: int) -> str:
    """Say that a body's size is not within ``LEAST-MOST`` bytes, or "". Raises ValueError for another text."""
    least, most = size_range(expected)
    if least <= size <= most:
        return ""
    return f"the body has {size} bytes, declared are {least} to {most}"


def size_range(text: str) -> tuple[int, int]:
    """Read ``LEAST-MOST``. Raises ValueError."""
    least, dash, most = text.partition("-")
    if not (dash and least.isdecimal() and most.isdecimal() and text.isascii()) or int(least) > int(most):
        raise ValueError(f'size "{text}": expected LEAST-MOST in bytes, such as 1000-50000')
    return int(least), int(most)


def digest_drift(expected: str, body: bytes) -> str:
    """Say that a body's SHA-256 is not the declared one, or ""."""
    found = hashlib.sha256(body).hexdigest()
    return "" if found == expected.lower() else f"the body has changed: its SHA-256 is {found}, declared is {expected}"
