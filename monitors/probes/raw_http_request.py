"""Requests that are written without libcurl: those of which there is only one way to write them. Pure."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from monitors.probes.decoding import ACCEPTED
from monitors.probes.http_request import OUR_LINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.probes.redirects import Hop

# no user, no upper case, no other port than a usual number, no path that libcurl would write anew
_URL = re.compile(
    r"http://(?P<host>[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/(?!\.)[A-Za-z0-9_~!$&'()*+,;=:@%.-]*)*(?:\?[A-Za-z0-9_~!$&'()*+,;=:@%/?.-]*)?)",
)
_PLACE = re.compile(r":(?P<v4>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[(?P<v6>[0-9A-Fa-f:.]+)\]):(?P<port>[1-9][0-9]{0,4})$")
_LINE = re.compile(rb"(?!(?i:host|content-|transfer-encoding|connection|expect|te|upgrade|cookie)[^:]*:)"
                   rb"[A-Za-z0-9_-]+: [!-~](?:[\t -~]*[!-~])?")
LARGEST = 8 * 1024                       # bytes: a fresh connection takes them at once
_ACCEPT_ENCODING = f"Accept-Encoding: {ACCEPTED}".encode()


class Asked(NamedTuple):
    """A request as it is sent, and where to."""

    data: bytes
    address: str
    port: int


def plain_request(hop: Hop, mark: tuple[bytes, ...], connect_to: str) -> Asked | None:
    """Write a GET without a body; None where libcurl must say how.

    ``mark``: header lines of our own. ``connect_to``: HOST:PORT:ADDRESS:PORT, or "" where the URL has an address.
    """
    found = _URL.fullmatch(hop.url)
    if found is None:
        return None
    host, port, path = found.groups()
    if path[:1] == "?":
        return None
    if connect_to:
        place = _PLACE.search(connect_to)
        if place is None:
            return None
        address, number = place["v6"] or place["v4"], int(place["port"])
    else:
        address, number = host.strip("[]"), int(port or 80)
    if number > 65535:
        return None
    lines = _our_lines(mark) if hop.headers is OUR_LINES else _lines(mark, hop.headers)
    if lines is None:
        return None
    shown = f"{host}:{port}" if port and port != "80" else host
    data = f"GET {path or '/'} HTTP/1.1\r\nHost: {shown}".encode("ascii") + lines
    return Asked(data, address, number) if len(data) <= LARGEST else None


def _lines(mark: Sequence[bytes], headers: Sequence[bytes]) -> bytes | None:
    if any(_LINE.fullmatch(line) is None for line in headers):
        return None
    asks = any(line[:16].lower() == b"accept-encoding:" for line in headers)
    return b"\r\n".join((b"", *mark, *(() if asks else (_ACCEPT_ENCODING,)), *headers, b"\r\n"))


@functools.lru_cache(maxsize=8)
def _our_lines(mark: tuple[bytes, ...]) -> bytes | None:
    """Write the lines of nearly all requests once."""
    return _lines(mark, OUR_LINES)
