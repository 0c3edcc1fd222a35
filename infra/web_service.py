"""One hosted service as a Pulumi component: its database first, then its jobs, then replicas and workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi import Output, ResourceOptions

from infra.container import make_container
from infra.storage import make_volume

if TYPE_CHECKING:
    from infra.gates import Site
    from infra.plan import DatabasePlan, ServicePlan


class Database(pulumi.ComponentResource):
    """A service's own PostgreSQL. ``ready``: what to depend on so as to start when it answers."""

    def __init__(
        self, plan: DatabasePlan, service: str, site: Site, opts: ResourceOptions,
    ) -> None:
        super().__init__("siaga24:infra:Database", plan.container.key, None, opts)
        gates = site.gates
        data = make_volume(plan.data, site.code, service, self)
        secrets = make_volume(plan.secrets, site.code, service, self)
        container = make_container(
            plan.container,
            site=site,
            volumes={
                plan.data.name: gates.filled(data, plan.data.files),
                plan.secrets.name: gates.filled(secrets, plan.secrets.files),
            },
            parent=self,
        )
        passed = gates.passed(container, plan.container)
        self.passed: Output[str] = passed
        self.ready: pulumi.Input[pulumi.Resource] = gates.after(container, passed)
        self.register_outputs({"container": container.id, "volume": data.name})


class WebService(pulumi.ComponentResource):
    """Everything of one service behind the gateway. Outputs are gated: known once the containers are well."""

    def __init__(
        self, plan: ServicePlan, site: Site, opts: ResourceOptions,
    ) -> None:
        super().__init__("siaga24:infra:WebService", plan.key, None, opts)
        gates = site.gates
        before: list[pulumi.Input[pulumi.Resource]] = []
        passed: list[Output[str]] = []
        volumes = {
            volume.name: gates.filled(make_volume(volume, site.code, plan.code, self), volume.files)
            for volume in plan.volumes
        }
        if plan.database is not None:
            database = Database(plan.database, plan.code, site, ResourceOptions(parent=self))
            before.append(database.ready)
            passed.append(database.passed)
        for job in plan.jobs:            # one after the other, as the definition orders them
            container = make_container(job, site=site, volumes=volumes, parent=self, depends_on=before)
            done = gates.passed(container, job)
            before = [gates.after(container, done)]
            passed.append(done)
        replicas = []
        for each in (*plan.replicas, *plan.workers):
            container = make_container(each, site=site, volumes=volumes, parent=self, depends_on=before)
            well = gates.passed(container, each)
            passed.append(well)
            if each in plan.replicas:
                replicas.append(well)
        self.replicas: list[Output[str]] = replicas
        self.release: Output[str] = Output.all(*passed).apply(lambda _: plan.release)
        self.register_outputs({"release": self.release})
