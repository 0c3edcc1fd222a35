"""From a spec to the plan of a whole stack. Pure."""

from __future__ import annotations

from infra.gateway import CURRENT, FOLDER, HTTP_INSIDE, HTTPS_INSIDE, command, gateway_files, health_test
from infra.hooks import VolumeFiles
from infra.naming import Component, digest, joined, network_name
from infra.plan import ContainerPlan, MountPlan, NetworkPlan, PortPlan, StackPlan, VolumePlan, fingerprint
from infra.service_plan import TMP, check_covered, service_plan
from infra.spec import HealthSpec, PlanError, StackSpec
from infra.subnets import check_room, cut

GATEWAY_GRACE_MS = 5_000                 # a soft stop serves what is under way; idle connections must not hold it


def plan_of(spec: StackSpec) -> StackPlan:
    """Plan a stack; PlanError where its parts do not go together."""
    _check_unique("service code", [service.code for service in spec.services])
    _check_unique("host", [service.host for service in spec.services])
    subnets = cut(spec.subnet)
    check_room(spec, subnets)
    networks = tuple(
        NetworkPlan(role=role, name=network_name(spec.code, role, subnet), subnet=subnet, is_internal=role != "edge")
        for role, subnet in (("edge", subnets.edge), ("app", subnets.app), ("data", subnets.data))
    )
    mark, entries = gateway_files(spec)
    image = spec.gateway.image
    files = VolumeFiles(
        volume=joined(spec.code, "gateway"), image=image.id, uid=image.uid, gid=image.gid, digest=mark, files=entries,
        links=((CURRENT, mark),), is_initial=True,
    )
    return StackPlan(
        code=spec.code,
        key=joined(spec.code),
        networks=networks,
        gateway=_gateway(spec, files.volume),
        gateway_volume=VolumePlan(key=files.volume, name=files.volume, is_data=False, files=files),
        gateway_files=files,
        services=tuple(service_plan(spec.code, service, spec.digest_key) for service in spec.services),
    )


def _check_unique(what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise PlanError(f"{what} {value!r} is used by two services; choose another one for one of them")


def _gateway(spec: StackSpec, volume: str) -> ContainerPlan:
    gateway = spec.gateway
    mounts = (MountPlan(volume=volume, target=FOLDER, is_read_only=True),)
    check_covered(gateway.image, [mount.target for mount in mounts], "gateway")
    ports = [PortPlan(inside=HTTPS_INSIDE, outside=gateway.https_port, bind=gateway.bind)]
    if gateway.http_port is not None:
        ports.append(PortPlan(inside=HTTP_INSIDE, outside=gateway.http_port, bind=gateway.bind))
    plan = ContainerPlan(
        key=volume, name=volume, component=Component.GATEWAY, what="gateway", image=gateway.image.id,
        user=f"{gateway.image.uid}:{gateway.image.gid}", command=command(), mounts=mounts, tmpfs=(TMP,),
        networks=(("edge", ()), ("app", ())), ports=tuple(ports), health=HealthSpec(test=health_test()),
        limits=gateway.limits, stop_signal="SIGUSR1", stop_grace_ms=GATEWAY_GRACE_MS,
    )
    return plan.labelled(spec.code, "", digest(fingerprint(plan)))
