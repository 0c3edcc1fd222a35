"""The metrics of services and transactions: names, kinds, labels, and where each value comes from.

One table for the text that is scraped (``exposition.py``) and for a registry (``metrics.py``). A value None is no
sample. What is measured in parts of a unit stays a whole number: 412 of 10^-6 s is written ``412e-6``, which costs a
fraction of finding the digits of 0.000412, and is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from monitors.core.burnrate import DAY_MS, HOUR_MS, MINUTE_MS, WINDOWS_MS
from monitors.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.core.burnrate import Burn
    from monitors.core.sla import SlaStatement

PHASES = ("dns", "connect", "tls", "first_byte", "body")
PACKED_PHASES = Struct(f"{len(PHASES)}q")                # a nation's numbers as objects would take ten times as much
VERDICTS = tuple(Verdict)
Values = tuple[float | None, ...]
# 1 for the verdict that holds, 0 for the others
_STATES: dict[Verdict, Values] = {now: tuple(int(now is verdict) for verdict in VERDICTS) for now in VERDICTS}
_UP: dict[Verdict, Values] = {Verdict.UP: (1,), Verdict.DEGRADED: (1,), Verdict.DOWN: (0,), Verdict.UNKNOWN: (None,)}
NONE: Values = (None,)
NO_PHASES: Values = (0,) * len(PHASES)
NO_FIGURES: Values = (None, None, None)
NO_BURNS: Values = (0,) * len(WINDOWS_MS)
MICRO, MILLI, NANO = -6, -3, -9
Owner_contra = TypeVar("Owner_contra", contravariant=True)


class ServiceNow(Protocol):
    """A service as it is now."""

    now: Verdict
    promise: float                       # its target, as a ratio
    # of this month so far: availability and coverage in parts per billion, milliseconds of budget left; then, where
    # anything was down of late, burn rates in thousandths
    figures: Values


class TransactionNow(Protocol):
    """A transaction as of its newest run. Times in milliseconds, durations in microseconds."""

    now: Verdict
    started_ms: int                      # 0 before the first run
    duration_us: int
    phases: bytes                        # microseconds as in PHASES, packed; empty where no run was tried yet
    certificate_ends_ms: int             # 0 where none was read
    interval_ms: int
    up: int                              # runs, by verdict
    degraded: int
    down: int
    unknown: int
    missed: int
    first_failures: int
    is_flapping: bool


@dataclass(frozen=True, slots=True)
class Family(Generic[Owner_contra]):
    """One metric: its name as scraped, kind (gauge or counter), its owner's labels, and its help.

    ``values`` gives one value for each value in ``extra`` of the one label that it has beyond its owner's, ``label``;
    without such a label, one. They are whole numbers of 10^``exponent`` where that is not 0. ``hides_zero``: 0 is no
    sample either.
    """

    name: str
    kind: str
    help: str
    values: Callable[[Owner_contra], Values]
    owner: tuple[str, ...]
    label: str = ""
    extra: tuple[str, ...] = ("",)
    exponent: int = 0
    hides_zero: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels."""
        return (*self.owner, self.label) if self.label else self.owner

    def number(self, value: float | None) -> float | None:
        """Give a value as the number that its text says; None where it has none."""
        if value is None or (self.hides_zero and not value):
            return None
        return value / 10.0 ** -self.exponent if self.exponent else value


def figures_of(statement: SlaStatement, burns: Sequence[Burn] = ()) -> Values:
    """Keep of a statement what is shown: a nation's whole statements would take more memory than its states.

    Ratios are cut, not rounded, and burn rates cut upwards: nothing is shown as better than it is.
    """
    known_ms, observed_ms = statement.known_ms, statement.observed_ms
    return (
        statement.good_ms * 10 ** -NANO // known_ms if known_ms else None,
        known_ms * 10 ** -NANO // observed_ms if observed_ms else None,
        statement.budget_left_ms,
        *(0 if burn.rate is None else -(-burn.rate * 10 ** -MILLI // 1) for burn in burns),
    )


def _phases(transaction: TransactionNow) -> Values:
    return PACKED_PHASES.unpack(transaction.phases) if transaction.phases else NO_PHASES


_VERDICTS = tuple(verdict.value for verdict in VERDICTS)
_UNITS = ((DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "m"))
_WINDOWS = tuple(next(f"{ms // size}{unit}" for size, unit in _UNITS if ms % size == 0) for ms in WINDOWS_MS)
SERVICE = ("agency", "service")
TRANSACTION = ("agency", "service", "transaction")
SERVICE_FAMILIES: tuple[Family[ServiceNow], ...] = (
    Family("siaga24_service_up", "gauge",
           "1 if the service is up or degraded, 0 if it is down; no sample while it is unknown.",
           lambda s: _UP[s.now], SERVICE),
    Family("siaga24_service_verdict", "gauge",
           "1 for the verdict that the service has now as this vantage sees it, 0 for the others.",
           lambda s: _STATES[s.now], SERVICE, "verdict", _VERDICTS),
    Family("siaga24_promise_target_ratio", "gauge", "Promised availability of a calendar month, as a ratio.",
           lambda s: (s.promise,), SERVICE),
    Family("siaga24_availability_ratio", "gauge",
           "Availability over the known time of this month so far; no sample without data.",
           lambda s: s.figures[:1], SERVICE, exponent=NANO),
    Family("siaga24_coverage_ratio", "gauge", "Share of this month so far in which the verdict is known.",
           lambda s: s.figures[1:2], SERVICE, exponent=NANO),
    Family("siaga24_error_budget_left_seconds", "gauge",
           "Down time that the promise of this month still allows; negative when overspent.",
           lambda s: s.figures[2:3], SERVICE, exponent=MILLI),
    Family("siaga24_error_budget_burn_ratio", "gauge",
           "How many times as fast as it may the error budget is spent over the window: 1 spends that of 30 days in 30 "
           "days. No sample while nothing was down in it, or less than half of it is known.",
           lambda s: s.figures[3:] or NO_BURNS, SERVICE, "window", _WINDOWS, MILLI, hides_zero=True),
)
TRANSACTION_FAMILIES: tuple[Family[TransactionNow], ...] = (
    Family("siaga24_transaction_up", "gauge",
           "1 if the newest run is up or degraded, 0 if it is down; no sample while unknown.",
           lambda t: _UP[t.now], TRANSACTION),
    Family("siaga24_transaction_duration_seconds", "gauge", "Duration of the newest run's last try, all steps.",
           lambda t: (t.duration_us,) if t.phases else NONE, TRANSACTION, exponent=MICRO),
    Family("siaga24_transaction_phase_seconds", "gauge",
           "Duration of one phase of the newest run's last try, summed over its steps; no sample where it had none.",
           _phases, TRANSACTION, "phase", PHASES, MICRO, hides_zero=True),
    Family("siaga24_transaction_last_run_timestamp_seconds", "gauge",
           "Start of the newest run, missed ones included, in seconds since 1970.",
           lambda t: (t.started_ms,), TRANSACTION, exponent=MILLI, hides_zero=True),
    Family("siaga24_transaction_interval_seconds", "gauge",
           "Interval at which the transaction is run while all is well.",
           lambda t: (t.interval_ms,), TRANSACTION, exponent=MILLI),
    Family("siaga24_tls_certificate_end_timestamp_seconds", "gauge",
           "End of the first certificate to expire of those that the newest run met, in seconds since 1970.",
           lambda t: (t.certificate_ends_ms,), TRANSACTION, exponent=MILLI, hides_zero=True),
    Family("siaga24_runs_total", "counter", "Runs since the monitor started, by verdict.",
           lambda t: (t.up, t.degraded, t.down, t.unknown), TRANSACTION, "verdict", _VERDICTS),
    Family("siaga24_runs_missed_total", "counter", "Runs that were not started in time; they are unknown too.",
           lambda t: (t.missed,), TRANSACTION),
    Family("siaga24_first_try_failures_total", "counter", "Runs whose first try failed, whatever the second one said.",
           lambda t: (t.first_failures,), TRANSACTION),
    Family("siaga24_transaction_flapping", "gauge",
           "1 while the transaction goes down and comes back again and again: four changes within 30 minutes; else 0.",
           lambda t: (int(t.is_flapping),), TRANSACTION),
)
FAMILIES: tuple[Family[Any], ...] = (*SERVICE_FAMILIES, *TRANSACTION_FAMILIES)
STEP_FAILURES = "siaga24_step_failures_total"
STEP_FAILURES_HELP = "Runs that were not good because of this step; no sample before the first."
DURATIONS = "siaga24_agency_run_duration_seconds"
DURATIONS_HELP = "Duration of the last try of an agency's runs, all steps."
DURATION_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
