"""Networks and volumes of a stack as Pulumi resources.

What may not stay as it is gets another name, and so stands beside the old one. That is stated with each
(``delete_before_replace=False``): left open, the provider deletes first whatever has a name of its own, and with it
every container that depends on it; an outage, and a long one if the run then fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_docker as docker
from pulumi import ResourceOptions

from infra.naming import Label

if TYPE_CHECKING:
    import pulumi

    from infra.plan import NetworkPlan, VolumePlan


def make_network(plan: NetworkPlan, key: str, code: str, opts: ResourceOptions) -> docker.Network:
    """Register a bridge network. Its name tells its subnet: another subnet is a network beside it, not in its place."""
    return docker.Network(
        f"{key}_{plan.role}",
        name=plan.name,
        driver="bridge",
        internal=plan.is_internal,
        ipam_configs=[{"subnet": str(plan.subnet), "gateway": str(plan.subnet.network_address + 1)}],
        labels=[{"label": Label.AGENCY.value, "value": code}],
        opts=ResourceOptions.merge(opts, ResourceOptions(ignore_changes=["labels"], delete_before_replace=False)),
    )


def make_volume(plan: VolumePlan, code: str, service: str, parent: pulumi.Resource) -> docker.Volume:
    """Register a volume. One with data is protected, kept on the engine whatever happens, and never replaced.

    The others are kept by the update too, and removed by what began it, once it is over (``stacks.superseded``).
    The provider replaces a volume, by force, when a label changes: labels are set once and never looked at again.
    """
    labels = {Label.AGENCY: code, Label.SERVICE: service, Label.DATA: "true" if plan.is_data else "false"}
    return docker.Volume(
        plan.key,
        name=plan.name,
        driver="local",
        labels=[{"label": label.value, "value": value} for label, value in labels.items()],
        opts=ResourceOptions(
            parent=parent,
            protect=plan.is_data,
            retain_on_delete=True,
            ignore_changes=["labels"],
            delete_before_replace=False,
        ),
    )
