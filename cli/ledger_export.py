"""``siaga24 ledger export``: what was sealed, as files that anybody verifies with a public key."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cli.ledger_backup import ledger_path
from cli.ledger_progress import telling_progress
from cli.ledger_view import ledger_named, ledger_option
from cli.output import console, json_option, print_json, workspace_options
from monitors.core.errors import UsageError
from monitors.ledger.export import write_export
from monitors.ledger.opening import open_export
from monitors.ledger.parquet import write_parquet
from monitors.ledger_name import LedgerName


@click.command("export", short_help="Write sealed days as files that others verify.")
@click.argument("to", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--agency", metavar="CODE", default="", help="Of one agency alone; it names no other.")
@click.option("--from", "since", metavar="DAY", default="", help="First day, UTC, as 2026-11-24.  [default: the first]")
@click.option("--until", metavar="DAY", default="", help="Last day, UTC.  [default: the last]")
@click.option("--parquet", "is_parquet", is_flag=True, help="Tables for analysts instead; they prove nothing.")
@ledger_option
@json_option
@workspace_options
def export_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, to: Path, agency: str, since: str, until: str,
    is_parquet: bool, ledger: LedgerName | None,
) -> None:
    """Write what was sealed into the new folder DIR: seals, kept rows, raw runs and their evidence.

    The files hold the very text that was digested (docs/seal.md), so that "siaga24 ledger verify" or a program of
    somebody else's proves them with the public key. The folder takes its name when it is whole. Days that are not
    sealed yet are not in it. The monitor may write meanwhile.

    With --parquet: a file of runs for each UTC day, one of stretches and one of roll-ups, sealed or not.

    \b
    Examples:  siaga24 ledger export /srv/export/2026-11
               siaga24 ledger export for-dinkes --agency dinkes-bandung --from 2026-11-01 --until 2026-11-30
               siaga24 ledger export tables --parquet --from 2026-11-24
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    for name, day in (("--from", since), ("--until", until)):
        _check_day(name, day)
    if is_parquet:
        path = ledger_path(workspace, state, ledger)
        _write_tables(path, to, agency=agency, since=since, until=until, as_json=as_json)
        return
    source = open_export(ledger_named(workspace, state, ledger))
    tell = telling_progress("agencies' days written")
    try:
        done = write_export(
            source, to, agency=agency, since=since, until=until, progress=lambda _day, count, all_: tell(count, all_),
        )
    finally:
        source.close()
    if as_json:
        print_json({
            "path": str(done.path), "agency": done.agency, "days": list(done.days), "seals": done.seals,
            "leaves": done.leaves, "blocks": done.blocks, "runs": done.runs, "bytes": done.bytes,
            "late_runs_not_sealed": source.unsealed,
        })
        return
    late = f"; {source.unsealed} runs came late and are in no seal yet, so not in it" if source.unsealed else ""
    console().print(
        f"{done.path}: {done.agency or 'all agencies'}, {len(done.days)} sealed days ({done.days[0]} to "
        f"{done.days[-1]}), {done.runs} raw runs in {done.blocks} blocks, {done.bytes / 1e6:.1f} MB{late}",
        markup=False, highlight=False, soft_wrap=True,
    )


def _write_tables(path: Path, to: Path, *, agency: str, since: str, until: str, as_json: bool) -> None:
    done = write_parquet(
        path, to, agency=agency, since=since, until=until, progress=telling_progress("files written"),
    )
    if as_json:
        print_json({"path": str(done.path), "files": done.files, "rows": done.rows})
    else:
        console().print(
            f"{done.path}: {done.files} Parquet files, {done.rows} rows", markup=False, highlight=False, soft_wrap=True,
        )


def _check_day(name: str, day: str) -> None:
    try:
        is_day = not day or date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_day = False
    if not is_day:
        raise UsageError(f'{name} "{day}" is no day; expected one as 2026-11-24')
