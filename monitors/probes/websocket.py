"""WebSocket steps (RFC 6455): open one, send a text, wait for a message. The only user of websockets.

Only its protocol without input and output is used, on our own connection: what is met on the way to the server is told
in the words of all steps, and a connection is closed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import regex
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI, NegotiationError, PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from monitors.core.errors import ProbeFault
from monitors.core.requests import WebSocketTalk
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.evidence import BODY_BYTES
from monitors.probes.failures import quoted
from monitors.probes.fill import Template, authored_url, in_pattern, in_url, plain
from monitors.probes.tcp_wire import certificate_problem, connect, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk
    from monitors.probes.tcp_wire import Place, Wire

SCHEMES = {"http": "ws", "https": "wss"}
GOODBYE_S = 0.2                          # that the server's answer to ours is waited for
SEARCH_S = 0.05                          # that the pattern may take in all: the loop waits for it


def make(desk: Desk, target: Target, step: Step) -> WebSocketQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return WebSocketQuestion(desk, target, step.websocket or WebSocketTalk())


class WebSocketQuestion:
    """One talk over a WebSocket."""

    def __init__(self, desk: Desk, target: Target, talk: WebSocketTalk) -> None:
        self._desk, self._talk, self._target = desk, talk, target
        self._url = Template(_absolute(target.base_url, talk.url))
        self._send, self._contains, self._matches = Template(talk.send), Template(talk.contains), Template(talk.matches)
        if not self._url.names:
            self._placed(self._url.text)
        try:
            regex.compile(self._matches.fill(dict.fromkeys(self._matches.names, "x"), in_pattern))
        except regex.error as exc:
            raise ValueError(f'"{talk.matches}" is not a regular expression: {exc}') from None

    async def ask(self, course: Course) -> None:
        """Open, send, wait for what is expected."""
        course.take_secrets(self._target.agency, self._send)
        url = self._url.fill(course.saved, in_url, authored_url)
        course.asked = f"WebSocket {url}"
        place = self._placed(url)
        wire = await connect(course, place)
        try:
            if url.startswith("wss:"):
                try:
                    await wire.start_tls(self._desk.verifying(self._target.ca_pem), place.host)
                except ssl.SSLCertVerificationError as exc:
                    raise ServiceProblem(certificate_problem(course, place, exc)) from None
            talk = _Talking(course, wire, self._protocol(url), self._talk.max_bytes)
            await talk.open(self._desk.mark)
            if self._send.text:
                await talk.send(self._send.fill(course.saved, plain))
            await self._expect(course, talk, place)
            await talk.close()
        finally:
            wire.close()

    def _placed(self, url: str) -> Place:
        parts = urlsplit(url)
        return place_of(self._target, parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80))

    def _protocol(self, url: str) -> ClientProtocol:
        wanted = [Subprotocol(self._talk.subprotocol)] if self._talk.subprotocol else None
        try:
            return ClientProtocol(parse_uri(url), subprotocols=wanted, max_size=self._talk.max_bytes)
        except InvalidURI as exc:
            raise ServiceProblem(f"the address cannot be used: {exc}") from None

    async def _expect(self, course: Course, talk: _Talking, place: Place) -> None:
        if self._talk.subprotocol and talk.protocol.subprotocol != self._talk.subprotocol:
            raise ServiceProblem(f'expected the subprotocol "{self._talk.subprotocol}", {place.shown} agreed on none')
        wanted = self._contains.fill(course.saved, plain)
        pattern = regex.compile(self._matches.fill(course.saved, in_pattern)) if self._matches.text else None
        if not wanted and pattern is None:
            return
        what = f'that holds "{quoted(wanted)}"' if wanted else f'that matches "{quoted(self._matches.text)}"'
        course.enter("body", f"waiting for a message {what}")
        last, searched_s = "", 0.0
        while True:
            message = await talk.message()
            if message is None:
                shown = f'the last was "{quoted(last)}"' if last else "none came"
                problem = f"expected a message {what}, {place.shown} closed before: {shown}"
                raise ServiceProblem(problem + talk.why_closed)
            last = message
            if pattern is None:
                if wanted in message:
                    return
                continue
            began_s = time.perf_counter()
            try:
                if pattern.search(message, timeout=max(0.001, SEARCH_S - searched_s)):
                    return
            except TimeoutError:
                why = f'the pattern "{self._matches.text}" takes too long on a message'
                raise ProbeFault(f"{why}; write it without nested repetition") from None
            searched_s += time.perf_counter() - began_s


class _Talking:
    """The library's protocol on our wire."""

    def __init__(self, course: Course, wire: Wire, protocol: ClientProtocol, max_bytes: int) -> None:
        self._course, self._wire, self.protocol, self._max_bytes = course, wire, protocol, max_bytes
        self._messages: list[str] = []
        self._parts: list[bytes] = []
        self._size = 0

    async def open(self, mark: str) -> None:
        """Shake hands. Raises ServiceProblem where the server does not."""
        self._course.enter("first_byte", f"waiting for {self._wire.place.shown} to open the WebSocket")
        request = self.protocol.connect()
        name, _, value = mark.partition(":")
        if name:
            request.headers[name.strip()] = value.strip()
        self.protocol.send_request(request)
        await self._flush()
        while self.protocol.state is State.CONNECTING and self.protocol.handshake_exc is None:
            await self._read()
        if self.protocol.handshake_exc is not None:
            raise ServiceProblem(self._refused(self.protocol.handshake_exc))

    async def send(self, text: str) -> None:
        """Send a text message."""
        self.protocol.send_text(text.encode())
        await self._flush()

    async def close(self) -> None:
        """Say goodbye, and give the server a moment to say so too: else its log has a lost connection."""
        with contextlib.suppress(ServiceProblem, TimeoutError):
            if self.protocol.state is State.OPEN:
                self.protocol.send_close(CloseCode.NORMAL_CLOSURE)
                await self._flush()
            async with asyncio.timeout(min(GOODBYE_S, self._course.left_s / 2)):
                while self.protocol.state is not State.CLOSED:
                    await self._read()

    async def message(self) -> str | None:
        """Give the next message, None where none will come. Raises ServiceProblem where they are too large."""
        while not self._messages:
            if self.protocol.state is not State.OPEN:
                if isinstance(self.protocol.parser_exc, PayloadTooBig):
                    raise ServiceProblem(self._too_large)
                return None
            await self._read()
        return self._messages.pop(0)

    @property
    def why_closed(self) -> str:
        """Say with which code and reason the server closed, or what it did against the protocol."""
        if self.protocol.close_rcvd is not None:
            reason = quoted(self.protocol.close_rcvd.reason)
            return f" (code {self.protocol.close_rcvd.code}" + (f', "{reason}")' if reason else ")")
        broken = self.protocol.parser_exc
        return f" (it broke the protocol: {quoted(str(broken))})" if broken and not isinstance(broken, EOFError) else ""

    @property
    def _too_large(self) -> str:
        return f"the messages of {self._wire.place.shown} are larger than the {self._max_bytes} bytes allowed"

    async def _read(self) -> None:
        data = await self._wire.receive()
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        await self._flush()
        for event in self.protocol.events_received():
            if isinstance(event, Frame):
                self._messages += self._whole(event)

    def _whole(self, frame: Frame) -> Iterator[str]:
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return                       # pings are answered by the library
        self._size += len(frame.data)
        if self._size > self._max_bytes:
            raise ServiceProblem(self._too_large)
        self._parts.append(bytes(frame.data))
        if frame.fin:
            message = b"".join(self._parts).decode("utf-8", "replace")
            if len(self._course.answered) < BODY_BYTES:
                self._course.answered += message[:BODY_BYTES] + "\n"
            yield message
            self._parts.clear()

    async def _flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                await self._wire.send(data)

    def _refused(self, exc: Exception) -> str:
        shown = self._wire.place.shown
        if isinstance(exc, InvalidStatus):
            self._course.outcome.status = exc.response.status_code
            return f"expected {shown} to open a WebSocket (status 101), got {exc.response.status_code}"
        if isinstance(exc, NegotiationError):
            return f"{shown} agrees on no subprotocol that was offered: {quoted(str(exc))}"
        if isinstance(exc, InvalidHandshake):
            cause = exc.__cause__ or exc
            if isinstance(cause, EOFError):
                return f"{shown} closed the connection before the WebSocket was open"
            return f"what {shown} answered opens no WebSocket: {quoted(str(cause))}"
        return f"{shown} closed the connection before the WebSocket was open"


def _absolute(base_url: str, url: str) -> str:
    if url.startswith(("ws://", "wss://")):
        return url
    scheme, _, rest = base_url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError(f'the service\'s address "{base_url}" is no place for a WebSocket')
    return f"{SCHEMES[scheme]}://{rest.rstrip('/')}/{url.lstrip('/')}"
