"""The narrowest availability target that a service's transactions can prove, whatever the service does.

Even a service that is never down has tries that fail alone (a lost packet, a restarted router). The promise is kept
only where ``low``, the pessimistic bound, reaches the target; two things keep it from 100 %:

1. *Bounds.* Outages are judged from the last good try before to the first good try after (bounds of an incident by its
   neighbouring probes). A lone failure at interval I, whose two tries take up to 2 D, is therefore possibly I + 2 D of
   down time. A month of W has n = W / I runs, of which Poisson(n x f) fail alone at a rate f; k is its 95th percentile.
   So low = 1 - k (I + 2 D) / W in at least 95 of 100 months. Several primary transactions count one after the other.
   Worked: I = 30 s, D = 10 s, f = 0.05 %, W = 28 days: n = 80,640, n f = 40.3, k = 51; 51 x 50 s = 2,550 s of
   2,419,200 s leaves 99.894 %.
2. *Sampling.* n good runs of n assert a long-run target T at 95 % only if T^n <= 5 % (Clopper-Pearson with no failure;
   about 3 / (1 - T) runs). Worked: one run an hour, n = 672: T = 0.05^(1/672) = 99.555 %.

The narrowest target is the lower of the two, truncated. Pure.
"""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Transaction

MONTH_MS = 28 * 86_400_000  # the shortest month proves least
CONFIDENCE = 0.95
DIGITS = Decimal("0.001")

# Factors of the alert rules (SRE Workbook's 14.4, 6 and 1, and Sloth's 3). A burn rate cannot exceed 1 / (1 - target).
BURN_FACTORS = (Decimal("14.4"), Decimal(6), Decimal(3), Decimal(1))


def narrowest_target(transactions: Sequence[Transaction], lone_failures: Decimal) -> Decimal:
    """Return the narrowest provable target in percent, truncated to three decimals.

    ``lone_failures``: percent of single tries that fail although the service is well.
    """
    primary = [one for one in transactions if one.primary]
    lost_ms = sum(_lost_ms(one, lone_failures) for one in primary)
    by_bounds = Decimal(100) * (1 - Decimal(lost_ms) / MONTH_MS)
    runs = min(MONTH_MS // one.interval_ms for one in primary)
    by_sampling = Decimal(100 * (1 - CONFIDENCE) ** (1 / max(runs, 1)))
    return max(min(by_bounds, by_sampling), Decimal(0)).quantize(DIGITS, rounding=ROUND_DOWN)


def idle_factors(target: Decimal) -> tuple[Decimal, ...]:
    """Return the burn-rate factors that no outage can reach under ``target`` percent: those rules never fire."""
    share = 1 - target / 100
    return tuple(factor for factor in BURN_FACTORS if factor * share >= 1)


def _lost_ms(transaction: Transaction, lone_failures: Decimal) -> int:
    mean = MONTH_MS / transaction.interval_ms * float(lone_failures) / 100
    return poisson_quantile(mean, CONFIDENCE) * (transaction.interval_ms + 2 * transaction.deadline_ms)


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
