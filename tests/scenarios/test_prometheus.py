"""A real Prometheus scrapes a real monitor, and knows afterwards what the monitor said."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.monitor_process import MonitorProcess, every_second, watched, write_targets
from tests.servers import page, serving
from tools import peers

PATIENCE_S = 60.0
CONFIG = """global: {{scrape_interval: 500ms, scrape_timeout: 450ms}}
scrape_configs:
  - job_name: siaga24
    static_configs: [{{targets: ["{address}"]}}]
"""


@contextlib.contextmanager
def prometheus(folder: Path, address: str) -> Iterator[str]:
    """Run Debian's Prometheus on the monitor at ``address``; give its own address."""
    program = peers.find("prometheus")
    assert program is not None, 'no prometheus: run "make ready"'
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(address=address), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            program, f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def asked(address: str, path: str) -> Any:
    """Ask its API until it answers."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(address + path, timeout=10) as answer:
                return json.load(answer)["data"]
        except (OSError, urllib.error.URLError):
            assert time.monotonic() < give_up, f"Prometheus did not answer {path}"
            time.sleep(0.1)


def value(address: str, query: str) -> float:
    """Wait until a query has one value."""
    give_up = time.monotonic() + PATIENCE_S
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": query})
    while not (found := asked(address, path)["result"]):
        assert time.monotonic() < give_up, f"Prometheus never knew {query}"
        time.sleep(0.1)
    return float(found[0]["value"][1])


@pytest.mark.engine
def test_prometheus_scrapes_the_monitor_in_open_metrics_and_knows_what_it_said(tmp_path: Path):
    """Needs Debian's Prometheus, which ``make ready`` has, and no Docker."""
    (tmp_path / "prometheus").mkdir()
    with serving(page()) as well, serving(page("rusak", status=500)) as ill:
        write_targets(
            tmp_path / "targets" / "a.json", watched(well.url, every_second("a"), service="sehat"),
            watched(ill.url, every_second("a"), service="sakit"),
        )
        with MonitorProcess(tmp_path) as monitor:
            monitor.until_runs(1, service="sehat", verdict="up")
            monitor.until_runs(1, service="sakit", verdict="down")
            with prometheus(tmp_path / "prometheus", monitor.address.removeprefix("http://")) as address:
                assert value(address, 'siaga24_service_up{service="sehat"}') == 1
                assert value(address, 'siaga24_service_up{service="sakit"}') == 0
                assert value(address, 'siaga24_runs_total{service="sakit",verdict="down"}') >= 1
                assert value(address, 'siaga24_agency_run_duration_seconds_bucket{agency="dinkes",le="+Inf"}') >= 2
                target = asked(address, "/api/v1/targets")["activeTargets"][0]
                assert (target["health"], target["lastError"]) == ("up", "")
                # OpenMetrics names a counter's family without its end: the help is known under that name only then
                kinds = asked(address, "/api/v1/targets/metadata?metric=siaga24_runs")
                assert [one["type"] for one in kinds] == ["counter"]
