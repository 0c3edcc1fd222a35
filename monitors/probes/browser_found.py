"""What a journey in a browser found, as the process that did it tells it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Found:
    """What a journey found. ``ran_out``: its time was over; ``start_us``: until the browser was there."""

    problem: str = ""
    fault: str = ""
    ran_out: bool = False
    saved: dict[str, str] = field(default_factory=dict)
    status: int = 0
    address: str = ""
    url: str = ""
    text: str = ""
    picture: str = ""
    unreached: list[str] = field(default_factory=list)
    start_us: int = 0
    open_us: int = 0
    rest_us: int = 0

    def plain(self) -> dict[str, Any]:
        """Give it as plain values."""
        return asdict(self)
