"""What people see of a running demo: where to look, and a table that follows the ledger.

On a terminal the table is live; elsewhere a line is printed when a service's verdict changes, and the table at the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.demo_figures import ServiceFigures, figures, result
from cli.output import verdict_text
from monitors.core.errors import LedgerError, Siaga24Error
from monitors.core.wording import percent
from monitors.ledger.base import LedgerReader
from monitors.ledger.sqlite_reader import SqliteReader
from stacks.model import Workspace

POLL_S = 0.5
FIRST_RUNS_PATIENCE_S = 60.0             # from the monitor's start to every service up, or the demo has failed


class Watch:
    """Follows one life of the monitor through its ledger."""

    def __init__(self, workspace: Workspace, console: Console, began: float) -> None:
        """``began``: monotonic seconds of the demo's own start."""
        self._workspace, self._console, self._began = workspace, console, began
        self._ledger: LedgerReader | None = None
        self._verdicts: dict[str, str] = {}
        self._all_up: float | None = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let the ledger go."""
        if self._ledger is not None:
            self._ledger.close()

    def addresses(self) -> None:
        """Tell where the services and the monitor answer, and how to get there with a browser or curl."""
        for line in address_lines(self._workspace):
            self._console.print(line, markup=False, soft_wrap=True)

    def follow(self, check_monitor: Callable[[], None], seconds: int | None) -> None:
        """Show the services until ``seconds`` have passed since all were up; without it, until interrupted.

        Raises Siaga24Error where the monitor has ended, or with ``seconds`` where not all came up in time.
        """
        started = time.monotonic()
        live = Live(
            console=self._console, auto_refresh=False, transient=False, vertical_overflow="visible",
        ) if self._console.is_terminal else None
        rows: Sequence[ServiceFigures] = ()
        try:
            if live is not None:
                live.start()
            while True:
                check_monitor()
                rows = self._read()
                if live is None:
                    self._print_changes(rows)
                self._note_all_up(rows, live)
                if live is not None:
                    live.update(picture(rows, _hint(seconds, self._left_s(seconds))), refresh=True)
                if seconds is not None and self._is_over(started, seconds):
                    return
                time.sleep(POLL_S)
        finally:
            if live is not None:
                live.stop()
            elif rows:
                self._console.print(picture(rows, ""))

    def judge(self) -> None:
        """Tell that every service was up from its first run on; Siaga24Error with the runs that were not."""
        if self._ledger is None:
            raise Siaga24Error("the monitor recorded nothing; see its log")
        found = result(self._ledger, now_ms=_now_ms())
        if found.is_good:
            self._console.print(
                f"every service was up from its first run on: {found.services} services, {found.runs} runs",
                style="bold green",
            )
            return
        told = [*found.bad, *(f"{name}: no run at all" for name in found.silent)]
        more = found.bad_runs - len(found.bad)
        raise Siaga24Error(
            "not every service was up from its first run on:\n  " + "\n  ".join(told)
            + (f"\n  and {more} runs more" if more > 0 else ""),
        )

    def _read(self) -> Sequence[ServiceFigures]:
        if self._ledger is None:
            path = self._workspace.state / "ledger.sqlite"
            if not path.exists():
                return ()
            try:
                self._ledger = SqliteReader(path)
            except LedgerError:
                return ()                # the monitor is making it at this moment
        return figures(self._ledger, now_ms=_now_ms())

    def _note_all_up(self, rows: Sequence[ServiceFigures], live: Live | None) -> None:
        if self._all_up is None and rows and all(row.is_up for row in rows):
            self._all_up = time.monotonic()
            to = self._console if live is None else live.console
            to.print(f"every service up after {self._all_up - self._began:.1f} s", style="bold green")

    def _is_over(self, started: float, seconds: int) -> bool:
        now = time.monotonic()
        if self._all_up is not None:
            return now - self._all_up >= seconds
        return now - started >= FIRST_RUNS_PATIENCE_S

    def _left_s(self, seconds: int | None) -> float | None:
        if seconds is None or self._all_up is None:
            return None
        return max(0.0, seconds - (time.monotonic() - self._all_up))

    def _print_changes(self, rows: Sequence[ServiceFigures]) -> None:
        for row in rows:
            if row.newest and self._verdicts.get(row.target.key) != row.verdict:
                self._verdicts[row.target.key] = row.verdict
                why = f": {row.reason}" if row.reason else ""
                self._console.print(f"{row.since}  {row.target.key}  {row.verdict}{why}", markup=False, soft_wrap=True)


def picture(rows: Sequence[ServiceFigures], hint: str) -> Group:
    """Draw the table: a line for each service below its agency, what is wrong below all, and how to end it.

    It fits into 80 columns.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("service", "verdict", "since"):
        table.add_column(column, no_wrap=True)
    for column in ("last run", "availability", "coverage", "runs"):
        table.add_column(column, justify="right", no_wrap=True)
    agency = ""
    for row in rows:
        kept = row.statement
        if row.target.agency != agency:
            agency = row.target.agency
            table.add_row(Text(agency, style="dim"))
        table.add_row(
            Text.assemble("  ", (row.target.service, "bold")),
            verdict_text(row.verdict),
            row.since,
            row.duration,
            percent(kept.good_ms, kept.known_ms) if kept is not None and kept.has_data else "no data",
            percent(kept.known_ms, kept.observed_ms) if kept is not None and kept.observed_ms else "-",
            str(kept.runs) if kept is not None else "0",
        )
    reasons = [
        Text(f"{row.target.key}: {row.reason}", style="yellow") for row in rows if row.reason and not row.is_up
    ]
    if not rows:
        reasons.append(Text("the monitor is starting", style="dim"))
    return Group(Text(""), table, *reasons, *([Text(""), Text(hint, style="dim")] if hint else []))


def address_lines(workspace: Workspace) -> list[str]:
    """Write the addresses of all services, and how a browser and curl find them."""
    ca_file = _shown(workspace.state / "ca" / "ca.pem")
    lines, names, example = ["", "Addresses"], [], ""
    for agency in workspace.agencies():
        for service in agency.services:
            if service.is_hosted and agency.gateway is not None:
                port = agency.gateway.https_port
                url = f"https://{service.host}:{port}/"
                names.append(service.host)
                example = example or (
                    f"curl --cacert {ca_file} --resolve {service.host}:{port}:{agency.gateway.bind} {url}"
                )
            else:
                url = f"{service.url}/"
            lines.append(f"  {url:<58} {service.name}")
    lines.append(f"  {f'http://{workspace.settings.listen}/metrics':<58} the monitor's metrics")
    lines += [
        "",
        "These names resolve nowhere. With curl:",
        f"  {example}",
        "In a browser, with this line in /etc/hosts, and the certificate above imported (or its warning accepted):",
        f"  127.0.0.1 {' '.join(names)}",
        "In another terminal, the same figures and more:",
        f"  export SIAGA24_WORKSPACE={_shown(workspace.folder)}; siaga24 sla show; siaga24 incident list",
        "",
    ]
    return lines


def _shown(path: Path) -> str:
    """Write a path relative to this folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _hint(seconds: int | None, left_s: float | None) -> str:
    if seconds is None:
        return "Ctrl-C ends the demo (and asks whether to remove its stacks)."
    if left_s is None:
        return f"Waiting until every service is up; then {seconds} s more. Ctrl-C ends it at once."
    return f"Ends by itself in {left_s:.0f} s and removes everything; Ctrl-C ends it at once."


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
