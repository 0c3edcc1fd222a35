"""Three months together: a quarter lists them, and its promise is kept only if that of each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.sla import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitors.core.sla import SlaStatement

QUARTER = re.compile(r"(\d{4})-[Qq]([1-4])")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterStatement:
    """What one service kept in a quarter. Sums are over the months that its life reaches into, in milliseconds.

    ``months``: in order; None where the service's life does not reach into one, or it has not begun yet.
    """

    agency: str
    service: str
    quarter: str                         # "2026-Q3"
    months: tuple[tuple[str, SlaStatement | None], ...]
    judgement: Judgement

    @property
    def observed_ms(self) -> int:
        """Length of the months so far."""
        return self._sum("observed_ms")

    @property
    def known_ms(self) -> int:
        """How much of it the verdict is known of."""
        return self._sum("known_ms")

    @property
    def good_ms(self) -> int:
        """How long the service was available."""
        return self._sum("good_ms")

    @property
    def down_ms(self) -> int:
        """How long it was down."""
        return self._sum("down_ms")

    @property
    def possibly_down_ms(self) -> int:
        """How long it may have been down."""
        return self._sum("possibly_down_ms")

    @property
    def certainly_down_ms(self) -> int:
        """How long it was down for sure."""
        return self._sum("certainly_down_ms")

    def _sum(self, name: str) -> int:
        return sum(int(getattr(found, name)) for _, found in self.months if found is not None)


def months_of(quarter: str) -> tuple[str, str, str]:
    """Give the months of ``2026-Q3``: July to September 2026. Raises ValueError."""
    found = QUARTER.fullmatch(quarter)
    if found is None or not 1970 < int(found[1]) < 9999:
        raise ValueError(f'quarter "{quarter}": expected YYYY-Qn, for example 2026-Q3')
    first = 3 * int(found[2]) - 2
    one, two, three = (f"{found[1]}-{first + number:02d}" for number in range(3))
    return one, two, three


def quarter_statement(
    agency: str, service: str, quarter: str, months: Sequence[tuple[str, SlaStatement | None]], *,
    to_come: Iterable[str] = (),
) -> QuarterStatement:
    """Put a service's months together. ``to_come``: those that have not begun.

    ``broken`` as soon as one month is; else ``running`` while one runs or is to come; else ``not proven`` if one is;
    ``kept`` if all are. A month before or after the service's life does not count; without any: ``not on board``.
    """
    return QuarterStatement(
        agency=agency, service=service, quarter=quarter, months=tuple(months),
        judgement=judged_together(
            [found.judgement for _, found in months if found is not None], is_to_come=bool(tuple(to_come)),
        ),
    )


def judged_together(judgements: Sequence[Judgement], *, is_to_come: bool = False) -> Judgement:
    """Judge parts that must all be kept; those that are not on board are none of them."""
    found = {judgement for judgement in judgements if judgement is not Judgement.NOT_ON_BOARD}
    if Judgement.BROKEN in found:
        return Judgement.BROKEN
    if is_to_come or Judgement.RUNNING in found:
        return Judgement.RUNNING
    if Judgement.NOT_PROVEN in found:
        return Judgement.NOT_PROVEN
    return Judgement.KEPT if found else Judgement.NOT_ON_BOARD
