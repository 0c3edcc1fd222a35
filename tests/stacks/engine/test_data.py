"""Data outlives every container, and databases are stopped, not killed: traps 3 to 6 of the docker provider."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi_docker as docker
import pytest

from infra.spec import MIB, Sensitive
from tests.stacks.engine.conftest import Hosted
from tests.stacks.engine.rig import PULUMI_LEAVES_LOOPS_OPEN
from tests.stacks.engine.small import CODE, a_small_service, a_small_stack, with_first

pytestmark = [pytest.mark.engine, PULUMI_LEAVES_LOOPS_OPEN]

VOLUME = f"siaga24_{CODE}_kecil_database"


def _database(hosted: Hosted) -> Any:
    found, = hosted.rig.containers(CODE, component="database")
    return found


def _sql(hosted: Hosted, text: str) -> str:
    done = _database(hosted).exec_run(["psql", "-U", "postgres", "-d", "app", "-Atqc", text])
    assert done.exit_code == 0, done.output
    return str(done.output.decode().strip())


def test_a_replaced_database_was_stopped_cleanly_and_has_its_data(hosted: Hosted) -> None:
    _sql(hosted, "CREATE TABLE IF NOT EXISTS bukti (isi text); INSERT INTO bukti VALUES ('masih ada')")
    database = hosted.spec.services[0].database
    assert database is not None
    old = _database(hosted)
    limits = replace(database.limits, memory_bytes=128 * MIB)
    replicas = {each.id for each in hosted.rig.containers(CODE, component="replica")}
    hosted.rig.up(with_first(hosted.spec, database=replace(database, limits=limits)))
    new = _database(hosted)
    assert new.id != old.id
    assert new.attrs["HostConfig"]["Memory"] == 128 * MIB
    assert _sql(hosted, "SELECT isi FROM bukti LIMIT 1") == "masih ada"
    log = new.logs().decode()
    assert "database system was shut down at" in log
    assert "was not properly shut down" not in log
    assert {each.id for each in hosted.rig.containers(CODE, component="replica")} == replicas


def test_no_container_has_an_unnamed_volume_and_the_cluster_lies_in_the_named_one(hosted: Hosted) -> None:
    for each in hosted.rig.containers(CODE, all=True):
        volumes = [mount["Name"] for mount in each.attrs["Mounts"] if mount["Type"] == "volume"]
        assert volumes, each.name
        assert all(name.startswith(f"siaga24_{CODE}_") for name in volumes), (each.name, volumes)
    mount = next(mount for mount in _database(hosted).attrs["Mounts"] if mount.get("Name") == VOLUME)
    found = _database(hosted).exec_run(["sh", "-c", f"cat {mount['Destination']}/*/PG_VERSION; echo $PGDATA"])
    assert found.output.decode().split()[0].isdigit(), found.output
    assert found.output.decode().split()[1].startswith(f"{mount['Destination']}/")


def test_a_removed_container_leaves_its_data(hosted: Hosted) -> None:
    _sql(hosted, "CREATE TABLE IF NOT EXISTS bukti (isi text); INSERT INTO bukti VALUES ('tetap ada')")
    _database(hosted).remove(force=True)
    hosted.rig.up(hosted.spec, refresh=True)
    assert _sql(hosted, "SELECT count(*) FROM bukti WHERE isi = 'tetap ada'") == "1"


def test_a_changed_label_touches_no_volume(base: Hosted, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = docker.Volume

    def with_another_label(*args: Any, labels: list[dict[str, str]], **given: Any) -> Any:
        return real(*args, labels=[*labels, {"label": "siaga24.uji", "value": "lain"}], **given)

    monkeypatch.setattr(docker, "Volume", with_another_label)
    assert base.rig.changes(base.spec) == {}


def test_data_volumes_are_protected_and_no_update_removes_any(hosted: Hosted) -> None:
    volumes = {
        resource["inputs"]["name"]: (resource.get("protect", False), resource.get("retainOnDelete", False))
        for resource in hosted.rig.export(hosted.spec)["resources"]
        if resource["type"] == "docker:index/volume:Volume"
    }
    assert volumes.pop(VOLUME) == (True, True)
    assert len(volumes) == 3
    assert set(volumes.values()) == {(False, True)}


def test_a_service_that_vanishes_from_the_definition_cannot_take_its_data_along(hosted: Hosted) -> None:
    _sql(hosted, "CREATE TABLE IF NOT EXISTS bukti (isi text); INSERT INTO bukti VALUES ('tidak ikut pergi')")
    other = a_small_service(hosted.rig, "lain", replicas=1, secrets=())
    spec = a_small_stack(hosted.rig, other, gateway=hosted.spec.gateway)
    with pytest.raises(Exception, match="protected"):
        hosted.rig.up(spec)
    assert hosted.rig.client.volumes.get(VOLUME)
    hosted.rig.up(hosted.spec)
    assert _sql(hosted, "SELECT count(*) FROM bukti WHERE isi = 'tidak ikut pergi'") == "1"


def test_a_replica_is_asked_to_leave_and_given_time(hosted: Hosted) -> None:
    seen: list[str] = []
    old = hosted.rig.containers(CODE, component="replica")[0]
    follow = old.logs(stream=True, follow=True)
    hosted.rig.up(with_first(hosted.spec, env=(("KATA", "pergantian"),)))
    seen = [line.decode() for line in follow]
    assert "diminta berhenti\n" in seen
    assert seen[-1] == "selesai dengan baik\n", "it was killed before it had ended"


def test_no_secret_is_in_state_inspection_or_logs(hosted: Hosted) -> None:
    secrets = [hosted.spec.services[0].secrets[0].value, hosted.spec.gateway.key_pem, hosted.spec.digest_key]
    database = hosted.spec.services[0].database
    assert database is not None
    values = [value.reveal().splitlines()[-2 if "\n" in value.reveal() else 0] for value in (*secrets, database.password)]
    places = [json.dumps(hosted.rig.export(hosted.spec)), *hosted.rig.logs]
    for each in hosted.rig.containers(CODE, all=True):
        places += [json.dumps(each.attrs), each.logs().decode()]
        if each.labels["siaga24.component"] != "job":
            top = each.top(ps_args="auxe")
            places.append(json.dumps(top))
    for value in values:
        assert len(value) > 10
        assert not [place[:80] for place in places if value in place]
    replica = hosted.rig.containers(CODE, component="replica")[0]
    assert replica.exec_run(["cat", "/run/secrets/KUNCI"]).output.decode() == secrets[0].reveal(), "the scan looks for nothing"
    assert isinstance(secrets[0], Sensitive)
    listing = replica.exec_run(["stat", "-c", "%a %u", "/run/secrets", "/run/secrets/KUNCI"]).output.decode().split("\n")
    assert listing[:2] == ["500 10003", "400 10003"]
