"""Talking over a TCP connection: bounded reading, patterns that cannot hang the monitor, STARTTLS of mail servers."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import regex

from monitors.core.errors import ProbeFault
from monitors.core.requests import Security
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.evidence import BODY_BYTES
from monitors.probes.failures import quoted
from monitors.probes.fill import FillError

if TYPE_CHECKING:
    from monitors.probes.coroutine import Course
    from monitors.probes.tcp_wire import Wire

LINE_LIMIT = 16_384                      # bytes of a greeting or of the answer to a command
SEARCH_S = 0.05                          # that patterns of one step may take in all: the loop waits for them
PAUSE_S = 0.01                           # between two searches, so that single bytes cannot cost one each
_ESCAPE = re.compile(r"\\(?:([rnt0\\])|x([0-9A-Fa-f]{2}))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MEANS = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


class Talk:
    """A dialogue on one connection. What was read and not yet used is kept for the next turn."""

    def __init__(self, course: Course, wire: Wire) -> None:
        self._course, self.wire = course, wire
        self.unread = b""
        self._searched_s = 0.0

    async def line(self) -> str:
        """Give the next line, without its end. Raises ServiceProblem where none comes."""
        while b"\n" not in self.unread:
            await self._more(LINE_LIMIT, "a line")
        line, _, self.unread = self.unread.partition(b"\n")
        return _text(line.rstrip(b"\r"))

    async def until(self, pattern: regex.Pattern[str], limit: int) -> str:
        """Read until ``pattern`` is found; what stands after it is left for the next turn. Gives what was read.

        Raises ServiceProblem where it does not come within ``limit`` bytes or before the other side closes, and
        ProbeFault where the pattern takes too long.
        """
        while True:
            text = _text(self.unread)
            found = self._search(pattern, text)
            if found is not None:
                used = len(text[: found.end()].encode("utf-8", "surrogateescape"))
                self.unread = self.unread[used:]
                return text
            await self._more(limit, f'text that matches "{quoted(pattern.pattern)}"')
            await asyncio.sleep(PAUSE_S)

    async def _more(self, limit: int, wanted: str) -> None:
        if len(self.unread) > limit:
            raise ServiceProblem(f"expected {wanted} within {limit} bytes, got {self._shown()}")
        data = await self.wire.receive()
        if self._course.phase == "first_byte":
            self._course.enter("body", self._course.doing)
        if not data:
            shown = self.wire.place.shown
            raise ServiceProblem(f"expected {wanted}, {shown} closed the connection; got {self._shown()}")
        self.unread += data
        if len(self._course.answered) < BODY_BYTES:
            self._course.answered += _text(data[:BODY_BYTES]).encode("utf-8", "replace").decode()

    def _shown(self) -> str:
        return f'"{quoted(_text(self.unread[:400]))}"' if self.unread else "nothing"

    def _search(self, pattern: regex.Pattern[str], text: str) -> regex.Match[str] | None:
        began_s = time.perf_counter()
        try:
            return pattern.search(text, timeout=max(0.001, SEARCH_S - self._searched_s))
        except TimeoutError:
            raise ProbeFault(
                f'the pattern "{pattern.pattern}" takes too long on what was read; write it without nested repetition',
            ) from None
        finally:
            self._searched_s += time.perf_counter() - began_s


async def ask_for_tls(talk: Talk, security: Security) -> None:
    """Have a mail server begin TLS: RFC 3207 (SMTP), RFC 9051 section 6.2.1 (IMAP). Raises ServiceProblem."""
    name = talk.wire.place.shown
    if security is Security.SMTP:
        await _smtp(talk, "220", f"a greeting of {name}")
        await talk.wire.send(b"EHLO siaga24.invalid\r\n")
        offers = await _smtp(talk, "250", "an answer to EHLO")
        if not any(line[4:].strip().upper() == "STARTTLS" for line in offers):
            raise ServiceProblem(f"{name} does not offer STARTTLS")
        await talk.wire.send(b"STARTTLS\r\n")
        await _smtp(talk, "220", "an answer to STARTTLS")
    else:
        greeting = await talk.line()
        if not greeting.upper().startswith(("* OK", "* PREAUTH")):
            raise ServiceProblem(f'expected a greeting "* OK" of {name}, got "{quoted(greeting)}"')
        await talk.wire.send(b"s1 STARTTLS\r\n")
        answer = await talk.line()
        while answer.startswith("* "):
            answer = await talk.line()
        if not answer.upper().startswith("S1 OK"):
            raise ServiceProblem(f'expected "OK" to STARTTLS of {name}, got "{quoted(answer)}"')
    if talk.unread:
        # said before TLS, read as if it were said within: the classic injection
        raise ServiceProblem(f"{name} sent more after its answer to STARTTLS and before TLS")


async def _smtp(talk: Talk, code: str, what: str) -> list[str]:
    """Read a reply of one or more lines."""
    lines = []
    while True:
        line = await talk.line()
        lines.append(line)
        if line[:3] != code:
            raise ServiceProblem(f'expected {what} with {code}, got "{quoted(line)}"')
        if line[3:4] != "-":
            return lines
        if len(lines) > 100:
            raise ServiceProblem(f"expected {what}, it has more than 100 lines")


def authored(text: str) -> str:
    r"""Put in what ``\r``, ``\n``, ``\t``, ``\0``, ``\\`` and ``\xNN`` stand for; a byte from 80 on as a surrogate."""
    def means(found: re.Match[str]) -> str:
        if found[1]:
            return _MEANS[found[1]]
        byte = int(found[2], 16)
        return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)

    return _ESCAPE.sub(means, text)


def in_line(value: str) -> str:
    """Refuse what would end a line: a stranger's value must not become a command."""
    if _CONTROL.search(value):
        raise FillError("holds a line break or another control character, which a dialogue cannot carry")
    return value


def as_bytes(text: str) -> bytes:
    """Encode what ``authored`` gave."""
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
