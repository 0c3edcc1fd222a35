"""``siaga24 monitor``: run the transactions of all services, or of one by hand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.evidence_print import print_evidence
from cli.known_targets import find_target
from cli.ledger_view import LEDGER_METAVAR, read_ledger
from cli.monitor_feed import Feed
from cli.monitor_limits import limit_options
from cli.output import console, error_console, json_option, print_json, print_table, verdict_text, workspace_options
from cli.reporting import DEFAULT_REPORTS, report_command
from cli.state_folder import state_folder
from monitors.core.errors import Siaga24Error, UsageError
from monitors.core.model import Run, Target, Transaction, Verdict
from monitors.ledger_name import LedgerName, ServerLedger
from monitors.settings import DEFAULT_LISTEN, DEFAULT_MARK, DEFAULT_VANTAGE, HttpEngineName, Listen, MonitorSettings
from monitors.targets_source import TargetsFiles

if TYPE_CHECKING:
    from stacks.model import Settings

GIVE = "give --targets and --ledger"
GIVE_STATE = "give --state, the folder for what lies beside a ledger on a server"
LOCAL = "ledger.sqlite"
STEP_COLUMNS = ("step", "name", "result", "status", "dns", "connect", "tls", "first byte", "body", "ms in all", "saved")

targets_option = click.option(
    "--targets", "-t", multiple=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
    help="Targets document, or folder of them; may be repeated.  [default: STATE/targets]",
)


allow_option = click.option(
    "--allow-network", "allowed", multiple=True, envvar="SIAGA24_ALLOW_NETWORK", metavar="NETWORK",
    help="Let probes go to this network or address although it is loopback, link-local, private or the monitor's own; "
    "may be repeated.  [env: SIAGA24_ALLOW_NETWORK; default: siaga24.yaml, else none]",
)

canary_option = click.option(
    "--canary", "canaries", multiple=True, envvar="SIAGA24_CANARY", metavar="URL|HOST:PORT",
    help="Witness of this machine's own network; a run that fails is unknown, not down, where most of them cannot be "
    "reached either; name several.  [env: SIAGA24_CANARY; default: siaga24.yaml, else none, and nothing is asked]",
)


secrets_option = click.option(
    "--secrets-dir", type=click.Path(path_type=Path, exists=True, file_okay=False), envvar="SIAGA24_SECRETS_DIR",
    metavar="DIR", help="DIR/AGENCY/NAME holds what an agency's definition calls ${secret:NAME}; without a file, the "
    "variable SIAGA24_SECRET_AGENCY__NAME does.  [env: SIAGA24_SECRETS_DIR]",
)
mark_option = click.option(
    "--synthetic-header", "mark", envvar="SIAGA24_SYNTHETIC_HEADER", default=DEFAULT_MARK, show_default=True,
    metavar="LINE", help='Header of every HTTP request, by which services tell it from citizens\'; "" for none.',
)
engine_option = click.option(
    "--http-engine", "http_engine", envvar="SIAGA24_HTTP_ENGINE", show_default=True, show_envvar=True,
    type=click.Choice([name.value for name in HttpEngineName]), default=HttpEngineName.RAW.value,
    help="Who asks over HTTP: libcurl always, or for plain GETs an engine of our own that takes less of the processor "
    "and leaves answers that are odd in any way to libcurl.",
)


reports_option = click.option(
    "--reports", envvar="SIAGA24_REPORTS", metavar="HOST:PORT",
    help=f"Hear on this address what jobs report, such as {DEFAULT_REPORTS}; see siaga24 monitor report.  "
    "[env: SIAGA24_REPORTS; default: none are heard]",
)


@click.group()
def monitor() -> None:
    """Run the transactions of all services."""


monitor.add_command(report_command)


@monitor.command("run", short_help="Watch all services until stopped.")
@targets_option
@click.option(
    "--ledger", type=read_ledger, metavar=LEDGER_METAVAR,
    help="Where results are kept: a file, or postgresql://USER@HOST:PORT/DATABASE, whose password is in the file that "
    "PGPASSFILE or SIAGA24_LEDGER_PASSWORD_FILE names.  [default: STATE/ledger.sqlite]",
)
@click.option(
    "--listen", envvar="SIAGA24_LISTEN", metavar="HOST:PORT",
    help=f"Address of /metrics and /healthz.  [env: SIAGA24_LISTEN; default: siaga24.yaml, else {DEFAULT_LISTEN}]",
)
@click.option(
    "--vantage", envvar="SIAGA24_VANTAGE", metavar="NAME",
    help=f"Name of the place it runs from.  [env: SIAGA24_VANTAGE; default: siaga24.yaml, else {DEFAULT_VANTAGE}]",
)
@click.option(
    "--for", "for_s", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Stop after so long.",
)
@click.option(
    "--raw-days", type=click.IntRange(2), default=92, show_default=True, metavar="DAYS",
    help="How long all raw runs are kept; those near a failure stay for disputes, figures for ever.",
)
@click.option(
    "--raw-most", "raw_most_gib", type=click.FloatRange(0), default=0.0, metavar="GIB",
    help="Let the oldest raw runs go earlier where the ledger uses more.  [default: no bound]",
)
@click.option(
    "--dispute-days", type=click.IntRange(0), default=60, show_default=True, metavar="DAYS",
    help="How long after a month's end raw runs near a failure are kept.",
)
@click.option(
    "--drain", "drain_s", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="SECONDS",
    help="At a stop: how long runs under way may still take; then they are unknown.",
)
@click.option("--verbose", "-v", is_flag=True, help="Print every run, not changes only.")
@limit_options
@allow_option
@secrets_option
@mark_option
@engine_option
@canary_option
@reports_option
@json_option
@workspace_options
def run_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, targets: tuple[Path, ...], ledger: LedgerName | None,
    listen: str | None, vantage: str | None, for_s: float | None, verbose: bool, allowed: tuple[str, ...],
    canaries: tuple[str, ...], secrets_dir: Path | None, mark: str, reports: str | None, drain_s: float,
    raw_days: int, raw_most_gib: float, dispute_days: int, http_engine: str, limits: dict[str, Any],
) -> None:
    """Watch all services until stopped (Ctrl-C, SIGTERM), and print what changes.

    Needs neither Docker nor Pulumi. The targets are read anew when they change, and on SIGHUP; where they cannot be
    used the old ones stay in force. Stopping lets runs that are under way end within --drain; a second Ctrl-C does not
    wait. Results are in the ledger before they are shown anywhere.

    \b
    Examples:  siaga24 monitor run
               siaga24 monitor run --targets /srv/targets --ledger /srv/ledger.sqlite --listen 127.0.0.1:9924
               siaga24 monitor run --vantage makassar --ledger postgresql://siaga24_makassar@db.example.go.id/siaga24
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from monitors.living import live  # noqa: PLC0415 - a wrong option is told before libraries are loaded
    from monitors.wiring import Monitor  # noqa: PLC0415

    settings = _settings(
        workspace, state, targets=targets, ledger=ledger, listen=listen, vantage=vantage, allowed=allowed,
        canaries=canaries, secrets_dir=secrets_dir, mark=mark, reports=reports,
    )
    settings = replace(
        settings, drain_ms=int(drain_s * 1000), raw_days=raw_days, raw_most_bytes=int(raw_most_gib * (1 << 30)),
        dispute_days=dispute_days, http_engine=HttpEngineName(http_engine), **limits,
    )
    feed = Feed(console(), is_json=as_json, is_verbose=verbose)

    def make(settings: MonitorSettings) -> Monitor:
        return Monitor(settings, on_durable=feed.take, on_note=feed.note)

    watching = make(settings)
    feed.start()
    try:
        _say_what_begins(watching.targets, settings, watching.serving.port)
        asyncio.run(live(watching, make, for_s=for_s))
    finally:
        watching.close()
        feed.stop()


@monitor.command("once", short_help="Run one service's transactions now and show each step.")
@click.argument("target", metavar="AGENCY/SERVICE")
@click.option("--transaction", metavar="NAME", help="Only this one.  [default: all of the service]")
@targets_option
@allow_option
@secrets_option
@mark_option
@json_option
@workspace_options
def once_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, target: str, transaction: str | None,
    targets: tuple[Path, ...], allowed: tuple[str, ...], secrets_dir: Path | None, mark: str,
) -> int:
    """Run one service's transactions now, each step shown with its timings. Nothing is recorded.

    Exit code 0: up or degraded; 1: down or unknown.

    \b
    Example:  siaga24 monitor once dinkes-bandung/antrean --transaction ambil-nomor
    """  # noqa: D301
    from cli.trial import chosen, run_by_hand  # noqa: PLC0415

    known = TargetsFiles(targets or (state_folder(workspace, state, else_give=GIVE) / "targets",)).read()
    found = find_target(known, target)
    transactions = chosen(found, transaction)
    if not allowed and (of_workspace := _of_workspace(workspace, state)):
        allowed = of_workspace.allow_networks
    runs = run_by_hand(found, transactions, allow_networks=allowed, secrets_dir=secrets_dir, mark=mark)
    if as_json:
        from cli.trial import as_plain  # noqa: PLC0415

        print_json([as_plain(run) for run in runs])
    else:
        for run, of in zip(runs, transactions, strict=True):
            _show(found, of, run)
    return 0 if all(run.verdict in (Verdict.UP, Verdict.DEGRADED) for run in runs) else 1


@monitor.command("writes", short_help="Stop all transactions that write, or let them run again.")
@click.option("--stop", "reason", metavar="REASON", help="Let none of them run from now on; why, in a few words.")
@click.option("--go", is_flag=True, help="Let them run again.")
@click.option(
    "--ledger", type=read_ledger, metavar=LEDGER_METAVAR,
    help="Ledger of the monitor that is meant; of one on a server its --state is.  [default: STATE/ledger.sqlite]",
)
@workspace_options
def writes_command(
    workspace: Path | None, state: Path | None, *, reason: str | None, go: bool, ledger: LedgerName | None,
) -> None:
    """Stop every transaction that writes into its service, or let them run again; without an option, say which holds.

    It works at once, on a monitor that runs and on one that is started later: the switch is a file beside the ledger.
    Runs that may not write are missed and unknown, never down. A run under way makes no second try.

    \b
    Examples:  siaga24 monitor writes --stop "disdukcapil asks for quiet until Monday"
               siaga24 monitor writes --go
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    from monitors.budget import Writes, switch_of  # noqa: PLC0415

    if reason is not None and go:
        raise UsageError("--stop and --go: expected one of them")
    if reason is not None and not reason.strip():
        raise UsageError("--stop: expected a reason; /healthz and the ledger show it")
    near = ledger if isinstance(ledger, Path) else state_folder(workspace, state, else_give=GIVE_STATE) / LOCAL
    switch = switch_of(near)
    try:
        if reason is not None:
            switch.write_text(reason.strip() + "\n", encoding="utf-8")
        elif go:
            switch.unlink(missing_ok=True)
    except OSError as exc:
        why = (exc.strerror or str(exc)).lower()
        raise Siaga24Error(f"{switch}: {why}; expected a folder that this user may write") from exc
    console().print(Writes(switch).stopped or "transactions that write may run", soft_wrap=True, markup=False)


def _settings(
    workspace: Path | None, state: Path | None, *, targets: tuple[Path, ...], ledger: LedgerName | None,
    listen: str | None, vantage: str | None, allowed: tuple[str, ...] = (), canaries: tuple[str, ...] = (),
    secrets_dir: Path | None = None, mark: str = DEFAULT_MARK, reports: str | None = None,
) -> MonitorSettings:
    """Take what is given; the rest from the workspace, which is opened only where something is left to it."""
    server = ledger if isinstance(ledger, ServerLedger) else None
    near = ledger if isinstance(ledger, Path) else None
    if not targets or near is None:
        # beside a ledger on a server, too, there are files of this monitor alone: its spool, its switch
        folder = state_folder(workspace, state, else_give=GIVE_STATE if server is not None else GIVE)
        targets = targets or (folder / "targets",)
        near = near or folder / LOCAL
    is_open = listen is None or vantage is None or not allowed or not canaries
    if is_open and (of_workspace := _of_workspace(workspace, state)):
        listen, vantage = listen or of_workspace.listen, vantage or of_workspace.vantage
        allowed = allowed or of_workspace.allow_networks
        canaries = canaries or of_workspace.canaries
    return MonitorSettings(
        targets=targets, ledger=near, server=server, listen=Listen.parse(listen or DEFAULT_LISTEN),
        vantage=vantage or DEFAULT_VANTAGE, allow_networks=allowed, canaries=canaries,
        secrets_dir=secrets_dir, synthetic_header=mark, reports=Listen.parse(reports) if reports else None,
    )


def _of_workspace(workspace: Path | None, state: Path | None) -> Settings | None:
    """Read the workspace's settings; None where there is no workspace."""
    if workspace is None and not Path("siaga24.yaml").is_file():
        return None
    from stacks.workspace import open_workspace  # noqa: PLC0415 - not needed where all is given

    return open_workspace(workspace, state).settings


def _say_what_begins(targets: tuple[Target, ...], settings: MonitorSettings, port: int) -> None:
    out = error_console()
    transactions = sum(len(target.transactions) for target in targets)
    address = Listen(host=settings.listen.host, port=port)
    out.print(
        f"watching {len(targets)} services by {transactions} transactions from {settings.vantage}; "
        f"http://{address}/metrics and /healthz; ledger {settings.ledger_name}; Ctrl-C stops",
        style="dim", soft_wrap=True, markup=False,
    )
    if not targets:
        places = " and ".join(str(path) for path in settings.targets)
        out.print(
            f'there are no targets in {places} yet; "siaga24 stack up AGENCY" writes them, and they are taken up then',
            style="yellow", soft_wrap=True, markup=False,
        )


def _show(target: Target, transaction: Transaction, run: Run) -> None:
    from cli.trial import outcome_text, phase_cells  # noqa: PLC0415

    out = console()
    saves = {step.name: ", ".join(save.name for save in step.saves) for step in transaction.steps}
    for number, attempt in enumerate(run.tries, 1):
        rows = [
            [
                f"{place} of {len(transaction.steps)}", step.name, outcome_text(step), step.status or "",
                *phase_cells(step), saves[step.name] if step.passed else "",
            ]
            for place, step in enumerate(attempt.steps, 1)
        ]
        title = f"{target.key}/{transaction.name}  {target.base_url}" + (
            f"  try {number} of {len(run.tries)}" if len(run.tries) > 1 else ""
        )
        print_table(STEP_COLUMNS, rows, title=title, right=STEP_COLUMNS[3:10])
        for step in attempt.steps:
            if step.reason:
                out.print(f"  {step.reason}", style="yellow" if step.passed else "red", markup=False, soft_wrap=True)
            if step.evidence is not None:
                print_evidence(step.evidence, address=step.address)
    out.print("verdict", verdict_text(run.verdict), *([run.reason] if run.reason else []), soft_wrap=True, markup=False)
