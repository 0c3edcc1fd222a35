"""``siaga24 stack``: preview, bring up, show and take down the hosting stack of one agency."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from cli.deployment_note import DeploymentNote
from cli.output import (
    console,
    error_console,
    json_option,
    output_option,
    print_csv,
    print_json,
    print_table,
    workspace_options,
)
from cli.stack_progress import JsonProgress, watched
from monitors.core.errors import Siaga24Error, StackError, UnhealthyError, UsageError
from stacks import outputs
from stacks.interrupts import like_ctrl_c
from stacks.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stacks.deploy import Result
    from stacks.progress import Counts, Progress


@click.group()
def stack() -> None:
    """Provision the hosting stack of an agency.

    Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C or a signal.
    """


@stack.command()
@click.argument("agency")
@click.option("--expect-no-changes", is_flag=True, help="Fail (exit code 1) if up would change anything.")
@workspace_options
@json_option
def preview(as_json: bool, workspace: Path | None, state: Path | None, agency: str, expect_no_changes: bool) -> None:
    """Show what `up` would change, changing nothing.

    Example: siaga24 stack preview dinkes-bandung
    """
    from stacks import deploy  # noqa: PLC0415 - Pulumi's packages take a second to load

    with _running("preview", agency, as_json=as_json) as progress:
        result = deploy.preview(open_workspace(workspace, state), agency, progress)
    _summary("preview", result.code, result.counts, result.seconds, as_json=as_json)
    if expect_no_changes and result.counts.changed:
        raise StackError(f"stack {agency!r}: up would change {result.counts.changed} resources; expected none")


@stack.command()
@click.argument("agency")
@click.option(
    "--accept-loss", is_flag=True,
    help="Go on although the stack was made on another engine, or data volumes are gone: what is lost stays lost.",
)
@workspace_options
@json_option
def up(as_json: bool, workspace: Path | None, state: Path | None, agency: str, accept_loss: bool) -> None:
    """Bring the stack to what the agency's definition says, and check it from outside.

    Nothing is changed before all checks have passed. Ctrl-C ends in order, a second one at once; whatever is left, the
    next `up` goes on from there.

    Example: siaga24 stack up dinkes-bandung
    """
    from stacks import deploy  # noqa: PLC0415 - Pulumi's packages take a second to load

    with _running("up", agency, as_json=as_json) as progress:
        place = open_workspace(workspace, state)
        with DeploymentNote(place.state, agency, "up") as note:
            result = deploy.up(place, agency, progress, accepts_loss=accept_loss)
            note.done(result.counts)
    _summary(
        "up", result.code, result.counts, result.seconds, as_json=as_json,
        addresses=dict(result.addresses), targets_file=result.targets_file, ca_file=result.ca_file,
    )
    if not as_json:
        _print_addresses(result)


@stack.command("outputs")
@click.argument("agency")
@workspace_options
@output_option
def show_outputs(output: str, workspace: Path | None, state: Path | None, agency: str) -> None:
    """Show where a stack's services answer, and whether its release passed its checks.

    Example: siaga24 stack outputs dinkes-bandung --json
    """
    view = outputs.view(open_workspace(workspace, state), agency)
    releases: Mapping[str, str] = view.outputs.get("releases") or {}
    rows = [
        (service, endpoint["url"], endpoint["connectTo"], releases.get(service, ""), view.record.gate.value)
        for service, endpoint in sorted(view.endpoints.items())
    ]
    columns = ("service", "address", "gateway", "release", "checks")
    if output == "json":
        print_json({
            **view.outputs, "agency": view.code, "gate": view.record.gate.value, "failure": view.record.failure,
            "targets_file": str(view.targets_file),
        })
    elif output == "csv":
        print_csv(columns, rows)
    else:
        print_table(columns, rows, title=f"stack {view.code}")
        if view.record.failure:
            error_console().print(f"its last up failed: {view.record.failure}", style="yellow", markup=False)


@stack.command()
@click.argument("agency")
@click.option("--yes", is_flag=True, help="Do not ask (nobody is asked where there is no terminal).")
@click.option("--delete-data", metavar="AGENCY-CODE", help="Delete the data volumes too; type the agency's code.")
@click.option("--accept-loss", is_flag=True, help="Forget a stack whose engine is lost for good.")
@workspace_options
@json_option
def destroy(  # noqa: PLR0917 - click hands them over; the decorators' values come first
    as_json: bool, workspace: Path | None, state: Path | None, agency: str, yes: bool, delete_data: str | None,
    accept_loss: bool,
) -> None:
    """Take the stack down. Its data volumes, and the passwords to what is in them, stay.

    A following `up` finds them again. Taking down twice is harmless.

    Example: siaga24 stack destroy dinkes-bandung
    """
    if delete_data is not None and delete_data != agency:
        raise UsageError(
            f'--delete-data is "{delete_data}", but the agency is "{agency}"; type the same code to delete its data; '
            "nothing was changed",
        )
    from stacks import teardown  # noqa: PLC0415 - Pulumi's packages take a second to load

    place = open_workspace(workspace, state)
    if not yes and sys.stdin.isatty():
        _confirm(teardown.held(place, agency), agency, deletes_data=delete_data is not None)
    with (
        _running("destroy", agency, as_json=as_json) as progress,
        DeploymentNote(place.state, agency, "destroy") as note,
    ):
        done = teardown.destroy(
            place, agency, progress, delete_data=delete_data is not None, accepts_loss=accept_loss,
        )
        note.done(done.counts)
    _summary(
        "destroy", done.code, done.counts, done.seconds, as_json=as_json,
        kept=list(done.kept), deleted_data=list(done.deleted_data),
    )
    if not as_json:
        for volume in done.deleted_data:
            console().print(f"  data deleted: {volume}", markup=False)
        for volume in done.kept:
            console().print(f"  data kept: {volume}", markup=False)
        if done.kept:
            console().print(f"  (to delete it: siaga24 stack destroy {agency} --delete-data {agency})", markup=False)


def _confirm(volumes: tuple[str, ...], agency: str, *, deletes_data: bool) -> None:
    fate = "DELETED" if deletes_data else "kept"
    for volume in volumes:
        click.echo(f"  data {fate}: {volume}", err=True)
    if not click.confirm(f"Take down the stack of {agency}?", err=True):
        raise StackError("not confirmed; nothing was changed")


@contextmanager
def _running(command: str, agency: str, *, as_json: bool) -> Iterator[Progress]:
    """Run a command under its picture; tell an error's log lines, and the error itself as the last JSON line."""
    began = time.monotonic()
    try:
        is_preview = command == "preview"
        with like_ctrl_c(), watched(f"stack {command} {agency}", as_json=as_json, is_preview=is_preview) as progress:
            yield progress
    except Siaga24Error as exc:
        lines = exc.log_lines if isinstance(exc, UnhealthyError) else ()
        if as_json:
            JsonProgress().line(
                "error", command=command, agency=agency, message=str(exc), exit_code=exc.exit_code,
                log_lines=list(lines), seconds=round(time.monotonic() - began, 3),
            )
        elif lines:
            error_console().print("its last log lines:", style="bold")
            for line in lines:
                error_console().print(f"  | {line}", markup=False, soft_wrap=True, style="dim")
        raise


def _summary(
    command: str, agency: str, counts: Counts, seconds: Mapping[str, float], *, as_json: bool, **more: Any,
) -> None:
    total = sum(seconds.values())
    if as_json:
        JsonProgress().line(
            "summary", command=command, agency=agency, created=counts.created, updated=counts.updated,
            replaced=counts.replaced, deleted=counts.deleted, same=counts.same,
            seconds={**{name: round(took, 3) for name, took in seconds.items()}, "total": round(total, 3)}, **more,
        )
        return
    would = "would be " if command == "preview" else ""
    words = ", ".join(
        f"{number} {would}{word}" for number, word in (
            (counts.created, "created"), (counts.updated, "updated"), (counts.replaced, "replaced"),
            (counts.deleted, "deleted"),
        ) if number
    ) or ("nothing would change" if command == "preview" else "nothing changed")
    phases = ", ".join(f"{name} {took:.1f}" for name, took in seconds.items())
    same = f", {counts.same} stay as they are" if counts.same else ""
    console().print(f"{agency}: {words}{same}; {total:.1f} s ({phases})", markup=False, style="bold")


def _print_addresses(result: Result) -> None:
    out = console()
    width = max((len(code) for code in result.addresses), default=0)
    for code, url in result.addresses.items():
        out.print(f"  {code:<{width}}  {url}", markup=False, soft_wrap=True)
    if result.targets_file is not None:
        out.print(f"  for the monitor: {result.targets_file}", markup=False, soft_wrap=True)
    if result.ca_file is not None and result.addresses:
        url = next(iter(result.addresses.values()))
        where = urlsplit(url)
        host, port = where.hostname, where.port or 443
        out.print(
            f"  try: curl --cacert {result.ca_file} --resolve {host}:{port}:{result.bind} {url}/",
            markup=False, soft_wrap=True,
        )
