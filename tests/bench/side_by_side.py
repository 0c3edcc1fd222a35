"""Our probe layer and the blackbox exporter in turns against the same nginx, both saturated. No benchmark.

Ours: 50 transactions of one step at once, on the real probes as the monitor makes them; no ledger, no scheduler. The
peer: Debian's exporter in its fastest configuration (the authority among the system's roots, which Go reads once;
GOMAXPROCS=1), asked by 50 clients at once, its own CPU time alone; serving the request by which it is asked is part
of how it is used. Both check the chain and host name, the status and the text, on a fresh connection without resumption.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from monitors.clock import LifeClock
from monitors.core.model import AssertKind, Step, Target, Try
from monitors.wiring import probing
from tests.bench.base import BenchError, Figure, progress, ratio
from tests.bench.nginx import HOST, PROBE_CORE, SITE_CORE, TEXT, Site, cpu_s, nginx, on_core, until_listening
from tests.probing import expect, watching
from tests.servers import free_port
from tools import peers

PEER = "prometheus-blackbox-exporter"
PROBES_EACH = {"http": 12_000, "https": 3_000}
AT_ONCE = 50
REPEATS = 3
_MODULE = """modules:
  page:
    prober: http
    timeout: 10s
    http:
      valid_status_codes: [200]
      follow_redirects: false
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      fail_if_body_not_matches_regexp: ["{text}"]
"""


def against_blackbox(scheme: str) -> Figure:
    """Measure the ratio of probes a CPU second; every probe must succeed."""
    count = PROBES_EACH[scheme]
    ours, peer = [], []
    with nginx() as site, _blackbox(site) as (pid, port):
        _ask_peer(port, site, scheme, AT_ONCE)                  # its roots are read once
        site.tally()
        for repeat in range(REPEATS):
            progress(f"{repeat + 1} of {REPEATS}: {count} probes each over {scheme}")
            with on_core(PROBE_CORE):
                ours.append(count / asyncio.run(_our_cpu_s(site, scheme, count)))
            site.check(scheme, count, "ours")
            began = cpu_s(pid)
            with on_core(SITE_CORE):
                _ask_peer(port, site, scheme, count)
            peer.append(count / (cpu_s(pid) - began))
            site.check(scheme, count, PEER)
    return ratio(ours, peer, peer_name=PEER, unit="probes/CPU s")


async def _our_cpu_s(site: Site, scheme: str, count: int) -> float:
    loop = asyncio.get_running_loop()
    with probing(loop, LifeClock()) as probe:
        target = page_target(site, scheme)
        journey = probe.prepare(target, target.transactions[0])
        done: asyncio.Future[float] = loop.create_future()
        left, begun, began = count, 0, 0.0

        def start() -> None:
            nonlocal begun
            begun += 1
            journey.start(ended)

        def ended(attempt: Try) -> None:
            nonlocal left
            left -= 1
            if attempt.failed_step is not None or attempt.fault:
                why = attempt.fault or (attempt.failed_step.reason if attempt.failed_step else "")
                if not done.done():
                    done.set_exception(BenchError(f"our probe failed: {why}"))
            elif left == 0:
                done.set_result(time.process_time() - began)
            elif begun < count:
                start()

        first: asyncio.Future[Try] = loop.create_future()
        journey.start(first.set_result)                         # certificates are read once
        await first
        gc.collect()
        gc.freeze()                      # as the monitor does
        began = time.process_time()
        for _ in range(AT_ONCE):
            start()
        try:
            return await done
        finally:
            gc.unfreeze()


def page_target(site: Site, scheme: str) -> Target:
    """Build the target that ours watches."""
    port = site.port(scheme)
    return watching(
        f"{scheme}://{HOST}:{port}", page_step(), connect_to=f"127.0.0.1:{port}",
        ca_pem=site.authority_pem if scheme == "https" else "", deadline_ms=10_000,
    )


def page_step() -> Step:
    """Build the one step: a page, its status and a text in it."""
    return Step(
        name="buka", max_redirects=0, assertions=(expect(AssertKind.STATUS, "200"), expect(AssertKind.CONTAINS, TEXT)),
    )


@contextlib.contextmanager
def _blackbox(site: Site) -> Iterator[tuple[int, int]]:
    """Run the peer on the probes' core; give its process id and port."""
    program = peers.find(PEER)
    if program is None:
        raise BenchError(f"{PEER} is not there to measure against; run tools/ready peers")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder:
        config, no_more = Path(folder) / "blackbox.yml", Path(folder) / "roots"
        config.write_text(_MODULE.format(text=TEXT), encoding="utf-8")
        no_more.mkdir()
        with on_core(PROBE_CORE):
            process = subprocess.Popen(
                [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                env={
                    **os.environ, "GOMAXPROCS": "1", "SSL_CERT_FILE": str(site.authority_file),
                    "SSL_CERT_DIR": str(no_more),
                },
            )
        try:
            until_listening(port, process, PEER)
            yield process.pid, port
        finally:
            process.terminate()
            process.communicate()


def _ask_peer(port: int, site: Site, scheme: str, count: int) -> None:
    # asked by name, as ours: the name's address is fixed by the target's host and its host name checked
    query = {"module": "page", "target": f"{scheme}://127.0.0.1:{site.port(scheme)}/"}
    if scheme == "https":
        query["hostname"] = HOST
    path = "/probe?" + urlencode(query)

    def some(share: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(share):
            connection.request("GET", path)
            answer = connection.getresponse().read()
            if b"probe_success 1" not in answer:
                raise BenchError(f"the probe of {PEER} failed: {answer.decode(errors='replace')[-400:]}")
        connection.close()

    shares = [count // AT_ONCE + (number < count % AT_ONCE) for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(some, shares))
