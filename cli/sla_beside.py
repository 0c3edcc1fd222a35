"""Beside a service's figures, in words: without agreed maintenance, what rulings made of it, and what is disputed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitors.core.maintenance import Standing
from monitors.core.wording import duration, percent, share_percent
from monitors.figures import Beside


def remarks(key: str, one: Beside) -> Iterator[str]:
    """Say in sentences what stands beside the figures of a service."""
    if one.agreed is not None:
        figures = one.agreed
        line = (
            f"{key} without agreed maintenance ({duration(figures.excluded_ms)} left out): "
            f"{percent(figures.good_ms, figures.known_ms)} available, down {duration(figures.down_ms)}"
        )
        not_counted = sorted({p.standing.value for p in figures.pieces if p.standing is not Standing.EXCLUDED})
        yield line + (f"; not left out: {', '.join(not_counted)}" if not_counted else "")
    if one.corrected is not None and one.corrected.corrected is not None:
        was, now = one.corrected.original, one.corrected.corrected
        rulings = ", ".join(str(correction.dispute) for correction in one.corrected.corrections)
        yield (
            f"{key} corrected by the ruling on dispute {rulings}: {percent(now.good_ms, now.known_ms)} available, down "
            f"{duration(now.down_ms)}, {now.judgement.value}; measured {percent(was.good_ms, was.known_ms)}, down "
            f"{duration(was.down_ms)}, {was.judgement.value}"
        )
    if one.corrected is not None and one.corrected.disputed_ms:
        names = ", ".join(str(dispute.number) for dispute in one.corrected.disputes if not dispute.is_ruled)
        yield f"{key}: {duration(one.corrected.disputed_ms)} disputed and not ruled upon (dispute {names})"


def as_plain(one: Beside) -> dict[str, Any]:
    """Write what stands beside the figures as plain values."""
    plain: dict[str, Any] = {"disputed_ms": one.corrected.disputed_ms if one.corrected is not None else 0}
    if one.agreed is not None:
        figures = one.agreed
        plain["without_agreed_maintenance"] = {
            "availability_percent": share_percent(figures.good_ms, figures.known_ms),
            "excluded_ms": figures.excluded_ms, "good_ms": figures.good_ms, "known_ms": figures.known_ms,
            "down_ms": figures.down_ms, "unknown_ms": figures.unknown_ms, "possibly_down_ms": figures.possibly_down_ms,
            "certainly_down_ms": figures.certainly_down_ms,
            "windows": [
                {"number": p.maintenance.number, "ms": p.end_ms - p.start_ms, "standing": p.standing.value}
                for p in figures.pieces
            ],
        }
    if one.corrected is not None and one.corrected.corrected is not None:
        now = one.corrected.corrected
        plain["corrected"] = {
            "availability_percent": share_percent(now.good_ms, now.known_ms),
            "low_percent": share_percent(now.observed_ms - now.possibly_down_ms, now.observed_ms),
            "high_percent": share_percent(now.observed_ms - now.certainly_down_ms, now.observed_ms),
            "judgement": now.judgement.value, "up_ms": now.up_ms, "degraded_ms": now.degraded_ms,
            "down_ms": now.down_ms, "unknown_ms": now.unknown_ms,
            "disputes": [correction.dispute for correction in one.corrected.corrections],
        }
    return plain
