"""``stack destroy``: data stays and is found again, unless its agency's code is typed; twice is harmless."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.models.containers import Container

from stacks.toolchain import Toolchain
from tests.scenarios.engine_things import data_volumes
from tests.stacks.engine.deploying import GOOD, IMAGE, Deploying, deploying

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

WITH_DATA: dict[str, Any] = {"volumes": {"arsip": "/arsip"}}


@pytest.fixture
def place(
    tmp_path_factory: pytest.TempPathFactory, engine: docker.DockerClient, toolchain: Toolchain,
) -> Iterator[Deploying]:
    place = deploying(tmp_path_factory.mktemp("destroy") / "w", "dep-lepas", 4, engine)
    place.define(service=WITH_DATA)
    place.up()
    yield place
    place.clear()


def write(place: Deploying, text: str) -> None:
    replica, = place.containers("replica")
    code, output = replica.exec_run(["python3", "-c", f"open('/arsip/surat', 'w').write('{text}')"])
    assert code == 0, output


def read(place: Deploying) -> str:
    replica, = place.containers("replica")
    code, output = replica.exec_run(["cat", "/arsip/surat"])
    assert isinstance(output, bytes)
    return output.decode() if code == 0 else ""


def test_data_and_secrets_are_kept_found_again_and_deleted_only_for_the_typed_code(
    place: Deploying, tmp_path: Path,
) -> None:
    volume = f"siaga24_{place.code}_situs_volume_arsip"
    assert data_volumes(place.engine, place.code) == [volume]
    write(place, "penting")
    config = (place.state / "pulumi" / place.code / f"Pulumi.{place.code}.yaml").read_bytes()

    done = place.siaga24("stack", "destroy", place.code)
    assert f"data kept: {volume}" in done.stdout
    assert place.containers() == []
    assert place.engine.networks.list(filters={"label": f"siaga24.agency={place.code}"}) == []
    assert not (place.state / "targets" / f"{place.code}.json").exists()

    again = place.siaga24("stack", "destroy", place.code)
    assert "nothing changed" in again.stdout
    assert f"data kept: {volume}" in again.stdout
    assert "is not up" in place.siaga24("stack", "outputs", place.code, code=1).stderr

    stranger = Deploying(folder=tmp_path, code=place.code, number=place.number, engine=place.engine)
    (tmp_path / "siaga24.yaml").write_bytes((place.folder / "siaga24.yaml").read_bytes())
    stranger.define(service=WITH_DATA)
    strange = f"volume {volume}: holds data of an agency '{place.code}' that this state folder did not make"
    assert strange in stranger.up(code=1).stderr
    assert strange in stranger.siaga24("stack", "destroy", place.code, "--delete-data", place.code, code=1).stderr

    place.up()
    assert read(place) == "penting"
    assert (place.state / "pulumi" / place.code / f"Pulumi.{place.code}.yaml").read_bytes() == config

    refused = place.siaga24("stack", "destroy", place.code, "--delete-data", "dep-lain", code=2)
    assert "type the same code" in refused.stderr
    assert read(place) == "penting", "nothing was changed"

    gone = place.siaga24("stack", "destroy", place.code, "--delete-data", place.code)
    assert f"data deleted: {volume}" in gone.stdout
    assert data_volumes(place.engine, place.code) == []
    assert not (place.state / "pulumi" / place.code).exists()
    place.siaga24("stack", "destroy", place.code, "--delete-data", place.code)


def test_a_service_that_leaves_the_definition_leaves_its_data_on_the_engine(place: Deploying) -> None:
    write(place, "penting")
    volume = f"siaga24_{place.code}_situs_volume_arsip"
    other = {
        "name": "Lain", "image": IMAGE, "port": 8000, "command": ["python3", "-c", GOOD],
        "transactions": {"buka": {
            "interval": "5s", "deadline": "2s", "steps": [{"name": "buka", "get": "/", "expect": {"status": 200}}],
        }},
    }
    place.define(lain=other)
    shown = place.siaga24("stack", "preview", place.code)
    assert f"volume {volume} is no longer in the definition; its data stays on the engine" in shown.stderr
    done = place.up()
    assert f"volume {volume} is no longer in the definition; its data stays on the engine" in done.stderr
    assert data_volumes(place.engine, place.code) == [volume]
    place.assert_whole()
    place.define(service=WITH_DATA)
    place.up()
    assert read(place) == "penting"


def test_a_data_volume_that_vanished_is_not_replaced_by_an_empty_one_unasked(place: Deploying) -> None:
    volume = f"siaga24_{place.code}_situs_volume_arsip"
    place.siaga24("stack", "destroy", place.code)
    place.engine.volumes.get(volume).remove()
    refused = place.up(code=1)
    assert f"volume {volume}: the stack '{place.code}' keeps data in it, but the engine has no such volume any more" in refused.stderr
    assert place.containers() == []
    place.up("--accept-loss")
    assert data_volumes(place.engine, place.code) == [volume]
    assert read(place) == ""


def test_keys_that_the_engine_would_not_give_up_fail_no_release_and_go_with_the_next_up(place: Deploying) -> None:
    def keys() -> list[str]:
        found = place.engine.volumes.list(filters={"label": [f"siaga24.agency={place.code}", "siaga24.data=false"]})
        return sorted(str(volume.name) for volume in found if "_secrets_" in str(volume.name))

    def held(name: str) -> Container:
        return place.engine.containers.create(IMAGE, ["true"], volumes={name: {"bind": "/v", "mode": "ro"}})

    place.define(service={"secrets": ["KUNCI"]})
    place.up()
    old, = keys()
    place.define(service={"secrets": ["KUNCI", "KUNCI_LAIN"]})
    holder = held(old)
    try:
        done = place.up()
        assert f"volume {old} of earlier keys or settings stays for now" in done.stderr
        assert "volume is in use" in done.stderr
        assert len(keys()) == 2
    finally:
        holder.remove()
    place.up()
    new, = keys()
    assert new != old

    holder = held(new)
    try:
        refused = place.siaga24("stack", "destroy", place.code, code=1)
        assert f"the stack is gone, but not its volumes of keys and settings {new}: " in refused.stderr
    finally:
        holder.remove()
    place.siaga24("stack", "destroy", place.code)
    assert keys() == []
