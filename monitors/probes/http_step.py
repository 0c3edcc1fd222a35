"""HTTP steps of a definition, made ready once: requests, expectations, values to save."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault, UsageError
from monitors.core.http_options import Connection, Http2
from monitors.core.model import SaveKind
from monitors.probes.expectations import Expectations
from monitors.probes.extract import By, Query, check
from monitors.probes.fill import Template, in_css, in_jsonpath
from monitors.probes.guard import literal_host, told
from monitors.probes.guard_names import Resolver
from monitors.probes.http_names import bracketed, connect_to, has_literal, name_in, origin_text
from monitors.probes.http_request import Request
from monitors.probes.http_try import HttpTry
from monitors.probes.http_wire import WireTemplate
from monitors.probes.raw_http_journey import PlainJourney, is_plain
from monitors.probes.secrets_redaction import NOTHING_SECRET, Redactor
from monitors.probes.secrets_store import NO_SECRETS, PREFIX, SecretStore

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from monitors.core.model import Assertion, Save, Step, Target, Transaction
    from monitors.probes.guard import Guard
    from monitors.probes.http import HttpEngine
    from monitors.probes.http_session import HttpSession
    from monitors.probes.reader import PageReader
    from monitors.probes.transaction import StepJourney

NO_VALUES: tuple[Mapping[str, str], Redactor] = ({}, NOTHING_SECRET)
CERTIFICATE_EVERY_S = 600.0              # 13,000 services: 22 looks a second, so that each request need not pay for one
BY = {SaveKind.CSS: By.CSS, SaveKind.JSON: By.JSON, SaveKind.REGEX: By.REGEX}


class HttpKind:
    """Makes HTTP steps ready. ``reads_pages``: some of them look into parsed bodies."""

    reads_pages = False

    def __init__(
        self, loop: asyncio.AbstractEventLoop, engine: HttpEngine, reader: PageReader,
        secrets: SecretStore = NO_SECRETS,
    ) -> None:
        self.loop, self.engine, self.reader, self.secrets = loop, engine, reader, secrets

    def prepare(self, target: Target, transaction: Transaction) -> HttpSteps:
        """Make the steps ready. Raises UsageError where one cannot be run."""
        steps = HttpSteps(self, target, transaction)
        self.reads_pages |= any(step.has_queries for step in steps.steps)
        return steps


class HttpSteps:
    """The steps of a transaction over HTTP. ``is_suspect``: the last try failed, so the next one looks closer."""

    __slots__ = (
        "_certificate_due_s", "_known", "_origin", "_resolver", "_secret_names", "_wire", "agency", "ca_pem",
        "connect_to", "is_suspect", "keeps", "kind", "max_bytes", "needs_http2", "placed", "steps",
    )

    def __init__(self, kind: HttpKind, target: Target, transaction: Transaction) -> None:
        self.kind, self.agency = kind, target.agency
        self._origin = origin_text(target.base_url)
        self.ca_pem = target.ca_pem
        self.max_bytes = transaction.max_body_bytes
        self.is_suspect = False
        self._certificate_due_s = 0.0    # of the loop, when a service that is well is asked for it again
        connection = transaction.connection or Connection()
        self.connect_to = connect_to(target, connection.address)
        # the toolkit put the service there: exactly this address is allowed, for this origin alone
        self.placed = self._origin if has_literal(target.connect_to) else ""
        self._wire = _wire(transaction.connection)
        self._resolver = _resolver(target, connection, kind.engine.guard)
        self.needs_http2 = connection.http2 is Http2.REQUIRE
        self.steps = tuple(_ready(target, step) for step in transaction.steps)
        # cookies and a kept connection only matter where there is a second request
        self.keeps = len(self.steps) > 1 or connection.resolver != "" or any(
            step.max_redirects or step.cookies or step.request.asks_twice for step in self.steps
        )
        names = {name for step in self.steps for name in step.request.names} | set(self._wire.names)
        self._secret_names = tuple(sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)))
        self._known = NO_VALUES
        for step, ready in zip(transaction.steps, self.steps, strict=True):
            for url in ready.request.addresses:
                self._check_place(target, step.name, url)
        if connection.address and not target.connect_to:
            self._check_place(target, transaction.steps[0].name, f"http://{bracketed(connection.address)}/")

    def open(self) -> HttpTry:
        """Begin one try."""
        return HttpTry(self)

    def shortcut(self, journey: StepJourney) -> PlainJourney | None:
        """Give a shorter way than ``journey``, where there is one."""
        return PlainJourney(self, journey) if is_plain(self, journey) else None

    @property
    def has_choices(self) -> bool:
        """Its connections are made in a way that the definition chose."""
        return not self._wire.is_plain or self._resolver is not None

    def secrets(self) -> Mapping[str, str]:
        """Read the secrets that the steps refer to, anew for each try. Raises ProbeFault."""
        return self.kind.secrets.values(self.agency, self._secret_names) if self._secret_names else {}

    def redactor(self, values: Mapping[str, str]) -> Redactor:
        """Give what keeps these secrets out of texts; made again only where one has changed."""
        if self._known[0] != values:
            self._known = (values, Redactor(values))
        return self._known[1]

    def session(self, values: Mapping[str, str]) -> HttpSession:
        """Open the connections of one try. Raises ProbeFault and FillError."""
        wire = self._wire.fill(values, reads_certificates=self.is_suspect or self._is_certificate_due())
        return self.kind.engine.open(ca_pem=self.ca_pem, keeps=self.keeps, wire=wire)

    def _is_certificate_due(self) -> bool:
        """Tell whether this try is to read the certificate although all is well: its end is a figure of its own."""
        now_s = self.kind.loop.time()
        if now_s < self._certificate_due_s or not self._origin.startswith("https:"):
            return False
        self._certificate_due_s = now_s + CERTIFICATE_EVERY_S
        return True

    def own_name(self, url: str) -> str:
        """Give the host of a URL where a chosen name server is asked for it, else ""."""
        if self._resolver is None or (self.connect_to and self.is_own(url)):
            return ""
        return name_in(url)

    def look_up(self, host: str, left_s: float, on_done: Callable[[list[str], str], None]) -> asyncio.Task[None]:
        """Ask the chosen name server."""
        if self._resolver is None:
            raise ProbeFault("no name server was chosen")
        return self._resolver.start(host, self._wire.ip, left_s, on_done)

    def is_own(self, url: str) -> bool:
        """Tell whether a URL is at the target's own origin."""
        origin = self._origin
        return url.startswith(origin) and url[len(origin):][:1] in ("", "/", "?", "#")

    def is_placed(self, url: str) -> bool:
        """Tell whether a URL is at the target's own origin, which the toolkit gave an address to."""
        return self.placed != "" and self.is_own(url)

    def _check_place(self, target: Target, name: str, url: str) -> None:
        """Refuse an address that is written into the definition itself, before anything runs."""
        address = literal_host(url)
        what = self.kind.engine.guard.refusal(address) if address and not self.is_placed(url) else ""
        if what:
            raise UsageError(f'{target.key}: step "{name}": {told(address, address, what)}')


class ReadyStep:
    """One step, made ready: its request, what it expects, what it saves."""

    __slots__ = (
        "cookies", "expectations", "headers", "max_redirects", "needs_text", "queried", "request", "wants_headers",
    )

    def __init__(self, target: Target, step: Step) -> None:
        self.request = Request(target, step)
        self.expectations = _expectations(step.assertions)
        self.max_redirects = step.max_redirects
        self.queried = tuple((save, Template(save.expression)) for save in step.saves if save.kind in BY)
        self.headers = tuple(save for save in step.saves if save.kind is SaveKind.HEADER)
        self.cookies = tuple(save for save in step.saves if save.kind is SaveKind.COOKIE)
        self.wants_headers = self.expectations.needs_headers or bool(self.headers)
        self.needs_text = self.expectations.needs_text or bool(self.queried)

    @property
    def has_queries(self) -> bool:
        """It looks into the parsed body."""
        return bool(self.queried) or self.expectations.has_queries

    def queries(self, saved: Mapping[str, str]) -> list[Query]:
        """All that must be looked for in the body: first what is expected, then what is saved."""
        return [
            *self.expectations.queries(saved),
            *(Query(BY[save.kind], _expression(save, text, saved), save.attribute) for save, text in self.queried),
        ]


@functools.lru_cache(maxsize=1024)
def _expectations(assertions: tuple[Assertion, ...]) -> Expectations:
    """Make them ready once for all steps that expect the same: a nation's services are of a few kinds."""
    return Expectations(assertions)


@functools.lru_cache(maxsize=64)
def _wire(connection: Connection | None) -> WireTemplate:
    return WireTemplate(connection)


def _ready(target: Target, step: Step) -> ReadyStep:
    try:
        ready = ReadyStep(target, step)
        names = (*ready.request.names, *ready.expectations.names, *(n for _, text in ready.queried for n in text.names))
        faults = [check(query) for query in ready.queries(dict.fromkeys(names, "x"))]
    except ValueError as exc:
        raise UsageError(f'{target.key}: step "{step.name}": {exc}') from exc
    if any(faults):
        raise UsageError(f'{target.key}: step "{step.name}": {next(filter(None, faults))}')
    return ready


def _expression(save: Save, text: Template, saved: Mapping[str, str]) -> str:
    if save.kind is SaveKind.REGEX:
        return save.expression           # braces and dollars are its own syntax
    return text.fill(saved, in_css if save.kind is SaveKind.CSS else in_jsonpath)


def _resolver(target: Target, connection: Connection, guard: Guard) -> Resolver | None:
    """Make the chosen name server ready; it is judged as what a name leads to is: it gets questions from us."""
    if not connection.resolver:
        return None
    try:
        resolver = Resolver(connection.resolver)
    except ValueError as exc:
        raise UsageError(
            f'{target.key}: the name server "{connection.resolver}": {exc}; expected ADDRESS or ADDRESS:PORT',
        ) from None
    what = guard.refusal(resolver.address)
    if what:
        raise UsageError(f"{target.key}: {told(resolver.address, resolver.address, what)}")
    return resolver
