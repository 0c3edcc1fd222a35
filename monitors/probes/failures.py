"""What went wrong with a request, in plain words, from what the HTTP library says of it.

The numbers are libcurl's error codes, OpenSSL's verification results and the system's errno: all three are fixed by
their interfaces. Nothing here knows the library itself.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from enum import StrEnum

from monitors.core.verdict import spoken_us


class Phase(StrEnum):
    """Where in a request it was when it ended. The value completes "while ..."."""

    DNS = "looking up the host's name"
    CONNECT = "connecting"
    TLS = "agreeing on TLS"
    SEND = "sending the request"
    FIRST_BYTE = "waiting for the first byte of the answer"
    INTERIM = "waiting for the answer itself: only interim ones (1xx) came"
    HEADER = "reading the answer's header"
    BODY = "reading the answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that gave no whole answer. ``is_ours``: it says nothing of the service."""

    problem: str
    is_ours: bool = False
    is_untrusted: bool = False           # the server's certificate was not believed


# errno of a connection that our own machine could not make
_OURS = {
    errno.EMFILE: "the monitor has no file descriptors left",
    errno.ENFILE: "this machine has no file descriptors left",
    errno.ENOBUFS: "this machine has no network buffers left",
    errno.ENOMEM: "this machine has no memory left",
    errno.EADDRNOTAVAIL: "this machine has no free local port or address",
    errno.ENETUNREACH: "this machine has no route to that network",
    errno.ENETDOWN: "this machine's network is down",
    errno.EACCES: "this machine does not allow the connection",
    errno.EPERM: "this machine does not allow the connection",
}
_CODES_OURS = {2, 4, 27, 41, 43, 48, 53, 54, 77, 82}      # failed init, no memory, wrong use, unreadable CA file
_CERTIFICATE = {
    2: "its issuer's certificate is missing",
    9: "is not yet valid",
    10: "has expired",
    18: "is self-signed",
    19: "is signed by an authority that is not trusted",
    20: "is signed by an authority that is not trusted, or a certificate between is missing",
    21: "cannot be checked: the certificate of its issuer is missing",
    23: "was revoked",
    26: "is not meant for a server",
    62: "is for another host",
    66: "has a key that is too weak",
    67: "is signed with a key that is too weak",
    68: "is signed with a method that is too weak",
}
_OPENSSL = re.compile(r"error:[0-9A-Fa-f]+:[^:]*:[^:]*:(.+)$")
# what the libraries say, and what it means; the first part found counts
_TLS = (
    ("wrong version number", "the server does not speak TLS on this port"),
    ("http request", "the server does not speak TLS on this port"),
    ("packet length too long", "the server does not speak TLS on this port"),
    ("protocol version", "the server speaks no version of TLS from 1.2 on"),
    ("unsupported protocol", "the server speaks no version of TLS from 1.2 on"),
    ("handshake failure", "the server refused: no cipher or key exchange suits both sides"),
    ("certificate required", "the server asks for a client certificate"),
    ("unrecognized name", "the server knows no site of this name"),
    ("unexpected eof", "the server closed the connection"),
    ("SSL_ERROR_SYSCALL", "the server closed the connection"),
)
_HEADER = (
    ("Too large response headers", "the answer's header is larger than 300 KiB"),
    ("Too many response headers", "the answer's header has more than 5000 lines"),
)
_BROKEN = (
    ("Content-Length", "the answer's Content-Length is no length, or there are two"),
    ("NUL byte", "the answer's header holds a zero byte"),
)
_CHUNKS = (
    ("hex digit", "the body comes in chunks, and the length of one is no number"),
    ("longer than", "the body comes in chunks, and the length of one is too large"),
)
_ENCODING = (
    ("Unrecognized", "the body has an encoding that was not asked for"),
    ("limit of", "the body is encoded over and over, more than 5 times"),
)


def explain(
    code: int, message: str, *, host: str, phase: Phase, taken_us: int, system: int = 0, verify: int = 0,
    received: int = 0, limit: int = 0,
) -> Failure:
    """Say in words what a failed request met.

    ``system``: errno or 0. ``verify``: OpenSSL's verification result. ``received``: decoded bytes so far, of at most
    ``limit``. ``taken_us``: from the start of the request.
    """
    if system in _OURS and code in {7, 45, 55, 56}:
        return Failure(problem=f"{_OURS[system]} (asked to reach {host})", is_ours=True)
    if code in _CODES_OURS:
        return Failure(problem=f"the monitor could not make the request: {_trimmed(message)}", is_ours=True)
    after = f"after {spoken_us(taken_us)}"
    if code == 6:
        return Failure(problem=f"the name {_name(host)} could not be resolved {after}")
    if code == 7:
        return Failure(problem=f"{_connecting(system, host)} {after}")
    if code == 28:
        got = f", {_bytes(received)} read" if phase is Phase.BODY else ""
        return Failure(problem=f"timed out {after} while {phase}{got}")
    if code in {51, 60}:
        return Failure(problem=_certificate(verify, message, host), is_untrusted=True)
    if code in {35, 59, 66, 80, 83, 90, 91}:
        return Failure(problem=f"TLS with {host} failed: {_tls(system, message)} {after}")
    if code in {23, 63}:
        return Failure(problem=f"the body is larger than the {_bytes(limit)} allowed")
    met = _transfer(code, message, host=host, phase=phase, system=system, received=received)
    return Failure(problem=f"{met} {after}")


def _connecting(system: int, host: str) -> str:
    if system == errno.ECONNREFUSED:
        return f"connection refused by {host}"
    if system in {errno.EHOSTUNREACH, errno.EHOSTDOWN}:
        return f"no route to {host}"
    if system == errno.ETIMEDOUT:
        return f"no answer from {host} while connecting"
    if system == errno.ECONNRESET:
        return f"connection reset by {host} while connecting"
    return f"could not connect to {host}" + (f": {os.strerror(system).lower()}" if system else "")


def _certificate(verify: int, message: str, host: str) -> str:
    if "subject name" in message or verify == 62:
        return f"the certificate is for another host than {host}"
    what = _CERTIFICATE.get(verify) or f"is not valid: {_trimmed(message)}"
    return f"the certificate of {host} {what}"


def _tls(system: int, message: str) -> str:
    if system == errno.ECONNRESET:
        return "connection reset"
    reason = _OPENSSL.search(message)
    text = reason[1] if reason else _trimmed(message)
    return _meaning(_TLS, text) or text


def _transfer(code: int, message: str, *, host: str, phase: Phase, system: int, received: int) -> str:
    if system in {errno.ECONNRESET, errno.EPIPE} or "reset" in message.lower():
        return f"connection reset by {host} while {phase}"
    if code == 52:
        return f"{host} closed the connection without an answer"
    if code == 18:
        return f"{host} closed the connection in the middle of the body, {_bytes(received)} read"
    if code == 1 or "HTTP/0.9" in message:
        return f"what {host} answered is not HTTP"
    if code == 61:
        return _meaning(_ENCODING, message) or "the body is not encoded as its header says"
    if code == 8:
        return _meaning(_BROKEN, message) or f"the answer's header is broken ({_trimmed(message)})"
    if code == 100 and not message:
        return "the answer's header has a line that is longer than 100 KiB"
    if code == 100 or "header" in message.lower():
        return _meaning(_HEADER, message) or f"the answer's header is too large or broken ({_trimmed(message)})"
    if code == 56 and "chunk" in message:
        return _meaning(_CHUNKS, message) or f"the body's chunks are not as HTTP has them ({_trimmed(message)})"
    if code == 3:
        return f"the address cannot be used ({_trimmed(message)})"
    if code in {55, 56}:
        return f"connection lost to {host} while {phase} ({_trimmed(message)})"
    return f"the request failed while {phase} ({_trimmed(message)})"


def head_cut_short(host: str, *, taken_us: int) -> Failure:
    """Say that an answer ended before its header did, which the library takes for an answer without a body."""
    after = spoken_us(taken_us)
    return Failure(problem=f"{host} closed the connection in the middle of the answer's header after {after}")


def _meaning(table: tuple[tuple[str, str], ...], message: str) -> str:
    return next((meaning for part, meaning in table if part.lower() in message.lower()), "")


def _name(host: str) -> str:
    return host.partition(":")[0] if host.count(":") == 1 else host


def _trimmed(message: str) -> str:
    text = quoted(message.strip().rstrip("."), 160)
    return text or "no reason given"


def quoted(text: str, limit: int = 80) -> str:
    """Make a stranger's text fit for a sentence: one line, no control characters, cut at ``limit``."""
    shown = "".join(char if char.isprintable() else " " for char in text[: limit + 1])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit and len(text) <= limit else shown[: limit - 1] + "…"


def _bytes(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    if count < 1024 * 1024:
        return f"{count // 1024} KiB"
    return f"{count * 10 // 1024 // 1024 / 10:g} MiB"
