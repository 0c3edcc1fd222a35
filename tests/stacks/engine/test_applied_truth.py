"""What was asked for is what runs, and asking again changes nothing (traps 10 to 12, 14 to 17 of the docker provider)."""

from __future__ import annotations

from typing import Any

import pytest

from infra.gateway import HTTPS_INSIDE
from infra.plan import ContainerPlan, StackPlan
from infra.planning import plan_of
from infra.spec import JobSpec, StackSpec, VolumeSpec, WorkerSpec
from tests.stacks.engine.conftest import Hosted
from tests.stacks.engine.rig import PULUMI_LEAVES_LOOPS_OPEN
from tests.stacks.engine.small import HTTP_PORT, HTTPS_PORT, a_small_service, a_small_stack, with_first

pytestmark = [pytest.mark.engine, PULUMI_LEAVES_LOOPS_OPEN]


def _plans(plan: StackPlan) -> dict[str, ContainerPlan]:
    found = [plan.gateway]
    for service in plan.services:
        found += [*service.jobs, *service.replicas, *service.workers]
        if service.database is not None:
            found.append(service.database.container)
    return {each.what: each for each in found}


def _applied(attrs: dict[str, Any]) -> dict[str, Any]:
    """Read a container's settings out of its inspection, in the plan's words."""
    config, host = attrs["Config"], attrs["HostConfig"]
    return {
        "image": attrs["Image"], "user": config["User"], "grace": config["StopTimeout"], "signal": config["StopSignal"],
        "labels": config["Labels"], "test": config["Healthcheck"]["Test"], "retries": config["Healthcheck"]["Retries"],
        "interval": config["Healthcheck"]["Interval"], "start": config["Healthcheck"]["StartPeriod"],
        "memory": host["Memory"], "swap": host["MemorySwap"], "cpus": host["NanoCpus"], "pids": host["PidsLimit"],
        "read only": host["ReadonlyRootfs"], "dropped": host["CapDrop"], "added": host["CapAdd"],
        "privileged": host["Privileged"], "security": host["SecurityOpt"], "log": host["LogConfig"],
        "restart": host["RestartPolicy"]["Name"], "tmpfs": host["Tmpfs"], "shm": host["ShmSize"],
        "mounts": {m["Destination"]: (m["Type"], m["Name"], m["RW"]) for m in attrs["Mounts"] if m["Type"] != "tmpfs"},
        "networks": {
            name: sorted(set(network["Aliases"] or ()) - {attrs["Id"][:12]})
            for name, network in attrs["NetworkSettings"]["Networks"].items()
        },
        "ports": {
            inside: [(p["HostIp"], p["HostPort"]) for p in outside]
            for inside, outside in (host["PortBindings"] or {}).items()
        },
    }


def _wanted(plan: ContainerPlan, networks: dict[str, str], image_labels: dict[str, str]) -> dict[str, Any]:
    limits = plan.limits
    log = {"max-size": f"{limits.log_file_bytes // 1024}k", "max-file": str(limits.log_files)}
    return {
        "image": plan.image, "user": plan.user, "grace": plan.stop_grace_ms // 1000, "signal": plan.stop_signal,
        "labels": image_labels | dict(plan.labels), "test": list(plan.health.test), "retries": plan.health.retries,
        "interval": plan.health.interval_ms * 1_000_000, "start": plan.health.start_ms * 1_000_000,
        "memory": limits.memory_bytes, "swap": limits.memory_bytes, "cpus": int(limits.cpus * 10**9),
        "pids": limits.pids, "read only": True, "dropped": ["ALL"], "added": None, "privileged": False,
        "security": ["no-new-privileges"], "log": {"Type": "json-file", "Config": log},
        "restart": "no" if plan.is_job else "unless-stopped", "tmpfs": dict(plan.tmpfs), "shm": plan.shm_bytes,
        "mounts": {m.target: ("volume", m.volume, not m.is_read_only) for m in plan.mounts},
        "networks": {networks[role]: sorted(aliases) for role, aliases in plan.networks},
        "ports": {f"{p.inside}/tcp": [(str(p.bind), str(p.outside))] for p in plan.ports},
    }


def test_a_second_up_and_a_preview_after_a_look_at_the_engine_change_nothing(base: Hosted) -> None:
    before = {each.id for each in base.rig.containers(base.spec.code, all=True)}
    assert set(base.rig.up(base.spec)) == {"same"}
    assert {each.id for each in base.rig.containers(base.spec.code, all=True)} == before
    assert base.rig.changes(base.spec, refresh=True) == {}


def test_everything_that_a_service_can_have_stays_the_same_too(base: Hosted) -> None:
    rig = base.rig
    service = a_small_service(
        rig, "lengkap", replicas=1, has_egress=True, volumes=(VolumeSpec(name="berkas", path="/data"),),
        env=(("PAMIT", "0"), ("ANGKA", "007"), ("KOSONG", "")),
        workers=(WorkerSpec(name="surel", command=("sleep", "100000"), replicas=1),),
        jobs=(JobSpec(name="isi", command=("sh", "-c", "echo isi > /data/isi && cat /run/secrets/KUNCI >/dev/null")),),
    )
    spec = a_small_stack(rig, *base.spec.services, service, gateway=base.spec.gateway)
    rig.up(spec)
    assert set(rig.up(spec)) == {"same"}
    assert rig.changes(spec, refresh=True) == {}
    replica = rig.client.containers.list(filters={"label": "siaga24.name=replica 1 of lengkap"})[0]
    assert replica.exec_run(["cat", "/data/isi"]).output == b"isi\n"
    assert replica.exec_run(["sh", "-c", "touch /data/boleh && touch /tmp/boleh"]).exit_code == 0
    assert replica.exec_run(["touch", "/app/tidak"]).exit_code != 0
    _compare(base, spec)
    plan = plan_of(spec).services[1]
    rig.unprotect(spec, plan.volumes)


def _compare(base: Hosted, spec: StackSpec) -> None:
    plan = plan_of(spec)
    networks = {network.role: network.name for network in plan.networks}
    plans = _plans(plan)
    containers = {
        each.labels["siaga24.name"]: each for each in base.rig.containers(spec.code, all=True)
    }
    assert set(plans) == set(containers)
    for what, container in containers.items():
        labels = container.image.attrs["Config"]["Labels"] or {}
        wanted, applied = _wanted(plans[what], networks, labels), _applied(container.attrs)
        if plans[what].is_job:           # the limit is set while a job runs; one that has ended keeps what it was given
            del wanted["pids"], applied["pids"]
        assert applied == wanted, what


def test_each_container_runs_with_exactly_what_was_planned(base: Hosted) -> None:
    _compare(base, base.spec)


def test_the_gateway_alone_has_ports_on_the_host_and_they_are_the_ones_asked_for(base: Hosted) -> None:
    bound = {
        each.labels["siaga24.name"]: sorted(
            int(p["HostPort"]) for ports in (each.attrs["HostConfig"]["PortBindings"] or {}).values() for p in ports
        )
        for each in base.rig.containers(base.spec.code)
    }
    assert bound.pop("gateway") == [HTTP_PORT, HTTPS_PORT]
    assert all(ports == [] for ports in bound.values())


def _reaches(container: Any, address: str, port: int) -> bool:
    line = f"import socket; socket.create_connection(({address!r}, {port}), timeout=2)"
    return bool(container.exec_run(["python3", "-SIc", line]).exit_code == 0)


def test_a_service_reaches_its_own_networks_and_nothing_beyond(base: Hosted) -> None:
    replica = base.rig.containers(base.spec.code, component="replica")[0]
    gateway, = base.rig.containers(base.spec.code, component="gateway")
    addresses = {name: network["IPAddress"] for name, network in gateway.attrs["NetworkSettings"]["Networks"].items()}
    at_app = next(address for name, address in addresses.items() if "_app_" in name)
    at_edge = next(address for name, address in addresses.items() if "_edge_" in name)
    assert _reaches(replica, at_app, HTTPS_INSIDE)
    assert not _reaches(replica, at_edge, HTTPS_INSIDE)
    assert _reaches(replica, "kecil.database", 5432)


def test_a_change_of_the_gateways_settings_changes_no_container(base: Hosted) -> None:
    rig = base.rig
    before = {each.id for each in rig.containers(base.spec.code)}
    digest = rig.gateway_says(base.spec.code, "/digest")
    rig.up(with_first(base.spec, answer_timeout_ms=3_000))
    assert {each.id for each in rig.containers(base.spec.code)} == before
    assert rig.gateway_says(base.spec.code, "/digest") != digest
