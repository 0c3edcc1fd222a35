"""``siaga24 monitor report``: how a job reports to the monitor."""

from __future__ import annotations

from pathlib import Path

import click

from cli.known_targets import find_target
from cli.output import console, json_option, print_json, print_table, workspace_options
from cli.state_folder import state_folder
from monitors.core.errors import UsageError
from monitors.core.model import Target
from monitors.core.wording import duration
from monitors.job_reports import job_key, read_key, token_of
from monitors.settings import Listen
from monitors.targets_source import TargetsFiles

DEFAULT_REPORTS = "127.0.0.1:9925"
GIVE = "give --targets and --key"


@click.command("report", short_help="Show how jobs report to the monitor.")
@click.argument("target", metavar="AGENCY/SERVICE")
@click.option(
    "--targets", "-t", multiple=True, type=click.Path(path_type=Path), metavar="FILE|DIR",
    help="Targets document, or folder of them; may be repeated.  [default: STATE/targets]",
)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Key of the monitor's tokens, beside its ledger.  [default: STATE/reports.key]",
)
@click.option(
    "--reports", "listen", envvar="SIAGA24_REPORTS", default=DEFAULT_REPORTS, show_default=True, metavar="HOST:PORT",
    help="Where the monitor hears reports, as the job's machine reaches it.",
)
@json_option
@workspace_options
def report_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, target: str, targets: tuple[Path, ...],
    key: Path | None, listen: str,
) -> None:
    """Show the address and the token of each job of a service that has to report, and a line for its script.

    A token is a secret: it lets its owner report for that one job.

    \b
    Example:  siaga24 monitor report dinkes-bandung/antrean
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if not targets or key is None:
        folder = state_folder(workspace, state, else_give=GIVE)
        targets, key = targets or (folder / "targets",), key or folder / "reports.key"
    jobs = _jobs(TargetsFiles(targets).read(), target)
    secret, where = read_key(key), Listen.parse(listen)
    rows = [
        {"job": job, "url": f"http://{where}/report/{job}", "token": token_of(secret, job), "every_ms": every_ms,
         "grace_ms": grace_ms}
        for job, every_ms, grace_ms in jobs
    ]
    if as_json:
        print_json(rows)
        return
    print_table(("job", "every", "grace", "address", "token"), [
        (job, duration(every_ms), duration(grace_ms), row["url"], row["token"])
        for (job, every_ms, grace_ms), row in zip(jobs, rows, strict=True)
    ])
    url, token = rows[0]["url"], rows[0]["token"]
    out = console()
    out.print("at the end of the job's script, for example:", markup=False)
    out.print(
        f"  curl -fsS --retry 5 -X POST -H 'Authorization: Bearer {token}' {url}", markup=False, soft_wrap=True,
    )
    out.print("where it fails:", markup=False)
    out.print(
        f"  curl -fsS --retry 5 -H 'Authorization: Bearer {token}' --data 'why it failed' '{url}?status=failed'",
        markup=False, soft_wrap=True,
    )


def _jobs(known: tuple[Target, ...], key: str) -> list[tuple[str, int, int]]:
    found = find_target(known, key)
    jobs = [
        (job_key(found.agency, found.service, step.heartbeat.job), step.heartbeat.every_ms, step.heartbeat.grace_ms)
        for transaction in found.transactions for step in transaction.steps if step.heartbeat is not None
    ]
    if not jobs:
        raise UsageError(
            f'{key} has no step "heartbeat"; give one of its transactions a step such as '
            "heartbeat: {job: cadangan-malam, every: 24h}",
        )
    return jobs
