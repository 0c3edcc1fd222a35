"""One TCP connection of a step: to the first of a name's addresses that answers, with or without TLS on it.

On a bare socket and not on a transport of the loop, so that closing it is done at once, whatever the other side does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.errors import ProbeFault
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.failures import Failure, Phase, explain
from monitors.probes.names import NameProblem, is_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Target
    from monitors.probes.coroutine import Course

READ_BYTES = 65_536
# libcurl's numbers for the same failures, which is what the wording is kept by
_COULD_NOT_CONNECT, _TLS_FAILED, _NOT_TRUSTED, _NOTHING_READ = 7, 35, 60, 56
OTHER_HOST, OTHER_ADDRESS = 62, 64       # OpenSSL's verification results
_DEFAULT_PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a step connects. ``address``: given by the toolkit and used without a look-up, "" to look ``host`` up."""

    host: str
    port: int
    address: str = ""

    @property
    def shown(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def place_of(target: Target, host: str, port: int, usual_port: int = 0) -> Place:
    """Give the place that a step names; what it leaves open is the target's. Raises ValueError where no port is known.

    At the target's own host and port, its ``connect_to`` holds as it does for HTTP.
    """
    base = urlsplit(target.base_url)
    own_port = base.port or _DEFAULT_PORTS.get(base.scheme, 0)
    given = host.strip("[]") or base.hostname or ""
    port = port or usual_port or own_port
    if not given or not port:
        raise ValueError("it names no host and port, and the service's address has none")
    if target.connect_to and (given, port) == (base.hostname, own_port):
        address, _, connect_port = target.connect_to.rpartition(":")
        return Place(host=given, port=int(connect_port), address=address.strip("[]"))
    return Place(host=given, port=port)


async def addresses_of(course: Course, place: Place) -> Sequence[str]:
    """Give the addresses of a place that may be connected to. Raises ServiceProblem or ProbeFault."""
    if not is_address(place.address or place.host):
        course.enter("dns", f"looking up the name {place.host}")
    try:
        return await course.desk.names.addresses(
            place.address or place.host, is_placed=is_address(place.address),
        )
    except NameProblem as exc:
        raise ServiceProblem(str(exc)) from None


async def connect(course: Course, place: Place) -> Wire:
    """Connect to the first address that answers; each gets its share of the time that is left."""
    addresses = await addresses_of(course, place)
    course.enter("connect", f"connecting to {place.shown}")
    failures: list[Failure] = []
    for number, address in enumerate(addresses):
        course.outcome.address = address
        opened = _socket_for(address, place)
        try:
            # the last one has all that is left: the step's own deadline ends it
            share_s = course.left_s / (len(addresses) - number) if number + 1 < len(addresses) else None
            async with asyncio.timeout(share_s):
                await course.desk.loop.sock_connect(opened, (address, place.port))
        except TimeoutError:
            opened.close()
            failures.append(Failure(problem=f"timed out while connecting to {address}"))
            continue
        except OSError as exc:
            opened.close()
            failures.append(_failure(course, place, exc, _COULD_NOT_CONNECT, Phase.CONNECT))
            continue
        except BaseException:
            opened.close()
            raise
        return Wire(course, place, opened)
    # a machine without a route for one family still judges the service by the other
    of_service = [failure.problem for failure in failures if not failure.is_ours]
    if not of_service:
        raise ProbeFault(failures[0].problem)
    raise ServiceProblem("; ".join(dict.fromkeys(of_service)))


class Wire:
    """A connection. Belongs to one step of one try."""

    def __init__(self, course: Course, place: Place, opened: socket.socket) -> None:
        self._course, self.place, self._socket = course, place, opened
        self._loop = course.desk.loop
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls: ssl.SSLObject | None = None

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Agree on TLS. Raises ServiceProblem; ssl.SSLCertVerificationError where the certificate is not good."""
        self._course.enter("tls", f"agreeing on TLS with {self.place.shown}")
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLCertVerificationError:
                raise
            except (ssl.SSLError, OSError) as exc:
                with contextlib.suppress(ServiceProblem):
                    await self._flush()
                raise ServiceProblem(_tls_failed(self._course, self.place, exc)) from None
            else:
                break
        await self._flush()
        self.tls = tls
        if context.verify_mode is ssl.CERT_REQUIRED:
            ends = (tls.getpeercert() or {}).get("notAfter")
            if isinstance(ends, str):
                self._course.outcome.certificate_ends_ms = ssl.cert_time_to_seconds(ends) * 1000

    async def send(self, data: bytes) -> None:
        """Send all of ``data``. Raises ServiceProblem where the connection is lost."""
        if self.tls is not None:
            self.tls.write(data)
            await self._flush()
        else:
            await self._out(data)

    async def receive(self) -> bytes:
        """Give what comes next, b"" where the other side has closed. Raises ServiceProblem where it is lost."""
        if self.tls is None:
            return await self._in()
        while True:
            try:
                return self.tls.read(READ_BYTES)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as exc:
                raise ServiceProblem(_tls_failed(self._course, self.place, exc)) from None

    def close(self) -> None:
        """Close at once. A repeat is harmless."""
        self._socket.close()

    async def _feed(self) -> None:
        data = await self._in()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._out(data)

    async def _in(self) -> bytes:
        try:
            return await self._loop.sock_recv(self._socket, READ_BYTES)
        except OSError as exc:
            raise ServiceProblem(self._lost(exc)) from None

    async def _out(self, data: bytes) -> None:
        try:
            await self._loop.sock_sendall(self._socket, data)
        except OSError as exc:
            raise ServiceProblem(self._lost(exc)) from None

    def _lost(self, exc: OSError) -> str:
        phase = {"tls": Phase.TLS, "first_byte": Phase.FIRST_BYTE}.get(self._course.phase, Phase.BODY)
        failure = _failure(self._course, self.place, exc, _NOTHING_READ, phase)
        if failure.is_ours:
            raise ProbeFault(failure.problem)
        return failure.problem


def certificate_problem(course: Course, place: Place, exc: ssl.SSLCertVerificationError) -> str:
    """Say why a certificate is not good."""
    verify = OTHER_HOST if exc.verify_code == OTHER_ADDRESS else exc.verify_code
    return explain(
        _NOT_TRUSTED, exc.verify_message, host=place.shown, phase=Phase.TLS, taken_us=course.taken_us, verify=verify,
    ).problem


def _socket_for(address: str, place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        opened = socket.socket(family, socket.SOCK_STREAM)
    except OSError as exc:
        told = explain(
            _COULD_NOT_CONNECT, str(exc), host=place.shown, phase=Phase.CONNECT, taken_us=0, system=exc.errno or 0,
        )
        raise ProbeFault(told.problem) from None
    opened.setblocking(False)
    return opened


def _failure(course: Course, place: Place, exc: OSError, code: int, phase: Phase) -> Failure:
    return explain(
        code, exc.strerror or str(exc), host=place.shown, phase=phase, taken_us=course.taken_us,
        system=exc.errno or 0,
    )


def _tls_failed(course: Course, place: Place, exc: OSError) -> str:
    reason = getattr(exc, "reason", None) or str(exc)
    return explain(
        _TLS_FAILED, reason.replace("_", " ").lower(), host=place.shown, phase=Phase.TLS, taken_us=course.taken_us,
        system=exc.errno if isinstance(exc, ConnectionError) and exc.errno else 0,
    ).problem
