"""The composition root in process: what it holds, what it lets go where it cannot begin, and one short life."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from monitors.core.document import to_document
from monitors.core.errors import DocumentError, LedgerError, Siaga24Error
from monitors.core.model import Run, Target, Verdict
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.settings import Listen, MonitorSettings
from monitors.wiring import Monitor
from tests.factories import a_target, a_transaction
from tests.servers import free_port, page, serving


def settings_in(folder: Path, *targets: Target, port: int = 0) -> MonitorSettings:
    (folder / "targets.json").write_text(json.dumps(to_document(targets)), encoding="utf-8")
    return MonitorSettings(
        targets=(folder / "targets.json",), ledger=folder / "ledger.sqlite", listen=Listen(host="127.0.0.1", port=port),
        vantage="uji", allow_networks=("127.0.0.0/8",),
    )


def a_monitor(settings: MonitorSettings, show: Callable[[Sequence[Run]], None] = print) -> Monitor:
    return Monitor(settings, on_durable=show, on_note=print)


def scraped(port: int) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text: bytes = answer.read()
    return text


def test_a_short_life_leaves_runs_a_heartbeat_and_nothing_open(tmp_path: Path):
    transaction = a_transaction(interval_ms=1000, deadline_ms=450)
    shown: list[Run] = []
    first = threading.Event()

    def show(runs: Sequence[Run]) -> None:
        shown.extend(runs)
        first.set()

    with serving(page()) as server:
        monitor = a_monitor(settings_in(tmp_path, a_target(base_url=server.url, transactions=(transaction,))), show)

        async def live() -> bytes:
            living = asyncio.create_task(monitor.run())
            await asyncio.to_thread(first.wait, 30)
            scrape = await asyncio.to_thread(scraped, monitor.serving.port)
            monitor.stop()
            await living
            return scrape

        scrape = asyncio.run(live())
    assert b'siaga24_service_up{agency="dinkes",service="antrean"} 1\n' in scrape
    reader = SqliteReader(tmp_path / "ledger.sqlite")
    kept = list(reader.runs("dinkes", "antrean", start_ms=0, end_ms=2**60))
    [life] = reader.lives()
    reader.close()
    assert [run.sequence for run in kept] == [run.sequence for run in shown] == list(range(len(kept)))
    assert {run.verdict for run in kept} == {Verdict.UP}
    assert life.life == monitor.life
    assert life.heartbeat_ms >= kept[-1].ended_ms


def test_a_life_has_an_identity_of_its_own(tmp_path: Path):
    lives = set()
    for _ in range(2):
        monitor = a_monitor(settings_in(tmp_path))
        lives.add(monitor.life)
        monitor.close()
        monitor.close()
    assert len(lives) == 2


def test_targets_are_read_before_anything_is_taken(tmp_path: Path):
    settings = settings_in(tmp_path)
    (tmp_path / "targets.json").write_text("[]", encoding="utf-8")
    with pytest.raises(DocumentError):
        a_monitor(settings)
    assert not settings.ledger.exists()


def test_a_ledger_that_cannot_be_had_lets_the_port_go(tmp_path: Path):
    port = free_port()
    settings = settings_in(tmp_path, port=port)
    settings.ledger.write_text("bukan basis data", encoding="utf-8")
    with pytest.raises(LedgerError):
        a_monitor(settings)
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_leaves_no_ledger(tmp_path: Path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        settings = settings_in(tmp_path, port=holder.getsockname()[1])
        with pytest.raises(Siaga24Error, match="cannot listen on"):
            a_monitor(settings)
    assert not settings.ledger.exists()
