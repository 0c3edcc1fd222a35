"""The database image, hardened as a stack runs it: a new cluster, an old one, and every refusal in a sentence."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

pytestmark = pytest.mark.engine

IMAGE = "siaga24/postgres:15"
PASSWORD = "it's a $trange \\ one"
FOLDER = "/var/lib/postgresql/data"

POLL_S = 0.2  # each question is a process of its own inside the container

Start = Callable[..., Container]


@pytest.fixture
def start(engine: docker.DockerClient, tmp_path: Path, mark: str) -> Iterator[Start]:
    """Start the image on a volume of the test's own, with a read-only root and without any capability."""
    volume = engine.volumes.create(f"{mark}-{secrets.token_hex(4)}")
    started: list[Container] = []
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:  # pytest closes its folders to other users, one of which reads the file
        parent.chmod(0o711)
    (tmp_path / "password").write_text(PASSWORD + "\n", encoding="utf-8")

    def go(*arguments: str, **environment: str) -> Container:
        container = engine.containers.run(
            IMAGE, list(arguments) or None, detach=True, name=f"{mark}-{secrets.token_hex(4)}", read_only=True,
            cap_drop=["ALL"], security_opt=["no-new-privileges"], mem_limit="256m", network_mode="none",
            tmpfs={"/tmp": "", "/var/run/postgresql": "uid=10002,mode=0700"},
            volumes={volume.name: {"bind": FOLDER}, str(tmp_path): {"bind": "/run/secrets", "mode": "ro"}},
            environment={
                "POSTGRES_PASSWORD_FILE": "/run/secrets/password", "POSTGRES_USER": "loket", "POSTGRES_DB": "antrean",
                **environment,
            },
            healthcheck={"test": ["NONE"]},
        )
        started.append(container)
        return container

    yield go
    for container in started:
        container.remove(force=True)
    volume.remove()


def until_ready(container: Container) -> Container:
    """Wait until it takes connections; pytest's own time limit ends a wait in vain."""
    while not is_ready(container):
        time.sleep(POLL_S)
    return container


def log_of(container: Container) -> str:
    return str(container.logs(), "utf-8")


def is_ready(container: Container) -> bool:
    container.reload()
    assert container.status == "running", log_of(container)
    return container.exec_run(["pg_isready", "-q", "-h", "127.0.0.1"]).exit_code == 0


def run_in(container: Container, *argv: str, **environment: str) -> str:
    output = container.exec_run(list(argv), environment=environment).output
    assert isinstance(output, bytes)
    return output.decode().strip()


def sql(container: Container, text: str, *, user: str = "loket", password: str = PASSWORD) -> str:
    return run_in(
        container, "psql", "-h", "127.0.0.1", "-U", user, "-d", "antrean", "-w", "-Atc", text, PGPASSWORD=password,
    )


def superuser(container: Container, text: str) -> str:
    return run_in(container, "psql", "-U", "postgres", "-d", "postgres", "-Atc", text)


def last_words(container: Container) -> tuple[int, str]:
    code = container.wait(timeout=60)["StatusCode"]
    return code, log_of(container).strip().splitlines()[-1]


def test_an_empty_volume_gets_a_cluster_with_checksums_and_an_owner_without_power(start: Start):
    container = until_ready(start("-c", "shared_buffers=16MB"))
    assert superuser(container, "show data_checksums") == "on"
    assert superuser(container, "show server_encoding") == "UTF8"
    assert superuser(container, "show shared_buffers") == "16MB"
    assert superuser(container, "select rolsuper or rolcreaterole or rolcreatedb from pg_roles where rolname='loket'") == "f"
    assert superuser(container, "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname='loket'") == "t"
    assert sql(container, "select current_user || ' in ' || current_database()") == "loket in antrean"
    assert "password authentication failed" in sql(container, "select 1", password="wrong")
    assert "password authentication failed" in sql(container, "select 1", user="postgres", password="guessed")
    assert container.exec_run(["id", "-u"]).output == b"10002\n"


def test_the_password_is_in_no_log_process_list_or_inspection(start: Start):
    container = start()
    seen = ""
    while not is_ready(container):
        seen += str(container.top(ps_args="-eo pid,args"))
    assert "postgres" in seen, "the list was looked at while the cluster was made"
    told = seen + log_of(container) + str(container.attrs)
    assert PASSWORD not in told
    assert "trange" not in told


def test_the_data_are_there_after_a_stop_a_kill_and_in_a_new_container(start: Start):
    container = until_ready(start())
    sql(container, "create table t (n int); insert into t values (1)")
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] == 0, "a clean shutdown"
    container.start()
    sql(until_ready(container), "insert into t values (2)")
    container.kill("SIGKILL")
    container.wait()
    fresh = until_ready(start(POSTGRES_PASSWORD_FILE=""))
    assert sql(fresh, "select count(*) from t") == "2"


def test_data_of_another_major_version_are_refused_and_left_alone(start: Start):
    container = until_ready(start())
    container.exec_run(["sh", "-c", 'echo 14 > "$PGDATA/PG_VERSION"'])
    container.stop(timeout=30)
    code, said = last_words(start())
    assert code == 1
    assert said == (
        "postgres-entry: the volume holds data of PostgreSQL 14, but this image is PostgreSQL 15 and cannot read them; "
        "start the image of PostgreSQL 14, or dump there and restore into a new volume."
    )


def test_a_cluster_that_was_half_made_when_it_was_killed_is_made_anew(start: Start):
    until_ready(start()).exec_run(["sh", "-c", 'mv "$PGDATA" "$PGDATA.making"'])
    assert sql(until_ready(start()), "select 1") == "1"


def test_a_folder_that_is_no_cluster_is_never_overwritten(start: Start):
    container = until_ready(start())
    container.exec_run(["sh", "-c", 'rm "$PGDATA/PG_VERSION"'])
    container.kill()
    container.wait()
    code, said = last_words(start())
    assert code == 1
    assert "exists but holds no PG_VERSION, so it is no complete PostgreSQL cluster" in said


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"POSTGRES_PASSWORD_FILE": ""}, "POSTGRES_PASSWORD_FILE is not set; give the path of a mounted file"),
        ({"POSTGRES_PASSWORD_FILE": "/none"}, "the password file /none cannot be read by uid 10002; mount it readable"),
        ({"POSTGRES_PASSWORD_FILE": "/run/secrets/empty"}, "the password file /run/secrets/empty is empty; write"),
    ],
)
def test_a_password_that_cannot_be_had_is_told_before_anything_is_made(
    start: Start, tmp_path: Path, environment: dict[str, str], said: str
):
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    code, words = last_words(start(**environment))
    assert code == 1
    assert words.startswith(f"postgres-entry: {said}")


def test_a_stop_while_the_cluster_is_made_is_obeyed(start: Start):
    container = start()
    while container.exec_run(["sh", "-c", 'test -d "$PGDATA.making"']).exit_code != 0:
        pass
    container.stop(timeout=30)
    assert container.wait()["StatusCode"] != 137, "it was not waited for in vain"
    assert sql(until_ready(start()), "select 1") == "1"
