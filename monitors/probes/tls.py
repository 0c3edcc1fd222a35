"""TLS steps: is the certificate good and for how long, is the chain whole, what was agreed on.

One verified handshake where all is well. Where it fails, a second one that trusts everything finds out what the server
really sends, so that the reason names it: an incomplete chain is told apart from an authority that nobody knows.
"""

from __future__ import annotations

import datetime as dt
import ssl
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from monitors.core.errors import ProbeFault
from monitors.core.requests import CipherFloor, Security, TlsCheck, TlsVersion
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.tcp import STARTTLS
from monitors.probes.tcp_talk import Talk, ask_for_tls
from monitors.probes.tcp_wire import OTHER_ADDRESS, OTHER_HOST, certificate_problem, connect, place_of
from monitors.probes.tls_certificate import (
    MS_PER_DAY,
    Certificate,
    UnreadableError,
    missing_issuer,
    read_chain,
    roots_of,
)
from monitors.probes.tls_floor import VERSIONS, cipher_problem, is_below, older_than, spoken_version

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

USUAL_PORTS = {Security.TLS: 0, Security.SMTP: 25, Security.IMAP: 143}
GOODBYES = {Security.SMTP: b"QUIT\r\n", Security.IMAP: b"s2 LOGOUT\r\n"}    # or its log has a lost connection
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
EXPIRED, NOT_YET_VALID = 10, 9
_ISSUER_UNKNOWN = {2, 20, 21}            # OpenSSL's results where the issuer's certificate was not found


class Seen(NamedTuple):
    """What a handshake gave."""

    chain: tuple[Certificate, ...]
    version: str | None
    cipher: str
    bits: int


def make(desk: Desk, target: Target, step: Step) -> TlsQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return TlsQuestion(desk, target, step.tls or TlsCheck())


class TlsQuestion:
    """One look at a port's TLS."""

    def __init__(self, desk: Desk, target: Target, check: TlsCheck) -> None:
        self._desk, self._check, self._ca_pem = desk, check, target.ca_pem
        self._place = place_of(target, check.host, check.port, USUAL_PORTS[check.security])
        self._name = check.server_name or self._place.host

    async def ask(self, course: Course) -> None:
        """Agree on TLS and judge what was agreed on. Findings beside a failure are `degraded`."""
        course.asked = f"TLS {self._place.shown} for {self._name}"
        flaws: list[str] = []
        try:
            seen = await self._shake(course, self._verifying())
        except ssl.SSLCertVerificationError as exc:
            seen = await self._shake(course, lenient())
            self._note(course, seen)
            problem = self._not_good(course, exc, seen)
            if self._check.verify:
                raise ServiceProblem(problem) from None
            flaws.append(problem)
        except ServiceProblem:
            # below the floor, perhaps: what would it have agreed on?
            found = await self._shake_or_none(course)
            if found is None:
                raise
            seen = found
            self._note(course, seen)
            self._judge_floor(seen)
            raise
        else:
            missing = missing_issuer(seen.chain, self._roots())
            if missing:
                flaws.append(_incomplete(seen.chain, missing))
        self._note(course, seen)
        self._judge_floor(seen)
        if self._check.refuses_older:
            await self._offer_older(course)
        flaws += self._ends_soon(seen)
        course.outcome.slow = "; ".join(flaws)

    async def _shake(self, course: Course, context: ssl.SSLContext) -> Seen:
        wire = await connect(course, self._place)
        try:
            if self._check.security in STARTTLS:
                course.enter("first_byte", f"waiting for {self._place.shown} to begin TLS")
                await ask_for_tls(Talk(course, wire), self._check.security)
            await wire.start_tls(context, self._name)
            tls = wire.tls
            if tls is None:              # for the type checker: a handshake that ended well has set it
                raise ProbeFault("no TLS after a handshake")
            name, _, bits = tls.cipher() or ("no cipher", "", 0)
            if self._check.security in STARTTLS:
                await wire.send(GOODBYES[self._check.security])
            return Seen(read_chain(sent_certificates(tls)), tls.version(), name, bits)
        except UnreadableError as exc:
            raise ServiceProblem(f"a certificate of {self._place.shown} cannot be read: {exc}") from None
        finally:
            wire.close()

    async def _shake_or_none(self, course: Course) -> Seen | None:
        try:
            return await self._shake(course, lenient())
        except (ServiceProblem, ssl.SSLError):
            return None

    async def _offer_older(self, course: Course) -> None:
        older = older_than(self._check.min_version)
        if older is None:
            return
        try:
            seen = await self._shake(course, lenient(older))
        except (ServiceProblem, ssl.SSLError):
            return                       # refused, as it must be
        raise ServiceProblem(
            f"{self._place.shown} agrees on {spoken_version(seen.version)} when offered no better, expected it to "
            f"refuse what is below TLS {self._check.min_version.value}",
        )

    def _note(self, course: Course, seen: Seen) -> None:
        course.answered = f"{spoken_version(seen.version)}, {seen.cipher}, {seen.bits} bits"
        course.certificate = "\n".join(f"{one.told}, ends {_day(one.ends_ms)}" for one in seen.chain)
        if seen.chain:
            course.outcome.certificate_ends_ms = seen.chain[0].ends_ms

    def _not_good(self, course: Course, exc: ssl.SSLCertVerificationError, seen: Seen) -> str:
        """Say why the certificate was not good, with what the server really sent."""
        told = certificate_problem(course, self._place, exc)
        if not seen.chain:
            return told
        own = seen.chain[0]
        if exc.verify_code in _ISSUER_UNKNOWN:
            missing = missing_issuer(seen.chain, self._roots())
            return _incomplete(seen.chain, missing) if missing else f"{told} ({own.told})"
        if exc.verify_code in (OTHER_HOST, OTHER_ADDRESS):
            names = ", ".join(own.names[:5]) or own.subject
            return f"the certificate of {self._place.shown} is for {names}, not for {self._name}"
        now_ms = self._desk.now_ms()
        if exc.verify_code == EXPIRED:
            old = next((one for one in seen.chain if one.ends_ms <= now_ms), own)
            return f"the certificate of {_whose(old, own, self._place.shown)} has expired on {_day(old.ends_ms)}"
        if exc.verify_code == NOT_YET_VALID:
            new = next((one for one in seen.chain if one.begins_ms > now_ms), own)
            return f"the certificate of {_whose(new, own, self._place.shown)} is not valid before {_day(new.begins_ms)}"
        return f"{told} ({own.told})"

    def _judge_floor(self, seen: Seen) -> None:
        if is_below(seen.version, self._check.min_version):
            raise ServiceProblem(
                f"{self._place.shown} agreed on {spoken_version(seen.version)}, expected TLS "
                f"{self._check.min_version.value} or newer",
            )
        problem = cipher_problem(seen.cipher, seen.version, seen.bits, self._check.ciphers)
        if problem:
            raise ServiceProblem(f"{self._place.shown} {problem}")

    def _ends_soon(self, seen: Seen) -> list[str]:
        if not seen.chain:
            return []
        first = min(seen.chain, key=lambda one: one.ends_ms)
        left = (first.ends_ms - self._desk.now_ms()) // MS_PER_DAY
        if left >= self._check.min_days:
            return []
        whose = _whose(first, seen.chain[0], self._place.shown)
        when = f"ends on {_day(first.ends_ms)}, in {max(left, 0)} days"
        return [f"the certificate of {whose} {when}; expected at least {self._check.min_days} days"]

    def _verifying(self) -> ssl.SSLContext:
        floor = self._check.min_version
        if self._check.ciphers is CipherFloor.ANY:
            ciphers = EVERYTHING
        elif floor in (TlsVersion.V1_0, TlsVersion.V1_1):
            ciphers = "DEFAULT:@SECLEVEL=0"                  # those versions need hashes that it refuses otherwise
        else:
            ciphers = "DEFAULT:@SECLEVEL=2"                  # as browsers offer; the floor judges what comes of it
        return self._desk.verifying(self._ca_pem, ciphers, VERSIONS[floor])

    def _roots(self) -> frozenset[str]:
        path = Path(self._desk.trust.path(self._ca_pem))
        return self._desk.kept(("roots", self._ca_pem), lambda: roots_of(path.read_bytes()))


def lenient(newest: TlsVersion | None = None) -> ssl.SSLContext:
    """Give a context that takes whatever a server has, to find out what that is; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(EVERYTHING)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        if newest is not None:
            context.maximum_version = VERSIONS[newest]
    return context


def sent_certificates(tls: ssl.SSLObject) -> list[bytes]:
    """Give the certificates as the server sent them, its own first, as DER."""
    inner: Any = getattr(tls, "_sslobj", tls)                # public from Python 3.13 on, in another form
    public = getattr(tls, "get_unverified_chain", None)
    if public is not None:
        return list(public())
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_unverified_chain() or ()]


def _incomplete(chain: tuple[Certificate, ...], missing: str) -> str:
    count = "one certificate" if len(chain) == 1 else f"{len(chain)} certificates"
    return (
        f'incomplete chain: the server sends {count} and leaves out that of "{missing}", which issued '
        f"it; some citizens' browsers cannot fill that gap"
    )


def _whose(one: Certificate, own: Certificate, shown: str) -> str:
    return shown if one is own else f'the authority "{one.subject}"'


def _day(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
