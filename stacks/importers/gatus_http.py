"""What an HTTP endpoint of Gatus asks and claims, as a step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stacks.importers import gatus_condition
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, go_duration_ms
from stacks.importers.credentials import put_oauth2
from stacks.importers.draft import StepDraft, TransactionDraft
from stacks.importers.gatus_other import certificate_step
from stacks.importers.request import ANY_STATUS, put_body, put_status

if TYPE_CHECKING:
    from stacks.importers.account import Entry

USUAL_TIMEOUT_MS = 10_000


METHOD_KEYS = {"get", "post", "put", "patch", "delete", "head", "options"}


METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}


def put_client(entry: Entry, step: StepDraft, transaction: TransactionDraft) -> None:
    """Carry how the endpoint is asked: time-out, redirects, credentials; tell the rest."""
    client = entry.get("client")
    timeout = client.get("timeout") if client else None
    found = go_duration_ms(timeout.take()) if timeout else USUAL_TIMEOUT_MS
    if not transaction.steps:
        transaction.deadline_ms = transaction.deadline_ms or found
    elif transaction.deadline_ms and found:
        transaction.deadline_ms = max(transaction.deadline_ms, found)
    if client is None:
        return
    ignore = client.get("ignore-redirect")
    if ignore and ignore.is_true:
        step.put("follow", 0, ignore.carry())
    elif ignore:
        ignore.carry()
    insecure = client.get("insecure")
    if insecure and insecure.is_true:
        insecure.lost(
            "certificates that are not verified",
            "a bad certificate is an outage to citizens",
            'name the authority as "ca" of the service if it is your own',
        )
    elif insecure:
        insecure.carry()
    oauth = client.get("oauth2")
    if oauth and step.keys.keys() & METHOD_KEYS:
        url, name, secret, scopes = (oauth.get(key) for key in ("token-url", "client-id", "client-secret", "scopes"))
        if url and name and secret and url.text and name.text and secret.text:
            keys = {"token_url": url.take(), "client_id": name.take()}
            if scopes and scopes.items():
                keys["scope"] = " ".join(one.text for one in scopes.carry().items())
            put_oauth2(step, keys, secret.text, secret)
    for below in client.entries():
        if any(below.account.is_settled(leaf.path) for leaf in below.leaves()):
            continue
        if below.name not in {"timeout", "ignore-redirect", "insecure"}:
            below.lost(f'the client\'s "{below.name}"', "this importer does not know how to carry it", "set it by hand")


def put_endpoint_body(entry: Entry, step: StepDraft, body: Entry) -> None:
    """Send the endpoint's body."""
    headers = entry.get("headers")
    media = next((one.text for one in headers.entries() if one.name.lower() == "content-type"), "") if headers else ""
    graphql = entry.get("graphql")
    if graphql and graphql.is_true:
        graphql.carry()
        step.put("json", {"query": body.take()}, body)
        return
    put_body(step, body.text, media, body)


def put_conditions(entry: Entry, step: StepDraft, origin: str) -> list[StepDraft]:
    """Carry the conditions; return the steps that some of them need of their own."""
    conditions = entry.get("conditions")
    statuses = set(range(100, 600))
    of_status: list[Entry] = []
    looks: list[StepDraft] = []
    for condition in conditions.items() if conditions else []:
        allowed = gatus_condition.statuses(condition.text)
        look = certificate_step(condition, entry) if origin.startswith("https://") and not looks else None
        if allowed is not None:
            statuses &= allowed
            of_status.append(condition)
        elif look:
            looks.append(look)
        else:
            gatus_condition.carry(condition, step)
    if not of_status:
        # Gatus asks for no status unless a condition does, and a step here for 2xx.
        step.expect("status", ANY_STATUS, entry)
        return looks
    is_possible = put_status(step, statuses, of_status[0])
    for condition in of_status[1:]:
        if is_possible and "xx" in str(step.keys["expect"]["status"]):
            shown = one_line(condition.text, most=60)
            condition.changed(
                f"{shown} became, with the others, {step.keys['expect']['status']}",
                "statuses are single ones or whole hundreds",
                "look whether that suits",
            )
        elif is_possible:
            condition.carry()
        else:
            condition.lost("a status", "together the conditions allow none", "write the statuses by hand")
    if not is_possible:
        step.expect("status", ANY_STATUS, entry)
    return looks


def put_saves(entry: Entry, step: StepDraft) -> None:
    """Keep the values that a suite stores."""
    store = entry.get("store")
    for below in store.entries() if store else []:
        path = gatus_condition.json_path(below.text)
        if path and re.fullmatch("[a-z][a-z0-9_]*", below.name):
            step.put(f"save/{below.name}", {"json": path}, below.carry())
        else:
            below.lost(
                "a stored value", "only a value of a JSON body, with a name of small letters, is saved", SECRET_WHY
            )
