"""How many transactions one core of the monitor's machine can carry, beside the usual tool for it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from monitors.clock import LifeClock
from monitors.core.model import AssertKind, Step, Target, Try
from monitors.probes import PROBES
from monitors.probes.http import HttpEngine
from monitors.probes.reader import PageReader
from monitors.probes.transaction import TransactionProbe
from tests.bench.base import RATIO, BenchError, Figure, benchmark, progress, ratio
from tests.bench.tls_site import HOST, TEXT, Site, tls_site
from tests.probing import expect, watching

PEER = "prometheus-blackbox-exporter"
PROBES_EACH = 1_500
AT_ONCE = 16
REPEATS = 3
_CONFIG = """modules:
  page:
    prober: http
    timeout: 10s
    http:
      valid_status_codes: [200]
      follow_redirects: false
      preferred_ip_protocol: ip4
      fail_if_body_not_matches_regexp: ["{text}"]
      tls_config: {{ca_file: {ca_file}, server_name: {host}}}
"""


@benchmark(unit=RATIO)
def probe_http_per_cpu_s() -> Figure:
    """HTTPS probes a CPU second of ours over those of Debian's blackbox exporter; fresh connection, status, text.

    In turns against the same local site, 16 at once. Ours is the probe alone, without ledger and scheduler; the
    peer's figure holds the HTTP request by which it is asked, which is how it is used.
    """
    ours, peer = [], []
    with tls_site() as site, _blackbox(site) as (pid, port):
        for repeat in range(REPEATS):
            progress(f"{repeat + 1} of {REPEATS}: {PROBES_EACH} probes each")
            ours.append(PROBES_EACH / asyncio.run(_our_cpu_s(site)))
            peer.append(PROBES_EACH / _peer_cpu_s(pid, port, site))
    return ratio(ours, peer, peer_name=PEER, unit="probes/CPU s")


async def _our_cpu_s(site: Site) -> float:
    loop = asyncio.get_running_loop()
    engine, reader = HttpEngine(loop), PageReader()
    try:
        target = _target(site)
        probe = TransactionProbe({"http": PROBES["http"](loop, engine, reader)}, loop, LifeClock())
        journey = probe.prepare(target, target.transactions[0])

        async def one() -> Try:
            done: asyncio.Future[Try] = loop.create_future()
            journey.start(done.set_result)
            return await done

        await one()                      # certificates are read once
        began, left = time.process_time(), PROBES_EACH
        while left:
            tries = await asyncio.gather(*(one() for _ in range(min(AT_ONCE, left))))
            left -= len(tries)
            failed = next((attempt.failed_step for attempt in tries if attempt.failed_step), None)
            if failed is not None:
                raise BenchError(f"our probe failed: {failed.reason}")
        return time.process_time() - began
    finally:
        engine.close()
        reader.close()


def _target(site: Site) -> Target:
    claims = (expect(AssertKind.STATUS, "200"), expect(AssertKind.CONTAINS, TEXT))
    return watching(
        f"https://{HOST}:{site.port}", Step(name="buka", assertions=claims), connect_to=f"127.0.0.1:{site.port}",
        ca_pem=site.ca_file.read_text(encoding="utf-8"), deadline_ms=10_000,
    )


@contextlib.contextmanager
def _blackbox(site: Site) -> Iterator[tuple[int, int]]:
    """Run the peer; give its process id and port."""
    program = shutil.which(PEER)
    if program is None:
        raise BenchError(f"{PEER} is not there to measure against; install it: apt-get install {PEER}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        config = Path(folder) / "blackbox.yml"
        config.write_text(_CONFIG.format(text=TEXT, ca_file=site.ca_file, host=HOST), encoding="utf-8")
        process = subprocess.Popen(
            [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            _until_listening(port)
            yield process.pid, port
        finally:
            process.terminate()
            process.wait()


def _peer_cpu_s(pid: int, port: int, site: Site) -> float:
    path = "/probe?" + urlencode({"module": "page", "target": f"https://127.0.0.1:{site.port}/"})

    def some(count: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(count):
            connection.request("GET", path)
            if b"probe_success 1" not in connection.getresponse().read():
                raise BenchError(f"the probe of {PEER} failed")
        connection.close()

    began = _cpu_s(pid)
    shares = [PROBES_EACH // AT_ONCE + (number < PROBES_EACH % AT_ONCE) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(some, shares))
    return _cpu_s(pid) - began


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _until_listening(port: int) -> None:
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise BenchError(f"{PEER} did not begin to listen within 20 s")
