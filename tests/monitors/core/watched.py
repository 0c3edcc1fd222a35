"""Services that went through outages, for the tests of common causes and attribution."""

from __future__ import annotations

from dataclasses import replace

from monitors.core.common_cause import Watched
from monitors.core.history import ServiceHistory
from monitors.core.incident import incidents
from monitors.core.model import Run, Target, Verdict
from monitors.core.timeline import ServiceTimeline, service_timeline
from tests.factories import NOON_MS, some_runs
from tests.monitors.core.histories import a_definition, a_history

REASON = 'step 1 of 1 "buka halaman": '


def went(
    target: Target, letters: str, *, reason: str = "expected status 200, got 503 after 12 ms", shift_ms: int = 0,
) -> tuple[Watched, ServiceTimeline]:
    """Let a service go through runs; ``reason`` is what its bad ones say, ``shift_ms`` their phase."""
    runs: list[Run] = [
        replace(
            run, agency=target.agency, service=target.service,
            reason=REASON + reason if run.verdict is Verdict.DOWN else run.reason,
        )
        for run in some_runs(letters, started_ms=NOON_MS + shift_ms)
    ]
    made = a_history(runs, definitions=[a_definition(target=target)])
    history = ServiceHistory(
        agency=target.agency, service=target.service, definitions=made.definitions, lives=made.lives,
        stretches=made.stretches,
    )
    timeline = service_timeline(history, until_ms=NOON_MS + len(letters) * 30_000)
    return Watched(definitions=history.definitions, incidents=incidents(history, timeline)), timeline
