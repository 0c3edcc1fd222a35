"""A monitor that is killed with -9 at any moment: what it showed is kept, and the gap is unknown."""

from __future__ import annotations

import random
import time
from bisect import bisect_right
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlsplit

import pytest

from monitors.core.history import Life
from monitors.core.model import Run, Target, Verdict
from monitors.core.span import intersect, merge
from monitors.core.timeline import service_timeline
from monitors.ledger.sqlite_reader import SqliteReader
from tests.scenarios.monitor_process import MonitorProcess, every_second, runs_in, watched, write_targets
from tests.servers import Server, page, serving

SEED = 24
KILLS, SIDE_BY_SIDE = 20, 5
TRANSACTIONS = 6
DURABLE_WITHIN_S = 2.0
NEAR_MS = 60                             # between the server's stamp of a hit and the run's own


@dataclass
class Lane:
    """One ledger and the monitors that live and die on it."""

    folder: Path
    server: Server
    moments: list[float]
    shown_lines: set[tuple[str, int, str]] = field(default_factory=set)
    shown_counts: list[tuple[int, dict[tuple[str, str], int]]] = field(default_factory=list)
    killed_s: list[float] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return watched(
            self.server.url,
            *(every_second(f"t{number}", f"/{self.folder.name}/t{number}") for number in range(TRANSACTIONS)),
        )

    def runs(self) -> list[Run]:
        """All that its ledger holds."""
        return runs_in(self.folder / "ledger.sqlite", [self.target])

    def lives(self) -> tuple[Life, ...]:
        """Its lives, in order."""
        reader = SqliteReader(self.folder / "ledger.sqlite")
        try:
            return reader.lives()
        finally:
            reader.close()

    def live_and_die(self) -> None:
        write_targets(self.folder / "targets" / "dinkes.json", self.target)
        for life, moment_s in enumerate(self.moments):
            with MonitorProcess(self.folder) as monitor:
                monitor.until_runs(1)
                time.sleep(moment_s)
                counts = monitor.runs_shown()
                monitor.signal(SIGKILL)
                self.killed_s.append(time.time())
                monitor.wait()
            self.shown_counts.append((life, counts))
            self.shown_lines |= {(line["transaction"], line["at_ms"], line["verdict"]) for line in monitor.lines}


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> list[Lane]:
    """Let monitors live and be killed, five ledgers side by side, four deaths each; then one last life each."""
    random_moments = random.Random(SEED)
    with serving(page()) as server:
        lanes = []
        for number in range(SIDE_BY_SIDE):
            moments = [random_moments.uniform(2.0, 4.0) for _ in range(KILLS // SIDE_BY_SIDE)]
            folder = tmp_path_factory.mktemp(f"lane{number}-")
            lanes.append(Lane(folder, server, moments))
        with ThreadPoolExecutor(SIDE_BY_SIDE) as together:
            list(together.map(Lane.live_and_die, lanes))
    assert sum(len(lane.killed_s) for lane in lanes) == KILLS
    return lanes


def test_every_run_that_was_printed_is_in_the_ledger(lanes: list[Lane]):
    for lane in lanes:
        kept = {(run.transaction, run.started_ms, run.verdict.value) for run in lane.runs()}
        assert lane.shown_lines
        assert lane.shown_lines - kept == set()


def test_every_run_that_was_counted_in_the_metrics_is_in_the_ledger(lanes: list[Lane]):
    for lane in lanes:
        lives = [life.life for life in lane.lives()]
        assert len(lives) == len(lane.shown_counts)
        kept = Counter((run.life, run.transaction, run.verdict.value) for run in lane.runs())
        for number, counts in lane.shown_counts:
            assert sum(counts.values()) > 0
            for (transaction, verdict), count in counts.items():
                assert count <= kept[lives[number], transaction, verdict]


def test_hits_that_were_older_than_2_s_have_a_run_in_the_ledger(lanes: list[Lane]):
    hits = kept = 0
    lost: list[str] = []
    for lane in lanes:
        spans: dict[str, list[tuple[int, int]]] = {}
        opened_ms = [life.opened_ms for life in lane.lives()]
        for run in lane.runs():
            spans.setdefault(run.transaction, []).append((run.started_ms - NEAR_MS, run.ended_ms + NEAR_MS))
        for asked in lane.server.asked:
            _, folder, transaction = urlsplit(asked.path).path.split("/")
            if folder != lane.folder.name:
                continue
            # of the life that was the newest then; a hit that the server read after its kill is not old, but late
            life = bisect_right(opened_ms, asked.at_s * 1000) - 1
            before_kill_s = lane.killed_s[life] - asked.at_s
            if before_kill_s < DURABLE_WITHIN_S:
                continue
            hits += 1
            at_ms = asked.at_s * 1000
            ran = spans.get(transaction, [])
            if any(start_ms <= at_ms <= end_ms for start_ms, end_ms in ran):
                kept += 1
            else:
                nearest_ms = min((abs(start_ms - at_ms) for start_ms, _ in ran), default=0)
                lost.append(f"{before_kill_s:.2f} s before a kill, {nearest_ms:.0f} ms from a run's start")
    assert hits > 100
    assert kept >= 0.99 * hits, f"{kept} of {hits} hits have a run; the others: {lost}"


def test_from_the_last_heartbeat_to_the_next_life_all_is_unknown(lanes: list[Lane]):
    for lane in lanes:
        reader = SqliteReader(lane.folder / "ledger.sqlite")
        lives = reader.lives()
        history = reader.history("dinkes", "antrean", start_ms=0, end_ms=2**60)
        reader.close()
        assert history is not None
        timeline = service_timeline(history, until_ms=lives[-1].heartbeat_ms)
        known = merge(
            span for verdict in Verdict if verdict is not Verdict.UNKNOWN for span in timeline.spans(verdict)
        )
        assert timeline.spans(Verdict.UP)
        for life, following in pairwise(lives):
            gap = (life.heartbeat_ms, following.opened_ms)
            assert gap[0] < gap[1]
            assert not list(intersect(known, [gap])), f"something was known in the gap {gap}"
