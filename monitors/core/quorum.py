"""Several vantages to one verdict, several transactions to one verdict, at one instant.

The order of badness is ``down`` > ``unknown`` > ``degraded`` > ``up``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.model import Quorum, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


BADNESS = {Verdict.UP: 0, Verdict.DEGRADED: 1, Verdict.UNKNOWN: 2, Verdict.DOWN: 3}


def of_vantages(verdicts: Sequence[Verdict], *, configured: int) -> Verdict:
    """Say what a transaction is, seen from several vantages.

    Let n be the vantages that are not ``unknown``. More than n/2 say ``down``: ``down`` if at least
    min(2, ``configured``) do, else ``unknown``. Some, but not more than half: ``degraded``. None: ``degraded`` if more
    than n/2 say so, else ``up``. All unknown, or none at all: ``unknown``.

    Two vantages, one of them ``down`` and one ``unknown``: n = 1 and more than half say ``down``, but one witness of
    two is not enough, so ``unknown``.
    """
    known = [verdict for verdict in verdicts if verdict is not Verdict.UNKNOWN]
    if not known:
        return Verdict.UNKNOWN
    down = known.count(Verdict.DOWN)
    if 2 * down > len(known):
        return Verdict.DOWN if down >= min(2, configured) else Verdict.UNKNOWN
    if down:
        return Verdict.DEGRADED
    return Verdict.DEGRADED if 2 * known.count(Verdict.DEGRADED) > len(known) else Verdict.UP


def of_any_vantage(verdicts: Sequence[Verdict]) -> Verdict:
    """Say what a transaction is where one witness is enough: ``down`` as soon as one says so, else as the majority."""
    return Verdict.DOWN if Verdict.DOWN in verdicts else of_vantages(verdicts, configured=len(verdicts))


def is_enough(witnesses: int, *, configured: int, quorum: Quorum = Quorum.MAJORITY) -> bool:
    """Say whether so many vantages of ``configured`` make ``down`` when all others count as up."""
    return witnesses > 0 if quorum is Quorum.ANY else is_majority(witnesses, configured=configured)


def is_majority(witnesses: int, *, configured: int) -> bool:
    """Say whether so many vantages of ``configured`` are a majority that may say ``down``."""
    return 2 * witnesses > configured and witnesses >= min(2, configured)


def of_transactions(verdicts: Iterable[tuple[Verdict, bool]]) -> Verdict:
    """Say what a service is from its transactions' (verdict, is primary).

    The worst counts; of a secondary one ``down`` counts as ``degraded`` and ``unknown`` does not count. No primary
    transaction: ``unknown``.
    """
    worst: Verdict | None = None
    has_primary = False
    for verdict, is_primary in verdicts:
        has_primary = has_primary or is_primary
        counted = verdict
        if not is_primary:
            if verdict is Verdict.UNKNOWN:
                continue
            if verdict is Verdict.DOWN:
                counted = Verdict.DEGRADED
        if worst is None or BADNESS[counted] > BADNESS[worst]:
            worst = counted
    return worst if worst is not None and has_primary else Verdict.UNKNOWN
