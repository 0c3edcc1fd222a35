"""What a load is to do, and what became of it. The client itself is in ``load.py``."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT, NEW = "kept connection", "new connection"
KINDS = (KEPT, NEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to ask for, and the bounds that hold whatever happens."""

    url: str
    connect_to: str                      # host:port that is connected to, whatever the url's host resolves to
    ca_file: str
    contains: str = ""                   # text that every answer must hold
    clients: int = 16
    at_least: int = 5_000                # requests of each kind before it may end
    at_most: int = 40_000                # requests in all: then it ends, told to or not
    at_most_s: float = 90.0
    per_second: float = 500.0            # pace of all clients together
    timeout_s: float = 10.0              # of one request


@dataclass(slots=True)
class LoadReport:
    """What became of the requests. ``requests`` and ``failed`` by kind of connection."""

    requests: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    seconds: float = 0.0
    median_ms: float = 0.0
    slowest_ms: float = 0.0

    @property
    def total_failed(self) -> int:
        """Failed requests of both kinds."""
        return sum(self.failed.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{self.failed[kind]} of {self.requests[kind]} failed on a {kind}" for kind in KINDS)
        tail = f"{self.seconds:.1f} s, median {self.median_ms:.1f} ms, slowest {self.slowest_ms:.0f} ms"
        reasons = "".join(f"; {count}x {reason}" for reason, count in self.reasons.items())
        return f"{counts}; {tail}{reasons}" + "".join(f"\n  {sample}" for sample in self.samples)
