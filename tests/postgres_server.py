"""A PostgreSQL server of a test's own: a container of the toolkit's image on a free port of this machine."""

from __future__ import annotations

import contextlib
import io
import tarfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import docker
from docker.models.containers import Container

IMAGE = "siaga24/postgres:15"
FOLDER = "/etc/uji"
UID = 10002                              # the image's user
PASSWORD = "kanari-sandi-pemantau"
SETUP = "CREATE TABLE loket (n int); INSERT INTO loket VALUES (7); GRANT SELECT, INSERT ON loket TO pemantau"
TLS = ("-c", "ssl=on", "-c", f"ssl_cert_file={FOLDER}/server.crt", "-c", f"ssl_key_file={FOLDER}/server.key")
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs, with the user ``pemantau`` and the database ``antrean``."""

    port: int
    container: Container

    def sql(self, text: str) -> str:
        """Run SQL as the superuser."""
        done = self.container.exec_run(["psql", "-U", "postgres", "-d", "antrean", "-AtXqc", text])
        assert isinstance(done.output, bytes)
        assert done.exit_code == 0, done.output
        return done.output.decode().strip()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop all its processes; connections are made and nothing answers."""
        self.container.pause()
        try:
            yield
        finally:
            self.container.unpause()


@contextlib.contextmanager
def postgres_server(engine: docker.DockerClient, *, certificate: bytes = b"", key: bytes = b"") -> Iterator[Postgres]:
    """Run a server until the block ends; with a certificate it speaks TLS too."""
    container = engine.containers.create(
        IMAGE, list(TLS) if certificate else None, name=f"uji-sql-{uuid.uuid4().hex[:8]}", mem_limit="256m",
        ports={"5432/tcp": ("127.0.0.1", 0)}, healthcheck={"test": ["NONE"]},
        environment={
            "POSTGRES_PASSWORD_FILE": f"{FOLDER}/password", "POSTGRES_USER": "pemantau", "POSTGRES_DB": "antrean",
        },
    )
    try:
        container.put_archive("/etc", _files({
            "password": PASSWORD.encode(), "server.crt": certificate, "server.key": key,
        }))
        container.start()
        while container.exec_run(["pg_isready", "-q", "-h", "127.0.0.1"]).exit_code != 0:
            container.reload()
            assert container.status == "running", container.logs()
            time.sleep(POLL_S)
        container.reload()
        places = container.ports["5432/tcp"]
        assert places, "its port is not published"
        server = Postgres(int(places[0]["HostPort"]), container)
        server.sql(SETUP)
        yield server
    finally:
        container.remove(force=True, v=True)


def _files(contents: Mapping[str, bytes]) -> bytes:
    """Pack files that only the server's user may read."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"uji/{name}")
            entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o400, UID, UID
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
