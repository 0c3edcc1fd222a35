"""A PostgreSQL server of a test's own, from Debian's programs, on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "kanari-sandi-pemantau"
SETUP = f"CREATE ROLE pemantau LOGIN PASSWORD '{PASSWORD}'; CREATE TABLE loket (n int); "
SETUP += "INSERT INTO loket VALUES (7); GRANT SELECT, INSERT ON loket TO pemantau"
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs, with the user ``pemantau`` and the database ``antrean``."""

    port: int
    folder: Path
    programs: Path

    def sql(self, text: str) -> str:
        """Run SQL as its owner."""
        done = subprocess.run(
            [self.programs / "psql", "-h", self.folder, "-p", str(self.port), "-U", "owner", "-d", "antrean", "-AtXqc", text],
            check=True, capture_output=True, text=True,
        )
        return done.stdout.strip()


def programs() -> Path:
    """Find initdb and postgres. Raises AssertionError that says how to get them."""
    found = next((place for place in PLACES if (place / "initdb").exists()), None)
    assert found is not None, "no PostgreSQL server here, which SQL steps are tested against; apt-get install postgresql-15"
    return found


@contextlib.contextmanager
def postgres_server(*, certificate: bytes = b"", key: bytes = b"") -> Iterator[Postgres]:
    """Run a server until the block ends; with a certificate it speaks TLS too."""
    with (
        tempfile.TemporaryDirectory(prefix="siaga24-pg-", ignore_cleanup_errors=True) as folder,
        _running(Path(folder), certificate, key) as server,
    ):
        yield server


@contextlib.contextmanager
def _running(folder: Path, certificate: bytes, key: bytes) -> Iterator[Postgres]:
    bin_folder = programs()
    as_owner: list[str] = []
    if os.geteuid() == 0:                # initdb refuses to be root
        # by a program and not by ``user=``: that forks, which a process with gRPC in it cannot be trusted with
        as_owner = ["runuser", "-u", "postgres", "--"]
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    subprocess.run(
        [*as_owner, bin_folder / "initdb", "-D", data, "-U", "owner", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "-E", "UTF8",
         "--locale=C"],
        check=True, capture_output=True, cwd="/",
    )
    settings = f"fsync=off\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{folder}'\nshared_buffers=16MB\nmax_connections=20\n"
    if certificate:
        for name, content in (("server.crt", certificate), ("server.key", key)):
            path = data / name
            path.write_bytes(content)
            path.chmod(0o600)
            if as_owner:
                shutil.chown(path, "postgres", "postgres")
        settings += "ssl=on\n"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(settings + f"port={port}\n")
    subprocess.run(
        [*as_owner, bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "start"], check=True, capture_output=True, cwd="/",
    )
    server = Postgres(port, folder, bin_folder)
    try:
        subprocess.run(
            [bin_folder / "createdb", "-h", folder, "-p", str(port), "-U", "owner", "antrean"], check=True, capture_output=True,
        )
        server.sql(SETUP)
        yield server
    finally:
        subprocess.run(
            [*as_owner, bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], check=False, capture_output=True, cwd="/",
        )
