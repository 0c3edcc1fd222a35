"""The ``http`` part of a module of blackbox_exporter as one step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY
from stacks.importers.blackbox_tls import settle_tls
from stacks.importers.credentials import put_basic, put_bearer, put_oauth2
from stacks.importers.request import BY_REFERENCE, go_regex, is_literal, never, put_body, put_header, put_status

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import StepDraft, TransactionDraft

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
MAX_REDIRECTS = 10  # the exporter's own
_OTHER = {
    "preferred_ip_protocol": ("the choice of IPv4 or IPv6", "this importer does not carry it", "set it by hand"),
    "ip_protocol_fallback": ("the choice of IPv4 or IPv6", "this importer does not carry it", "set it by hand"),
    "source_ip_address": ("the address to send from", "the system chooses it", "run a monitor there"),
    "proxy_url": ("a proxy", "this importer does not carry it", "set it by hand"),
    "valid_http_versions": ("versions of HTTP", "no claim is made of the version", "nothing to do in most cases"),
    "http_headers": ("headers from files or of several values", "a header here has one value", "write them by hand"),
    "body_file": ("a body in a file", "a step holds its body", "write it in as json or form"),
    "fail_if_ssl": ("the claim that there is no TLS", "a service of citizens has TLS", "watch the http:// address"),
    "fail_if_header_matches": ("a claim that a header is not so", "a header is only claimed to be so", "leave it out"),
    "fail_if_body_json_not_matches_cel": ("a claim in CEL", "values are claimed by JSONPath", "write expect/json"),
    "fail_if_body_json_matches_cel": ("a claim in CEL", "values are claimed by JSONPath", "write expect/json"),
    "basic_auth": ("a user and password", SECRET_WHY, BY_REFERENCE),
    "authorization": ("credentials", SECRET_WHY, BY_REFERENCE),
    "bearer_token": ("a token", SECRET_WHY, BY_REFERENCE),
    "bearer_token_file": ("a token", SECRET_WHY, BY_REFERENCE),
    "oauth2": ("OAuth2 credentials", SECRET_WHY, BY_REFERENCE),
}


def put_http(http: Entry | None, step: StepDraft, path: str, target: Entry, transaction: TransactionDraft) -> bool:
    """Fill the step; False where the module has no form here, which is told."""
    method = http.get("method") if http else None
    word = method.text.upper() if method else "GET"
    if word not in METHODS:
        target.lost(
            f"a request with the method {word[:20]}", "a step sends one of HTTP's usual methods", "write another"
        )
        return False
    step.put(word.lower(), path, method.carry() if method else target)
    transaction.writes = word not in {"GET", "HEAD", "OPTIONS"}
    step.put("follow", MAX_REDIRECTS, target)
    if http is None:
        return True
    _redirects(http, step)
    _statuses(http, step)
    headers = http.get("headers")
    for header in headers.entries() if headers else []:
        put_header(step, header.name, header.text, header)
    body = http.get("body")
    if body:
        named = {one.name.lower(): one.text for one in headers.entries()} if headers else {}
        put_body(step, body.text, named.get("content-type", ""), body)
    _patterns(http, step)
    _tls(http, target)
    _credentials(http, step)
    _connection(http, transaction)
    for key, why in _OTHER.items():
        part = http.get(key)
        if part and part.account.is_settled(next(iter(part.leaves())).path):
            continue
        if part and not (key.startswith("fail_if_ssl") and not part.is_true):
            part.lost(*why)
        elif part:
            part.carry()
    for key, what in (("compression", "the coding of the answer"), ("body_size_limit", "a limit of the body's size")):
        part = http.get(key)
        if part:
            part.note(what, "the probe sees to it itself")
    return True


def _redirects(http: Entry, step: StepDraft) -> None:
    follow, old = http.get("follow_redirects"), http.get("no_follow_redirects")
    if (follow and not follow.is_true) or (old and old.is_true):
        step.put("follow", 0, (follow or old or http).carry())
    for one in (follow, old):
        if one:
            one.carry()


def _statuses(http: Entry, step: StepDraft) -> None:
    statuses, any_answer = http.get("valid_status_codes"), http.get("accept_any_response")
    if any_answer and any_answer.is_true:
        put_status(step, range(100, 600), any_answer.carry())
    elif statuses and statuses.items():
        words = [one.text for one in statuses.items()]
        if all(re.fullmatch("[1-5][0-9][0-9]", word) for word in words):
            put_status(step, [int(word) for word in words], statuses)
        else:
            statuses.lost("statuses that are none of HTTP's", "a status has three digits", "correct them")
    elif statuses:
        statuses.carry()  # an empty list: 2xx, as here
    if any_answer and not any_answer.is_true:
        any_answer.carry()


def _patterns(http: Entry, step: StepDraft) -> None:
    for key, wanted in (("fail_if_body_not_matches_regexp", True), ("fail_if_body_matches_regexp", False)):
        patterns = http.get(key)
        for one in patterns.items() if patterns else []:
            found = go_regex(one.text)
            if not found:
                _tell_pattern(one)
            elif is_literal(found):
                step.expect("contains" if wanted else "absent", found, one.carry())
            else:
                step.expect("matches", found if wanted else never(found), one.carry())
    headers = http.get("fail_if_header_not_matches")
    for one in headers.items() if headers else []:
        name, pattern = one.get("header"), one.get("regexp")
        if name and pattern and is_literal(pattern.text) and not (one.get("allow_missing") or name).is_true:
            step.expect("header", {name.text: pattern.text}, one.carry())
        else:
            one.lost("a claim about a header", "a header is claimed to hold plain text here", "claim a text in it")


def _tell_pattern(entry: Entry) -> None:
    entry.lost(
        f"the pattern {one_line(entry.text, most=60)}",
        "it may mean something else in Python's regular expressions",
        "write it anew",
    )


def _tls(http: Entry, target: Entry) -> None:
    only = http.get("fail_if_not_ssl")
    if only and only.is_true and not target.text.startswith("https://"):
        only.lost("the claim that there is TLS", "the target is no https:// address", "write it as https://")
    elif only:
        only.carry()
    tls = http.get("tls_config")
    for below in tls.entries() if tls else []:
        if not settle_tls(below):
            below.lost(f'TLS\' "{one_line(below.name, most=40)}"', "this importer does not carry it", "set it by hand")


def _credentials(http: Entry, step: StepDraft) -> None:
    """Carry credentials whose values stand in the file; those in files of their own are told with the rest."""
    basic, oauth, bearer = http.get("basic_auth"), http.get("oauth2"), http.get("bearer_token")
    wanted = http.get("authorization")
    if basic:
        user, password = basic.get("username"), basic.get("password")
        if user and user.text and password and password.text:
            put_basic(step, user.take(), password.text, password)
    if bearer and bearer.text:
        put_bearer(step, bearer.text, bearer)
    if wanted:
        kind, value = wanted.get("type"), wanted.get("credentials")
        if value and value.text and (kind is None or kind.text.lower() == "bearer"):
            put_bearer(step, value.text, value)
            if kind:
                kind.carry()
    if oauth:
        url, client, secret, scopes = (oauth.get(key) for key in ("token_url", "client_id", "client_secret", "scopes"))
        if url and client and secret and url.text and client.text and secret.text:
            keys = {"token_url": url.take(), "client_id": client.take()}
            if scopes and scopes.items():
                keys["scope"] = " ".join(one.text for one in scopes.carry().items())
            put_oauth2(step, keys, secret.text, secret)


def _connection(http: Entry, transaction: TransactionDraft) -> None:
    family, fallback, proxy = (http.get(key) for key in ("preferred_ip_protocol", "ip_protocol_fallback", "proxy_url"))
    if family and family.text in {"ip4", "ip6"} and fallback and fallback.text == "false":
        transaction.connection["ip"] = "v4" if family.take() == "ip4" else "v6"
        fallback.carry()
    if proxy and re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?/?", proxy.text):
        transaction.connection["proxy"] = proxy.take()
