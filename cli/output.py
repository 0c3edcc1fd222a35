"""How every command prints: tables for people, JSON and CSV for programs, and the options that all share.

Colour and live pictures only on a terminal, never with NO_COLOR. Results go to standard output, progress and errors
to standard error, so that a pipe gets the result alone.
"""

from __future__ import annotations

import csv
import functools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

P = ParamSpec("P")
R = TypeVar("R")

PIPE_WIDTH = 200  # columns, where nobody's terminal says otherwise: long lines are the reader's to fold

VERDICT_STYLES = {"up": "green", "degraded": "yellow", "down": "bold red", "unknown": "magenta"}


def console() -> Console:
    """Return the console of standard output, made anew so that it follows the stream of the moment."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def error_console() -> Console:
    """Return the console of standard error."""
    return Console(file=sys.stderr, highlight=False, width=None if sys.stderr.isatty() else PIPE_WIDTH)


def verdict_text(verdict: str) -> Text:
    """Give a verdict its colour; the word stays, so that nothing hangs on colour alone."""
    return Text(verdict, style=VERDICT_STYLES.get(verdict, ""))


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    folded: Sequence[str] | None = None,
) -> None:
    """Print rows under ``columns``; the columns named in ``right`` are aligned right. Cells are text or rich Text.

    On a narrow terminal only the columns in ``folded`` get more lines (None: all may): codes stay in one piece.
    """
    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        is_whole = folded is not None and column not in folded
        table.add_column(
            column, justify="right" if column in right else "left", overflow="fold", no_wrap=is_whole,
            min_width=None if folded is None or is_whole else 10,
        )
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    console().print(table)


def print_json(value: object) -> None:
    """Print one JSON value, readable and stable."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a header and rows as RFC 4180 CSV with plain line ends.

    A cell that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: object) -> object:
    text = cell.plain if isinstance(cell, Text) else cell
    if not isinstance(text, str) or text[:1] not in {"=", "+", "-", "@", "\t"}:
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text  # a negative number is a number


def output_option(function: Callable[Concatenate[str, P], R]) -> Callable[..., R]:
    """Add ``--output table|json|csv`` and its short form ``--json``; the function gets ``output`` first."""

    @click.option(
        "--output", "-o", "output_format", type=click.Choice(["table", "json", "csv"]), default="table",
        show_default=True, help="How to print the result.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Short for --output json.")
    @functools.wraps(function)
    def wrapper(*args: Any, output_format: str, as_json: bool, **kwargs: Any) -> R:
        return function("json" if as_json else output_format, *args, **kwargs)

    return wrapper


def json_option(function: Callable[Concatenate[bool, P], R]) -> Callable[..., R]:
    """Add ``--json`` alone; the function gets the flag first."""

    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    @functools.wraps(function)
    def wrapper(*args: Any, as_json: bool, **kwargs: Any) -> R:
        return function(as_json, *args, **kwargs)

    return wrapper


def workspace_options(function: Callable[Concatenate[Path | None, Path | None, P], R]) -> Callable[..., R]:
    """Add ``--workspace`` and ``--state``; the function gets both first, None where not given."""

    @click.option(
        "--workspace", "-w", type=click.Path(path_type=Path, file_okay=False), envvar="SIAGA24_WORKSPACE",
        help="Folder with siaga24.yaml and the agency files.  [env: SIAGA24_WORKSPACE; default: this folder]",
    )
    @click.option(
        "--state", type=click.Path(path_type=Path, file_okay=False), envvar="SIAGA24_STATE",
        help="Folder for state, keys and the ledger.  [env: SIAGA24_STATE; default: WORKSPACE/.siaga24]",
    )
    @functools.wraps(function)
    def wrapper(*args: Any, workspace: Path | None, state: Path | None, **kwargs: Any) -> R:
        return function(workspace, state, *args, **kwargs)

    return wrapper
