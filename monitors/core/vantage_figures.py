"""What a service was as each vantage saw it: so that a region cannot hide behind the majority."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import service_timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitors.core.history import ServiceHistory
    from monitors.core.span import Spans
    from monitors.core.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class VantageFigures:
    """A window as one vantage saw it, judged by the same promise."""

    vantage: str
    statement: SlaStatement


def seen_from(history: ServiceHistory, vantage: str) -> ServiceHistory:
    """Keep of a history what one vantage tells."""
    return replace(
        history,
        definitions=tuple(one for one in history.definitions if one.vantage == vantage),
        lives=tuple(one for one in history.lives if one.vantage == vantage),
        stretches=tuple(one for one in history.stretches if one.vantage == vantage),
    )


def by_vantage(
    history: ServiceHistory, window: Window, found: SlaStatement, *, until_ms: int, counted: Spans,
) -> tuple[VantageFigures, ...]:
    """Give the figures of each vantage of a service that several watch, by name; () where one does.

    ``found``: the statement of them together, whose target each is asked for. ``counted``: the time of the window that
    the promise covers. A vantage that began within the window is counted from then on.
    """
    names = sorted({definition.vantage for definition in history.definitions})
    if len(names) == 1:
        return ()
    figures: list[VantageFigures] = []
    for name in names:
        part = seen_from(history, name)
        one = statement(
            part, service_timeline(part, until_ms=until_ms), window, target=found.target, counted=counted,
        )
        if one is not None:
            figures.append(VantageFigures(vantage=name, statement=one))
    return tuple(figures)


def worst(figures: Iterable[VantageFigures]) -> VantageFigures | None:
    """Give the vantage from which a service was available least; of equal ones that with more down; None: no data."""
    known = [one for one in figures if one.statement.has_data]
    return min(
        known,
        key=lambda one: (
            Fraction(one.statement.good_ms, one.statement.known_ms), -one.statement.down_ms, one.vantage,
        ),
        default=None,
    )
