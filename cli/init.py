"""``siaga24 init DIR``: lay out a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from cli.output import console
from stacks.scaffold import EXAMPLE_CODE, lay_out_workspace


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Lay out a new workspace in DIR: settings, one commented agency, schema files for editors.

    In a workspace it adds what is missing, renews the schema files and leaves all else as it is.

    \b
    Example:  siaga24 init my-agencies
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    written = lay_out_workspace(folder)
    out = console()
    if not written:
        out.print(f"{folder} is a workspace already; nothing was missing", markup=False)
        return
    for path in written:
        out.print(f"wrote {path}", markup=False)
    out.print("\nNext:", markup=False)
    if folder.resolve() != Path.cwd():
        out.print(f"  cd {folder}", markup=False, style="bold")
    if any(path.name == f"{EXAMPLE_CODE}.yaml" for path in written):
        out.print(f"  siaga24 agency show {EXAMPLE_CODE}", markup=False, style="bold")
    out.print("  siaga24 agency validate", markup=False, style="bold")
    out.print(
        '  siaga24 agency new dinkes-bandung --name "Dinas Kesehatan Kota Bandung"', markup=False, style="bold",
        soft_wrap=True,
    )
