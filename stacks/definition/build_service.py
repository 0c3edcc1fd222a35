"""A service without faults becomes a ``Service``; its tier fills what it leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitors.core.model import Hosting, Promise, Quorum
from stacks.definition.build_transaction import build_transaction
from stacks.definition.build_week import promise_hours
from stacks.definition.check_service import is_external
from stacks.model import (
    Database,
    ExternalDatabase,
    Job,
    LogLimits,
    Resources,
    Service,
    Tier,
    Volume,
    Worker,
)

if TYPE_CHECKING:
    from pathlib import Path

    from stacks.definition.shapes import Record


def build_service(code: str, record: Record, *, tier: Tier, domain: str, folder: Path) -> Service:
    """Make the service. ``domain``: the agency's; ``folder``: where the files that it names lie."""
    promise = _promise(record["promise"], tier)
    common: dict[str, Any] = {
        "code": code,
        "name": record["name"],
        "criticality": record["criticality"] or 3,
        "weight": record["weight"] or 1,
        "promise": promise,
        "quorum": Quorum(record["quorum"] or "majority"),
        "transactions": tuple(
            build_transaction(name, one, tier, promise) for name, one in record["transactions"].values.items()
        ),
    }
    if is_external(record):
        ca = record["ca"]
        return Service(
            **common,
            hosting=Hosting.EXTERNAL,
            url=record["url"].rstrip("/"),
            ca_file=folder / ca if ca else None,
            ca_pem=(folder / ca).read_text(encoding="utf-8") if ca else "",
            replicas=0,
            health="",
        )
    database = _database(record["database"], tier, folder)
    optional = {name: record[key] for name, key in _OPTIONAL.items() if record[key] is not None}
    return Service(
        **common,
        image=record["image"],
        port=record["port"],
        replicas=record["replicas"] or tier.replicas,
        host=record["host"] or f"{code}.{domain}",
        command=_words(record["command"]),
        env=tuple(record["env"].values.items()) if record["env"] else (),
        secrets=_words(record["secrets"]),
        volumes=tuple(Volume(name=name, path=path.rstrip("/")) for name, path in _items(record["volumes"])),
        database=database,
        workers=tuple(
            Worker(name=name, command=_words(one["command"]), replicas=one["replicas"] or 1)
            for name, one in _items(record["workers"])
        ),
        jobs=tuple(_job(name, one) for name, one in _items(record["jobs"])),
        egress=bool(record["egress"]) or (database is not None and not database.is_own),
        resources=_resources(record["resources"], tier),
        log=_log(record["log"], tier),
        **optional,
    )


_OPTIONAL = {"health": "health", "answer_timeout_ms": "answer_timeout", "stop_grace_ms": "stop_grace"}


def _promise(record: Record | None, tier: Tier) -> Promise:
    if record is None:
        return tier.promise
    return Promise(
        target=record["target"] or tier.promise.target,
        latency_target_ms=record["latency"] or tier.promise.latency_target_ms,
        hours=promise_hours(record["hours"], tier.promise.hours),
    )


def _resources(record: Record | None, tier: Tier) -> Resources:
    given = tier.resources
    if record is None:
        return given
    return Resources(
        memory_bytes=record["memory"] or given.memory_bytes,
        cpus=record["cpus"] or given.cpus,
        pids=record["pids"] or given.pids,
    )


def _log(record: Record | None, tier: Tier) -> LogLimits:
    if record is None:
        return tier.log
    return LogLimits(file_bytes=record["file"] or tier.log.file_bytes, files=record["files"] or tier.log.files)


def _database(value: Any, tier: Tier, folder: Path) -> Database | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Database(memory_bytes=tier.database_memory_bytes)
    if value["own"]:
        return Database(memory_bytes=value["own"]["memory"] or tier.database_memory_bytes)
    external = value["external"]
    return Database(
        external=ExternalDatabase(
            host=external["host"],
            port=external["port"] or 5432,
            name=external["name"],
            user=external["user"],
            password_file=folder / external["password_file"],
        )
    )


def _job(name: str, record: Record) -> Job:
    command = _words(record["command"])
    if record["deadline"] is None:
        return Job(name=name, command=command)
    return Job(name=name, command=command, deadline_ms=record["deadline"])


def _words(items: list[tuple[Any, str]] | None) -> tuple[str, ...]:
    return tuple(word for _, word in items) if items else ()


def _items(record: Record | None) -> list[tuple[str, Any]]:
    return list(record.values.items()) if record else []
