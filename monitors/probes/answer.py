"""What came back of an HTTP request, in plain values: the answer, its body within a limit, its time in phases."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

from monitors.core.model import Phases
from monitors.probes.failures import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.probes.failures import Failure


NO_PHASES = Phases()


class Answer:
    """What came back of one request. ``failure`` is None where a whole answer came."""

    __slots__ = (
        "address", "body", "certificate", "certificate_ends_ms", "content_type", "failure", "head", "headers",
        "is_http2", "phases", "redirect", "status",
    )

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self.content_type = ""
        self.redirect = ""               # absolute URL of the Location header, "" if none
        self.headers: list[tuple[str, str]] = []
        self.head: Sequence[bytes] = ()  # all header lines as they came, status lines and interim answers too
        self.certificate = ""            # of the server, in words; "" where it was not read
        self.is_http2 = False
        self.phases = NO_PHASES
        self.address = ""
        self.certificate_ends_ms = 0
        self.failure: Failure | None = None


class Marks(NamedTuple):
    """Microseconds from a request's start to each point of it; 0 where it was not reached."""

    looked_up: int
    connected: int
    agreed: int                          # on TLS; without TLS the same as ``connected``
    first_byte: int
    end: int


def phases_of(marks: Marks, *, is_whole: bool, has_status: bool) -> tuple[Phases, Phase]:
    """Cut a request's time into phases; where it failed, the phase that it was in gets the rest, and is named."""
    looked_up, connected, agreed, first, end = marks
    if not is_whole:
        if not looked_up and not connected:
            return Phases(dns_us=end), Phase.DNS
        if not connected:
            return Phases(dns_us=looked_up, connect_us=end - looked_up), Phase.CONNECT
        if not agreed:
            return Phases(dns_us=looked_up, connect_us=connected - looked_up, tls_us=end - connected), Phase.TLS
        if not has_status:
            first = end
    first = max(agreed, min(first, end))
    phases = Phases(
        dns_us=looked_up, connect_us=max(0, connected - looked_up), tls_us=max(0, agreed - connected),
        first_byte_us=first - agreed, body_us=end - first,
    )
    return phases, Phase.BODY if has_status else Phase.FIRST_BYTE


def head_of(lines: Sequence[bytes]) -> tuple[Sequence[bytes], bool]:
    """Cut the final answer's header lines out of all that came, and tell whether they came to their end.

    Those of interim answers and of a proxy stand before them, those of a chunked body's trailer behind.
    """
    start = next((index for index in range(len(lines) - 1, -1, -1) if lines[index].startswith(b"HTTP/")), -1) + 1
    for index in range(start, len(lines)):
        if lines[index] in {b"\r\n", b"\n"}:
            return lines[start:index], True
    return lines[start:], False


def header_of(line: bytes) -> tuple[str, str]:
    """Take a header line apart: its name in lower case, its value."""
    name, _, value = line.partition(b":")
    return text_of(name).strip().lower(), text_of(value).strip()


def text_of(raw: bytes) -> str:
    """Read a header's bytes: they should be ASCII, are UTF-8 at times, and may be anything."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def host_of(url: str) -> str:
    """Host and port as the URL has them, without what is secret in it."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]


def certificate_text(chain: Sequence[Sequence[tuple[bytes, bytes]]]) -> str:
    """Say whose the server's own certificate is, who signed it, for which names and until when; "" for none."""
    told = {text_of(name): text_of(value) for name, value in chain[0]} if chain else {}
    if not told:
        return ""
    names = told.get("X509v3 Subject Alternative Name", "none")
    return (
        f"subject {told.get('Subject', '?')}; issuer {told.get('Issuer', '?')}; names {names}; "
        f"from {told.get('Start date', '?')} to {told.get('Expire date', '?')}"
    )


def certificate_end_ms(chain: Sequence[Sequence[tuple[bytes, bytes]]]) -> int:
    """End of the server's own certificate, UTC milliseconds; 0 where there is none or it cannot be read."""
    for name, value in chain[0] if chain else ():
        if name == b"Expire date":
            try:
                return ssl.cert_time_to_seconds(text_of(value)) * 1000
            except ValueError:
                return 0
    return 0
