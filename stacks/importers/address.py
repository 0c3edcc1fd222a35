"""Names and addresses of an input made fit for a definition: codes, durations, URLs, and what must stay secret."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from stacks.definition import names
from stacks.importers.account import one_line

if TYPE_CHECKING:
    from stacks.importers.account import Entry

MAX_CODE = 40
_SECRET_NAME = re.compile(
    r"(?i)(?:^|[^a-z0-9])(?:pass(?:word|wd|phrase)?s?|pwd|secrets?|tokens?|credentials?|apikey|api[-_]?key|"
    r"access[-_]?key|private[-_]?key|client[-_]?secret|auth|authorization|session(?:id)?|signature|sig|sandi|jwt)"
    r"(?:[^a-z0-9]|$)",
)
_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-csrf-token", "x-xsrf-token"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GO_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ns|us|µs|ms|s|m|h|d|w|y)")
_UNIT_MS = {
    "ns": 1e-6,
    "us": 1e-3,
    "µs": 1e-3,
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}

SECRET_WHY = "a definition holds no secret: it is copied, mailed and kept in version control"  # noqa: S105 - a sentence


def is_secret(name: str) -> bool:
    """Tell whether a header, field or parameter of that name holds a secret."""
    return name.lower() in _SECRET_HEADERS or _SECRET_NAME.search(_CAMEL.sub("-", name)) is not None


def told(text: str) -> str:
    """Return a line of an input as a finding may show it: not at all where it is about a secret."""
    words = re.findall(r"[A-Za-z0-9_-]+", text)
    return (
        "that is about a secret"
        if any(is_secret(word) for word in words)
        else one_line(masked(text, whole=True), most=60)
    )


def code(text: str, *, default: str) -> str:
    """Return a code (small letters, digits, hyphens; a letter first; 40 at most) near to a name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-0123456789")[:MAX_CODE].strip("-")
    return found if found and names.code(found) == "" else default


def unused(name: str, taken: set[str], *, most: int = MAX_CODE) -> str:
    """Return the name, or with a number after it where it is taken; note it as taken."""
    found, number = name[:most], 2
    while found in taken:
        end = f"-{number}"
        found, number = f"{name[: most - len(end)]}{end}", number + 1
    taken.add(found)
    return found


def label(text: str, *, most: int, default: str) -> str:
    """Return a name for people on one line."""
    return one_line(text, most=most) or default


def go_duration_ms(text: str) -> int | None:
    """Read a duration such as 1m30s, as Go and Prometheus write it; None where it is none or longer than a month."""
    parts = _GO_DURATION.findall(text) if len(text) <= 40 else []
    if not parts or "".join(f"{digits}{unit}" for digits, unit in parts) != text:
        return None
    total = sum(float(digits) * _UNIT_MS[unit] for digits, unit in parts)
    return round(total) if total < 31 * 86_400_000 else None


def seconds_ms(text: str) -> int | None:
    """Read a number of seconds; None where it is none."""
    if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,6})?", text):
        return None
    return round(float(text) * 1000)


def split_url(text: str, entry: Entry) -> tuple[str, str] | None:
    """Split an address into ``https://host:port`` and its path with query; None, and told, where it is none.

    A user, a password and secret query values are left out, and told at ``entry``.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme.lower() not in {"http", "https"} or not host:
        entry.lost(
            f'"{one_line(masked(text), most=80)}" is no address of a page',
            "a step needs http:// or https:// and a host",
            "write the address into the definition by hand",
        )
        return None
    if ":" in host:
        host = f"[{host}]"
    origin = f"{parts.scheme.lower()}://{host}" + (f":{port}" if port is not None else "")
    if names.base_url(origin):
        entry.lost(
            f'"{one_line(origin, most=80)}" is no address that can be watched',
            names.base_url(origin),
            "write the address into the definition by hand",
        )
        return None
    if parts.username is not None or parts.password is not None:
        entry.changed("the user and password in the address are left out", SECRET_WHY, "give them by reference")
    query = _without_secrets(parts.query, entry)
    return origin, encoded(parts.path or "/") + (f"?{encoded(query)}" if query else "")


def encoded(text: str) -> str:
    """Percent-encode what an address cannot hold; what is encoded stays."""
    return quote(text, safe="!#$%&'()*+,/:;=?@[]~{}")


def _without_secrets(query: str, entry: Entry) -> str:
    kept = []
    for part in query.split("&") if query else []:
        name = part.partition("=")[0]
        if is_secret(dict(parse_qsl(part)).popitem()[0] if parse_qsl(part) else name) and "=" in part:
            entry.changed(
                f'the value of "{one_line(name, most=40)}" in the address is left out',
                SECRET_WHY,
                "give it by reference, or watch an address that needs none",
            )
            continue
        kept.append(part)
    return "&".join(kept)


def masked(text: str, *, whole: bool = False) -> str:
    """Return an address without its user, password and (unless ``whole``) query, to show it."""
    shown = re.sub(r"//[^/@ ]*@", "//***@", text)
    return shown if whole else shown.partition("?")[0]
