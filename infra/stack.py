"""One agency's standard hosting stack as a Pulumi component: networks, gateway, services."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_docker as docker
from pulumi import Output, ResourceOptions

from infra.container import make_container
from infra.gates import Gates, Site
from infra.naming import joined
from infra.planning import plan_of
from infra.storage import make_network, make_volume
from infra.web_service import WebService

if TYPE_CHECKING:
    from infra.hooks import HostingHooks
    from infra.plan import StackPlan
    from infra.spec import StackSpec


class HostingStack(pulumi.ComponentResource):
    """Networks, gateway and services of one agency. PlanError where the spec's parts do not go together.

    ``releases``: service -> release, known once its containers are well and the gateway routes to them.
    ``gateway_digest``: of the configuration that the running gateway is on. ``data_volumes``: names of what is kept.
    """

    def __init__(self, name: str, spec: StackSpec, hooks: HostingHooks, opts: ResourceOptions | None = None) -> None:
        super().__init__("siaga24:infra:HostingStack", name, None, opts)
        plan = plan_of(spec)
        # Explicit, never the default provider: which engine is meant must not depend on somebody's environment.
        provider = docker.Provider(
            joined(spec.code, "engine"), host=spec.engine_host, opts=ResourceOptions(parent=self),
        )
        child = ResourceOptions(parent=self, providers={"docker": provider})
        networks = {each.role: make_network(each, plan.key, plan.code, child) for each in plan.networks}
        gates = Gates(hooks)
        site = Site(code=spec.code, networks=networks, gates=gates, unproven=gates.unproven(spec.code))
        services = {each.code: WebService(each, site, child) for each in plan.services}
        gateway = Gateway(plan, site, child)
        routed = site.gates.routed(
            gateway.passed, plan.gateway_files, {code: service.replicas for code, service in services.items()},
        )
        all_well = Output.all(routed, *(service.release for service in services.values()))
        releases = {each.code: each.release for each in plan.services}
        self.releases: Output[dict[str, str]] = all_well.apply(lambda _: releases)
        self.gateway_digest: Output[str] = routed.apply(lambda _: plan.gateway_files.digest)
        self.data_volumes: list[str] = _data_volumes(plan)
        self.register_outputs({
            "releases": self.releases, "gatewayDigest": self.gateway_digest, "dataVolumes": self.data_volumes,
        })


class Gateway(pulumi.ComponentResource):
    """The gateway's container and its volume of configuration and certificate. ``passed``: its ID, once it is well."""

    def __init__(self, plan: StackPlan, site: Site, opts: ResourceOptions) -> None:
        super().__init__("siaga24:infra:Gateway", plan.gateway.key, None, opts)
        volume = make_volume(plan.gateway_volume, plan.code, "", self)
        container = make_container(
            plan.gateway,
            site=site,
            volumes={plan.gateway_volume.name: site.gates.filled(volume, plan.gateway_files)},
            parent=self,
        )
        self.passed: Output[str] = site.gates.passed(container, plan.gateway)
        self.register_outputs({"container": container.id})


def _data_volumes(plan: StackPlan) -> list[str]:
    volumes = [volume for service in plan.services for volume in service.volumes]
    volumes += [service.database.data for service in plan.services if service.database is not None]
    return sorted(volume.name for volume in volumes if volume.is_data)
