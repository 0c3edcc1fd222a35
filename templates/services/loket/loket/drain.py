"""The end of a replica, in order: first say that it ends, then go on serving for a while, then stop."""

from __future__ import annotations

import threading
from time import monotonic


class Drain:
    """Whether this process is asked to end, and since when.

    A gateway needs a moment to see the failing health check and to send citizens to another replica; until then every
    request is still answered. Safe to call from a signal handler and from any thread.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = threading.Event()
        self._ends_at = 0.0

    @property
    def is_on(self) -> bool:
        """Say whether the end has begun."""
        return self._begun.is_set()

    @property
    def is_over(self) -> bool:
        """Say whether the time for serving on has passed."""
        return self.is_on and monotonic() >= self._ends_at

    def begin(self) -> None:
        """Begin the end; a second call changes nothing, so that an impatient operator cuts nobody off."""
        if not self._begun.is_set():
            self._ends_at = monotonic() + self._seconds
            self._begun.set()
