"""One container as Pulumi resource: the hardening that every container of a stack gets, and the provider's traps met.

Why so many settings are stated that look like defaults: what the program leaves open the provider reads back from the
engine, and shows or applies as a change the next time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_docker as docker
from pulumi import ResourceOptions

from infra.spec import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    import pulumi

    from infra.gates import Site
    from infra.plan import ContainerPlan
    from infra.spec import HealthSpec



def make_container(
    plan: ContainerPlan,
    *,
    site: Site,
    volumes: Mapping[str, pulumi.Output[str]],
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Input[pulumi.Resource]] = (),
) -> docker.Container:
    """Register a container. ``volumes``: engine's name -> the same name, once the volume is filled.

    Replaced create-first, so that old and new run side by side, unless the plan gives a fixed name. A newer one that
    never became well is deleted first: the older one beside it serves, and failed releases do not pile up.
    """
    limits = plan.limits
    memory = limits.memory_bytes // MIB
    return docker.Container(
        plan.key,
        name=plan.name or None,
        image=plan.image,
        command=list(plan.command) or None,
        envs=[f"{name}={value}" for name, value in plan.env],
        user=plan.user,
        labels=[{"label": name, "value": value} for name, value in plan.labels],
        network_mode="bridge",           # stated, else shown as removed each time; it is left for the networks below
        networks_advanced=[
            {"name": site.networks[role].name, "aliases": list(aliases)} for role, aliases in plan.networks
        ],
        ports=[{"internal": p.inside, "external": p.outside, "ip": str(p.bind), "protocol": "tcp"} for p in plan.ports],
        mounts=[
            {"type": "volume", "source": volumes[m.volume], "target": m.target, "read_only": m.is_read_only}
            for m in plan.mounts
        ],
        tmpfs=dict(plan.tmpfs),
        read_only=True,
        privileged=False,
        capabilities={"drops": ["ALL"]},
        security_opts=["no-new-privileges"],
        memory=memory,
        memory_swap=memory,              # equal: no swap; left open, the engine's own figure comes back as a change
        cpus=go_decimal(limits.cpus),
        shm_size=plan.shm_bytes // MIB,
        ipc_mode="private",
        log_driver="json-file",
        log_opts={"max-size": f"{limits.log_file_bytes // 1024}k", "max-file": str(limits.log_files)},
        healthcheck=_healthcheck(plan.health),
        restart="no" if plan.is_job else "unless-stopped",
        must_run=not plan.is_job,
        start=True,
        wait=False,                      # the hooks wait: at once, with log lines, and on every run
        stop_signal=plan.stop_signal,
        stop_timeout=plan.stop_grace_ms // 1000,
        destroy_grace_seconds=plan.stop_grace_ms // 1000,   # left open it is 0: killed at once
        remove_volumes=False,
        opts=ResourceOptions(
            parent=parent,
            depends_on=list(depends_on),
            delete_before_replace=bool(plan.name) or plan.what in site.unproven,
        ),
    )


def _healthcheck(health: HealthSpec) -> docker.ContainerHealthcheckArgsDict:
    # Whole even where there is no test: what is left out the engine takes from the image, and comes back as a change.
    return {
        "tests": list(health.test),
        "interval": go_duration(health.interval_ms),
        "timeout": go_duration(health.timeout_ms),
        "start_period": go_duration(health.start_ms),
        "retries": health.retries,
    }


def go_decimal(number: Decimal) -> str:
    """Write CPUs as the provider writes them back (1.0 and 0.25, not 1 and 0.250), or each refresh would replace."""
    text = f"{number.normalize():f}"
    return text if "." in text else f"{text}.0"


def go_duration(milliseconds: int) -> str:
    """Write a duration as the engine writes it back (1m30s, not 90s), or each refresh would show a change."""
    seconds, rest = divmod(milliseconds, 1000)
    if seconds == 0:
        return f"{rest}ms" if rest else "0s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{seconds}.{rest:03}".rstrip("0").rstrip(".") if rest else str(seconds)
    if hours:
        return f"{hours}h{minutes}m{text}s"
    return f"{minutes}m{text}s" if minutes else f"{text}s"
