"""The composition root: puts ledger, probes, runner, scheduler and server together into a monitor that lives."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import resource
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
from monitors.core.errors import LedgerError, UsageError
from monitors.core.history import Event, Gap, Life
from monitors.core.model import HTTP, Outcome
from monitors.core.overload import Load, Overload, falsifying
from monitors.core.places import Places
from monitors.core.verdict import US_PER_MS, spoken_us
from monitors.core.wall import Finding, WallWatch
from monitors.core.wording import duration
from monitors.dispatch import Dispatch
from monitors.health import Facts, health
from monitors.job_reports import Reports, read_key
from monitors.ledger.retention import RetentionRules
from monitors.ledger.sqlite import SqliteLedger
from monitors.ledger.sqlite_reader import SqliteReader
from monitors.load import Descriptors, most_descriptors
from monitors.metrics import MonitorMetrics
from monitors.probes import PROBES, other_kinds
from monitors.probes.coroutine import Desk, Hearing
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.guard_own import own_networks
from monitors.probes.http import MARK, HttpEngine
from monitors.probes.reader import PageReader
from monitors.probes.secrets_store import NO_SECRETS, SecretStore
from monitors.probes.transaction import TransactionProbe
from monitors.pulse import Pulse
from monitors.recorder import Recorder
from monitors.report_receiver import ReportReceiver
from monitors.runner import Runner, Watched, watch
from monitors.scheduler import Scheduler
from monitors.serving import Serving
from monitors.spool import Spool
from monitors.statements import Statements
from monitors.targets_source import TargetsFiles
from monitors.tidying import Tidying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from monitors.clock import Clock
    from monitors.core.model import Run, Target
    from monitors.settings import MonitorSettings
    from monitors.targets_source import Signature

FORGOTTEN_MS = 600_000                   # after so long a suspension, runs that were due are one gap and no records
DESCRIPTORS_A_RUN = 2
SWITCH_S = 0.001                         # a thread that computes holds up the loop for no longer
DESCRIPTORS_KEPT = 256                   # for the ledger, pages, name servers
REPORTS_KEY = "reports.key"              # beside the ledger


@contextlib.contextmanager
def probing(
    loop: asyncio.AbstractEventLoop, clock: Clock, *, reads_certificates: bool = False, guard: Guard = ANYWHERE,
    secrets: SecretStore = NO_SECRETS, mark: str = MARK, hearing: Hearing | None = None,
) -> Iterator[TransactionProbe]:
    """Give a probe with all kinds of steps; what it opened is closed at the end.

    ``guard``: which addresses it may connect to; anywhere where a person typed them. ``mark``: header line that every
    HTTP request carries, "" for none. ``hearing``: what jobs reported, None where nobody listens.
    """
    engine = HttpEngine(loop, reads_certificates=reads_certificates, guard=guard, mark=mark)
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
        self._files = TargetsFiles(settings.targets)
        self._signature: Signature = self._files.signature()
        self.targets = self._files.read()
        self.clock = clock or LifeClock()
        self._wall = WallWatch(settings.clock_stable_ms)
        self.is_renewing = False         # it ends, so that a life with a new anchor can begin
        self.life = uuid.uuid4().hex
        self.metrics = MonitorMetrics(
            vantage=settings.vantage, version=version("siaga24"), clock=lambda: self.clock.now_ms,
        )
        self.serving = Serving(
            settings.listen, metrics=self.metrics.answer, health=self.health,
        )
        try:
            self._ledger = SqliteLedger(settings.ledger)
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
            settings.ledger,
            RetentionRules(
                raw_days=settings.raw_days, max_bytes=settings.raw_most_bytes, dispute_days=settings.dispute_days,
            ),
            self.clock, on_note,
        )
        self._statements = Statements(
            lambda: SqliteReader(settings.ledger), self.clock, self.metrics.states.set_statement,
        )
        self._warning = ""
        self._unready: tuple[str, ...] = ()
        self._is_ended = False
        self._own_network_works = True
        self._overflowed = 0
        self._places = Places(
            possible_runs(settings.most_runs_at_once), a_host=settings.most_runs_a_host,
            a_network=settings.most_runs_a_network,
        )
        self._overload, self._descriptors = Overload(), Descriptors()
        self._writes = Writes(switch_of(settings.ledger))
        self._writing_stopped = ""

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
            hearing=self._reports,
        )
        with ours as self._probe, probing(loop, self.clock) as asking:
            self._canaries = self._canaries_by(asking)
            self._assemble()
            try:
                self._begin()
                if for_s is not None:
                    loop.call_later(for_s, self.stop)
                reloading = loop.create_task(self._reload_on_change(asked := asyncio.Event()))
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

    def health(self) -> dict[str, Any]:
        """Say how the monitor is, for /healthz. From any thread."""
        return health(Facts(
            vantage=self.settings.vantage, life=self.life, targets=self.targets,
            under_way=self._dispatch.under_way, waiting=self._dispatch.waiting, recording=self.recorder.state,
            loop_lag_ms=self._pulse.lag_ms, wall_clock_off_by_ms=self.clock.off_by_ms,
            warnings=[*self._unready, *([self._warning] if self._warning else [])],
            canaries=self.settings.canaries, canary_check=self._canaries.last if self._canaries else None,
            tally=self._dispatch.tally, coverage=self._dispatch.tally.coverage(self.clock.now_ms),
            overload=self._overload.now,
            writing=len(self._writes), writing_stopped=self._writing_stopped,
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
        self._pulse = Pulse(self._loop, self.clock, on_beat=self._beat, on_stall=self._stalled)
        self._scheduler = Scheduler(self._loop, self.clock, self._launch)
        self._dispatch = dispatch = Dispatch(
            runner, record=self.recorder.put, repace=self._scheduler.put, forget=self._scheduler.remove,
            was_missing_since=self._pulse.was_missing_since, places=self._places,
            writes=self._writes, was_overloaded_since=self._overloaded_since,
        )
        self.metrics.watch_tally(lambda: (dispatch.tally, dispatch.tally.coverage(self.clock.now_ms)))

    def _launch(self, key: str, scheduled_ms: int, interval_ms: int) -> None:
        self._dispatch.launch(key, scheduled_ms, interval_ms)

    def _ready(
        self, targets: Sequence[Target], current: Sequence[Watched] = (),
    ) -> tuple[list[Watched], list[str]]:
        """Make all transactions ready, and tell of the targets that cannot be run. May run on another thread.

        One author's mistake must not leave the others unwatched: such a target stays in the ledger, as unknown. Of
        ``current`` those stay as they are whose target is the very same.
        """
        ready: list[Watched] = []
        unready: list[str] = []
        kept: dict[int, list[Watched]] = {}
        for one in current:
            kept.setdefault(id(one.target), []).append(one)
        for target in targets:
            same = kept.get(id(target), ())
            if len(same) == len(target.transactions):
                ready += same
                continue
            try:
                ready += watch(self._probe, target)
            except UsageError as exc:
                unready.append(f"not watched: {exc}")
        return ready, unready

    def _begin(self) -> None:
        ready = self._ready(self.targets)
        self._take_over_budgets(ready[0])
        gc.collect()
        gc.freeze()                      # definitions stay: no collection need look at them again
        give_back_memory()
        sys.setswitchinterval(SWITCH_S)
        self.recorder.start()
        self._pulse.start()
        # a slot's first second is counted from when it is put in: its job must be there by then
        self._scheduler.start()
        self._take(self.targets, *ready)
        self._statements.start()
        self._tidying.start()
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
        reader = SqliteReader(self.settings.ledger)
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
        self._pulse.stop()
        if self._canaries:
            self._canaries.stop()
        self._statements.stop()
        self._tidying.stop()
        is_written = self.recorder.stop()
        self.close()
        return is_written

    def _take(self, targets: Sequence[Target], watched: Sequence[Watched], unready: Sequence[str]) -> None:
        """Put targets into force: for the ledger, the metrics and the schedule."""
        self.targets, self._unready = tuple(targets), tuple(unready)
        for told in unready:
            self._on_note(told)
        self.recorder.define(targets, self.clock.now_ms)
        self.metrics.states.set_targets(targets)
        self._statements.watch(targets)
        self._dispatch.replace(watched)

    async def _reload_on_change(self, asked: asyncio.Event) -> None:
        """Read the targets anew when they changed, or when somebody asks (SIGHUP)."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), self.settings.reload_ms / 1000)
            signature = await self._loop.run_in_executor(None, self._files.signature)
            if signature == self._signature and not asked.is_set():
                continue
            asked.clear()
            self._signature = signature
            try:
                targets, watched, unready = await self._loop.run_in_executor(
                    None, self._read_anew, self._dispatch.watched(),
                )
            except (UsageError, OSError) as exc:
                self._warning = f"the targets changed and cannot be used; the old ones stay in force: {exc}"
                self._on_note(self._warning)
                continue
            self._warning = ""
            self._take(targets, watched, unready)
            give_back_memory()
            self._on_note(f"targets read anew: {len(targets)} services, {len(watched)} transactions")

    def _read_anew(self, current: Sequence[Watched]) -> tuple[tuple[Target, ...], list[Watched], list[str]]:
        targets = self._files.read()
        return targets, *self._ready(targets, current)

    def _beat(self, now_ms: int) -> None:
        self.recorder.beat(now_ms)
        self._measure(now_ms)
        self.metrics.in_flight(self._dispatch.under_way)
        stopped = self._writes.stopped if len(self._writes) else ""
        if stopped != self._writing_stopped:
            self._on_note(stopped or "transactions that write run again")
            self._writing_stopped = stopped
            self.metrics.writing_stopped(is_stopped=bool(stopped))
        self._scheduler.realign()
        self._look_at_the_wall(now_ms)

    def _look_at_the_wall(self, now_ms: int) -> None:
        """Tell where the wall clock disagrees; where it does so for good, this life makes room for one that agrees."""
        if self._is_ended:
            return
        off_by_ms = self.clock.off_by_ms
        finding = self._wall.look(now_ms, off_by_ms, self.clock.slept_ms)
        if finding is Finding.NOTHING:
            return
        told = {
            Finding.DISAGREES: f"the wall clock was set {_set_by(off_by_ms)}; runs keep their pace",
            Finding.AGREES: "the wall clock agrees again",
            Finding.SETTLED: f"the wall clock stays {_set_by(off_by_ms)}; a new life begins with its time",
            Finding.SLEPT: f"the machine slept for {_set_by(off_by_ms)}; a new life begins with its time",
        }[finding]
        self._on_note(told)
        self.metrics.fault("clock")
        if finding not in (Finding.SETTLED, Finding.SLEPT):
            self._loop.run_in_executor(None, self._keep_event, now_ms, told)
        else:
            self._keep_event(now_ms, told)   # this life waits for it: soon its ledger is closed
            self.is_renewing = True
            self._stop("a new life begins")

    def _keep_event(self, at_ms: int, told: str) -> None:
        try:
            self._ledger.keep_event(Event(life=self.life, at_ms=at_ms, kind="clock", note=told))
        except LedgerError as exc:
            self._on_note(f"the ledger did not take an event: {exc}")

    def _measure(self, now_ms: int) -> None:
        """See whether there is more to do than can be done."""
        under_way, waiting = self._dispatch.under_way, self._dispatch.waiting
        self._descriptors.beat(under_way=under_way, limit=self._places.limit)
        self._overload.take(now_ms, Load(
            lag_ms=self._pulse.beat_lag_ms, descriptors=self._descriptors.count,
            most_descriptors=most_descriptors(), waiting=waiting, under_way=under_way,
            most_under_way=self._places.limit,
        ))
        overflowed = self.recorder.state.overflowed
        if overflowed > self._overflowed:
            self._dispatch.tally.was_dropped(now_ms, overflowed - self._overflowed, is_new=False)
            self._overflowed = overflowed
        self.metrics.queued(waiting)
        self.metrics.overloaded(is_so=bool(self._overload.now))

    def _overloaded_since(self, started_ms: int) -> str:
        """Say why what failed since then is doubtful; a lag that no beat has told of yet counts too."""
        lag_ms = self._pulse.lag_ms
        return self._overload.since(started_ms) or " and ".join(falsifying(Load(lag_ms=lag_ms)))

    def _stalled(self, start_ms: int, end_ms: int) -> None:
        reason = f"the monitor was suspended for {spoken_us((end_ms - start_ms) * US_PER_MS)}"
        self.recorder.gap(Gap(life=self.life, start_ms=start_ms, end_ms=end_ms, reason=reason))
        self.metrics.states.reset(end_ms)
        if self._reports is not None:
            self._reports.broken_until(end_ms)
        self.metrics.fault("suspended")
        self._on_note(f"{reason}; nothing is known of that time")
        if end_ms - start_ms > FORGOTTEN_MS:
            self._dispatch.tally.was_dropped(end_ms, self._scheduler.skip(end_ms), is_new=True)

    def _publish(self, runs: Sequence[Run]) -> None:
        for run in runs:
            self.metrics.states.update(run)
            if run.outcome is Outcome.DONE:
                self.metrics.late((run.started_ms - run.scheduled_ms) / 1000)
        self._on_durable(runs)


def _set_by(off_by_ms: int) -> str:
    """Say by how much: ``3.5 s forward``; an hour and more in words for people."""
    return f"{duration(abs(off_by_ms))} {'forward' if off_by_ms > 0 else 'back'}"


def give_back_memory() -> None:
    """Give the system what reading a nation's targets left free; a C library without this call keeps it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def possible_runs(wanted: int) -> int:
    """Say how many of ``wanted`` runs at once the hard limit of open files leaves sockets for."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, (hard - DESCRIPTORS_KEPT) // DESCRIPTORS_A_RUN))


def allow_descriptors(wanted: int) -> None:
    """Raise the soft limit of open files to ``wanted`` beyond a reserve, as far as the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + DESCRIPTORS_KEPT if hard == resource.RLIM_INFINITY else min(wanted + DESCRIPTORS_KEPT, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
