"""The composition root: puts ledger, probes, runner, scheduler and server together into a monitor that lives."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import uuid
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from monitors.budget import Writes, switch_of
from monitors.canary import Canaries
from monitors.clock import LifeClock
from monitors.core.budget import MS_PER_DAY
from monitors.core.canary import CanaryCheck, witnesses
from monitors.core.errors import LedgerError
from monitors.core.history import Life
from monitors.core.model import HTTP, Outcome
from monitors.core.places import Places
from monitors.core.verdict import US_PER_MS, spoken_us
from monitors.dispatch import Dispatch
from monitors.health import Facts, health
from monitors.in_force import TargetsInForce
from monitors.job_reports import Reports, read_key
from monitors.ledger.opening import open_reader, open_writer
from monitors.ledger.retention import RetentionRules
from monitors.load import DESCRIPTORS_A_RUN, allow_descriptors, give_back_memory, possible_runs
from monitors.metrics import MonitorMetrics
from monitors.probes import PROBES, other_kinds
from monitors.probes.coroutine import Desk, Hearing
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.guard_own import own_networks
from monitors.probes.http import MARK, HttpEngine
from monitors.probes.reader import PageReader
from monitors.probes.secrets_store import NO_SECRETS, SecretStore
from monitors.probes.transaction import TransactionProbe
from monitors.recorder import Recorder
from monitors.report_receiver import ReportReceiver
from monitors.rollups import Rollups
from monitors.runner import Runner
from monitors.scheduler import Scheduler
from monitors.self_watch import SelfWatch, Told
from monitors.serving import Serving
from monitors.settings import HttpEngineName
from monitors.spool import Spool
from monitors.statements import Statements
from monitors.tidying import Tidying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitors.clock import Clock
    from monitors.core.model import Run, Target
    from monitors.runner import Watched
    from monitors.settings import MonitorSettings

SWITCH_S = 0.001                         # a thread that computes holds up the loop for no longer
REPORTS_KEY = "reports.key"              # beside the ledger


@contextlib.contextmanager
def probing(
    loop: asyncio.AbstractEventLoop, clock: Clock, *, reads_certificates: bool = False, guard: Guard = ANYWHERE,
    secrets: SecretStore = NO_SECRETS, mark: str = MARK, hearing: Hearing | None = None, is_raw: bool = True,
) -> Iterator[TransactionProbe]:
    """Give a probe with all kinds of steps; what it opened is closed at the end.

    ``guard``: which addresses it may connect to; anywhere where a person typed them. ``mark``: header line that every
    HTTP request carries, "" for none. ``is_raw``: plain GETs go without libcurl. ``hearing``: what jobs reported, None
    where nobody listens.
    """
    engine = HttpEngine(loop, reads_certificates=reads_certificates, guard=guard, mark=mark, is_raw=is_raw)
    reader = PageReader()
    desk = Desk(loop, guard, hearing, now_ms=lambda: clock.now_ms, secrets=secrets, mark=mark)
    try:
        yield TransactionProbe(
            {HTTP: PROBES[HTTP](loop, engine, reader, secrets), **other_kinds(desk)}, loop, clock,
            is_behind=engine.is_behind,
        )
    finally:
        desk.close()
        engine.close()
        reader.close()


class Monitor:
    """One life of a monitor. Made, it holds its address and its ledger; ``run`` lives until it is stopped.

    ``on_durable`` gets runs that are in the ledger, on a thread of its own choosing; ``on_note`` a sentence for the
    operator, on the loop's. Raises UsageError, LedgerError or Siaga24Error where it cannot begin.
    """

    def __init__(
        self, settings: MonitorSettings, *, on_durable: Callable[[Sequence[Run]], None],
        on_note: Callable[[str], None], clock: LifeClock | None = None,
    ) -> None:
        self.settings, self._on_durable, self._on_note = settings, on_durable, on_note
        self._guard = Guard(settings.allow_networks, own_networks())
        self._secrets = SecretStore(settings.secrets_dir, os.environ)
        self._in_force = TargetsInForce(settings.targets, on_note)
        self.clock = clock or LifeClock()
        self.is_renewing = False         # it ends, so that a life with a new anchor can begin
        self.life = uuid.uuid4().hex
        self.metrics = MonitorMetrics(
            vantage=settings.vantage, version=version("siaga24"), clock=lambda: self.clock.now_ms,
        )
        self.serving = Serving(
            settings.listen, metrics=self.metrics.answer, health=self.health,
        )
        try:
            if settings.server is not None:      # what lies beside a file needs a place
                settings.ledger.parent.mkdir(parents=True, exist_ok=True)
            self._ledger = open_writer(settings.ledger_name)
            try:
                now_ms = self.clock.now_ms
                self._ledger.open_life(Life(
                    life=self.life, vantage=settings.vantage, opened_ms=now_ms, host=socket.gethostname(),
                    pid=os.getpid(), version=version("siaga24"),
                ))
                self._reports, self._receiver = self._listen_for_reports()
            except BaseException:
                self._ledger.close()
                raise
        except BaseException:
            self.serving.stop()
            raise
        self.recorder = Recorder(
            self._ledger, life=self.life, now_ms=now_ms, publish=self._publish, gauges=self.metrics,
            spool=Spool(settings.spool_dir or settings.ledger.parent),
        )
        self._tidying = Tidying(
            settings.ledger_name,
            RetentionRules(
                raw_days=settings.raw_days, max_bytes=settings.raw_most_bytes, dispute_days=settings.dispute_days,
            ),
            self.clock, on_note,
        )
        self._rollups = Rollups(settings.ledger_name, self.clock, on_note)
        self._statements = Statements(
            lambda: open_reader(settings.ledger_name), self.clock, self.metrics.states.set_statement,
        )
        self._is_ended = False
        self._own_network_works = True
        self._places = Places(
            possible_runs(settings.most_runs_at_once), a_host=settings.most_runs_a_host,
            a_network=settings.most_runs_a_network,
        )
        self._writes = Writes(switch_of(settings.ledger))

    async def run(self, *, for_s: float | None = None) -> None:
        """Watch until a signal, or for ``for_s`` seconds; then let runs end, write what waits, and return.

        Raises LedgerError where results could not be written.
        """
        self._loop = loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        allow_descriptors(self.settings.most_runs_at_once * DESCRIPTORS_A_RUN)
        # canaries are asked by an engine of their own: operators name them, and the guard is for what agencies write
        ours = probing(
            loop, self.clock, guard=self._guard, secrets=self._secrets, mark=self.settings.synthetic_header,
            hearing=self._reports, is_raw=self.settings.http_engine is HttpEngineName.RAW,
        )
        with ours as self._probe, probing(loop, self.clock) as asking:
            self._canaries = self._canaries_by(asking)
            self._assemble()
            try:
                self._begin()
                if for_s is not None:
                    loop.call_later(for_s, self.stop)
                asked = asyncio.Event()
                reloading = loop.create_task(self._in_force.follow(
                    self._probe, asked, every_s=self.settings.reload_ms / 1000, on_change=self._take,
                ))
                loop.add_signal_handler(signal.SIGHUP, asked.set)
                await self._idle.wait()
                reloading.cancel()
            finally:
                is_written = self._end()
        if not is_written:
            recording = self.recorder.state
            why = recording.problem or "the ledger did not take them in time"
            raise LedgerError(f"{recording.waiting} results were not written and are lost; {why}")

    def stop(self) -> None:
        """Start no more runs and end when those under way have ended; a second call ends at once."""
        self.is_renewing = False
        if self._is_ended:
            self._dispatch.give_up()
            return
        self._stop("stopping")

    def _renew(self) -> None:
        self.is_renewing = True
        self._stop("a new life begins")

    def _stop(self, why: str) -> None:
        self._is_ended = True
        self._scheduler.stop()
        if self._dispatch.under_way:
            self._on_note(f"{why}; waiting for {self._dispatch.under_way} runs to end (again to stop at once)")
        self._dispatch.stop(self._idle.set)
        self._loop.call_later(self.settings.drain_ms / 1000, self._stop_draining)

    def _stop_draining(self) -> None:
        """End at the latest now: what still runs is unknown."""
        if self._dispatch.under_way:
            self._on_note(
                f"{self._dispatch.under_way} runs did not end within {spoken_us(self.settings.drain_ms * US_PER_MS)}",
            )
            self._dispatch.give_up()

    def close(self) -> None:
        """Let the address and the ledger go: for a monitor that was made and not run. A repeat is harmless."""
        self.serving.stop()
        if self._receiver is not None:
            self._receiver.stop()
        self._ledger.close()

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is watched now."""
        return self._in_force.targets

    def health(self) -> dict[str, Any]:
        """Say how the monitor is, for /healthz. From any thread."""
        return health(Facts(
            vantage=self.settings.vantage, life=self.life, targets=self._in_force.targets,
            under_way=self._dispatch.under_way, waiting=self._dispatch.waiting, recording=self.recorder.state,
            loop_lag_ms=self._self_watch.lag_ms, wall_clock_off_by_ms=self.clock.off_by_ms,
            warnings=self._in_force.warnings,
            canaries=self.settings.canaries, canary_check=self._canaries.last if self._canaries else None,
            tally=self._dispatch.tally, coverage=self._dispatch.tally.coverage(self.clock.now_ms),
            overload=self._self_watch.overload,
            writing=len(self._writes), writing_stopped=self._self_watch.writing_stopped,
        ))

    def _canaries_by(self, probe: TransactionProbe) -> Canaries | None:
        """Make the canaries ready; None where none are configured: then failing runs are judged without asking."""
        if not self.settings.canaries:
            return None
        return Canaries(
            witnesses(self.settings.canaries), probe, self._loop, self.clock, on_check=self._canary_checked,
        )

    def _canary_checked(self, check: CanaryCheck) -> None:
        self.metrics.canary_checked(check)
        if check.works is not self._own_network_works:
            self._own_network_works = check.works
            self._on_note(
                "this machine's own network works again" if check.works else
                f"this machine's own network fails, and runs that fail are unknown: {check.summary}",
            )

    def _listen_for_reports(self) -> tuple[Reports | None, ReportReceiver | None]:
        where = self.settings.reports
        if where is None:
            return None, None
        reports = Reports(
            read_key(self.settings.ledger.with_name(REPORTS_KEY)), self.clock, known=self._ledger.last_reports(),
            keep=lambda job, report: self._ledger.keep_report(job, report, life=self.life),
        )
        return reports, ReportReceiver(where, reports)

    @property
    def reports_port(self) -> int:
        """The port on which reports are heard, 0 if none are."""
        return 0 if self._receiver is None else self._receiver.port

    def _assemble(self) -> None:
        runner = Runner(
            self.clock, vantage=self.settings.vantage, life=self.life,
            ask_canaries=self._canaries.ask if self._canaries else None,
            writing_stopped=lambda: self._writes.stopped,
        )
        told = Told(
            life=self.life, keep_event=self._ledger.keep_event, recorder=self.recorder, metrics=self.metrics,
            reports=self._reports, on_note=self._on_note, renew=self._renew,
        )
        self._self_watch = SelfWatch(
            self._loop, self.clock, told, places=self._places, writes=self._writes,
            stable_ms=self.settings.clock_stable_ms,
        )
        self._scheduler = Scheduler(self._loop, self.clock, self._launch)
        self._dispatch = dispatch = Dispatch(
            runner, record=self.recorder.put, repace=self._scheduler.put, forget=self._scheduler.remove,
            was_missing_since=self._self_watch.was_missing_since, places=self._places,
            writes=self._writes, was_overloaded_since=self._self_watch.overloaded_since,
        )
        self.metrics.watch_tally(lambda: (dispatch.tally, dispatch.tally.coverage(self.clock.now_ms)))

    def _launch(self, key: str, scheduled_ms: int, interval_ms: int) -> None:
        self._dispatch.launch(key, scheduled_ms, interval_ms)

    def _begin(self) -> None:
        self._in_force.make_ready(self._probe)
        self._take_over_budgets(self._in_force.watched)
        gc.collect()
        gc.freeze()                      # definitions stay: no collection need look at them again
        give_back_memory()
        sys.setswitchinterval(SWITCH_S)
        self.recorder.start()
        self._self_watch.start(self._dispatch, self._scheduler)
        # a slot's first second is counted from when it is put in: its job must be there by then
        self._scheduler.start()
        self._take()
        self._statements.start()
        self._tidying.start()
        self._rollups.start()
        if self._canaries:
            self._canaries.start()
        self.serving.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)

    def _take_over_budgets(self, watched: Sequence[Watched]) -> None:
        """Count what was written today by lives before this one."""
        self._writes.watch(watched)
        if not len(self._writes):
            return
        now_ms = self.clock.now_ms
        reader = open_reader(self.settings.ledger_name)
        try:
            for one in watched:
                if one.transaction.writes:
                    target, name = one.target, one.transaction.name
                    today_ms = now_ms - now_ms % MS_PER_DAY
                    runs = reader.runs(target.agency, target.service, name, start_ms=today_ms, end_ms=now_ms + 1)
                    self._writes.take_over(one.key, (run for run in runs if run.vantage == self.settings.vantage))
        finally:
            reader.close()

    def _end(self) -> bool:
        self._scheduler.stop()
        self._self_watch.stop()
        if self._canaries:
            self._canaries.stop()
        self._statements.stop()
        self._tidying.stop()
        self._rollups.stop()
        is_written = self.recorder.stop()
        self.close()
        return is_written

    def _take(self) -> None:
        """Put the targets into force: for the ledger, the metrics and the schedule."""
        targets = self._in_force.targets
        self.recorder.define(targets, self.clock.now_ms)
        self.metrics.states.set_targets(targets)
        self._statements.watch(targets)
        self._dispatch.replace(self._in_force.watched)

    def _publish(self, runs: Sequence[Run]) -> None:
        for run in runs:
            self.metrics.states.update(run)
            if run.outcome is Outcome.DONE:
                self.metrics.late((run.started_ms - run.scheduled_ms) / 1000)
        self._on_durable(runs)
