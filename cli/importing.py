"""``siaga24 import``: definitions made of what other tools have, and a line on each thing that was left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import error_console, print_json
from monitors.core.errors import UsageError
from stacks.definition.grammar import KINDS as AGENCY_KINDS
from stacks.importers.account import Level
from stacks.importers.address import code as near_code
from stacks.importers.kinds import KINDS, import_files
from stacks.importers.writer import Heading, agency_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.importers.account import Finding
    from stacks.importers.draft import Imported

FAILED = 1
DONE_IN_PART = 3
STYLES = {Level.LOST: "red", Level.CHANGED: "yellow", Level.NOTE: "dim"}
KIND_LINES = "\n".join(f"  {name:<12} {kind.what}" for name, kind in KINDS.items())


@click.command(
    "import",
    short_help="Make definitions of what other tools have.",
    help=f"""Make an agency's file of files of another tool, and tell line by line what is not in it as it was.

    KIND is one of:

    \b
{KIND_LINES}

    Exit code: 0 all of it is carried; 3 done, but checks were left out or changed (see the lines); 1 nothing could
    be carried, and nothing was written; 2 a file cannot be read.

    \b
    Example:  siaga24 import gatus config.yaml --agency dinkes-bandung --output dinkes-bandung.yaml
    """,
)
@click.argument("kind", type=click.Choice(list(KINDS)), metavar="KIND")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--agency", "agency_code", metavar="CODE", help="Code of the agency.  [default: from the output or FILE]")
@click.option("--name", help="Full name of the agency.  [default: from FILE or CODE]")
@click.option("--zone", default="Asia/Jakarta", show_default=True, help="Time zone whose months count.")
@click.option(
    "--agency-kind",
    type=click.Choice(list(AGENCY_KINDS.meaning)),
    default="city",
    show_default=True,
    help="Sort of institution.",
)
@click.option(
    "--output",
    "-o",
    "output",
    metavar="FILE|-",
    default="-",
    show_default=True,
    help="File to write, which must not be there yet; - is standard output.",
)
@click.option("--notes", is_flag=True, help="Tell also what has no part in any check, such as descriptions.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print findings as JSON; with them the definition, unless --output."
)
@click.pass_context
def import_command(
    context: click.Context,
    *,
    kind: str,
    files: Sequence[Path],
    agency_code: str | None,
    name: str | None,
    zone: str,
    agency_kind: str,
    output: str,
    notes: bool,
    as_json: bool,
) -> None:
    """Make an agency's file of files of another tool."""
    target = None if output == "-" else Path(output)
    imported = import_files(kind, files)
    default = near_code(target.stem if target else files[0].stem, default="impor")
    code = agency_code or default
    heading = Heading(
        code=code, name=name or imported.title or code.replace("-", " ").title(), kind=agency_kind, time_zone=zone
    )
    text = ""
    if imported.services:
        text = agency_text(imported, heading, f"{', '.join(path.name for path in files)} ({kind})")
        if target:
            _write_new(target, text)
    if as_json:
        print_json(_as_json(imported, "" if target else text))
    elif text and not target:
        click.echo(text, nl=False)
    _tell(imported, notes=notes, with_lines=not as_json, target=target, code=code)
    if not text:
        context.exit(FAILED)
    if any(one.level is not Level.NOTE for one in imported.findings):
        context.exit(DONE_IN_PART)


# `import` is a word of Python's own: the group looks for the command under its name
globals()["import"] = import_command


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as exc:
        raise UsageError(f"{path} is there already; name another file, or move it away") from exc
    except OSError as exc:
        raise UsageError(f"{path} cannot be written: {(exc.strerror or 'no').lower()}; name another file") from exc


def _tell(imported: Imported, *, notes: bool, with_lines: bool, target: Path | None, code: str) -> None:
    """Print findings and a summary on standard error, so that standard output holds the definition alone."""
    out = error_console()
    shown = [one for one in imported.findings if notes or one.level is not Level.NOTE] if with_lines else []
    for finding in shown:
        out.print(str(finding), style=STYLES[finding.level], markup=False, soft_wrap=True)
    counts = Counter(one.level for one in imported.findings)
    steps = sum(service.steps for service in imported.services)
    transactions = sum(service.transactions for service in imported.services)
    where = f"wrote {target}: " if target and imported.services else ""
    if shown:
        out.print()
    out.print(
        f"{where}{_count(len(imported.services), 'service')}, {_count(transactions, 'transaction')}, "
        f"{_count(steps, 'step')}; {_count(imported.carried, 'value')} carried, {counts[Level.CHANGED]} changed, "
        f"{counts[Level.LOST]} not carried, {_count(counts[Level.NOTE], 'note')}"
        + (" (--notes shows them)" if counts[Level.NOTE] and not notes and with_lines else ""),
        markup=False,
        soft_wrap=True,
        style="bold",
    )
    if not imported.services:
        out.print("nothing could be carried, so no definition was written", style="red", markup=False)
    elif target:
        out.print(f"\nNext: look at it, then\n  siaga24 agency validate {code}", markup=False)


def _as_json(imported: Imported, text: str) -> dict[str, object]:
    return {
        "services": [
            {"code": one.code, "transactions": one.transactions, "steps": one.steps} for one in imported.services
        ],
        "carried": imported.carried,
        "findings": [_finding(one) for one in imported.findings],
        **({"definition": text} if text else {}),
    }


def _finding(one: Finding) -> dict[str, object]:
    return {
        "file": one.file,
        "line": one.line,
        "path": list(one.path),
        "level": one.level.name.lower(),
        "what": one.what,
        "why": one.why,
        "instead": one.instead,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
