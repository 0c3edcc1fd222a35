"""``siaga24 ledger import``: a ledger made of an export, as where everything else was lost."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_progress import telling_progress
from cli.output import console, json_option, print_json
from monitors.core.errors import UsageError
from monitors.ledger.importing import import_export
from monitors.ledger.verify_seals import read_public


@click.command("import", short_help="Make a ledger of a whole export.")
@click.argument("export", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--ledger", "to", required=True, metavar="NEW", type=click.Path(path_type=Path, dir_okay=False),
    help="The ledger to make; there must be none.",
)
@click.option(
    "--key", "keys", multiple=True, metavar="PUBLIC",
    help="Public key by which the export must verify: 64 hexadecimal digits, or a file that holds them.",
)
@click.option("--unverified", is_flag=True, help="Import it without verifying it, or though it does not verify.")
@json_option
def import_command(as_json: bool, *, export: Path, to: Path, keys: tuple[str, ...], unverified: bool) -> None:
    """Make the new ledger NEW of the export in DIR, which must be of all agencies and all sealed days.

    The export is verified first. An export of the new ledger has the same bytes. What was told after the last seal is
    in no export, so not in the new ledger either; a monitor goes on with it, and the time between is unknown.

    \b
    Example:  siaga24 ledger import /srv/export/2026-11 --ledger new.sqlite --key seal.pub
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if bool(keys) is unverified:
        raise UsageError("give the public --key by which the export must verify, or --unverified")
    trusted = [read_public(key) for key in keys] if keys else None
    done = import_export(export, to, trusted, progress=telling_progress("days imported"))
    if as_json:
        print_json({
            "path": str(done.path), "days": done.days, "rows": done.rows, "runs": done.runs, "left_out": done.left_out,
        })
        return
    left = f"; {done.left_out} runs that no block holds were left out" if done.left_out else ""
    console().print(
        f"{done.path}: {done.days} sealed days, {done.rows} rows, {done.runs} raw runs"
        f"{'' if trusted else ', not verified'}{left}",
        markup=False, highlight=False, soft_wrap=True,
    )
