"""An HTTP monitor of Uptime Kuma as one step: request, credentials, claims."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.definition.tree import Scalar, Table, YamlFault
from stacks.importers.address import is_secret
from stacks.importers.credentials import put_basic, put_oauth2
from stacks.importers.draft import StepDraft, TransactionDraft
from stacks.importers.request import put_body, put_header, put_status
from stacks.importers.source import json_tree

if TYPE_CHECKING:
    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


def put_request(entry: Entry, step: StepDraft, path: str, transaction: TransactionDraft) -> bool:
    """Fill in the request; False where the monitor has no form here, which is told."""
    method = entry.get("method")
    word = (method.text.upper() if method else "") or "GET"
    if word not in METHODS:
        entry.lost(
            f"a request with the method {word[:20]}", "a step sends one of HTTP's usual methods", "write another"
        )
        return False
    step.put(word.lower(), path, method.carry() if method else entry)
    transaction.writes = word not in {"GET", "HEAD", "OPTIONS"}
    redirects = entry.get("maxredirects")
    count = int(redirects.text) if redirects and re.fullmatch("[0-9]{1,4}", redirects.text) else 10
    step.put("follow", min(count, 10), redirects or entry)
    if redirects and count > 10:
        redirects.changed("at most 10 redirects are followed", "a page of citizens needs no more", "nothing to do")
    elif redirects:
        redirects.carry()
    media = _headers(entry, step)
    body, coding = entry.get("body"), entry.get("httpBodyEncoding")
    if coding and coding.has_value:
        media = media or {"json": "application/json", "form": "application/x-www-form-urlencoded"}.get(
            coding.text, "xml"
        )
        coding.carry()
    if body and body.text.strip():
        put_body(step, body.text, media or "application/json", body)
    return True


def put_credentials(entry: Entry, step: StepDraft) -> None:
    """Log in as the monitor does, where it is by Basic, a token or OAuth2; other ways are told with the rest."""
    method = entry.get("authMethod", "auth_method")
    word = method.text if method else ""
    user, password = entry.get("basic_auth_user"), entry.get("basic_auth_pass")
    if word in {"", "basic"} and user and user.text and password and password.text:
        put_basic(step, user.take(), password.text, password)
        if method:
            method.carry()
    elif word == "oauth2-cc":
        names = ("oauth_token_url", "oauth_client_id", "oauth_client_secret", "oauth_scopes")
        url, client, secret, scopes = (entry.get(name) for name in names)
        if method and url and client and secret and url.text and client.text and secret.text:
            keys = {"token_url": url.take(), "client_id": client.take()}
            if scopes and scopes.text:
                keys["scope"] = scopes.take()
            put_oauth2(step, keys, secret.text, secret)
            method.carry()


def _headers(entry: Entry, step: StepDraft) -> str:
    """Put headers, which stand as JSON in a text; return the media type that they name."""
    headers = entry.get("headers")
    if headers is None or not headers.text.strip():
        return ""
    try:
        tree = json_tree(headers.text)
    except YamlFault:
        headers.lost("headers that are no JSON", "they cannot be read", "write them by hand")
        return ""
    pairs = [(key.text, node) for key, node in tree.entries] if isinstance(tree, Table) else []
    media = ""
    headers.carry()
    for name, node in pairs:
        if isinstance(node, Scalar):
            media = node.text if name.lower() == "content-type" else media
            put_header(step, name, node.text, headers)
        else:
            headers.lost("a header with several values", "a header here has one", "write it by hand")
    if not pairs:
        headers.note("no headers", "nothing is set")
    return media


def put_claims(entry: Entry, step: StepDraft, kind: str) -> None:
    """Carry what the answer has to be."""
    _statuses(entry, step)
    keyword, invert = entry.get("keyword"), entry.get("invertKeyword", "invert_keyword")
    if kind == "keyword" and keyword and keyword.text.strip():
        step.expect("absent" if invert and invert.is_true else "contains", keyword.take(), keyword)
        if invert:
            invert.carry()
    path, value, operator = (
        entry.get("jsonPath", "json_path"),
        entry.get("expectedValue"),
        entry.get("jsonPathOperator"),
    )
    if kind == "json-query" and path and path.has_value:
        word = operator.text if operator and operator.has_value else "=="
        plain = re.fullmatch(r"(?:\$\.?)?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[[0-9]+\])*)", path.text.strip())
        if plain and value and value.text and word == "==" and not is_secret(plain[1].rpartition(".")[2]):
            step.expect("json", {f"$.{plain[1]}": value.take()}, path.carry())
            if operator:
                operator.carry()
        else:
            path.lost("a claim in JSONata", "only a plain path with one value is the same in JSONPath", "write it anew")
    insecure = entry.get("ignoreTls", "ignore_tls")
    if insecure and insecure.is_true:
        insecure.lost(
            "certificates that are not verified",
            "a bad certificate is an outage to citizens",
            'name the authority as "ca" of the service if it is your own',
        )


def _statuses(entry: Entry, step: StepDraft) -> None:
    accepted = entry.get("accepted_statuscodes")
    texts = [one.text for one in accepted.items()] if accepted else []
    if accepted is None:
        accepted = entry.get("accepted_statuscodes_json")
        texts = re.findall(r"[0-9]{3}(?:-[0-9]{3})?", accepted.text) if accepted else []
    if accepted is None or not texts:
        return
    statuses: set[int] = set()
    for text in texts:
        found = re.fullmatch("([0-9]{3})(?:-([0-9]{3}))?", text)
        if found is None:
            accepted.lost("statuses that cannot be read", "a status is 200, a range 200-299", "write them by hand")
            return
        statuses.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    put_status(step, statuses, accepted)
