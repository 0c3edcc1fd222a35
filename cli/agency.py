"""``siaga24 agency``: write, list, show and check agency definitions, and give editors their schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.text import Text

from cli.output import console, error_console, json_option, output_option, print_csv, print_json, print_table
from cli.output import workspace_options as in_workspace
from stacks import yamlio
from stacks.definition.grammar import KINDS, TIERS
from stacks.resolved import as_json, resolved
from stacks.scaffold import NewAgency, write_agency
from stacks.schema import agency_schema, settings_schema
from stacks.workspace import check_agencies, open_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.loader import Checked

WRONG_USE = 2
TABLE_COLUMNS = ("agency", "name", "time zone", "services", "port")
CSV_COLUMNS = (
    "agency", "name", "kind", "time_zone", "tier", "wave", "hosted", "external", "https_port", "subnet", "faults",
)


@click.group("agency")
def agency() -> None:
    """Write, list, show and check agency definitions."""


@agency.command("new", short_help="Write a commented, valid file for a new agency.")
@click.argument("code", metavar="CODE")
@click.option("--name", help="Full name.  [default: made from CODE]")
@click.option("--zone", default="Asia/Jakarta", show_default=True, help="Time zone whose months count.")
@click.option(
    "--kind", type=click.Choice(list(KINDS.meaning)), default="city", show_default=True, help="Sort of institution.",
)
@click.option(
    "--tier", type=click.Choice(list(TIERS.meaning)), default="silver", show_default=True, help="Set of defaults.",
)
@in_workspace
def new_command(
    workspace: Path | None, state: Path | None, *, code: str, name: str | None, zone: str, kind: str, tier: str,
) -> None:
    """Write a commented, valid file for a new agency, with the next free subnet and port.

    \b
    Example:  siaga24 agency new dinkes-bandung --name "Dinas Kesehatan Kota Bandung" --zone Asia/Jakarta
    """  # noqa: D301
    full_name = name if name is not None else code.replace("-", " ").title()
    new = NewAgency(code=code, name=full_name, time_zone=zone, kind=kind, tier=tier)
    path = write_agency(open_workspace(workspace, state), new)
    out = console()
    out.print(f"wrote {path}", markup=False)
    out.print(f"\nNext: edit it, then\n  siaga24 agency validate {code}{_again(workspace)}", markup=False)


@agency.command("list")
@in_workspace
@output_option
def list_command(output: str, workspace: Path | None, state: Path | None) -> None:
    """List the agencies of a workspace, faulty files too.

    \b
    Example:  siaga24 agency list --output csv
    """  # noqa: D301
    checked = check_agencies(open_workspace(workspace, state))
    if output == "json":
        print_json([_listed(one) for one in checked])
        return
    if output == "csv":
        print_csv(CSV_COLUMNS, [_csv_row(_listed(one)) for one in checked])
        return
    if checked:
        print_table(TABLE_COLUMNS, [_row(one) for one in checked], right=("port",), folded=("name", "services"))
    faulty = sum(1 for one in checked if one.findings.faults)
    if not checked:
        console().print(f"no agency yet; make one: siaga24 agency new CODE{_again(workspace)}", markup=False)
    if faulty:
        error_console().print(
            f"{_count(faulty, 'file')} cannot be read in full; see: siaga24 agency validate{_again(workspace)}",
            markup=False, style="yellow",
        )


@agency.command("show")
@click.argument("code", metavar="CODE")
@in_workspace
@json_option
def show_command(as_json_output: bool, workspace: Path | None, state: Path | None, code: str) -> None:
    """Show an agency with every default filled in, as YAML or JSON. Secrets appear by name only.

    \b
    Example:  siaga24 agency show dinkes-bandung --json
    """  # noqa: D301
    opened = open_workspace(workspace, state)
    found = opened.agency(code)
    plain = resolved(found, opened.folder)
    if as_json_output:
        print_json(as_json(plain))
        return
    click.echo(f"# {code} with the defaults of tier {found.tier} filled in")
    click.echo(yamlio.write(plain), nl=False)


@agency.command("validate", short_help="Check files and tell every fault of each.")
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@in_workspace
@json_option
@click.pass_context
def validate_command(
    context: click.Context, as_json_output: bool, workspace: Path | None, state: Path | None, codes: Sequence[str],
) -> None:
    """Check agency files and tell every fault of every file; exit code 2 where there is one.

    \b
    Example:  siaga24 agency validate dinkes-bandung
    """  # noqa: D301
    checked = check_agencies(open_workspace(workspace, state), codes)
    if as_json_output:
        print_json([
            {
                "agency": one.path.stem,
                "faults": list(one.findings.lines()),
                "warnings": list(one.findings.warning_lines()),
            }
            for one in checked
        ])
    else:
        _print_findings(checked)
    if any(one.findings.faults for one in checked):
        context.exit(WRONG_USE)


@agency.command("schema")
@click.option("--settings", "of_settings", is_flag=True, help="The schema of siaga24.yaml instead.")
def schema_command(of_settings: bool) -> None:
    """Print the JSON Schema (2020-12) of agency files, for editors.

    A workspace has it as schema/agency.json, which "siaga24 init" renews; the first line of each file names it.

    \b
    Example:  siaga24 agency schema > schema/agency.json
    """  # noqa: D301
    print_json(settings_schema() if of_settings else agency_schema())


def _listed(one: Checked) -> dict[str, object]:
    """Return one agency as JSON has it; of a faulty file only its code and how many faults it has."""
    found = one.agency
    if found is None:
        return {"agency": one.path.stem, "faults": len(one.findings.lines())}
    return {
        "agency": found.code,
        "name": found.name,
        "kind": found.kind.value,
        "time_zone": found.time_zone,
        "tier": found.tier,
        "wave": found.wave,
        "hosted": [service.code for service in found.hosted],
        "external": [service.code for service in found.external],
        "https_port": found.gateway.https_port if found.gateway else None,
        "subnet": str(found.subnet) if found.subnet else None,
        "faults": 0,
    }


def _csv_row(listed: dict[str, object]) -> list[object]:
    """Return one agency as a row of CSV_COLUMNS; services are counted."""
    row = [listed.get(column, "") for column in CSV_COLUMNS]
    return ["" if cell is None else len(cell) if isinstance(cell, list) else cell for cell in row]


def _row(one: Checked) -> list[object]:
    """Return one agency as a row of TABLE_COLUMNS."""
    found = one.agency
    if found is None:
        faults = Text(_count(len(one.findings.lines()), "fault"), style="red")
        return [one.path.stem, faults, *[""] * (len(TABLE_COLUMNS) - 2)]
    services = f"{len(found.hosted)} hosted" + (f", {len(found.external)} external" if found.external else "")
    port = found.gateway.https_port if found.gateway else ""
    return [found.code, found.name, found.time_zone, services, port]


def _print_findings(checked: Sequence[Checked]) -> None:
    """Print every fault and warning, and one line that sums up: what a terminal's reader looks for last."""
    out = console()
    faults = warnings = 0
    for one in checked:
        for line in one.findings.lines():
            out.print(_coloured(line, "red"), soft_wrap=True)
            faults += 1
        for line in one.findings.warning_lines():
            out.print(_coloured(f"{line} (warning)", "yellow"), soft_wrap=True)
            warnings += 1
    if faults or warnings:
        out.print()
    files, services = _count(len(checked), "file"), sum(len(one.agency.services) for one in checked if one.agency)
    if faults:
        faulty = sum(1 for one in checked if one.findings.faults)
        summary = f"{_count(faults, 'fault')} in {faulty} of {files}"
    else:
        summary = f"{files} with {_count(services, 'service')}: all good"
    if warnings:
        summary += f", {_count(warnings, 'warning')}"
    out.print(summary, style="bold red" if faults else "bold green", markup=False)


def _coloured(line: str, style: str) -> Text:
    """Colour what is wrong; the place before it and the way to mend it stay in the terminal's own colour."""
    place, _, rest = line.partition(": ")
    path, _, message = rest.partition(": ")
    text = Text()
    text.append(f"{place}: ", style="bold")
    text.append(f"{path}: ", style="cyan")
    what, _, mend = message.partition("; expected ")
    text.append(what, style=style)
    text.append(f"; expected {mend}")
    return text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _again(workspace: Path | None) -> str:
    """Return the option that a next command needs, as it was given to this one."""
    return f" --workspace {workspace}" if workspace else ""
