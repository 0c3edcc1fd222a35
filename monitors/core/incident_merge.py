"""Incidents that flap are told as one: a service that goes down again within half an hour has one trouble, not two.

Down time is that of the outages alone: what was good between them stays good in every figure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.core.flapping import WINDOW_MS
from monitors.core.incident import merged_failing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitors.core.incident import Incident


def merge_flapping(found: Iterable[Incident], *, quiet_ms: int = WINDOW_MS) -> tuple[Incident, ...]:
    """Join incidents of one service between which it was good for less than ``quiet_ms``, oldest first.

    The joined one has the name, the last good and the first bad run of its first outage, the last bad and first good
    run of its last. Merging twice changes nothing.
    """
    merged: list[Incident] = []
    for one in sorted(found, key=lambda one: one.first_bad_ms):
        former = merged[-1] if merged else None
        if former is None or former.first_good_ms is None or one.first_bad_ms - former.first_good_ms >= quiet_ms:
            merged.append(one)
            continue
        merged[-1] = replace(
            former,
            last_bad_ms=one.last_bad_ms,
            first_good_ms=one.first_good_ms,
            down_ms=former.down_ms + one.down_ms,
            unknown_ms=former.unknown_ms + one.unknown_ms,
            good_between_ms=former.good_between_ms + one.good_between_ms + one.first_bad_ms - former.first_good_ms,
            outages=former.outages + one.outages,
            failing=merged_failing((*former.failing, *one.failing)),
        )
    return tuple(merged)
