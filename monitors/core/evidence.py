"""What is kept of a step that failed, so that it can be argued about later. Pure; secrets are out of it already."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was asked and what came back: all of it text, lines ended by a line feed.

    ``request``: method and URL. ``head``: status line and header lines. ``body``: its first 4 KiB, decoded.
    ``certificate``: subject, issuer, names and end of the server's. ``hops``: where redirects led, one line each, the
    first request first: status, address and certificate. ``screenshot``: of a browser's page, JPEG in base64, at most
    100 kB before it.
    """

    request: str = ""
    head: str = ""
    body: str = ""
    certificate: str = ""
    hops: tuple[str, ...] = ()
    screenshot: str = ""
