"""A PostgreSQL of the tests' own, without an engine: a real cluster in a folder, on a free port of this machine.

The programs are this machine's (Debian keeps them outside PATH), else those that ``tools/ready peers`` unpacked. The
server refuses to run as root: then it runs as ``nobody``.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monitors.ledger_name import ServerLedger, ledger_name
from tests.servers import free_port
from tools import peers

NOBODY = 65534
OWNER = "siaga24_owner"
PATIENCE_S = 30.0
CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 64MB
max_connections = 60
jit = off
logging_collector = off
log_checkpoints = off
autovacuum_naptime = 10min
"""


class Cluster:
    """A server that runs, or can. Its superuser is ``postgres``, trusted from this machine."""

    def __init__(self, folder: Path, programs: Path, *, libraries: Path | None = None) -> None:
        self.data, self.port, self._programs = folder / "data", free_port(), programs
        self.log = folder / "log"
        self._numbers = itertools.count()
        self._free: list[ServerLedger] = []
        self._server: subprocess.Popen[bytes] | None = None
        self._user = NOBODY if os.geteuid() == 0 else None
        self._environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "GMT"} | (
            {"LD_LIBRARY_PATH": str(libraries)} if libraries else {}
        )
        if self._user is not None:
            os.chown(folder, self._user, -1)
        self._run(
            "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
            "--wal-segsize=4",
        )
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION)

    def start(self) -> None:
        """Start it; a port that another program took meanwhile, or a dead one's leftovers, are told by its log."""
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, "-p", str(self.port)], env=self._environment,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.data.parent,
                user=self._user, group=self._user, extra_groups=[] if self._user else None,
            )
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                psycopg.connect(self.conninfo("postgres", "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError as exc:
                if self._server.poll() is not None and time.monotonic() < until_s:
                    time.sleep(0.1)      # what a killed one left behind is still ending: once more
                    self.start()
                    return
                if time.monotonic() > until_s:
                    pytest.fail(f"PostgreSQL does not answer: {exc}\n{self.log.read_text()[-2000:]}", pytrace=False)
                time.sleep(0.03)
            else:
                return

    def kill(self) -> None:
        """Kill all its processes at once, as a crash of the machine would."""
        assert self._server is not None
        self._signal(signal.SIGKILL)
        self._server.wait()

    def stop(self) -> None:
        """End it at once. A repeat is harmless."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(PATIENCE_S)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Stop all its processes; connections stay and nothing answers."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to each of its processes, which have groups of their own."""
        assert self._server is not None
        first = self._server.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def conninfo(self, user: str, database: str) -> str:
        """Write how to connect."""
        return f"host=127.0.0.1 port={self.port} user={user} dbname={database}"

    def sql(self, database: str, text: str, user: str = "postgres") -> list[tuple[object, ...]]:
        """Run SQL."""
        with psycopg.connect(self.conninfo(user, database), autocommit=True) as db:
            cursor = db.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def database(self) -> ServerLedger:
        """Give an empty database, or one of an empty ledger, of a user who may do all in it and nothing else."""
        return self._free.pop() if self._free else self.fresh()

    def fresh(self) -> ServerLedger:
        """Give a database in which there is nothing."""
        name = f"ledger_{next(self._numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name} OWNER {OWNER}")
        found = ledger_name(f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}")
        assert isinstance(found, ServerLedger)
        return found

    def give_back(self, ledger: ServerLedger) -> None:
        """Take a ledger that nobody has open any more, and empty it: guards hold for all but the server's superuser."""
        self.sql(ledger.database, """
            SET session_replication_role = replica;
            DO $$ DECLARE names text; BEGIN
                SELECT string_agg(inhrelid::regclass::text, ', ') INTO names FROM pg_inherits
                WHERE inhparent IN (to_regclass('siaga24.run'), to_regclass('siaga24.evidence'));
                IF names IS NOT NULL THEN EXECUTE 'DROP TABLE ' || names; END IF;
                SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') INTO names FROM pg_tables
                WHERE schemaname = 'siaga24' AND tablename <> 'schema_version';
                IF names IS NOT NULL THEN EXECUTE 'TRUNCATE ' || names || ' RESTART IDENTITY CASCADE'; END IF;
            END $$;
        """)
        self._free.append(ledger)

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._programs / program, *map(str, arguments)], env=self._environment, capture_output=True, text=True,
            check=False, cwd=self.data.parent, user=self._user, group=self._user,
            extra_groups=[] if self._user else None,
        )
        assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def postgres_cluster(folder: Path | None = None) -> Iterator[Cluster]:
    """Run a server until the block ends."""
    programs = find_programs()
    with tempfile.TemporaryDirectory(prefix="siaga24-pg-", dir=folder) as scratch:
        place = Path(scratch)
        place.chmod(0o755)
        libraries = None
        if peers.is_cached(programs):
            root = programs.parents[4]
            if os.geteuid() == 0:        # nobody may not look into root's home, where the cache is
                shutil.copytree(root / "usr", place / "usr", symlinks=True, ignore=shutil.ignore_patterns("doc", "locale"))
                programs, root = place / "usr" / programs.relative_to(root / "usr"), place
            libraries = next((root / "usr" / "lib").glob("*-linux-gnu*"), None)
        home = place / "cluster"
        home.mkdir()
        cluster = Cluster(home, programs, libraries=libraries)
        cluster.start()
        try:
            cluster.sql("postgres", f"CREATE ROLE {OWNER} LOGIN")
            yield cluster
        finally:
            cluster.stop()


def find_programs() -> Path:
    """Give the folder of initdb and postgres, of the newest version there is."""
    found = peers.find("postgres")
    assert found is not None, "no PostgreSQL, which tests of the ledger run against; run tools/ready peers"
    assert re.search(r"/postgresql/\d+/bin$", str(found.parent)) or (found.parent / "initdb").exists()
    return found.parent
