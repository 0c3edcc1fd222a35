from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from infra.hooks import VolumeFiles
from infra.naming import Label
from infra.plan import ContainerPlan, DatabasePlan, ServicePlan, StackPlan, VolumePlan
from infra.planning import plan_of
from infra.spec import MIB, HealthSpec, JobSpec, LimitSpec, PlanError, SecretSpec, Sensitive, VolumeSpec, WorkerSpec
from tests.infra.specs import CANARY, a_database, a_service, a_spec, an_image, with_service


def _service(**given: Any) -> ServicePlan:
    return plan_of(a_spec(services=(a_service(**given),))).services[0]


def _database(service: ServicePlan) -> DatabasePlan:
    assert service.database is not None
    return service.database


def _files(volume: VolumePlan) -> VolumeFiles:
    assert volume.files is not None
    return volume.files


def _all_containers(plan: StackPlan) -> Iterator[ContainerPlan]:
    for service in plan.services:
        if service.database is not None:
            yield service.database.container
        yield from (*service.jobs, *service.replicas, *service.workers)
    yield plan.gateway


FULL = {
    "database": a_database(),
    "jobs": (JobSpec(name="migrasi", command=("loket", "migrate")),),
    "workers": (WorkerSpec(name="surel", command=("loket", "surel"), replicas=2),),
    "volumes": (VolumeSpec(name="berkas", path="/data"),),
}


@pytest.mark.parametrize(
    "changes",
    [
        {"image": an_image(7)},
        {"command": ("lain",)},
        {"env": (("BAHASA", "id"),)},
        {"secrets": (SecretSpec(name="SECRET_KEY", value=Sensitive("nilai yang lain")),)},
        {"health": HealthSpec(test=("CMD", "siap"))},
        {"health": HealthSpec(test=("CMD", "siap"), interval_ms=3_000)},
        {"limits": LimitSpec(memory_bytes=512 * MIB)},
        {"limits": LimitSpec(cpus=Decimal(1))},
        {"limits": LimitSpec(pids=200)},
        {"limits": LimitSpec(log_files=5)},
        {"stop_grace_ms": 20_000},
        {"volumes": (VolumeSpec(name="berkas", path="/lain"),)},
        {"has_egress": True},
        {"database": None},
        {"workers": (WorkerSpec(name="surel", command=("loket", "lain"), replicas=2),)},
        {"jobs": (JobSpec(name="migrasi", command=("loket", "migrate", "--wait=9")),)},
    ],
    ids=lambda changes: f"{next(iter(changes))}",
)
def test_every_setting_of_a_service_makes_another_release(changes):
    before = _service(**FULL)
    after = _service(**{**FULL, **changes})
    assert before.release != after.release
    assert all(dict(each.labels)[Label.RELEASE] == after.release for each in (*after.replicas, *after.workers, *after.jobs))
    assert all(dict(each.env)["RELEASE"] == after.release for each in after.replicas)


@pytest.mark.parametrize(
    "changes",
    [
        {"replicas": 3},
        {"host": "lain.dinkes.example"},
        {"answer_timeout_ms": 9_000},
        {"database": a_database(limits=LimitSpec(memory_bytes=512 * MIB))},
        {"workers": (WorkerSpec(name="surel", command=("loket", "surel"), replicas=1),)},
        {"jobs": (JobSpec(name="migrasi", command=("loket", "migrate"), deadline_ms=9_000),)},
    ],
    ids=["more replicas", "the host", "the gateway's patience", "the database's memory", "fewer workers", "a deadline"],
)
def test_what_concerns_others_leaves_a_services_containers_alone(changes):
    before, after = _service(**FULL), _service(**{**FULL, **changes})
    assert before.release == after.release
    assert before.replicas == after.replicas[:2]


def test_a_database_is_replaced_for_its_own_settings_alone():
    def release(**given: Any) -> str:
        return str(dict(_database(_service(**{**FULL, **given})).container.labels)[Label.RELEASE])

    assert release() == release(image=an_image(7), env=(("X", "y"),))
    assert release() != release(database=a_database(limits=LimitSpec(memory_bytes=512 * MIB)))
    assert release() != release(database=a_database(password=Sensitive("lain")))


def test_only_the_gateway_has_ports_on_the_host():
    plan = plan_of(a_spec(services=(a_service(**FULL),)))
    assert [each.what for each in _all_containers(plan) if each.ports] == ["gateway"]


def test_only_the_edge_has_a_way_out_and_only_who_needs_it_is_there():
    plan = plan_of(a_spec(services=(a_service(**FULL), a_service(code="surat", has_egress=True))))
    assert [network.role for network in plan.networks if not network.is_internal] == ["edge"]
    at_the_edge = {each.what for each in _all_containers(plan) if "edge" in dict(each.networks)}
    assert at_the_edge == {"gateway", "replica 1 of surat", "replica 2 of surat"}


def test_the_gateway_cannot_reach_databases_and_services_without_one_neither():
    plan = plan_of(a_spec(services=(a_service(**FULL), a_service(code="surat"))))
    on_data = {each.what.rpartition(" of ")[2] for each in _all_containers(plan) if "data" in dict(each.networks)}
    assert on_data == {"antrean"}


def test_replicas_answer_to_the_services_name_and_workers_and_jobs_do_not():
    service = _service(**FULL)
    assert all(dict(each.networks)["app"] == ("antrean",) for each in service.replicas)
    assert all(dict(each.networks)["app"] == () for each in (*service.workers, *service.jobs))


def test_old_and_new_run_side_by_side_but_for_database_and_gateway():
    plan = plan_of(a_spec(services=(a_service(**FULL),)))
    assert {each.what for each in _all_containers(plan) if each.name} == {"gateway", "database of antrean"}


def test_the_database_gets_a_minute_and_its_own_signal_to_stop():
    container = _database(_service(**FULL)).container
    assert (container.stop_grace_ms, container.stop_signal) == (60_000, "SIGINT")


def test_no_secret_is_in_any_setting_of_a_container():
    plan = plan_of(a_spec(services=(a_service(**FULL),)))
    for container in _all_containers(plan):
        assert CANARY not in repr(container)


def test_secrets_are_files_and_the_environment_names_them():
    service = _service(**FULL)
    env = dict(service.replicas[0].env)
    assert env["SECRET_KEY_FILE"] == "/run/secrets/SECRET_KEY"
    assert env["DATABASE_URL_FILE"] == "/run/secrets/DATABASE_URL"
    secrets = next(volume for volume in service.volumes if not volume.is_data)
    files = {file.path: file for file in _files(secrets).files}
    assert files["DATABASE_URL"].content.reveal() == f"postgresql://app:{CANARY}-password@antrean.database:5432/app"
    assert {file.mode for file in files.values()} == {0o400}
    assert (_files(secrets).uid, _files(secrets).gid) == (10003, 10003)


def test_a_password_with_signs_is_escaped_in_the_url():
    service = _service(database=a_database(password=Sensitive("a/b@c:d e")))
    files = {file.path: file.content.reveal() for volume in service.volumes for file in _files(volume).files}
    assert files["DATABASE_URL"] == "postgresql://app:a%2Fb%40c%3Ad%20e@antrean.database:5432/app"


def test_a_new_secret_is_a_new_volume_beside_the_old_one_under_the_same_logical_name():
    before, after = _service(), _service(secrets=(SecretSpec(name="SECRET_KEY", value=Sensitive("lain")),))
    assert before.volumes[0].key == after.volumes[0].key
    assert before.volumes[0].name != after.volumes[0].name


def test_data_volumes_have_names_that_never_change():
    before, after = _service(**FULL), _service(**{**FULL, "image": an_image(7), "replicas": 1})
    assert [v.name for v in before.volumes if v.is_data] == ["siaga24_dinkes_antrean_volume_berkas"]
    assert [v.name for v in after.volumes if v.is_data] == ["siaga24_dinkes_antrean_volume_berkas"]
    assert _database(before).data.name == _database(after).data.name == "siaga24_dinkes_antrean_database"


def test_an_image_whose_declared_volume_nothing_covers_is_refused():
    with pytest.raises(PlanError, match=r"service 'antrean': its image declares the volume /data.* would .* be lost"):
        _service(image=an_image(volumes=("/data",)))
    _service(image=an_image(volumes=("/data",)), volumes=(VolumeSpec(name="berkas", path="/data"),))
    _service(image=an_image(volumes=("/data/unggahan",)), volumes=(VolumeSpec(name="berkas", path="/data"),))
    with pytest.raises(PlanError, match="declares the volume /data"):
        _service(image=an_image(volumes=("/data",)), volumes=(VolumeSpec(name="berkas", path="/data/unggahan"),))


def test_a_database_image_that_keeps_its_data_elsewhere_is_refused():
    with pytest.raises(PlanError, match=r"database of service 'antrean': its image declares the volume /var/lib/postgresql"):
        _service(database=a_database(image=an_image(2, volumes=("/var/lib/postgresql",))))


def test_an_env_that_the_toolkit_sets_itself_is_refused():
    with pytest.raises(PlanError, match="env SECRET_KEY_FILE is set by the toolkit itself"):
        _service(env=(("SECRET_KEY_FILE", "/x"),))
    with pytest.raises(PlanError, match="env RELEASE is set by the toolkit itself"):
        _service(env=(("RELEASE", "x"),))


def test_two_services_of_one_code_or_host_are_refused():
    with pytest.raises(PlanError, match="service code 'antrean' is used by two services"):
        plan_of(a_spec(services=(a_service(), a_service(host="lain.example"))))
    with pytest.raises(PlanError, match=r"host 'antrean\.dinkes\.example' is used by two services"):
        plan_of(a_spec(services=(a_service(), a_service(code="surat", host="antrean.dinkes.example"))))


def test_two_agencies_share_no_name_even_where_their_codes_look_alike():
    first = plan_of(a_spec(code="dinkes", services=(a_service(code="kota-antrean", **FULL),)))
    second = plan_of(a_spec(code="dinkes-kota", services=(a_service(code="antrean", **FULL),)))

    def names(plan: StackPlan) -> Iterator[str]:
        yield from (each.key for each in _all_containers(plan))
        yield from (each.name for service in plan.services for each in service.volumes)
        yield plan.gateway_volume.name

    assert not set(names(first)) & set(names(second))


def test_another_subnet_is_another_network_and_no_other_release():
    before = plan_of(a_spec())
    after = plan_of(replace(a_spec(), subnet=next(a_spec().subnet.supernet(2).subnets(new_prefix=25))))
    assert not {network.name for network in before.networks} & {network.name for network in after.networks}
    assert before.services[0].release == after.services[0].release


def test_the_first_service_can_be_changed_without_the_others():
    spec = a_spec(services=(a_service(), a_service(code="surat")))
    before, after = plan_of(spec), plan_of(with_service(spec, image=an_image(7)))
    assert before.services[1] == after.services[1]
    assert before.gateway == after.gateway
