"""A job reports to a real monitor over a real connection: its transaction is up, and a restart forgets nothing."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from monitors.core.model import Run, Step, Verdict
from monitors.core.requests import Heartbeat
from monitors.job_reports import read_key, token_of
from monitors.settings import Listen, MonitorSettings
from monitors.wiring import REPORTS_KEY, Monitor
from tests.factories import a_target, a_transaction
from tests.monitors.test_wiring import settings_in

JOB = "dinkes/antrean/cadangan"
STEP = Step(name="cadangan", heartbeat=Heartbeat(job="cadangan", every_ms=3_600_000, grace_ms=60_000))


def settings(folder: Path) -> MonitorSettings:
    target = a_target(transactions=(a_transaction(steps=(STEP,), interval_ms=1000, deadline_ms=450),))
    return replace(settings_in(folder, target), reports=Listen(host="127.0.0.1", port=0))


def verdicts(folder: Path, *, reports: bool) -> list[Run]:
    """Let a monitor live until one run is durable (after a report, if one is sent); its runs in order."""
    shown: list[Run] = []
    seen = threading.Event()

    def show(runs: Sequence[Run]) -> None:
        shown.extend(runs)
        seen.set()

    monitor = Monitor(settings(folder), on_durable=show, on_note=print)

    def report() -> None:
        token = token_of(read_key(folder / REPORTS_KEY), JOB)
        request = urllib.request.Request(
            f"http://127.0.0.1:{monitor.reports_port}/report/{JOB}", method="POST", data=b"",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200
        seen.clear()

    async def live() -> None:
        living = asyncio.create_task(monitor.run())
        await asyncio.to_thread(seen.wait, 30)
        if reports:
            await asyncio.to_thread(report)
            await asyncio.to_thread(seen.wait, 30)
        monitor.stop()
        await living

    try:
        asyncio.run(live())
    finally:
        monitor.close()
    return shown


def test_a_report_makes_the_job_good_and_outlives_the_monitor_that_heard_it(tmp_path: Path):
    before = verdicts(tmp_path, reports=True)
    assert before[0].verdict is Verdict.UNKNOWN, "nobody knows of a job before it had time to report"
    assert "the monitor has listened for only" in before[0].reason
    assert before[-1].verdict is Verdict.UP
    after = verdicts(tmp_path, reports=False)
    assert {run.verdict for run in after} == {Verdict.UP}
