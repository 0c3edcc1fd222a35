"""From a service's spec to its containers and volumes, its database's included. Pure."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from infra.health import NO_TEST, service_health
from infra.hooks import FileEntry, VolumeFiles
from infra.naming import Component, database_alias, digest, joined, keyed_digest
from infra.plan import ContainerPlan, DatabasePlan, MountPlan, ServicePlan, VolumePlan, fingerprint
from infra.spec import MIB, HealthSpec, PlanError, SecretSpec, Sensitive

if TYPE_CHECKING:
    from infra.spec import DatabaseSpec, ImageSpec, ServiceSpec, VolumeSpec

SECRETS = "/run/secrets"
DATABASE_PORT = 5432
DATABASE_GRACE_MS = 60_000               # a clean shutdown writes a checkpoint first
DATABASE_START_MS = 120_000              # recovery after a crash reads the log before it answers
POSTGRES_DATA = "/var/lib/postgresql/data"
POSTGRES_RUN = "/var/run/postgresql"
TMP = ("/tmp", "rw,noexec,nosuid,nodev,size=64m,mode=1777")  # noqa: S108 - a path inside the container
_WRITABLE_BY_ENGINE = (TMP[0], "/dev/shm", SECRETS)          # noqa: S108


def service_plan(code: str, service: ServiceSpec, digest_key: Sensitive) -> ServicePlan:
    """Plan one service of the stack ``code``."""
    secrets = _secrets_volume(code, service, digest_key)
    volumes = [] if secrets is None else [secrets]
    volumes += [_data_volume(code, service, volume) for volume in service.volumes]
    base = _base(code, service, secrets)
    jobs = tuple(
        replace(
            base, key=joined(code, service.code, "job", job.name), component=Component.JOB, command=job.command,
            what=f"job {job.name} of {service.code}", deadline_ms=job.deadline_ms, health=HealthSpec(test=NO_TEST),
            networks=_without_aliases(base),
        )
        for job in service.jobs
    )
    workers = [
        replace(
            base, key=joined(code, service.code, "worker", worker.name), component=Component.WORKER,
            command=worker.command, what=f"worker {worker.name} of {service.code}", health=HealthSpec(test=NO_TEST),
            networks=_without_aliases(base),
        )
        for worker in service.workers
    ]
    release = digest([fingerprint(container) for container in (base, *jobs, *workers)])
    marked = _Marked(code, service.code, release)
    return ServicePlan(
        code=service.code,
        key=joined(code, service.code),
        release=release,
        volumes=tuple(volumes),
        database=None if service.database is None else _database(code, service, service.database, digest_key),
        jobs=tuple(marked.one(job) for job in jobs),
        replicas=marked.many(base, "replica", service.replicas),
        workers=tuple(
            container
            for plan, worker in zip(workers, service.workers, strict=True)
            for container in marked.many(plan, f"worker {worker.name}", worker.replicas)
        ),
    )


class _Marked:
    """Stamps containers of a service with its release."""

    def __init__(self, code: str, service: str, release: str) -> None:
        self.code, self.service, self.release = code, service, release

    def one(self, plan: ContainerPlan) -> ContainerPlan:
        env = (*plan.env, ("RELEASE", self.release))
        return replace(plan, env=tuple(sorted(env))).labelled(self.code, self.service, self.release)

    def many(self, plan: ContainerPlan, what: str, count: int) -> tuple[ContainerPlan, ...]:
        return tuple(
            self.one(replace(plan, key=f"{plan.key}_{n}", what=f"{what} {n} of {self.service}"))
            for n in range(1, count + 1)
        )


def _data_volume(code: str, service: ServiceSpec, volume: VolumeSpec) -> VolumePlan:
    name = joined(code, service.code, "volume", volume.name)
    owner = VolumeFiles(
        volume=name, image=service.image.id, uid=service.image.uid, gid=service.image.gid, digest="",
        directory_mode=0o750,
    )
    return VolumePlan(key=name, name=name, is_data=True, files=owner)


def _without_aliases(plan: ContainerPlan) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((role, ()) for role, _ in plan.networks)


def _base(code: str, service: ServiceSpec, secrets: VolumePlan | None) -> ContainerPlan:
    """Plan a replica, without number and release; jobs and workers differ from it in little."""
    mounts = [
        MountPlan(volume=joined(code, service.code, "volume", volume.name), target=volume.path, is_read_only=False)
        for volume in service.volumes
    ]
    if secrets is not None:
        mounts.append(MountPlan(volume=secrets.name, target=SECRETS, is_read_only=True))
    check_covered(service.image, [mount.target for mount in mounts], f"service {service.code!r}")
    networks: list[tuple[str, tuple[str, ...]]] = [("app", (service.code,))]
    if service.database is not None:
        networks.append(("data", ()))
    if service.has_egress:
        networks.append(("edge", ()))
    return ContainerPlan(
        key=joined(code, service.code), component=Component.REPLICA, what=f"replica of {service.code}",
        image=service.image.id, user=f"{service.image.uid}:{service.image.gid}", command=service.command,
        env=_environment(service), mounts=tuple(mounts), tmpfs=(TMP,), networks=tuple(networks),
        health=service_health(service), limits=service.limits, stop_grace_ms=service.stop_grace_ms,
    )


def _environment(service: ServiceSpec) -> tuple[tuple[str, str], ...]:
    own = {"RELEASE": ""}
    own.update({f"{secret.name}_FILE": f"{SECRETS}/{secret.name}" for secret in _secret_files(service)})
    for name, _ in service.env:
        if name in own:
            raise PlanError(f"service {service.code!r}: env {name} is set by the toolkit itself; choose another name")
    del own["RELEASE"]                   # added when it is known
    return tuple(sorted({**dict(service.env), **own}.items()))


def _secret_files(service: ServiceSpec) -> tuple[SecretSpec, ...]:
    if service.database is None:
        return service.secrets
    database = service.database
    url = (
        f"postgresql://{quote(database.user, safe='')}:{quote(database.password.reveal(), safe='')}"
        f"@{database_alias(service.code)}:{DATABASE_PORT}/{quote(database.database, safe='')}"
    )
    return (*service.secrets, SecretSpec(name="DATABASE_URL", value=Sensitive(url)))


def _secrets_volume(code: str, service: ServiceSpec, digest_key: Sensitive) -> VolumePlan | None:
    files = _secret_files(service)
    if not files:
        return None
    return secrets_volume(joined(code, service.code, "secrets"), service.image, files, digest_key)


def secrets_volume(key: str, image: ImageSpec, secrets: tuple[SecretSpec, ...], digest_key: Sensitive) -> VolumePlan:
    """Plan a volume of secret files. Its name holds their keyed digest: a new value is a new volume beside the old."""
    mark = keyed_digest(
        digest_key, [image.uid, image.gid, sorted((secret.name, secret.value.reveal()) for secret in secrets)],
    )
    files = VolumeFiles(
        volume=f"{key}_{mark}", image=image.id, uid=image.uid, gid=image.gid, digest=mark,
        files=tuple(FileEntry(path=secret.name, content=secret.value) for secret in secrets),
    )
    return VolumePlan(key=key, name=files.volume, is_data=False, files=files)


def _database(code: str, service: ServiceSpec, database: DatabaseSpec, digest_key: Sensitive) -> DatabasePlan:
    """Plan a PostgreSQL. It has a fixed name and one writer: the old container is stopped before the new one starts."""
    image = database.image
    name = joined(code, service.code, "database")
    secret = SecretSpec(name="POSTGRES_PASSWORD", value=database.password)
    secrets = secrets_volume(joined(code, service.code, "database-secrets"), image, (secret,), digest_key)
    mounts = (
        MountPlan(volume=name, target=POSTGRES_DATA, is_read_only=False),
        MountPlan(volume=secrets.name, target=SECRETS, is_read_only=True),
    )
    check_covered(image, [mount.target for mount in mounts], f"database of service {service.code!r}")
    buffers = max(16, database.limits.memory_bytes // 4 // MIB)
    container = ContainerPlan(
        key=name, name=name, component=Component.DATABASE, what=f"database of {service.code}", image=image.id,
        user=f"{image.uid}:{image.gid}", command=("-c", f"shared_buffers={buffers}MB"),
        env=(
            ("POSTGRES_DB", database.database),
            ("POSTGRES_PASSWORD_FILE", f"{SECRETS}/{secret.name}"),
            ("POSTGRES_USER", database.user),
        ),
        mounts=mounts,
        tmpfs=(TMP, (POSTGRES_RUN, f"rw,noexec,nosuid,nodev,size=1m,uid={image.uid},gid={image.gid},mode=0700")),
        networks=(("data", (database_alias(service.code),)),),
        health=HealthSpec(
            test=image.health or ("CMD", "pg_isready", "-q", "-h", "127.0.0.1"), start_ms=DATABASE_START_MS,
        ),
        limits=replace(database.limits, cpus=max(database.limits.cpus, Decimal(1))),
        stop_grace_ms=DATABASE_GRACE_MS, stop_signal="SIGINT",
        shm_bytes=max(64 * MIB, database.limits.memory_bytes // 4),
    )
    return DatabasePlan(
        data=VolumePlan(key=name, name=name, is_data=True),
        secrets=secrets,
        container=container.labelled(code, service.code, digest(fingerprint(container))),
    )


def check_covered(image: ImageSpec, targets: list[str], where: str) -> None:
    """Raise PlanError where the image declares a volume that none of the stack's covers: data there would be lost."""
    for path in image.volumes:
        folder = posixpath.normpath(path)
        covers = {posixpath.normpath(target) for target in (*targets, *_WRITABLE_BY_ENGINE)}
        if not any(folder == target or folder.startswith(f"{target}/") for target in covers):
            raise PlanError(
                f"{where}: its image declares the volume {path}, and nothing of the stack lies there; an unnamed "
                f"volume would hold that data and be lost with the container. Give the service a volume at {path}",
            )
