"""Credentials, other bodies and choices of connections become values of the monitor, and are shown again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from monitors.core.http_options import Auth, AuthKind, Connection, Http2, IpFamily, Part
from stacks.definition.shapes import Record

if TYPE_CHECKING:
    from monitors.core.model import Step, Transaction


def build_auth(record: Record | None) -> Auth | None:
    """Make the credentials."""
    if record is None:
        return None
    if record["basic"]:
        basic: Record = record["basic"]
        return Auth(kind=AuthKind.BASIC, user=basic["user"], password=basic["password"])
    if record["bearer"]:
        return Auth(kind=AuthKind.BEARER, password=record["bearer"])
    oauth2: Record = record["oauth2"]
    return Auth(
        kind=AuthKind.OAUTH2, user=oauth2["client_id"], password=oauth2["client_secret"],
        token_url=oauth2["token_url"], scope=oauth2["scope"] or "",
    )


def build_connection(record: Record | None) -> Connection | None:
    """Make the choices."""
    if record is None:
        return None
    return Connection(
        http2=Http2(record["http2"] or Http2.NEVER), ip=IpFamily(record["ip"] or IpFamily.ANY),
        **{key: record[key] or "" for key in ("resolver", "address", "proxy", "certificate", "key")},
    )


def build_parts(record: Record | None) -> tuple[Part, ...]:
    """Make the parts of a multipart form."""
    return tuple(
        Part(name=name, value=value["content"], file_name=value["file"], content_type=value["type"] or "")
        if isinstance(value, Record) else Part(name=name, value=value)
        for name, value in (record.values.items() if record else ())
    )


def graphql_body(record: Record) -> str:
    """Write a GraphQL request as JSON text."""
    query = json.dumps(record["query"], ensure_ascii=False)
    variables = f', "variables": {record["variables"]}' if record["variables"] else ""
    return f'{{"query": {query}{variables}}}'


def shown_auth(auth: Auth | None) -> dict[str, Any] | None:
    """Write credentials as in a definition."""
    if auth is None:
        return None
    if auth.kind is AuthKind.BASIC:
        return {"basic": {"user": auth.user, "password": auth.password}}
    if auth.kind is AuthKind.BEARER:
        return {"bearer": auth.password}
    oauth2 = {"token_url": auth.token_url, "client_id": auth.user, "client_secret": auth.password}
    return {"oauth2": oauth2 | ({"scope": auth.scope} if auth.scope else {})}


def shown_connection(transaction: Transaction) -> dict[str, Any] | None:
    """Write a transaction's choices as in a definition."""
    chosen = transaction.connection
    if chosen is None:
        return None
    pairs = {
        "http2": chosen.http2.value, "ip": chosen.ip.value, "resolver": chosen.resolver, "address": chosen.address,
        "proxy": chosen.proxy, "certificate": chosen.certificate, "key": chosen.key,
    }
    return {key: value for key, value in pairs.items() if value}


def shown_parts(step: Step) -> dict[str, Any]:
    """Write a multipart form as in a definition."""
    return {
        part.name: {"content": part.value, "file": part.file_name}
        | ({"type": part.content_type} if part.content_type else {})
        if part.file_name else part.value
        for part in step.parts
    }
