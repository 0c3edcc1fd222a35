"""What /healthz says: the truth about this monitor, in sentences where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitors.core.tally import Tally
from monitors.core.verdict import US_PER_MS, spoken_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.canary import CanaryCheck
    from monitors.core.model import Target
    from monitors.recorder import RecorderState

OLD_BATCH_S = 5.0                        # no durable batch for so long is a problem, not a delay
LAG_MS = 2_000                           # the same for the loop
NO_CANARIES = (
    "none are configured: where this machine's own network fails, services read as down; name several, "
    "--canary URL or HOST:PORT"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a monitor at one moment."""

    vantage: str
    life: str
    targets: Sequence[Target]
    under_way: int
    waiting: int
    recording: RecorderState
    loop_lag_ms: int
    wall_clock_off_by_ms: int
    warnings: Sequence[str]
    canaries: Sequence[str] = ()
    canary_check: CanaryCheck | None = None      # the last
    tally: Tally = field(default_factory=Tally)
    coverage: float | None = None                # share of the last hour's runs that were done
    overload: Sequence[str] = ()                 # what there is too much of now, in sentences
    writing: int = 0                             # transactions that write
    writing_stopped: str = ""                    # why they may not now, in a sentence


def health(facts: Facts) -> dict[str, Any]:
    """Write the page. ``problems``: it does not do its work. ``warnings``: it does, and somebody should look.

    Both are sentences.
    """
    recording = facts.recording
    problems = []
    if facts.loop_lag_ms > LAG_MS:
        problems.append(f"the monitor's loop has not moved for {spoken_us(facts.loop_lag_ms * US_PER_MS)}")
    if recording.problem:
        problems.append(recording.problem)
    elif recording.batch_age_s > OLD_BATCH_S:
        problems.append(f"nothing was written to the ledger for {recording.batch_age_s:.0f} s")
    if recording.overflowed:
        problems.append(f"{recording.overflowed} results did not fit into the queue and are lost")
    warnings = list(facts.warnings)
    check = facts.canary_check
    if check is not None and not check.works:
        warnings.append(f"this machine's own network fails, and runs that fail are unknown: {check.summary}")
    if facts.overload:
        warnings.append(f"overloaded, and runs that fail may be unknown: {'; '.join(facts.overload)}")
    if facts.writing_stopped:
        warnings.append(f'{facts.writing_stopped}; they are unknown until "siaga24 monitor writes --go"')
    return {
        "status": "failing" if problems else "ok",
        "problems": problems,
        "warnings": warnings,
        "vantage": facts.vantage,
        "life": facts.life,
        "targets": len(facts.targets),
        "transactions": sum(len(target.transactions) for target in facts.targets),
        "runs": {
            "under_way": facts.under_way, "waiting": facts.waiting, "expected": facts.tally.expected,
            "done": facts.tally.done, "late": facts.tally.late, "missed": facts.tally.missed,
            "dropped": facts.tally.dropped, "suspect": facts.tally.suspect,
        },
        "coverage_of_the_last_hour": None if facts.coverage is None else round(facts.coverage, 6),
        "overload": list(facts.overload),
        "ledger": {
            "last_batch_age_s": round(recording.batch_age_s, 3), "waiting": recording.waiting,
            "overflowed": recording.overflowed,
        },
        "writes": {"transactions": facts.writing, "stopped": bool(facts.writing_stopped)},
        "canaries": _canaries(facts),
        "loop_lag_ms": facts.loop_lag_ms,
        "wall_clock_off_by_ms": facts.wall_clock_off_by_ms,
    }


def _canaries(facts: Facts) -> dict[str, Any]:
    """Say what the witnesses of the own network said last, or what it means that there are none."""
    if not facts.canaries:
        return {"configured": 0, "note": NO_CANARIES}
    check = facts.canary_check
    return {
        "configured": len(facts.canaries), "works": None if check is None else check.works,
        "checked_ms": None if check is None else check.began_ms,
        "said": {} if check is None else {one.name: one.reason or "reached" for one in check.said},
    }
