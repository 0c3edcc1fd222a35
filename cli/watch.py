"""``siaga24 watch``: watch one address at once, with no definition and no ledger on disk."""

from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from rich.text import Text

from cli.monitor_feed import as_json as run_as_json
from cli.monitor_feed import clock_time
from cli.output import VERDICT_STYLES, console, json_option
from cli.trial import PHASES, VANTAGE, milliseconds, one_run
from monitors.clock import LifeClock
from monitors.core.errors import UsageError
from monitors.core.history import Life
from monitors.core.model import Assertion, AssertKind, Hosting, Run, Step, Target, Transaction, Verdict
from monitors.core.sla import SlaStatement, statement
from monitors.core.timeline import service_timeline
from monitors.core.window import Window
from monitors.core.wording import duration, percent
from monitors.ledger.memory import MemoryLedger
from monitors.runner import Runner
from monitors.runner import watch as made_ready
from monitors.wiring import probing

MOST_REDIRECTS = 10
MS_PER_DAY = 86_400_000
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, None: 1.0}


def seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    """Read a length of time such as 500ms, 5s, 2m or 1h."""
    if value is None:
        return None
    match = _DURATION.fullmatch(value.strip())
    if match is None or not float(match[1]):
        raise click.BadParameter(f"{value}: expected a length of time such as 5s or 2m")
    return float(match[1]) * _SECONDS[match[2]]


@click.command()
@click.argument("url")
@click.option(
    "--every", "every_s", callback=seconds, metavar="TIME", default="5s", show_default=True,
    help="From start to start.",
)
@click.option("--for", "for_s", callback=seconds, metavar="TIME", help="Stop after so long.  [default: Ctrl-C]")
@click.option("--once", is_flag=True, help="Look once.")
@click.option(
    "--deadline", "deadline_s", callback=seconds, metavar="TIME", default="10s", show_default=True,
    help="For each try.",
)
@click.option(
    "--ca", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE",
    help="Certificates to trust, PEM.  [default: the system's]",
)
@json_option
def watch(
    as_json: bool, *, url: str, every_s: float, for_s: float | None, once: bool, deadline_s: float, ca: Path | None,
) -> int:
    """Watch one address at once: GET, redirects followed, a status of 2xx or 3xx expected.

    Needs no definition and writes nothing. Ends with a summary: availability with its coverage. Exit code 1 where the
    last verdict is down or unknown.

    \b
    Examples:  siaga24 watch https://example.go.id --once
               siaga24 watch example.go.id --every 2s --for 1m
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    target = target_of(url, deadline_s=deadline_s, ca_pem=ca.read_text(encoding="utf-8") if ca else "")
    seen = Seen(target)
    out = console()

    def tell(run: Run) -> None:
        before = seen.add(run)
        if as_json:
            click.echo(run_as_json(run, before))
        else:
            out.print(line_of(run), soft_wrap=True)

    asyncio.run(_look(target, tell, every_s=every_s, for_s=for_s, once=once))
    if not once and not as_json:
        _sum_up(seen)
    return 0 if seen.last is not None and seen.last.verdict in (Verdict.UP, Verdict.DEGRADED) else 1


def target_of(url: str, *, deadline_s: float, ca_pem: str = "") -> Target:
    """Make a target of an address as people type it. Raises UsageError."""
    address = url if "://" in url else f"https://{url}"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f'"{url}": expected an address such as https://example.go.id/path')
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    deadline_ms = int(deadline_s * 1000)
    served = Assertion(kind=AssertKind.STATUS, expected="2xx,3xx")
    step = Step(name="GET", url=path, max_redirects=MOST_REDIRECTS, assertions=(served,))
    try:
        transaction = Transaction(
            name="watch", steps=(step,), deadline_ms=deadline_ms, interval_ms=2 * deadline_ms + 1000,
        )
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    return Target(
        agency="watch", service=parts.hostname, base_url=f"{parts.scheme}://{parts.netloc}",
        transactions=(transaction,), hosting=Hosting.EXTERNAL, ca_pem=ca_pem,
    )


@dataclass(slots=True)
class Seen:
    """What was found so far, in a ledger that lives in memory."""

    target: Target
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    last: Run | None = None
    began_ms: int = 0
    since: tuple[Verdict, int] | None = None
    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))

    def add(self, run: Run) -> tuple[Verdict, int] | None:
        """Take a run in; give the verdict before it, and since when it held."""
        if self.last is None:
            self.began_ms = run.started_ms
            self.ledger.open_life(Life(life=VANTAGE, vantage=VANTAGE, opened_ms=run.started_ms))
            self.ledger.record_targets([self.target], life=VANTAGE, at_ms=run.started_ms)
        self.ledger.append([run], life=VANTAGE, heartbeat_ms=run.ended_ms)
        before, self.last = self.since, run
        if before is None or before[0] is not run.verdict:
            self.since = run.verdict, run.started_ms
        self.counts[run.verdict] += 1
        return before

    def figures(self) -> SlaStatement | None:
        """Availability from the first look to the end of the last; None where that is no time at all."""
        if self.last is None or self.last.ended_ms <= self.began_ms:
            return None
        window = Window(start_ms=self.began_ms, end_ms=self.last.ended_ms)
        history = self.ledger.history(
            self.target.agency, self.target.service, start_ms=window.start_ms, end_ms=window.end_ms,
        )
        if history is None:
            return None
        return statement(history, service_timeline(history, until_ms=window.end_ms), window)


async def _look(target: Target, tell: Any, *, every_s: float, for_s: float | None, once: bool) -> None:
    """Run again and again; a look that takes longer than ``every_s`` puts the next one off."""
    loop, clock = asyncio.get_running_loop(), LifeClock()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    ends_s = None if for_s is None else loop.time() + for_s
    with probing(loop, clock, reads_certificates=True) as probe:
        [watched] = made_ready(probe, target)
        runner = Runner(clock, vantage=VANTAGE, life=VANTAGE)
        sequence = 0
        while True:
            next_s = loop.time() + every_s
            tell(await one_run(runner, watched, sequence=sequence))
            sequence += 1
            if once or (ends_s is not None and next_s > ends_s):
                return
            try:
                await asyncio.wait_for(stop.wait(), max(0.0, next_s - loop.time()))
            except TimeoutError:
                continue
            return


def line_of(run: Run) -> Text:
    """Write one look: time, verdict, status, phases, end of the certificate; the reason where it is not good."""
    line = Text.assemble(
        (clock_time(run.started_ms), "dim"), "  ", (f"{run.verdict:<8}", VERDICT_STYLES[run.verdict]), "  ",
    )
    step = run.tries[-1].steps[-1] if run.tries and run.tries[-1].steps else None
    if run.verdict in (Verdict.DOWN, Verdict.UNKNOWN) or step is None:
        line.append(run.reason)
        return line
    phases = step.phases
    parts = (phases.dns_us, phases.connect_us, phases.tls_us, phases.first_byte_us, phases.body_us)
    line.append(f"{step.status}  {milliseconds(run.duration_us)} ms")
    spent = "  ".join(f"{name} {milliseconds(part)}" for name, part in zip(PHASES, parts, strict=True) if part)
    line.append(f"  ({spent})", "dim")
    if step.certificate_ends_ms:
        left = (step.certificate_ends_ms - run.started_ms) // MS_PER_DAY
        ends = datetime.fromtimestamp(step.certificate_ends_ms / 1000, UTC).date()
        line.append(f"  certificate until {ends}, {left} days", "yellow" if left < 14 else "dim")
    if run.reason:
        line.append(f"  {run.reason}", "yellow")
    return line


def _sum_up(seen: Seen) -> None:
    figures = seen.figures()
    looks = ", ".join(f"{count} {verdict}" for verdict, count in seen.counts.items() if count)
    if figures is None:
        console().print(f"looked: {looks}", style="dim")
        return
    availability = percent(figures.good_ms, figures.known_ms)
    coverage = percent(figures.known_ms, figures.observed_ms)
    console().print(
        f"{duration(figures.observed_ms)} seen: availability {availability} of the {coverage} that are known; "
        f"down {duration(figures.down_ms)}; looked: {looks}",
        style="bold", soft_wrap=True,
    )
