"""The bad day in small: most services hang until their deadline, and those that are well are watched as on any day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from monitors.core.model import Outcome, Run, Target, Verdict
from monitors.settings import Listen, MonitorSettings
from monitors.wiring import Monitor
from tests.scenarios.monitor_process import every_second, watched, write_targets
from tests.servers import page, serving, silent

HEALTHY, HANGING = 5, 60


def test_services_that_hang_starve_no_healthy_one_and_their_missed_runs_are_not_down(tmp_path: Path):
    """Sixty of 65 hang for two tries of 0.45 s each second: three times as many as the twenty places can serve."""
    runs: list[Run] = []

    def healthy_runs() -> int:
        return sum(run.service.startswith("baik") for run in runs)

    def take(more: Sequence[Run]) -> None:
        runs.extend(more)

    with serving(page()) as well, serving(silent) as mute:
        def of(name: str, url: str) -> Target:
            return watched(url, every_second("a", interval_ms=1000, deadline_ms=450), service=name)

        good = [of(f"baik-{n}", well.url) for n in range(HEALTHY)]
        bad = [of(f"macet-{n}", mute.url) for n in range(HANGING)]
        settings = MonitorSettings(
            targets=(write_targets(tmp_path / "t.json", *good),), ledger=tmp_path / "l.sqlite",
            listen=Listen(host="127.0.0.1", port=0), vantage="uji", most_runs_at_once=20,
            most_runs_a_host=20,         # not the share of one host but the places themselves are what is short
            allow_networks=("127.0.0.0/8",), reload_ms=50,
        )

        async def work() -> None:
            monitor = Monitor(settings, on_durable=take, on_note=lambda _note: None)
            living = asyncio.create_task(monitor.run())
            await until(lambda: healthy_runs() >= HEALTHY)
            write_targets(tmp_path / "t.json", *good, *bad)
            await until(lambda: any(run.outcome is Outcome.MISSED for run in runs))
            seen = healthy_runs()
            await until(lambda: healthy_runs() >= seen + 2 * HEALTHY)
            monitor.stop()
            await living

        asyncio.run(work())
    of_healthy = [run for run in runs if run.service.startswith("baik") and run.outcome is Outcome.DONE]
    of_hanging = [run for run in runs if run.service.startswith("macet")]
    assert {run.verdict for run in of_healthy} == {Verdict.UP}
    assert {run.verdict for run in of_hanging if run.outcome is Outcome.MISSED} == {Verdict.UNKNOWN}
    missed = [run for run in runs if run.outcome is Outcome.MISSED and "no place" in run.reason]
    assert missed
    assert not [run for run in missed if run.service.startswith("baik")], "a healthy one lacked a place"


async def until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends
        await asyncio.sleep(0.05)
