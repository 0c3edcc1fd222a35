"""Where a redirect leads, and what may go along. Pure.

Followed by us and not by the library, so that a loop is told apart from a long way, and nothing that a step sends on
purpose reaches another host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.probes.failures import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SCHEMES = ("http", "https")
# headers that say nothing of who asks: all others stay with the host that they were written for
_HARMLESS = (b"accept:", b"accept-language:", b"user-agent:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request of a step: the first one, or one that a redirect asks for."""

    method: str
    url: str
    headers: tuple[bytes, ...]           # whole lines
    body: bytes | None = None


class RedirectError(Exception):
    """A redirect that is not followed. The text says why."""


def follow(hop: Hop, status: int, location: str) -> Hop:
    """Give the request that a redirect from ``hop`` to the absolute URL ``location`` asks for.

    303 asks for a GET, and so do 301 and 302 after a POST, as every browser understands them. Raises RedirectError
    where the way leads out of HTTP, or a body would go to another host.
    """
    try:
        parts = urlsplit(location)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise RedirectError(f'redirected to "{quoted(location)}", which is not an address') from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise RedirectError(f'redirected to "{quoted(location)}"; only http and https are followed')
    method, body = hop.method, hop.body
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
        method, body = "GET", None
    headers = hop.headers
    if body is None:
        headers = tuple(line for line in headers if not line.lower().startswith(b"content-type:"))
    if origin(location) != origin(hop.url):
        if body is not None:
            place = parts.netloc.rpartition("@")[2]
            raise RedirectError(f"redirected to {place} with what was sent; it is not sent to another host")
        headers = tuple(line for line in headers if line.lower().startswith(_HARMLESS))
    return Hop(method=method, url=location, headers=headers, body=body)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what must be equal for two addresses to be the same place."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)


def way(hops: Sequence[str]) -> str:
    """Show the way that redirects took, the middle left out where it is long."""
    shown = [quoted(url, 60) for url in hops]
    if len(shown) > 4:
        shown = [*shown[:2], "…", *shown[-2:]]
    return " -> ".join(shown)
