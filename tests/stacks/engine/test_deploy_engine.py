"""What the stack commands ask of the engine, asked of the real one: images' users, files in volumes, commands, limits."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container

from infra.hooks import FileEntry, VolumeFiles
from infra.spec import Sensitive
from monitors.core.errors import StackError
from stacks.engine import Engine
from stacks.filevolume import fill, switch

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

IMAGE = "siaga24/python:3.11"
VOLUME = "dep-mesin-berkas"
LABELS = {"siaga24.helper": "dep-mesin"}


@pytest.fixture(scope="module")
def ours(engine: docker.DockerClient) -> Iterator[Engine]:
    with Engine("unix:///var/run/docker.sock") as ours:
        yield ours
    assert engine.containers.list(all=True, filters={"label": "siaga24.helper=dep-mesin"}) == [], "a helper was left"


@pytest.fixture
def running(engine: docker.DockerClient) -> Iterator[Container]:
    container = engine.containers.run(
        IMAGE, ["sleep", "300"], detach=True, name="dep-mesin", labels={"siaga24.agency": "dep-mesin"}, init=True,
    )
    yield container
    container.remove(force=True)


@pytest.fixture
def volume(engine: docker.DockerClient) -> Iterator[str]:
    made = engine.volumes.create(VOLUME)
    yield VOLUME
    made.remove(force=True)


def files(engine: Engine, digest: str, **given: object) -> VolumeFiles:
    image = engine.image(IMAGE)
    assert image is not None
    entry = FileEntry(path=f"{digest}/page.txt", content=Sensitive(f"page of {digest}"))
    return VolumeFiles(**{  # type: ignore[arg-type]
        "volume": VOLUME, "image": image.id, "uid": image.uid, "gid": image.gid, "digest": digest, "files": (entry,),
        "links": (("current", digest),), **given,
    })


def seen(engine: docker.DockerClient, *command: str) -> str:
    """Run a command as the image's own user in a container that has the volume read-only."""
    container = engine.containers.run(
        IMAGE, list(command), detach=True, volumes={VOLUME: {"bind": "/v", "mode": "ro"}}, network_mode="none",
    )
    try:
        container.wait(timeout=60)
        return container.logs(stdout=True, stderr=True).decode()
    finally:
        container.remove(force=True)


@pytest.mark.parametrize(("user", "expected"), [
    ("root", (0, 0)), ("0:0", (0, 0)), ("10003:10003", (10003, 10003)), ("app", None), ("10003", None), ("www-data:daemon", (33, 1)),
    ("nobody", (65534, 65534)), ("tidakada", (-1, 0)),
])
def test_an_images_user_becomes_numbers(
    ours: Engine, engine: docker.DockerClient, user: str, expected: tuple[int, int] | None,
) -> None:
    source = ours.image(IMAGE)
    assert source is not None
    made = engine.containers.create(IMAGE, ["true"])
    try:
        made.commit(repository="dep-mesin/pengguna", tag="1", conf={"User": user})
    finally:
        made.remove()
    try:
        facts = ours.image("dep-mesin/pengguna:1")
        assert facts is not None
        assert (facts.uid, facts.gid) == (expected or (source.uid, source.gid))
    finally:
        engine.images.remove("dep-mesin/pengguna:1")


def test_what_is_not_there_is_none(ours: Engine) -> None:
    assert ours.image("tidak/ada:1") is None
    assert ours.container("tidak-ada") is None
    ours.remove("tidak-ada")
    ours.remove_volume("tidak-ada")
    ours.remove_network("tidak-ada")
    assert ours.log_tail("tidak-ada", 5) == ()


def test_a_volume_is_filled_for_a_user_who_may_read_and_not_write(
    ours: Engine, engine: docker.DockerClient, volume: str,
) -> None:
    assert fill(ours, files(ours, "satu"), LABELS)
    assert seen(engine, "cat", "/v/current/page.txt") == "page of satu"
    assert seen(engine, "stat", "-c", "%a %u", "/v", "/v/satu", "/v/satu/page.txt") == "500 10003\n500 10003\n400 10003\n"
    assert not fill(ours, files(ours, "satu"), LABELS), "the same digest: nothing to do"


def test_other_files_stay_and_a_link_moves(ours: Engine, engine: docker.DockerClient, volume: str) -> None:
    fill(ours, files(ours, "satu"), LABELS)
    assert not fill(ours, files(ours, "dua", is_initial=True), LABELS), "an initial filling leaves what is there"
    switch(ours, files(ours, "dua"), LABELS)
    assert seen(engine, "cat", "/v/current/page.txt", "/v/satu/page.txt") == "page of duapage of satu"


def test_a_data_volume_gets_its_owner_once_and_keeps_its_content(
    ours: Engine, engine: docker.DockerClient, volume: str,
) -> None:
    owner = files(ours, "", files=(), links=(), directory_mode=0o750)
    assert fill(ours, owner, LABELS)
    engine.containers.run(
        IMAGE, ["sh", "-c", "echo penting > /v/data"], remove=True, volumes={VOLUME: {"bind": "/v", "mode": "rw"}},
    )
    assert not fill(ours, owner, LABELS)
    assert seen(engine, "cat", "/v/data") == "penting\n"


def test_commands_in_a_container_give_code_and_both_outputs_and_silence_ends(ours: Engine, running: Container) -> None:
    answer = ours.run_in(str(running.id), ["sh", "-c", "echo keluar; echo salah >&2; exit 7"])
    assert (answer.code, answer.out, answer.err) == (7, b"keluar\n", b"salah\n")
    assert ours.run_in(str(running.id), ["sleep", "30"], timeout_s=1).code == -1
    running.stop(timeout=0)
    with pytest.raises(StackError, match="is not running"):
        ours.run_in(str(running.id), ["true"])


def test_the_limit_of_processes_is_set_on_a_running_container(ours: Engine, running: Container) -> None:
    ours.limit_pids(str(running.id), 77)
    facts = ours.container(str(running.id))
    assert facts is not None
    assert (facts.pids_limit, facts.status, facts.agency) == (77, "running", "dep-mesin")
    assert [c.id for c in ours.containers({"siaga24.agency": "dep-mesin"})] == [running.id]
