"""Gatus (``config.yaml``): each endpoint becomes a service of one step, each suite one of several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.definition.amounts import duration_text
from stacks.importers.address import SECRET_WHY, code, go_duration_ms, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.gatus_http import METHODS, put_client, put_conditions, put_endpoint_body, put_saves
from stacks.importers.gatus_other import protocol_of, put_other
from stacks.importers.protocols import put_protocol
from stacks.importers.request import put_header
from stacks.importers.source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

USUAL_INTERVAL_MS = 60_000  # what Gatus does where the file says nothing
MAX_REDIRECTS = 10
_ENVIRONMENT = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*\}?")
_OTHER_PARTS = {
    "alerting": (
        "alerting",
        "alerts come from the promise's error budget, and people from the roster",
        "set it up there",
    ),
    "storage": ("storage", "every run goes to the ledger", "nothing to do"),
    "security": ("access to Gatus' own page", "the dashboard here has access rules of its own", "set them up there"),
    "ui": ("the look of Gatus' own page", "pages here have a look of their own", "nothing to do"),
    "web": ("where Gatus listens", "the monitor's settings say where it listens", 'look at "monitor" in siaga24.yaml'),
    "metrics": ("metrics", "metrics are always on here", "nothing to do"),
    "maintenance": ("maintenance windows", "no key of a definition holds them", "tell maintenance to the monitor"),
    "connectivity": ("a connectivity checker", "the monitor has canaries of its own", "nothing to do"),
    "remote": ("remote instances", "vantages are set up at the monitor", "run a monitor there"),
    "tunneling": ("SSH tunnels", "the monitor opens no tunnels", "run a monitor behind the tunnel"),
    "announcements": ("announcements", "status pages have notes of their own", "write them there"),
}
_NO_CHECKS = {"storage", "security", "ui", "web", "metrics", "connectivity", "announcements", "extra-labels"}
_OTHER_KEYS = {
    "alerts": ("alerts", "alerts come from the promise's error budget", "nothing to do where the promise is right"),
    "ui": ("the look on Gatus' own page", "pages here have a look of their own", "nothing to do"),
    "maintenance-windows": ("maintenance windows", "no key of a definition holds them", "tell them to the monitor"),
    "extra-labels": ("labels of metrics", "metrics have agency, service and transaction", "nothing to do"),
    "ssh": ("a look over SSH", "no step logs in to a machine", "watch what citizens reach"),
}


def read(paths: Sequence[Path]) -> Work:
    """Read one or several files that make one configuration."""
    work = Work(roots=[read_yaml(path) for path in paths])
    for root in work.roots:
        for name, why in _OTHER_PARTS.items():
            part = root.get(name)
            if part and name in _NO_CHECKS:
                part.note(*why)
            elif part:
                part.lost(*why)
        for name in ("debug", "metrics-path", "concurrency", "disable-monitoring-lock", "skip-invalid-config-update"):
            part = root.get(name)
            if part:
                part.note("how Gatus itself runs", "it is no part of a check")
        for part in root.entries():
            if part.name.startswith("x-"):
                part.note("a place for values that others repeat", "they are carried where they are used")
        endpoints = root.get("endpoints", "services")
        for entry in endpoints.items() if endpoints else []:
            _endpoint(work, entry)
        external = root.get("external-endpoints")
        for entry in external.items() if external else []:
            _external(work, entry)
        suites = root.get("suites")
        for entry in suites.items() if suites else []:
            _suite(work, entry)
    return work


def _external(work: Work, entry: Entry) -> None:
    """Carry a job that reports by itself, where the file says how often it has to."""
    if not entry.is_table or _is_off(entry):
        return
    beat = entry.get("heartbeat")
    interval = beat.get("interval") if beat else None
    every = go_duration_ms(interval.text) if interval else None
    name, group = _name(entry)
    if interval is None or every is None or every < 60_000 or not name:
        entry.lost(
            "a job that reports by itself", "the file does not say how often it has to", "write a heartbeat step"
        )
        return
    interval.carry()
    step = StepDraft(source=entry)
    put_protocol(step, "heartbeat", {"job": code(name, default="pekerjaan"), "every": duration_text(every)}, entry)
    token = entry.get("token")
    if token:
        token.lost(
            "the token that it reports with", SECRET_WHY, "have it report as docs/definitions.md says of heartbeats"
        )
    _tell_other_keys(entry)
    transaction = TransactionDraft(name="lapor", source=entry, steps=[step], interval_ms=60_000)
    url = f"https://{code(name, default='pekerjaan')}.invalid"
    work.services.append(
        ServiceDraft(name=f"{group} {name}".strip(), url=url, source=entry, transactions=[transaction])
    )


def _is_off(entry: Entry) -> bool:
    enabled = entry.get("enabled")
    if enabled is None:
        return False
    if enabled.text == "false":
        entry.lost("it is switched off", "what is not watched has no definition", "switch it on and import again")
        return True
    enabled.carry()
    return False


def _endpoint(work: Work, entry: Entry) -> None:
    if not entry.is_table or _is_off(entry):
        return
    name, group = _name(entry)
    transaction = TransactionDraft(name="periksa", source=entry)
    transaction.interval_ms = _interval(entry)
    origin = _step(entry, transaction)
    if origin:
        title = f"{group} {name}".strip()
        work.services.append(ServiceDraft(name=title or origin, url=origin, source=entry, transactions=[transaction]))


def _suite(work: Work, entry: Entry) -> None:
    if not entry.is_table or _is_off(entry):
        return
    name, group = _name(entry)
    transaction = TransactionDraft(name=code(name, default="periksa"), source=entry, interval_ms=_interval(entry))
    timeout = entry.get("timeout")
    if timeout:
        transaction.deadline_ms = go_duration_ms(timeout.take())
    context = entry.get("context")
    if context:
        context.lost(
            "values for all steps of the suite", "a step saves values only from answers", "write them in by hand"
        )
    endpoints = entry.get("endpoints")
    first = ""
    for below in endpoints.items() if endpoints else []:
        origin = _step(below, transaction, first=first, is_named=True)
        first = first or origin
    if first:
        title = f"{group} {name}".strip()
        work.services.append(ServiceDraft(name=title or first, url=first, source=entry, transactions=[transaction]))


def _name(entry: Entry) -> tuple[str, str]:
    name, group = entry.get("name"), entry.get("group")
    return name.take() if name else "", group.take() if group else ""


def _interval(entry: Entry) -> int:
    interval = entry.get("interval")
    if interval is None:
        return USUAL_INTERVAL_MS
    found = go_duration_ms(interval.text)
    if found is None:
        interval.changed(f"the interval became {USUAL_INTERVAL_MS // 1000} s", "no duration stands here", "choose one")
        return USUAL_INTERVAL_MS
    interval.carry()
    return found


def _step(entry: Entry, transaction: TransactionDraft, first: str = "", *, is_named: bool = False) -> str:
    """Add the step of an endpoint; return its origin, "" where it was told instead."""
    url = entry.get("url")
    if url is None or not url.text:
        entry.lost("an endpoint without an address", "a step needs one", "write it by hand")
        return ""
    address = re.sub(r"\[CONTEXT\]\.([a-z][a-z0-9_]*)", r"${\1}", url.text)
    if _ENVIRONMENT.search(re.sub(r"\$\{[a-z0-9_]+\}", "", address)):
        entry.lost(
            "an address with a variable of the environment",
            "its value is not in the file",
            "put it in and import again",
        )
        return ""
    protocol = protocol_of(entry, url.text)
    if protocol:
        return _other_step(entry, url, protocol, transaction, is_named=is_named)
    found = split_url(address, url)
    if found is None:
        entry.lost("an endpoint without a usable address", "a step needs one", "write it by hand")
        return ""
    url.carry()
    origin, path = found
    step = StepDraft(source=entry)
    name = entry.get("name")
    if name and is_named:
        step.put("name", name.take(), name)
    method = entry.get("method")
    word = method.text.upper() if method else "GET"
    if word not in METHODS:
        entry.lost(
            f"a request with the method {word[:20]}", "a step sends one of HTTP's usual methods", "write another"
        )
        return ""
    step.put(word.lower(), path if not first or origin == first else origin + path, method.carry() if method else url)
    transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    step.put("follow", MAX_REDIRECTS, entry)
    put_client(entry, step, transaction)
    headers = entry.get("headers")
    for header in headers.entries() if headers else []:
        put_header(step, header.name, header.text, header)
    body = entry.get("body")
    if body:
        put_endpoint_body(entry, step, body)
    looks = put_conditions(entry, step, origin if not first or origin == first else "")
    put_saves(entry, step)
    _tell_other_keys(entry)
    transaction.steps += [step, *looks]
    return origin


def _other_step(entry: Entry, url: Entry, protocol: str, transaction: TransactionDraft, *, is_named: bool) -> str:
    step = StepDraft(source=entry)
    name = entry.get("name")
    if name and is_named:
        step.put("name", name.take(), name)
    origin = put_other(entry, url, protocol, step)
    if origin:
        put_client(entry, step, transaction)
        step.keys.pop("follow", None)
        _tell_other_keys(entry)
        transaction.steps.append(step)
    return origin


def _tell_other_keys(entry: Entry) -> None:
    for key, why in _OTHER_KEYS.items():
        part = entry.get(key)
        if part and key in _NO_CHECKS:
            part.note(*why)
        elif part:
            part.lost(*why)
