"""How many runs a claim about a service's long-run availability would need.

This is about the sampling (was it looked often enough to claim such a target at all?), not about what happened: that
the bounds say. n runs of which k failed assert at 95 % that the availability is at least T where so few failures would
come by luck in at most 5 of 100 cases if it were just T (Clopper-Pearson, one-sided):

    sum over i = 0..k of C(n, i) (1 - T)^i T^(n - i)  <=  5 %

Without a failure that is T^n <= 5 %: 99.9 % needs 2,995 clean runs, 99.99 % needs 29,956. Runs are taken to be
independent, which those within one outage are not: one failure here is one outage. ``Decimal`` with 50 digits. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from monitors.core.model import Verdict

if TYPE_CHECKING:
    from monitors.core.history import ServiceHistory
    from monitors.core.sla import SlaStatement

CONFIDENCE = Decimal(95)                 # percent
LUCK = 1 - CONFIDENCE / 100
MOST_FAILURES = 1_000                    # more than these are no question of luck
_EXACT = Context(prec=50, Emin=MIN_EMIN, Emax=MAX_EMAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """What a window's runs are enough to claim. Of the transaction (and its best vantage) that was looked at least."""

    target: Decimal                      # percent
    runs: int                            # whose verdict is known
    failed: int                          # of them: outages, each of any number of runs
    clean_needed: int                    # runs without a failure
    needed: int | None                   # runs with as many failures as there were; None: too many for a claim by luck

    @property
    def is_enough(self) -> bool:
        """Whether the runs assert the target with the failures there were."""
        return self.needed is not None and self.runs >= self.needed

    @property
    def is_sampled_enough(self) -> bool:
        """Whether they would have, had none failed."""
        return self.runs >= self.clean_needed


def clean_runs_needed(target: Decimal) -> int:
    """Say how many runs without a failure assert ``target`` percent: 598 for 99.5 %, 2,995 for 99.9 %."""
    return _needed(target, 0)


def runs_needed(target: Decimal, failures: int) -> int | None:
    """Say how many runs with so many failures assert ``target`` percent: 4,742 with one for 99.9 %.

    None beyond 1,000 failures. Raises ValueError for a target outside of 0 to 100 and for fewer than no failures.
    """
    if failures < 0:
        raise ValueError(f"{failures} failures; expected 0 or more")
    return _needed(target, failures) if failures <= MOST_FAILURES else None


def confidence(history: ServiceHistory, found: SlaStatement) -> Confidence:
    """Judge the sampling of a statement's window."""
    counts: dict[str, tuple[int, int]] = {}
    lanes: dict[tuple[str, str], list[tuple[int, int, Verdict]]] = {}
    for stretch in history.stretches:
        if found.start_ms <= stretch.start_ms and stretch.last_start_ms < found.until_ms:
            known = 0 if stretch.verdict is Verdict.UNKNOWN else stretch.runs
            lanes.setdefault((stretch.transaction, stretch.vantage), []).append(
                (stretch.start_ms, known, stretch.verdict),
            )
    for one in history.target.transactions:
        seen = [_counted(lane) for (name, _), lane in lanes.items() if name == one.name]
        if one.primary:
            counts[one.name] = max(seen, default=(0, 0))
    runs, failed = min(counts.values(), key=lambda count: (count[0], -count[1]), default=(0, 0))
    return Confidence(
        target=found.target, runs=runs, failed=failed, clean_needed=clean_runs_needed(found.target),
        needed=runs_needed(found.target, failed),
    )


def _counted(lane: list[tuple[int, int, Verdict]]) -> tuple[int, int]:
    """Count the known runs of a lane, and its outages: ``down`` stretches with none that is good between are one."""
    runs = outages = 0
    was_down = False
    for _, known, verdict in sorted(lane, key=lambda piece: piece[0]):
        runs += known
        if verdict is not Verdict.UNKNOWN:
            outages += verdict is Verdict.DOWN and not was_down
            was_down = verdict is Verdict.DOWN
    return runs, outages


def _needed(target: Decimal, failures: int) -> int:
    if not 0 < target < 100:
        raise ValueError(f"target {target} %: expected more than 0 and less than 100")
    with localcontext(_EXACT):
        good = target / 100
        least, most = failures, 2 * failures + 2
        while not _is_asserted(good, failures, most):
            least, most = most, most * 2
        while most - least > 1:          # not asserted by ``least``, asserted by ``most``
            middle = (least + most) // 2
            if _is_asserted(good, failures, middle):
                most = middle
            else:
                least = middle
    return most


def _is_asserted(good: Decimal, failures: int, runs: int) -> bool:
    term = total = good**runs
    for number in range(failures):
        term *= (1 - good) * (runs - number) / (good * (number + 1))
        total += term
    return total <= LUCK
