"""Hosts of URLs in the words of libcurl: where to connect, what was looked up. Pure."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.probes.guard import literal_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Target


@functools.lru_cache(maxsize=4096)       # many services of an agency have one host: its text is there once
def origin_text(url: str) -> str:
    """Give a URL up to its host and port, as it is written."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}"


def has_literal(place: str) -> bool:
    """Tell whether ADDRESS:PORT has an IP address and not a name."""
    return literal_host(f"http://{place}") != ""


def connect_to(target: Target, address: str = "") -> str:
    """Where to connect instead of the base URL's host: HOST:PORT:ADDRESS:PORT; "" to look the name up.

    ``address``: an IP address that the definition fixed; what the toolkit itself placed goes before it.
    """
    return _connect_to(target.base_url, target.connect_to, address)


@functools.lru_cache(maxsize=4096)
def _connect_to(base_url: str, placed: str, address: str) -> str:
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not placed and not address:
        return ""
    place = placed or f"{bracketed(address)}:{port}"
    return f"{bracketed(parts.hostname or '')}:{port}:{place}"


def name_in(url: str) -> str:
    """Give the host of a URL where it is a name, "" where it is an address."""
    host = urlsplit(url).hostname or ""
    return "" if literal_host(url) else host


def resolved(url: str, addresses: Sequence[str]) -> str:
    """Write what was looked up for a URL's host: HOST:PORT:ADDRESS,ADDRESS."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}:{','.join(bracketed(address) for address in addresses)}"


def bracketed(host: str) -> str:
    """Write an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
