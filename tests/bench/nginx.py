"""Debian's nginx for probes to ask: one worker on the machine's second core, plain and over TLS. No benchmark.

One request a connection, no session is resumed, X25519 is the only group: ``Site.tally`` reads from its own log
whether that was so.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.base import BenchError
from tests.servers import Authority, free_port
from tools import peers

HOST = "bench.example"
TEXT = "Ambil nomor"
SITE_CORE, PROBE_CORE = 1, 0
PATIENCE_S = 20.0
_PAGE = f"<!doctype html><title>Antrean</title><h1>{TEXT}</h1><p>Layanan antrean daring.</p>"
_CONFIG = """daemon off;
worker_processes 1;
{affinity}
pid {folder}/pid;
error_log {folder}/error.log;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
    log_format tally "$connection $connection_requests $scheme $ssl_session_reused $ssl_curve $status";
    access_log {folder}/access.log tally buffer=64k flush=1s;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    default_type text/html;
    keepalive_timeout 0;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519;
    ssl_session_cache off;
    ssl_session_tickets off;
    server {{
        listen 127.0.0.1:{http} backlog=4096;
        listen 127.0.0.1:{https} ssl backlog=4096;
        location / {{ return 200 '{page}'; }}
    }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What nginx saw: requests and connections, requests on a resumed session, the TLS groups used, statuses."""

    requests: int
    connections: int
    resumed: int
    groups: frozenset[str]
    statuses: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where it answers; ``authority_pem`` signed its certificate for ``HOST`` and 127.0.0.1."""

    http: int
    https: int
    authority_pem: str
    authority_file: Path
    log: Path

    def port(self, scheme: str) -> int:
        """Give the port of ``http`` or ``https``."""
        return self.https if scheme == "https" else self.http

    def tally(self) -> Tally:
        """Count what the log says since the last call."""
        time.sleep(1.2)                  # it is flushed once a second
        rows = [line.split() for line in self.log.read_text(encoding="ascii").splitlines()]
        os.truncate(self.log, 0)
        return Tally(
            requests=len(rows), connections=len({row[0] for row in rows}),
            resumed=sum(row[3] == "r" for row in rows),
            groups=frozenset(row[4] for row in rows if row[2] == "https"), statuses=frozenset(row[5] for row in rows),
        )

    def check(self, scheme: str, least: int, who: str) -> None:
        """Raise BenchError where the requests since the last call were not made as the figure claims."""
        seen = self.tally()
        wrong = []
        if seen.requests < least:
            wrong.append(f"{seen.requests} requests instead of {least}")
        if seen.connections != seen.requests:
            wrong.append(f"{seen.requests} requests on {seen.connections} connections")
        if seen.resumed:
            wrong.append(f"{seen.resumed} resumed sessions")
        if scheme == "https" and seen.groups != {"X25519"}:
            wrong.append(f"groups {', '.join(sorted(seen.groups))}")
        if seen.statuses != {"200"}:
            wrong.append(f"statuses {', '.join(sorted(seen.statuses))}")
        if wrong:
            raise BenchError(f"{who}: the site saw {'; '.join(wrong)}: the figure would not be what it says")


@contextlib.contextmanager
def nginx() -> Iterator[Site]:
    """Serve as long as the block runs."""
    program = peers.find("nginx")
    if program is None:
        raise BenchError("nginx is not there to be probed; run tools/ready peers")
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)              # its worker is a user of its own
        authority = Authority(folder)
        authority.context(HOST)
        certificate = next(folder.glob("server-*.pem"))
        authority_file = folder / "ca.pem"
        authority_file.write_text(authority.pem, encoding="ascii")
        site = Site(
            http=free_port(), https=free_port(), authority_pem=authority.pem, authority_file=authority_file,
            log=folder / "access.log",
        )
        many_cores = (os.cpu_count() or 1) > 1
        config = folder / "nginx.conf"
        config.write_text(_CONFIG.format(
            folder=folder, certificate=certificate, http=site.http, https=site.https, page=_PAGE,
            affinity=f"worker_cpu_affinity {1 << SITE_CORE:b};" if many_cores else "",
        ), encoding="ascii")
        process = subprocess.Popen(
            [program, "-c", config, "-e", folder / "error.log"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until_listening(site.https, process, "nginx")
            yield site
        finally:
            process.terminate()
            process.communicate()


def until_listening(port: int, process: subprocess.Popen[str], name: str) -> None:
    """Wait until a program listens. Raises BenchError where it ended or does not."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    said = re.sub(r"\s+", " ", process.communicate()[1] or "")
    raise BenchError(f"{name} did not begin to listen within {PATIENCE_S:g} s: {said}")


def cpu_s(pid: int) -> float:
    """CPU time that a process and its threads have used, in seconds, to the kernel's tick."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one core: away from the site's."""
    before = os.sched_getaffinity(0)
    if core in before and len(before) > 1:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
