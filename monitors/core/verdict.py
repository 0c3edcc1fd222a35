"""The verdict of a run, from its tries alone: semantics "Verdict of a run"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.model import Verdict

if TYPE_CHECKING:
    from monitors.core.model import StepResult, Try

US_PER_MS = 1000
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    """What a run's tries say. ``reason`` is a sentence, empty when the verdict is ``up``."""

    verdict: Verdict
    reason: str = ""
    failed_step: str = ""                # name of the step that failed, "" if none
    first_try_failed: bool = False


UP = RunVerdict(verdict=Verdict.UP)


def spoken_us(duration_us: int) -> str:
    """Say a duration: ``340 µs``, ``12 ms``, ``1.2 s``; cut, never rounded up."""
    if duration_us < US_PER_MS:
        return f"{duration_us} µs"
    if duration_us < US_PER_S:
        return f"{duration_us // US_PER_MS} ms"
    tenths = duration_us * 10 // US_PER_S
    return f"{tenths // 10} s" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} s"


def needs_second_try(first: Try) -> bool:
    """A failed critical step is tried again; our own fault is not, since it says nothing of the service."""
    return not first.fault and first.failed_step is not None


def judge(
    first: Try,
    second: Try | None = None,
    *,
    latency_target_ms: int | None = None,
    own_network_works: bool | None = None,
    network_said: str = "",
) -> RunVerdict:
    """Judge a run by its tries; ``second`` is there exactly where ``needs_second_try(first)``.

    ``latency_target_ms``: of the whole transaction. ``own_network_works``: what canaries said after the last try, None
    where none were asked; only ``False`` changes anything, and only a run that would be ``down``. ``network_said``: the
    same in words.
    """
    if first.fault:
        return RunVerdict(verdict=Verdict.UNKNOWN, reason=first.fault)
    failed = first.failed_step
    if failed is None:
        return _judge_passed(first, latency_target_ms)
    if second is None:
        raise ValueError("a try whose critical step failed was judged without a second one")
    if second.fault:
        return RunVerdict(
            verdict=Verdict.UNKNOWN, first_try_failed=True, failed_step=failed.name,
            reason=f"first try: {failed.reason}; the second could not be made: {second.fault}",
        )
    again = second.failed_step
    if again is None:
        return RunVerdict(
            verdict=Verdict.DEGRADED, first_try_failed=True, failed_step=failed.name,
            reason=f"first try: {failed.reason}; the second passed",
        )
    if own_network_works is False:
        why = f" ({network_said})" if network_said else ""
        return RunVerdict(
            verdict=Verdict.UNKNOWN, first_try_failed=True, failed_step=again.name,
            reason=f"the monitor's own network failed{why}; what it saw: {again.reason}",
        )
    return RunVerdict(verdict=Verdict.DOWN, reason=again.reason, failed_step=again.name, first_try_failed=True)


def _judge_passed(attempt: Try, latency_target_ms: int | None) -> RunVerdict:
    flaw: StepResult | None = None
    for step in attempt.steps:
        if not step.passed:
            return RunVerdict(verdict=Verdict.DEGRADED, reason=step.reason, failed_step=step.name)
        if step.too_slow and flaw is None:
            flaw = step
    if flaw is not None:
        return RunVerdict(verdict=Verdict.DEGRADED, reason=flaw.reason)
    if latency_target_ms is not None and attempt.duration_us > latency_target_ms * US_PER_MS:
        return RunVerdict(
            verdict=Verdict.DEGRADED,
            reason=f"took {spoken_us(attempt.duration_us)} in all, target {spoken_us(latency_target_ms * US_PER_MS)}",
        )
    return UP
