"""What stands between a transaction that writes and its service: the day's budget, and one switch for all of them.

The switch is a file beside the ledger, looked at before each try that writes: it needs no signal and no port, works at
once, and is still there after a restart. Its text is the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.budget import TRIES, WriteBudget, default_budget
from monitors.core.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitors.core.model import Run
    from monitors.runner import Watched

STOPPED = "all transactions that write are stopped"
LONGEST = 300


def switch_of(ledger: Path) -> Path:
    """Give the file that stops the writing of the monitor with this ledger while it is there."""
    return ledger.with_name(ledger.name + ".writes-stopped")


class Writes:
    """Budgets of the transactions that write, and their switch. Used on the loop's thread alone."""

    def __init__(self, switch: Path | None = None) -> None:
        self._switch = switch
        self._budgets: dict[str, WriteBudget] = {}

    def __len__(self) -> int:
        return len(self._budgets)

    def left(self, now_ms: int) -> list[tuple[str, int]]:
        """Say how many tries each may still make until the UTC day ends, by ``agency/service/transaction``.

        May be called from any thread.
        """
        return [(key, max(0, one.limit - one.used(now_ms))) for key, one in tuple(self._budgets.items())]

    @property
    def stopped(self) -> str:
        """Why nothing may write now, in a sentence; "" where it may."""
        if self._switch is None:
            return ""
        try:
            why = " ".join(self._switch.read_text(encoding="utf-8", errors="replace")[:LONGEST].split())
        except FileNotFoundError:
            return ""
        except OSError as exc:           # it is there in some form: to be sure is to stop
            why = f"{self._switch.name}: {(exc.strerror or str(exc)).lower()}"
        return f"{STOPPED}: {why}" if why else STOPPED

    def watch(self, watched: Iterable[Watched]) -> None:
        """Say what is watched from now on; what stays keeps what it has used, at a changed limit too."""
        old, self._budgets = self._budgets, {}
        for one in watched:
            transaction = one.transaction
            if not transaction.writes:
                continue
            limit = transaction.writes_a_day or default_budget(transaction.interval_ms)
            budget = old.get(one.key) or WriteBudget(limit, transaction.interval_ms)
            budget.limit, budget.interval_ms = limit, transaction.interval_ms
            self._budgets[one.key] = budget

    def refusal(self, key: str, now_ms: int) -> str:
        """Reserve both tries of a run that begins; says why it may not, or ""."""
        budget = self._budgets.get(key)
        if budget is None:
            return ""
        stopped = self.stopped
        if stopped:
            return stopped
        if budget.reserve(now_ms):
            return ""
        return f"its write budget of {budget.limit} tries a day is spent until the UTC day ends"

    def settle(self, key: str, reserved_ms: int, run: Run) -> None:
        """Give back what a run did not need."""
        budget = self._budgets.get(key)
        if budget is not None and run.tries:
            budget.give_back(reserved_ms, TRIES - len(run.tries))

    def affords_repeat(self, key: str, now_ms: int) -> bool:
        """Tell whether the budget allows to run more often than the interval says."""
        budget = self._budgets.get(key)
        return budget is None or budget.affords_repeat(now_ms)

    def take_over(self, key: str, runs: Iterable[Run]) -> None:
        """Count what lives before this one wrote: a restart is no new budget."""
        budget = self._budgets.get(key)
        for run in runs if budget is not None else ():
            if run.outcome is Outcome.DONE and budget is not None:
                budget.count(run.started_ms, len(run.tries) or TRIES)
