"""Tells that the monitor's loop is alive, and notices when it was not: suspended, stopped, or starved of the processor.

A stretch without a pulse is one in which nothing was watched. What a run found that lay across it says more of the
monitor than of the service.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from monitors.clock import Clock

EVERY_S = 0.25
STALL_MS = 5_000
REMEMBERED = 64


class Pulse:
    """Beats on the loop. ``on_beat(now_ms)`` every 250 ms; ``on_stall(start_ms, end_ms)`` after a stretch without."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: Clock, *, on_beat: Callable[[int], None],
        on_stall: Callable[[int, int], None],
    ) -> None:
        self._loop, self._clock, self._on_beat, self._on_stall = loop, clock, on_beat, on_stall
        self._stalls: deque[int] = deque(maxlen=REMEMBERED)      # their ends
        self._timer: asyncio.TimerHandle | None = None
        self.last_ms = clock.now_ms
        self.beat_lag_ms = 0             # how late the newest beat was

    def start(self) -> None:
        """Begin to beat."""
        self.last_ms = self._clock.now_ms
        self.beat()

    def stop(self) -> None:
        """Beat no more. A repeat is harmless."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def lag_ms(self) -> int:
        """How late the next beat is by now; may be asked from any thread."""
        return max(0, self._clock.now_ms - self.last_ms - int(EVERY_S * 1000))

    def beat(self) -> None:
        """Beat once, and plan the next."""
        now_ms, last_ms = self._clock.now_ms, self.last_ms
        self.last_ms = now_ms
        self.beat_lag_ms = max(0, now_ms - last_ms - int(EVERY_S * 1000))
        if now_ms - last_ms > STALL_MS:
            self._stalls.append(now_ms)
            self._on_stall(last_ms, now_ms)
        self._on_beat(now_ms)
        self._timer = self._loop.call_later(EVERY_S, self.beat)

    def was_missing_since(self, start_ms: int) -> bool:
        """Tell whether the monitor was not there at some time between ``start_ms`` and now."""
        return self._clock.now_ms - self.last_ms > STALL_MS or any(end_ms > start_ms for end_ms in self._stalls)
