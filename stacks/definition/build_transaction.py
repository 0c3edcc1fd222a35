"""A transaction without faults becomes the monitor's ``Transaction``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitors.core.budget import per_day
from monitors.core.model import Assertion, AssertKind, Promise, Save, SaveKind, Step, Transaction
from stacks.definition.build_http import build_auth, build_connection, build_parts, graphql_body
from stacks.definition.build_protocols import build_protocol, protocol_of
from stacks.definition.check_transaction import SAVE_KINDS, deadline_of, interval_of, step_name
from stacks.definition.grammar_transaction import METHODS
from stacks.definition.shapes import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitors.core.http_options import Auth
    from stacks.model import Tier

GRAPHQL_ERRORS = "$.errors"


def build_transaction(name: str, record: Record, tier: Tier, promise: Promise) -> Transaction:
    """Make the transaction; the tier and the promise fill what it leaves open."""
    deadline_ms = deadline_of(record, tier)
    latency_ms = record["latency"]
    if latency_ms is None and promise.latency_target_ms is not None:
        latency_ms = min(promise.latency_target_ms, deadline_ms)
    return Transaction(
        name=name,
        steps=tuple(_step(step, build_auth(record["auth"])) for _, step in record["steps"]),
        connection=build_connection(record["connection"]),
        interval_ms=interval_of(record, tier),
        deadline_ms=deadline_ms,
        latency_target_ms=latency_ms,
        primary=record["primary"] is not False,
        writes=bool(record["writes"]),
        writes_a_day=per_day(record["budget"]) if record["budget"] else 0,
    )


def _step(record: Record, auth: Auth | None) -> Step:
    if protocol_of(record):
        return Step(
            name=step_name(record),
            critical=record["critical"] is not False,
            assertions=tuple(_assertions(record["expect"])) if record["expect"] else (),
            **build_protocol(record),
        )
    method = next(method for method in METHODS if record[method])
    is_elsewhere = "://" in record[method].partition("?")[0]
    graphql: Record | None = record["graphql"]
    no_errors = (Assertion(kind=AssertKind.NO_JSON, name=GRAPHQL_ERRORS),) if graphql else ()
    return Step(
        name=step_name(record),
        method=method.upper(),
        url=record[method],
        headers=_pairs(record["headers"]),
        form=_pairs(record["form"]),
        json_body=graphql_body(graphql) if graphql else record["json"] or "",
        body=record["body"] or "",
        parts=build_parts(record["multipart"]),
        auth=build_auth(record["auth"]) or (None if is_elsewhere else auth),
        max_redirects=record["follow"] or 0,
        critical=record["critical"] is not False and not record["always"],
        always=bool(record["always"]),
        saves=tuple(_save(name, save) for name, save in _pairs(record["save"])),
        assertions=(*(_assertions(record["expect"]) if record["expect"] else ()), *no_errors),
    )


def _save(name: str, record: Record) -> Save:
    kind = next(kind for kind in SAVE_KINDS if record[kind])
    return Save(name=name, kind=SaveKind(kind), expression=record[kind], attribute=record["attribute"] or "")


def _assertions(expect: Record) -> Iterator[Assertion]:
    """Yield the claims in the order of the grammar: what is cheap and tells most comes first."""
    if expect["status"]:
        status = expect["status"]
        text = status if isinstance(status, str) else ",".join(value for _, value in status)
        yield Assertion(kind=AssertKind.STATUS, expected=text.replace(" ", ""))
    for name, text in _pairs(expect["header"]):
        yield Assertion(kind=AssertKind.HEADER, name=name, expected=text)
    if expect["clean"]:
        allowed = [] if expect["clean"] is True else _texts(expect["clean"])
        yield Assertion(kind=AssertKind.CLEAN, expected="\n".join(allowed))
    for kind in (AssertKind.CONTAINS, AssertKind.ABSENT, AssertKind.MATCHES, AssertKind.FORBIDDEN):
        for text in _texts(expect[kind]):
            yield Assertion(kind=kind, expected=text)
    for kind in (AssertKind.JSON, AssertKind.CSS):
        value = expect[kind]
        if isinstance(value, Record):
            for name, text in value.values.items():
                yield Assertion(kind=kind, name=name, expected=text)
        else:
            for name in _texts(value):
                yield Assertion(kind=kind, name=name)
    for name in _texts(expect["json_absent"]):
        yield Assertion(kind=AssertKind.NO_JSON, name=name)
    for kind in (AssertKind.SIZE, AssertKind.SHA256):
        if expect[kind]:
            yield Assertion(kind=kind, expected=expect[kind])
    if expect["latency"]:
        yield Assertion(kind=AssertKind.LATENCY, expected=str(expect["latency"]))


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [text for _, text in value]


def _pairs(record: Record | None) -> tuple[tuple[str, Any], ...]:
    return tuple(record.values.items()) if record else ()
