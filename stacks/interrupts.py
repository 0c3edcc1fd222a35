"""What Ctrl-C means while a stack changes: the first one asks for an orderly end, the second one ends at once.

Outside of ``guarded`` it means what it always means. A hang-up or a TERM counts as a first Ctrl-C: a closed terminal
leaves no half-made stack either.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from monitors.core.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STOPPED = "stopped as asked; nothing more was begun; the next up goes on from what is there"
GIVEN_UP = "not waited for any longer, because another part of the run has failed"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedRunError(StackError):
    """The command was stopped by Ctrl-C or a signal; the next ``up`` goes on from what is there."""

    exit_code = 130


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Let TERM and a hang-up do what Ctrl-C does, for a whole command; only the main thread hears signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_signal: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in SIGNALS if number is not signal.SIGINT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Interrupts:
    """Counts the signals of one command, and wakes every thread that waits in it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._wake = threading.Event()
        self.asked = False               # a stop was asked for

    def ask(self) -> None:
        """Ask for an orderly end."""
        self.asked = True
        self._wake.set()

    def give_up(self) -> None:
        """End all waiting, because the run has failed anyway."""
        self._wake.set()

    def check(self) -> None:
        """Raise InterruptedRunError if a stop was asked for or the run was given up."""
        if self.asked:
            raise InterruptedRunError(STOPPED)
        if self._wake.is_set():
            raise InterruptedRunError(GIVEN_UP)

    def wait(self, seconds: float) -> None:
        """Wait, or raise InterruptedRunError as soon as there is reason to."""
        self._wake.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def guarded(self, on_first: Callable[[], None], on_second: Callable[[], None]) -> Iterator[None]:
        """Run a block in which the first signal calls ``on_first`` and each later one ``on_second``.

        Only the main thread hears signals; in any other thread the block runs unguarded.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(_signal: int, _frame: Any) -> None:
            if self.asked:
                on_second()
                return
            self.ask()
            on_first()

        before = {number: signal.signal(number, handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
