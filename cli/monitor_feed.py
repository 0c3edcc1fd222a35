"""What a running monitor says on the terminal: changes of verdict in words, or every run; as lines for people or JSON.

Only durable runs come here. Printing has a thread of its own and a bounded queue: a terminal that is stopped, or a pipe
whose reader is slow, holds up neither probing nor the ledger.
"""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.output import VERDICT_STYLES
from monitors.core.cadence import transaction_key
from monitors.core.model import Run, Verdict
from monitors.core.verdict import spoken_us
from monitors.core.wording import duration

LARGEST_QUEUE = 1_000
VERDICT_WIDTH = max(len(verdict) for verdict in Verdict)
MS_PER_S = 1000
END_PATIENCE_S = 2.0


class Feed:
    """Turns runs into lines. ``take`` may be called from any thread; lines appear in the order of the calls."""

    def __init__(self, out: Console, *, is_json: bool = False, is_verbose: bool = False) -> None:
        self._out, self._is_json, self._is_verbose = out, is_json, is_verbose
        self._last: dict[str, tuple[Verdict, int]] = {}          # verdict, and since when
        self._lines: queue.Queue[Text | str | None] = queue.Queue(LARGEST_QUEUE)
        self._lost = 0
        self._thread = threading.Thread(target=self._print, name="feed", daemon=True)

    def start(self) -> None:
        """Begin to print."""
        self._thread.start()

    def stop(self) -> None:
        """Print what waits, for at most 2 s, and end."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(END_PATIENCE_S)

    def take(self, runs: Sequence[Run]) -> None:
        """Take durable runs."""
        for run in runs:
            key = transaction_key(run.agency, run.service, run.transaction)
            before = self._last.get(key)
            is_change = before is None or before[0] is not run.verdict
            if is_change:
                self._last[key] = run.verdict, run.started_ms
            if is_change or self._is_verbose:
                self._put(as_json(run, before) if self._is_json else as_line(run, key, before))

    def note(self, text: str) -> None:
        """Say something that is no run."""
        now_ms = int(time.time() * MS_PER_S)
        if self._is_json:
            self._put(json.dumps({"at_ms": now_ms, "note": text}, ensure_ascii=False))
        else:
            self._put(Text.assemble((clock_time(now_ms), "dim"), "  ", (text, "yellow")))

    def _put(self, line: Text | str) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1

    def _print(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                if isinstance(line, str):
                    # one of 13,000 in the first half minute: laid out as text for people, they took a third of a core
                    self._out.file.write(f"{line}\n")
                    self._out.file.flush()
                else:
                    self._out.print(line, soft_wrap=True, markup=False)
                if self._lost and self._lines.empty():
                    lost, self._lost = self._lost, 0
                    self.note(f"{lost} lines were left out: this terminal is too slow; the ledger has all runs")
            except (OSError, ValueError, SystemExit):
                return                   # nobody reads any more, as after `| head`; the monitor lives on


def as_line(run: Run, key: str, before: tuple[Verdict, int] | None) -> Text:
    """Write a run for people: time, verdict, transaction, and why or how long."""
    line = Text.assemble(
        (clock_time(run.started_ms), "dim"), "  ",
        (f"{run.verdict:<{VERDICT_WIDTH}}", VERDICT_STYLES[run.verdict]), "  ", (key, "bold"), "  ",
    )
    if run.reason:
        line.append(run.reason)
    elif run.tries:
        line.append(spoken_us(run.duration_us), "dim")
    if before is not None and before[0] is not Verdict.UP and run.verdict is Verdict.UP:
        line.append(f"  recovered; it was {before[0]} for {duration(run.started_ms - before[1])}", "green")
    return line


def as_json(run: Run, before: tuple[Verdict, int] | None) -> str:
    """Write a run as one line of JSON."""
    value: dict[str, Any] = {
        "at_ms": run.started_ms, "agency": run.agency, "service": run.service, "transaction": run.transaction,
        "vantage": run.vantage, "verdict": run.verdict.value, "outcome": run.outcome.value, "reason": run.reason,
        "failed_step": run.failed_step, "first_try_failed": run.first_try_failed, "duration_us": run.duration_us,
        "before": before[0].value if before else None, "status": 0, "certificate_ends_ms": 0, "phases_us": {},
    }
    steps = run.tries[-1].steps if run.tries else ()
    if steps:
        value |= {
            "status": steps[-1].status, "certificate_ends_ms": steps[-1].certificate_ends_ms,
            "phases_us": {
                name: sum(getattr(step.phases, f"{name}_us") for step in steps)
                for name in ("dns", "connect", "tls", "first_byte", "body")
            },
        }
    return json.dumps(value, ensure_ascii=False)


def clock_time(at_ms: int) -> str:
    """Time of day in this machine's zone."""
    return time.strftime("%H:%M:%S", time.localtime(at_ms / MS_PER_S))
