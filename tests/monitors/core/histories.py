"""Histories for the tests of timeline, statement and incident: from runs, as any ledger would hand them over."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.core.history import Definition, Gap, Life, ServiceHistory, breaks_of_all, fold, hold_at, stretch_of
from monitors.core.model import Run, Target
from tests.factories import NOON_MS, a_target


def a_life(**given) -> Life:
    """Build a life that opens at noon and beats for an hour."""
    return Life(**{"life": "life-1", "vantage": "local", "opened_ms": NOON_MS, "heartbeat_ms": NOON_MS + 3_600_000, **given})


def a_definition(**given) -> Definition:
    """Build a definition recorded at noon."""
    defaults = {"vantage": "local", "life": "life-1", "recorded_ms": NOON_MS, "digest": "", "target": a_target()}
    return Definition(**{**defaults, **given})


def a_history(
    runs: Sequence[Run],
    *,
    lives: Sequence[Life] | None = None,
    definitions: Sequence[Definition] | None = None,
    gaps: Sequence[Gap] = (),
    target: Target | None = None,
    folded: bool = True,
) -> ServiceHistory:
    """Build the history of one service. ``folded=False``: each run stays a stretch of its own."""
    lives = tuple(lives or (a_life(),))
    definitions = tuple(definitions or (a_definition(target=target or a_target()),))
    lanes: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        lanes.setdefault((run.transaction, run.life), []).append(run)
    stretches = []
    for (_, life), lane in lanes.items():
        singles = [stretch_of(run, hold_ms=hold_at(definitions, run)) for run in sorted(lane, key=lambda r: r.sequence)]
        stretches += list(fold(singles, breaks_of_all(lives, gaps)[life])) if folded else singles
    return ServiceHistory(
        agency="dinkes", service="antrean", definitions=definitions, lives=lives, gaps=tuple(gaps),
        stretches=tuple(stretches),
    )
