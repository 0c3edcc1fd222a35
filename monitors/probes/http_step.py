"""HTTP steps of a definition, made ready once: requests, expectations, values to save."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.errors import UsageError
from monitors.core.model import SaveKind
from monitors.probes.expectations import Expectations
from monitors.probes.extract import By, Query, check
from monitors.probes.fill import Template, in_css, in_jsonpath
from monitors.probes.guard import literal_host, told
from monitors.probes.http_request import Request
from monitors.probes.http_try import HttpTry

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from monitors.core.model import Save, Step, Target, Transaction
    from monitors.probes.http import HttpEngine
    from monitors.probes.reader import PageReader

BY = {SaveKind.CSS: By.CSS, SaveKind.JSON: By.JSON, SaveKind.REGEX: By.REGEX}


class HttpKind:
    """Makes HTTP steps ready. ``reads_pages``: some of them look into parsed bodies."""

    reads_pages = False

    def __init__(self, loop: asyncio.AbstractEventLoop, engine: HttpEngine, reader: PageReader) -> None:
        self.loop, self.engine, self.reader = loop, engine, reader

    def prepare(self, target: Target, transaction: Transaction) -> HttpSteps:
        """Make the steps ready. Raises UsageError where one cannot be run."""
        steps = HttpSteps(self, target, transaction)
        self.reads_pages |= any(step.has_queries for step in steps.steps)
        return steps


class HttpSteps:
    """The steps of a transaction over HTTP."""

    __slots__ = ("ca_pem", "connect_to", "keeps", "kind", "max_bytes", "placed", "steps")

    def __init__(self, kind: HttpKind, target: Target, transaction: Transaction) -> None:
        self.kind = kind
        self.ca_pem = target.ca_pem
        self.max_bytes = transaction.max_body_bytes
        self.connect_to = connect_to(target)
        # the toolkit put the service there: exactly this address is allowed, for this origin alone
        self.placed = origin_text(target.base_url) if has_literal(target.connect_to) else ""
        self.steps = tuple(_ready(target, step) for step in transaction.steps)
        # cookies and a kept connection only matter where there is a second request
        self.keeps = len(self.steps) > 1 or any(step.max_redirects or step.cookies for step in self.steps)
        for step, ready in zip(transaction.steps, self.steps, strict=True):
            self._check_place(target, step.name, ready.request.address)

    def open(self) -> HttpTry:
        """Begin one try."""
        return HttpTry(self)

    def is_placed(self, url: str) -> bool:
        """Tell whether a URL is at the target's own origin, which the toolkit gave an address to."""
        return self.placed != "" and url.startswith(self.placed) and url[len(self.placed):][:1] in ("", "/", "?", "#")

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
        self.expectations = Expectations(step.assertions)
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


def origin_text(url: str) -> str:
    """Give a URL up to its host and port, as it is written."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}"


def has_literal(place: str) -> bool:
    """Tell whether ADDRESS:PORT has an IP address and not a name."""
    return literal_host(f"http://{place}") != ""


def connect_to(target: Target) -> str:
    """Where libcurl is to connect instead of the base URL's host, in its own words; "" to resolve the name."""
    if not target.connect_to:
        return ""
    parts = urlsplit(target.base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{host}:{port}:{target.connect_to}"
