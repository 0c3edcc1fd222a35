"""The narrowest availability target that a service's transactions can prove, whatever the service does.

Even a service that is never down has tries that fail alone (a lost packet, a restarted router). The promise is kept
only where ``low``, the pessimistic bound, reaches the target; two things keep it from 100 %:

1. *Bounds.* Outages are judged from the last good try before to the first good try after (bounds of an incident by its
   neighbouring probes). A lone failure at interval I, whose two tries take up to 2 D, is therefore possibly L = I + 2 D
   of down time. A month of W has n = W / I runs, of which Poisson(n x f) fail alone at a rate f; k is its 95th
   percentile. So low = 1 - k L / W in at least 95 of 100 months. Several primary transactions count one after another.
   Worked: I = 30 s, D = 10 s, f = 0.05 %, W = 28 days: n = 80,640, n f = 40.3, k = 51; 51 x 50 s = 2,550 s of
   2,419,200 s leaves 99.894 %.
   Of V vantages a majority m = V // 2 + 1 must fail within the same L. Lone failures come at a rate of f / I at each:
   m of them coincide C(V, m) m (f / I)^m L^(m - 1) W times a month (rate of m-fold accidental coincidences), each
   for L at most. Worked: V = 3, so m = 2, and the rest as above: 3 x 2 x (0.0005 / 30 s)^2 x 50 s x 2,419,200 s = 0.20;
   k = 1, and 50 s leave 99.997 %. Where any vantage is enough m is 1: each adds its own lone failures.
2. *Sampling.* n good runs of n assert a long-run target T at 95 % only if T^n <= 5 % (see ``confidence.py``).
   Worked: one run an hour, n = 672: T = 0.05^(1/672) = 99.555 %.

The narrowest target is the lower of the two, truncated. Pure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from monitors.core.hours import share_of_week
from monitors.core.model import Quorum
from monitors.core.sla import budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.hours import Open
    from monitors.core.model import Transaction

MONTH_MS = 28 * 86_400_000               # the shortest month proves least
CONFIDENCE = 0.95
DIGITS = Decimal("0.001")
LONE_FAILURES = Decimal("0.05")          # percent of single tries, unless somebody knows better

TABLE_TIMES = ((5_000, 2_000), (15_000, 3_000), (30_000, 10_000), (60_000, 15_000), (300_000, 10_000))
TABLE_RATES = (Decimal("0.01"), LONE_FAILURES, Decimal("0.1"))
TABLE_TARGETS = (Decimal(99), Decimal("99.5"), Decimal("99.9"), Decimal("99.95"), Decimal("99.99"))
TABLE_VANTAGES = (1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvabilityRow:
    """What one primary transaction can prove of a healthy service, in a month of 28 days.

    ``not_proven``: for each target of ``TABLE_TARGETS`` the percent of months that read ``not proven`` although the
    service was never down, cut upwards; tries are taken to last as long as they may.
    """

    interval_ms: int
    deadline_ms: int
    vantages: int
    lone_failures: Decimal               # percent of single tries
    narrowest: Decimal                   # percent; proven in at least 95 of 100 months
    not_proven: tuple[tuple[Decimal, Decimal], ...]


def narrowest_target(
    transactions: Sequence[Transaction], lone_failures: Decimal = LONE_FAILURES, *, vantages: int = 1,
    quorum: Quorum = Quorum.MAJORITY, hours: Sequence[Open] = (),
) -> Decimal:
    """Return the narrowest provable target in percent, truncated to three decimals.

    ``lone_failures``: percent of single tries that fail although the service is well. ``hours``: of the promise; fewer
    hours have fewer runs, and prove less. 0 without a primary transaction.
    """
    primary = [(one.interval_ms, one.deadline_ms) for one in transactions if one.primary]
    return _narrowest(primary, lone_failures, vantages, quorum, month_ms=int(MONTH_MS * share_of_week(hours)))


def share_not_proven(
    target: Decimal, *, interval_ms: int, deadline_ms: int, lone_failures: Decimal, vantages: int = 1,
) -> Decimal:
    """Return the percent of months in which a healthy service reads ``not proven``, cut upwards to three decimals.

    More than budget / L lone failures do it: 99.9 % of 28 days allow 2,419.2 s, so 48 failures of 50 s.
    """
    allowed = budget(target, MONTH_MS) // _lost_each_ms(interval_ms, deadline_ms)
    share = 1 - _poisson_at_most(allowed, _mean(interval_ms, deadline_ms, lone_failures, vantages))
    return Decimal(100 * max(share, 0.0)).quantize(DIGITS, rounding=ROUND_CEILING)


def provability_table() -> tuple[ProvabilityRow, ...]:
    """Return the table of the method page."""
    return tuple(
        ProvabilityRow(
            interval_ms=interval_ms, deadline_ms=deadline_ms, vantages=vantages, lone_failures=rate,
            narrowest=_narrowest([(interval_ms, deadline_ms)], rate, vantages),
            not_proven=tuple(
                (target, share_not_proven(
                    target, interval_ms=interval_ms, deadline_ms=deadline_ms, lone_failures=rate, vantages=vantages,
                ))
                for target in TABLE_TARGETS
            ),
        )
        for vantages in TABLE_VANTAGES
        for rate in TABLE_RATES
        for interval_ms, deadline_ms in TABLE_TIMES
    )


def poisson_quantile(mean: float, share: float) -> int:
    """Return the least k with P(X <= k) >= share for X ~ Poisson(mean).

    Terms are summed from exp(-mean) upwards; above a mean of 500, where that underflows, the normal approximation
    with continuity (mean + 1.645 sqrt(mean) for 95 %) is off by less than one in a thousand.
    """
    if mean > 500:
        return math.ceil(mean + 1.6449 * math.sqrt(mean))
    term = total = math.exp(-mean)
    count = 0
    while total < share:
        count += 1
        term *= mean / count
        total += term
    return count


def _narrowest(
    primary: Sequence[tuple[int, int]], lone_failures: Decimal, vantages: int, quorum: Quorum = Quorum.MAJORITY, *,
    month_ms: int = MONTH_MS,
) -> Decimal:
    lost_ms = sum(
        _lost_each_ms(*times)
        * poisson_quantile(_mean(*times, lone_failures, vantages, quorum, month_ms=month_ms), CONFIDENCE)
        for times in primary
    )
    by_bounds = Decimal(100) * (1 - Decimal(lost_ms) / month_ms)
    runs = min((month_ms // interval_ms for interval_ms, _ in primary), default=0)
    by_sampling = Decimal(100 * (1 - CONFIDENCE) ** (1 / runs)) if runs else Decimal(0)
    return max(min(by_bounds, by_sampling), Decimal(0)).quantize(DIGITS, rounding=ROUND_DOWN)


def _lost_each_ms(interval_ms: int, deadline_ms: int) -> int:
    return interval_ms + 2 * deadline_ms


def _mean(
    interval_ms: int, deadline_ms: int, lone_failures: Decimal, vantages: int, quorum: Quorum = Quorum.MAJORITY, *,
    month_ms: int = MONTH_MS,
) -> float:
    """How many times a month a majority of the vantages (or any) fails at once, on the average."""
    majority = 1 if quorum is Quorum.ANY else vantages // 2 + 1
    rate = float(lone_failures) / 100 / interval_ms
    each_ms = _lost_each_ms(interval_ms, deadline_ms)
    coincidences: float = math.comb(vantages, majority) * majority * rate**majority * each_ms ** (majority - 1)
    return coincidences * month_ms


def _poisson_at_most(count: int, mean: float) -> float:
    """P(X <= count) for X ~ Poisson(mean); terms by their logarithms, so that no mean is too large."""
    if mean == 0:
        return 1.0
    if count > mean + 40 * math.sqrt(mean) + 40:
        return 1.0
    return min(1.0, math.fsum(
        math.exp(-mean + number * math.log(mean) - math.lgamma(number + 1)) for number in range(count + 1)
    ))
