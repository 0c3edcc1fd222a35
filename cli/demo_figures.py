"""What the demo shows of each service, read from the ledger alone: what a crash could lose is never on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from monitors.core.model import Run, Target, Verdict
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import data_until, service_timeline
from monitors.core.window import month_of, month_window
from monitors.core.wording import instant
from monitors.ledger.base import LedgerReader

SAID_RUNS = 5                            # bad runs that are told; the rest is a number


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFigures:
    """One line of the table. ``newest``: the newest run of each transaction in this life of the monitor."""

    target: Target
    verdict: Verdict
    since_ms: int                        # start of the verdict that holds now
    statement: SlaStatement | None       # of this month so far; None while there is none
    newest: tuple[Run, ...]

    @property
    def is_up(self) -> bool:
        """Every transaction ran in this life, and all newest runs are up."""
        return len(self.newest) == len(self.target.transactions) and all(
            run.verdict is Verdict.UP for run in self.newest
        )

    @property
    def since(self) -> str:
        """When the verdict began, by the agency's own clock."""
        return instant(self.since_ms, ZoneInfo(self.target.time_zone), with_date=False)

    @property
    def duration(self) -> str:
        """How long the newest run took; of several transactions the slowest one."""
        return f"{max(run.duration_us for run in self.newest) / 1000:.0f} ms" if self.newest else "-"

    @property
    def reason(self) -> str:
        """Why it is not up, in the monitor's words."""
        return next((run.reason for run in self.newest if run.reason), "")


def figures(ledger: LedgerReader, *, now_ms: int) -> tuple[ServiceFigures, ...]:
    """Read the figures of all services, all of one moment; none before the monitor's first record."""
    with ledger.snapshot():
        return _figures(ledger, now_ms)


def _figures(ledger: LedgerReader, now_ms: int) -> tuple[ServiceFigures, ...]:
    lives = ledger.lives()
    if not lives:
        return ()
    life = lives[-1].life
    newest = [run for run in ledger.last_runs() if run.life == life]
    found = []
    for definition in ledger.definitions():
        target = definition.target
        zone = ZoneInfo(target.time_zone)
        window = month_window(month_of(now_ms, zone), zone)
        history = ledger.history(target.agency, target.service, start_ms=window.start_ms, end_ms=window.end_ms)
        if history is None:
            continue
        timeline = service_timeline(history, until_ms=data_until(history.lives, now_ms))
        since_ms, _, verdict = timeline.segments[-1] if timeline.segments else (now_ms, now_ms, Verdict.UNKNOWN)
        found.append(ServiceFigures(
            target=target, verdict=verdict, since_ms=since_ms, statement=statement(history, timeline, window),
            newest=tuple(run for run in newest if (run.agency, run.service) == (target.agency, target.service)),
        ))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of all runs of this life. ``bad``: a sentence for each that was not up, the first few."""

    services: int
    runs: int
    bad_runs: int
    bad: tuple[str, ...]
    silent: tuple[str, ...]              # transactions without any run

    @property
    def is_good(self) -> bool:
        """Every service was up from its first run on."""
        return not self.bad_runs and not self.silent and self.services > 0


def result(ledger: LedgerReader, *, now_ms: int) -> Result:
    """Judge every run of the monitor's newest life."""
    life = ledger.lives()[-1]
    runs, bad, silent, services = 0, [], [], 0
    for definition in ledger.definitions():
        target = definition.target
        zone = ZoneInfo(target.time_zone)
        services += 1
        ran = [
            run for run in ledger.runs(target.agency, target.service, start_ms=life.opened_ms, end_ms=now_ms + 1)
            if run.life == life.life
        ]
        runs += len(ran)
        bad += [
            f"{run.agency}/{run.service} {run.transaction}, run {run.sequence + 1} at "
            f"{instant(run.started_ms, zone, with_date=False)}: {run.verdict.value}: {run.reason or 'no reason given'}"
            for run in ran if run.verdict is not Verdict.UP
        ]
        seen = {run.transaction for run in ran}
        silent += [f"{target.key} {one.name}" for one in target.transactions if one.name not in seen]
    return Result(services=services, runs=runs, bad_runs=len(bad), bad=tuple(bad[:SAID_RUNS]), silent=tuple(silent))
