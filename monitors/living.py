"""One life of the monitor after the other, in one process: a new one begins where the wall clock was set for good."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from monitors.load import hold_little_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.settings import MonitorSettings
    from monitors.wiring import Monitor


async def live(
    first: Monitor, make: Callable[[MonitorSettings], Monitor], *, for_s: float | None = None,
) -> None:
    """Let ``first`` live, and after it as many as the clock asks for; all of them ``for_s`` seconds at most.

    ``make`` makes the next one: with the settings of the one before, and the port that it had. Raises what ``run`` and
    ``make`` raise.
    """
    hold_little_memory()
    loop = asyncio.get_running_loop()
    ends_s = None if for_s is None else loop.time() + for_s
    monitor = first
    while True:
        left_s = None if ends_s is None else max(0.0, ends_s - loop.time())
        await monitor.run(for_s=left_s)
        if not monitor.is_renewing or (ends_s is not None and loop.time() >= ends_s):
            return
        listen = replace(monitor.settings.listen, port=monitor.serving.port)
        monitor = make(replace(monitor.settings, listen=listen))
