"""Uptime Kuma: a backup, or the monitors that its API gives; each monitor becomes a service with one transaction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.definition.scalars import is_empty
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, seconds_ms, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.protocols import put_protocol
from stacks.importers.request import BY_REFERENCE
from stacks.importers.source import read_json
from stacks.importers.uptime_kuma_http import put_claims, put_credentials, put_request
from stacks.importers.uptime_kuma_other import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

CERTIFICATE_DAYS = 14
HTTP_TYPES = {"http", "keyword", "json-query"}
_PLACES = {
    "notificationList": ("notifications", "alerts come from the promise's error budget, and people from the roster"),
    "proxyList": ("proxies", "this importer does not carry them"),
    "statusPageList": ("status pages", "pages here are made of the definitions"),
    "tagList": ("tags", "a definition has none"),
}
_LOST = {
    "basic_auth_user": ("a user's name", SECRET_WHY, BY_REFERENCE),
    "basic_auth_pass": ("a password", SECRET_WHY, BY_REFERENCE),
    "oauth_client_id": ("OAuth2 credentials", SECRET_WHY, BY_REFERENCE),
    "oauth_client_secret": ("OAuth2 credentials", SECRET_WHY, BY_REFERENCE),
    "bearer_token": ("a token", SECRET_WHY, BY_REFERENCE),
    "pushToken": ("the token that it reports with", SECRET_WHY, "have it report to the monitor here"),
    "tlsKey": ("a client's key", SECRET_WHY, BY_REFERENCE),
    "tlsCert": ("a client's certificate", "this importer does not carry it", "set it by hand"),
    "tlsCa": ("an authority of its own", "a service names a file", 'put it beside the definition as "ca"'),
    "proxyId": ("a proxy", "this importer does not carry it", "set it by hand"),
    "expiryNotification": (
        "a warning before the certificate ends",
        "an HTTP step makes no claim of it",
        "add one by hand",
    ),
    "domainExpiryNotification": ("a warning before the domain ends", "no claim is made of it", "watch it elsewhere"),
}
_NOTED = {
    "id",
    "user_id",
    "parent",
    "childrenIDs",
    "pathName",
    "path",
    "weight",
    "tags",
    "notificationIDList",
    "notificationIDs",
    "maintenance",
    "resendInterval",
    "resend_interval",
    "created_date",
    "screenshot",
    "forceInactive",
    "includeSensitiveData",
    "description",
    "status",
    "uptime",
    "avgPing",
    "certInfo",
    "cacheBust",
    "conditions",
}


def read(paths: Sequence[Path]) -> Work:
    """Read files; each has one monitor, a list of them, a mapping of ids to them, or a backup."""
    work = Work(roots=[read_json(path) for path in paths])
    for root in work.roots:
        for name, (what, why) in _PLACES.items():
            part = root.get(name)
            if part and not is_empty(part.node):
                part.lost(what, why, "set them up there")
        for name in ("version",):
            part = root.get(name)
            if part:
                part.note("the version of the backup", "it says nothing of a check")
        for monitor in _monitors(root):
            _monitor(work, monitor)
    return work


def _monitors(root: Entry) -> list[Entry]:
    found = root.get("monitorList", "monitors")
    holder = found or root
    if root.get("type") and root.get("name"):
        return [root]
    return holder.items() or [one for one in holder.entries() if one.is_table and one.get("type")]


def _monitor(work: Work, entry: Entry) -> None:
    kind, name, active = entry.get("type"), entry.get("name"), entry.get("active")
    if kind is None:
        return
    if active and active.has_value and not active.is_true:
        entry.lost("a paused monitor", "what is not watched has no definition", "resume it and export again")
        return
    if active:
        active.carry()
    if kind.text == "group":
        entry.note("a group of monitors", "services stand side by side in a definition")
        return
    upside = entry.get("upsideDown", "upside_down")
    if upside and upside.is_true:
        entry.lost(
            "a monitor that is good when the service is down",
            "a step here is good when its answer is",
            "write what must be there, or absent, by hand",
        )
        return
    if kind.text not in HTTP_TYPES:
        _other(work, entry, kind)
        return
    url = entry.get("url")
    found = split_url(url.text, url) if url else None
    if url is None or found is None:
        entry.lost("a monitor without a usable address", "a step needs one", "write it by hand")
        return
    kind.carry()
    url.carry()
    origin, path = found
    transaction = TransactionDraft(name="periksa", source=entry)
    step = StepDraft(source=entry)
    if not put_request(entry, step, path, transaction):
        return
    put_credentials(entry, step)
    _time(entry, transaction)
    put_claims(entry, step, kind.text)
    transaction.steps.append(step)
    expiry = entry.get("expiryNotification")
    if expiry and expiry.is_true and origin.startswith("https://"):
        look = StepDraft(source=entry)
        look.put("name", "certificate", expiry)
        put_protocol(look, "tls", {"min_days": CERTIFICATE_DAYS}, expiry)
        expiry.changed(
            f"a certificate of fewer than {CERTIFICATE_DAYS} days makes a run degraded",
            "the days are the usual ones here",
            "choose others in the step",
        )
        transaction.steps.append(look)
    title = name.take() if name else ""
    work.services.append(ServiceDraft(name=title or origin, url=origin, source=entry, transactions=[transaction]))
    _rest(entry)


def _other(work: Work, entry: Entry, kind: Entry) -> None:
    """Carry a monitor of another protocol than HTTP, or tell it."""
    step = StepDraft(source=entry)
    url = TYPES[kind.text](entry, step) if kind.text in TYPES else ""
    if not url:
        entry.lost(
            f'a monitor of the type "{one_line(kind.text, most=30)}"', "no step says the same", "write one by hand"
        )
        return
    kind.carry()
    transaction = TransactionDraft(name="periksa", source=entry, steps=[step])
    if kind.text == "push":
        transaction.interval_ms = 60_000
    else:
        _time(entry, transaction)
    name = entry.get("name")
    title = name.take() if name else ""
    work.services.append(ServiceDraft(name=title or url, url=url, source=entry, transactions=[transaction]))
    _rest(entry)


def _time(entry: Entry, transaction: TransactionDraft) -> None:
    interval, timeout = entry.get("interval"), entry.get("timeout")
    if interval:
        transaction.interval_ms = seconds_ms(interval.take())
    if timeout and (seconds_ms(timeout.text) or 0) > 0:
        transaction.deadline_ms = seconds_ms(timeout.take())
    retries = entry.get("maxretries")
    if retries:
        retries.note("how often a failure is tried again", "a second try follows at once here, always")
    again = entry.get("retryInterval", "retry_interval")
    if again:
        again.note("how soon a failure is tried again", "a second try follows at once here, always")


def _rest(entry: Entry) -> None:
    """Settle what is left: nothing set, no part of a check, another type's, or lost with its own reason."""
    for below in entry.entries():
        if all(below.account.is_settled(leaf.path) for leaf in below.leaves()):
            continue
        is_unset = (
            is_empty(below.node)
            or below.text in {"false", "0"}
            or (not below.text and all(leaf is below or is_empty(leaf.node) for leaf in _inner(below)))
        )
        if is_unset:
            below.note("it is not set", "there is nothing to carry")
        elif below.name in _LOST:
            below.lost(*_LOST[below.name])
        elif below.name in _NOTED:
            below.note("a value of Uptime Kuma's own", "it is no part of a check")
        elif re.match(
            "(dns|grpc|mqtt|kafka|radius|database|docker|snmp|game|gamedig|rabbitmq|smtp|remote|ping|packet|"
            "push|hostname|port|ipFamily|jsonPath|expected|keyword|invert|mssql|ws|system|manual)",
            below.name,
        ):
            below.note("a setting of another type of monitor", "this type does not use it")
        elif below.name in {"authMethod", "auth_method", "oauth_auth_method"}:
            below.lost("a way to log in", "credentials are given by reference", BY_REFERENCE)


def _inner(entry: Entry) -> list[Entry]:
    return list(entry.leaves())
