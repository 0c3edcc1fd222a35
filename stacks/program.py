"""From an agency to its stack: what it needs from outside, the spec, and the program that Pulumi runs inline."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

import pulumi

from infra.naming import joined
from infra.planning import plan_of
from infra.spec import (
    MIB,
    DatabaseSpec,
    GatewaySpec,
    ImageSpec,
    JobSpec,
    LimitSpec,
    PlanError,
    SecretSpec,
    Sensitive,
    ServiceSpec,
    StackSpec,
    VolumeSpec,
    WorkerSpec,
)
from infra.stack import HostingStack
from monitors.core.document import to_document
from monitors.core.errors import PreflightError
from stacks.targets import endpoints_of, targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from infra.hooks import HostingHooks
    from stacks.model import Agency, LogLimits, Resources, Service

PROJECT = "siaga24"
GATEWAY_IMAGE = "siaga24/haproxy:2.6"
DATABASE_IMAGE = "siaga24/postgres:15"
DIGEST_KEY = "digest-key"
GATEWAY_LIMITS = LimitSpec(memory_bytes=256 * MIB, cpus=Decimal(2), pids=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsIdentity:
    """What the gateway shows, and what its visitors trust."""

    certificate_pem: str                 # with its chain
    key_pem: Sensitive
    ca_pem: str = ""                     # "": the system's roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a stack needs beyond the agency's definition; found and checked before anything changes."""

    images: Mapping[str, ImageSpec]      # by the names of ``image_names``
    secrets: Mapping[str, Sensitive]     # by the keys of ``secret_keys`` and ``secret_files``
    certificate: TlsIdentity
    engine_host: str
    engine_id: str = ""


def image_names(agency: Agency) -> tuple[str, ...]:
    """Return the images that an agency's stack runs, by the names that its file and the toolkit give them."""
    names = [GATEWAY_IMAGE, *(service.image for service in agency.hosted)]
    if any(_has_own_database(service) for service in agency.hosted):
        names.append(DATABASE_IMAGE)
    return tuple(dict.fromkeys(names))


def secret_keys(agency: Agency) -> tuple[str, ...]:
    """Return the keys of the secrets that are made once and kept: ``SERVICE.NAME``, and the toolkit's own."""
    keys = [DIGEST_KEY]
    for service in agency.hosted:
        keys += [f"{service.code}.{name}" for name in service.secrets]
        if _has_own_database(service):
            keys.append(_database_key(service))
    return tuple(keys)


def secret_files(agency: Agency) -> dict[str, Path]:
    """Return the keys of the secrets that people keep in files: passwords of external databases."""
    return {
        _database_key(service): service.database.external.password_file
        for service in agency.hosted
        if service.database is not None and service.database.external is not None
    }


def _database_key(service: Service) -> str:
    return f"{service.code}.database-password"


def _has_own_database(service: Service) -> bool:
    return service.database is not None and service.database.is_own


def spec_of(agency: Agency, inputs: Inputs) -> StackSpec:
    """Return what the agency's stack holds. PreflightError where its parts do not go together."""
    if agency.gateway is None or agency.subnet is None:
        raise PreflightError([f"agency {agency.code!r} hosts no service; there is no stack to make"])
    gateway = agency.gateway
    try:
        spec = StackSpec(
            code=agency.code,
            subnet=agency.subnet,
            gateway=GatewaySpec(
                image=inputs.images[GATEWAY_IMAGE], bind=gateway.bind, https_port=gateway.https_port,
                http_port=gateway.http_port, certificate_pem=inputs.certificate.certificate_pem,
                key_pem=inputs.certificate.key_pem, limits=GATEWAY_LIMITS,
            ),
            services=tuple(_service(service, inputs) for service in agency.hosted),
            digest_key=inputs.secrets[DIGEST_KEY],
            engine_host=inputs.engine_host,
            engine_id=inputs.engine_id,
        )
        plan_of(spec)
    except PlanError as exc:
        raise PreflightError([f"agency {agency.code!r}: {exc}"]) from exc
    return spec


def _service(service: Service, inputs: Inputs) -> ServiceSpec:
    secrets = [SecretSpec(name=name, value=inputs.secrets[f"{service.code}.{name}"]) for name in service.secrets]
    external = None if service.database is None else service.database.external
    if external is not None:
        password = inputs.secrets[_database_key(service)].reveal()
        url = (
            f"postgresql://{quote(external.user, safe='')}:{quote(password, safe='')}"
            f"@{external.host}:{external.port}/{quote(external.name, safe='')}"
        )
        secrets.append(SecretSpec(name="DATABASE_URL", value=Sensitive(url)))
    return ServiceSpec(
        code=service.code,
        image=inputs.images[service.image],
        port=service.port,
        host=service.host,
        replicas=service.replicas,
        command=service.command,
        health_path=service.health,
        answer_timeout_ms=service.answer_timeout_ms,
        stop_grace_ms=service.stop_grace_ms,
        env=service.env,
        secrets=tuple(secrets),
        volumes=tuple(VolumeSpec(name=volume.name, path=volume.path) for volume in service.volumes),
        workers=tuple(
            WorkerSpec(name=worker.name, command=worker.command, replicas=worker.replicas)
            for worker in service.workers
        ),
        jobs=tuple(JobSpec(name=job.name, command=job.command, deadline_ms=job.deadline_ms) for job in service.jobs),
        database=_own_database(service, inputs),
        has_egress=service.egress or external is not None,
        limits=_limits(service.resources, service.log),
    )


def _own_database(service: Service, inputs: Inputs) -> DatabaseSpec | None:
    if service.database is None or not service.database.is_own:
        return None
    memory = service.database.memory_bytes
    return DatabaseSpec(
        image=inputs.images[DATABASE_IMAGE],
        password=inputs.secrets[_database_key(service)],
        limits=LimitSpec(
            memory_bytes=memory, cpus=Decimal(1), log_file_bytes=service.log.file_bytes, log_files=service.log.files,
        ),
    )


def _limits(resources: Resources, log: LogLimits) -> LimitSpec:
    return LimitSpec(
        memory_bytes=resources.memory_bytes, cpus=resources.cpus, pids=resources.pids,
        log_file_bytes=log.file_bytes, log_files=log.files,
    )


def inline_program(agency: Agency, inputs: Inputs, hooks: HostingHooks) -> Callable[[], None]:
    """Return the program of an agency's stack. It exports what others need to know; see ``export`` calls."""
    spec = spec_of(agency, inputs)

    def program() -> None:
        stack = HostingStack(joined(agency.code), spec, hooks)
        endpoints = endpoints_of(agency, inputs.certificate.ca_pem)
        document = to_document(targets_of(agency, endpoints))
        pulumi.export("targets", document)
        pulumi.export("endpoints", {
            code: {"url": endpoint.base_url, "connectTo": endpoint.connect_to}
            for code, endpoint in endpoints.items()
        })
        pulumi.export("releases", stack.releases)
        pulumi.export("gateway", stack.gateway_digest)
        pulumi.export("volumes", stack.data_volumes)
        pulumi.export("engine", spec.engine_id)

    return program
