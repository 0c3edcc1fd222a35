"""A line on standard error that says how far long work on the ledger is: rewritten on a terminal, now and then else."""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.output import error_console

EVERY_S = 10.0                           # where nobody's terminal can rewrite a line


def telling_progress(what: str) -> Callable[[int, int], None]:
    """Give what is to be called with how many are done, and all. Short work says nothing."""
    shown = time.monotonic()

    def tell(done: int, all_: int) -> None:
        nonlocal shown
        console = error_console()
        now = time.monotonic()
        if console.is_terminal:
            end = "\n" if done == all_ else ""
            console.print(f"\r{what}: {done} of {all_}", end=end, markup=False, soft_wrap=True)
        elif now - shown >= EVERY_S:
            shown = now
            console.print(f"{what}: {done} of {all_}", markup=False, soft_wrap=True)

    return tell
