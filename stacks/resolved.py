"""An agency with every default filled in, as plain values in the order of its file.

Reading them back gives the same agency. Secrets have names and no values here: a definition holds none.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from monitors.core.model import HTTP, Assertion, AssertKind, Save, SaveKind, Step, Transaction
from stacks.definition.amounts import duration_text, size_text
from stacks.definition.build_http import shown_auth, shown_connection, shown_parts
from stacks.definition.build_protocols import shown_protocol
from stacks.definition.build_week import shown_week
from stacks.definition.grammar_week import ALWAYS
from stacks.yamlio import Verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from pathlib import Path

    from monitors.core.hours import OfficeWeek
    from stacks.model import Agency, Contact, Database, Gateway, Service

Plain = dict[str, Any]
# -0 is a number too, which would be read as 0
_LITERAL = re.compile(r"(?!-0$)(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?)")


def resolved(agency: Agency, folder: Path) -> Plain:
    """Return the agency's definition in full. ``folder``: where its file lies; files are named from there."""
    return _filled(
        {
            "version": 1,
            "code": agency.code,
            "name": agency.name,
            "kind": agency.kind.value,
            "province": agency.province,
            "time_zone": agency.time_zone,
            "office_hours": _office_hours(agency.office_hours) if agency.office_hours else None,
            "tier": agency.tier,
            "wave": agency.wave,
            "domain": agency.domain,
            "contacts": [_contact(contact) for contact in agency.contacts],
            "network": {"subnet": str(agency.subnet)} if agency.subnet else None,
            "gateway": _gateway(agency.gateway, folder) if agency.gateway else None,
            "services": {service.code: _service(service, folder) for service in agency.services},
        }
    )


def as_json(value: Any) -> Any:
    """Turn ``Verbatim`` numbers into numbers of JSON."""
    if isinstance(value, Verbatim):
        return json.loads(value.text)
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return [as_json(one) for one in value] if isinstance(value, list) else value


def _filled(pairs: Plain) -> Plain:
    """Leave out what there is none of: None and empty lists, mappings and texts."""
    return {key: value for key, value in pairs.items() if value is not None and value not in ([], {}, "")}


def _number(value: Decimal) -> Verbatim:
    text = format(value, "f")
    return Verbatim(text, "tag:yaml.org,2002:float" if "." in text else "tag:yaml.org,2002:int")


def _office_hours(week: OfficeWeek) -> Plain:
    return {**shown_week(week.usual), "ramadan": shown_week(week.ramadan)}


def _contact(contact: Contact) -> Plain:
    return _filled({"name": contact.name, "role": contact.role, "email": contact.email, "phone": contact.phone})


def _gateway(gateway: Gateway, folder: Path) -> Plain:
    certificate = gateway.certificate
    return _filled(
        {
            "bind": str(gateway.bind),
            "https_port": gateway.https_port,
            "http_port": gateway.http_port,
            "certificate": {
                "cert": os.path.relpath(certificate.cert_file, folder),
                "key": os.path.relpath(certificate.key_file, folder),
            }
            if certificate
            else None,
        }
    )


def _service(service: Service, folder: Path) -> Plain:
    promise = service.promise
    common = {
        "name": service.name,
        "hosting": service.hosting.value,
        "criticality": service.criticality,
        "weight": service.weight,
        "quorum": service.quorum.value,
        "promise": _filled({
            "target": _number(promise.target), "latency": _duration(promise.latency_target_ms),
            "hours": shown_week(promise.hours) if promise.hours else ALWAYS,
        }),
    }
    transactions = {"transactions": {one.name: _transaction(one) for one in service.transactions}}
    if not service.is_hosted:
        ca = os.path.relpath(service.ca_file, folder) if service.ca_file else None
        return _filled({**common, "url": service.url, "ca": ca}) | transactions
    return (
        _filled(
            {
                **common,
                "image": service.image,
                "command": list(service.command),
                "port": service.port,
                "replicas": service.replicas,
                "health": service.health,
                "host": service.host,
                "answer_timeout": duration_text(service.answer_timeout_ms),
                "stop_grace": duration_text(service.stop_grace_ms),
                "egress": service.egress,
                "env": dict(service.env),
                "secrets": list(service.secrets),
                "volumes": {volume.name: volume.path for volume in service.volumes},
                "database": _database(service.database, folder) if service.database else None,
                "workers": {
                    worker.name: {"command": list(worker.command), "replicas": worker.replicas}
                    for worker in service.workers
                },
                "jobs": {
                    job.name: {"command": list(job.command), "deadline": duration_text(job.deadline_ms)}
                    for job in service.jobs
                },
                "resources": {
                    "memory": size_text(service.resources.memory_bytes),
                    "cpus": _number(service.resources.cpus),
                    "pids": service.resources.pids,
                },
                "log": {"file": size_text(service.log.file_bytes), "files": service.log.files},
            }
        )
        | transactions
    )


def _database(database: Database, folder: Path) -> Plain:
    external = database.external
    if external is None:
        return {"own": {"memory": size_text(database.memory_bytes)}}
    return {
        "external": {
            "host": external.host,
            "port": external.port,
            "name": external.name,
            "user": external.user,
            "password_file": os.path.relpath(external.password_file, folder),
        }
    }


def _transaction(transaction: Transaction) -> Plain:
    return _filled(
        {
            "primary": transaction.primary,
            "interval": duration_text(transaction.interval_ms),
            "deadline": duration_text(transaction.deadline_ms),
            "latency": _duration(transaction.latency_target_ms),
            "writes": transaction.writes,
            "budget": f"{transaction.writes_a_day}/day" if transaction.writes_a_day else None,
            "connection": shown_connection(transaction),
            "steps": [_step(step) for step in transaction.steps],
        }
    )


def _step(step: Step) -> Plain:
    if step.protocol != HTTP:
        return _filled({"name": step.name, "critical": step.critical, "expect": _expect(step.assertions)}) | (
            shown_protocol(step)
        )
    body = json.loads(step.json_body, parse_float=Verbatim) if step.json_body else None
    return _filled(
        {
            "name": step.name,
            step.method.lower(): step.url,
            "headers": dict(step.headers),
            "form": dict(step.form),
            "multipart": shown_parts(step),
            "body": step.body,
            "auth": shown_auth(step.auth),
            "follow": step.max_redirects,
            "critical": None if step.always else step.critical,
            "always": step.always or None,
            "expect": _expect(step.assertions),
            "save": {save.name: _save(save) for save in step.saves},
        }
    ) | ({"json": body} if body is not None else {})


def _save(save: Save) -> Plain:
    return _filled({save.kind.value: save.expression, "attribute": save.attribute if save.kind is SaveKind.CSS else ""})


def _expect(assertions: Sequence[Assertion]) -> Plain:
    of_kind = {kind: [one for one in assertions if one.kind is kind] for kind in AssertKind}
    expect: Plain = {}
    for one in of_kind[AssertKind.STATUS]:
        expect["status"] = Verbatim(one.expected, "tag:yaml.org,2002:int") if one.expected.isdigit() else one.expected
    if of_kind[AssertKind.HEADER]:
        expect["header"] = {one.name: one.expected for one in of_kind[AssertKind.HEADER]}
    for one in of_kind[AssertKind.CLEAN]:
        expect["clean"] = one.expected.splitlines() or True
    if of_kind[AssertKind.NO_JSON]:
        expect["json_absent"] = [one.name for one in of_kind[AssertKind.NO_JSON]]
    for one in (*of_kind[AssertKind.SIZE], *of_kind[AssertKind.SHA256]):
        expect[one.kind.value] = one.expected
    for kind in (AssertKind.CONTAINS, AssertKind.ABSENT, AssertKind.MATCHES, AssertKind.FORBIDDEN):
        if of_kind[kind]:
            expect[kind.value] = [one.expected for one in of_kind[kind]]
    for kind in (AssertKind.JSON, AssertKind.CSS):
        claims = of_kind[kind]
        if claims and not claims[0].expected:
            expect[kind.value] = [one.name for one in claims]
        elif claims:
            is_json = kind is AssertKind.JSON
            expect[kind.value] = {one.name: _literal(one.expected) if is_json else one.expected for one in claims}
    for one in of_kind[AssertKind.LATENCY]:
        expect["latency"] = duration_text(int(one.expected))
    return expect


def _literal(text: str) -> Any:
    """Write what looks like a JSON literal without quotes: the answer's value is compared as text either way."""
    return json.loads(text, parse_float=Verbatim) if _LITERAL.fullmatch(text) else text


def _duration(ms: int | None) -> str | None:
    return duration_text(ms) if ms is not None else None
