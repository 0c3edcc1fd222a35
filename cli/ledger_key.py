"""``siaga24 ledger key``: the keys that sign seals."""

from __future__ import annotations

from pathlib import Path

import click

from cli.ledger_view import ledger_named, ledger_option, now_ms
from cli.output import console, json_option, print_json, print_table, workspace_options
from cli.telling import by_option
from monitors.core.entry import EntryKind
from monitors.core.errors import UsageError
from monitors.ledger.keys import generate, load
from monitors.ledger.opening import open_reader
from monitors.ledger.opening_sealer import open_sealer
from monitors.ledger.seal_keys import seal_keys
from monitors.ledger_name import LedgerName

COLUMNS = ("key", "public", "since entry", "introduced by")


@click.group("key", short_help="Make and show the keys that sign seals.")
def key_group() -> None:
    """Make the key that signs the ledger's seals, and show the public ones.

    The private key is a file of the sealing command's user alone. Whoever verifies needs the public key, and gets it by
    another way than the ledger.
    """


@key_group.command("new", short_help="Make a key and introduce it to the ledger.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--after", type=click.Path(path_type=Path, dir_okay=False), metavar="OLD",
    help="The key that signs until now: it signs that the new one follows.",
)
@click.option(
    "--former-lost", is_flag=True, help="The key that signed until now is no more; whoever verifies is told that.",
)
@by_option
@ledger_option
@json_option
@workspace_options
def new_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, file: Path, after: Path | None, former_lost: bool,
    by: str, ledger: LedgerName | None,
) -> None:
    """Make a key in FILE, for its owner alone (mode 0600), and let it sign seals from now on.

    The first key introduces itself. Each later one is introduced by an entry that the one before it signs; keep old
    public keys, since they are what earlier seals were signed with.

    \b
    Examples:  siaga24 ledger key new /etc/siaga24/seal.key --by "Siti Rahma"
               siaga24 ledger key new /etc/siaga24/seal-2027.key --after /etc/siaga24/seal.key --by "Siti Rahma"
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if former_lost and after is not None:
        raise UsageError("--after and --former-lost exclude each other: a key that is there was not lost")
    former = load(after) if after is not None else None
    sealer = open_sealer(ledger_named(workspace, state, ledger))
    try:
        sealer.may_introduce(former, is_lost=former_lost)
        key = generate(file)
        sealer.introduce(key, former, by=by, at_ms=now_ms(), is_lost=former_lost)
    finally:
        sealer.close()
    if as_json:
        print_json({"key": key.id, "public": key.public, "file": str(file)})
        return
    console().print(
        f"{file}: key {key.id} signs seals from now on; give its public key to those who verify:\n{key.public}",
        markup=False, highlight=False, soft_wrap=True,
    )


@key_group.command("show", short_help="Show the public keys.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@ledger_option
@json_option
@workspace_options
def show_command(
    workspace: Path | None, state: Path | None, as_json: bool, *, file: Path | None, ledger: LedgerName | None,
) -> None:
    """Show the public keys that may sign seals, the newest last; or that of a private key's FILE.

    \b
    Examples:  siaga24 ledger key show
               siaga24 ledger key show /etc/siaga24/seal.key
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    if file is not None:
        key = load(file)
        if as_json:
            print_json({"key": key.id, "public": key.public})
        else:
            console().print(f"{key.id} {key.public}", markup=False, highlight=False, soft_wrap=True)
        return
    reader = open_reader(ledger_named(workspace, state, ledger))
    try:
        known = seal_keys(reader.entries(EntryKind.KEY))
    finally:
        reader.close()
    if as_json:
        print_json([{"key": one.id, "public": one.public, "since_entry": one.since, "by": one.by} for one in known])
    elif not known:
        console().print(
            'no key was introduced; make one with "siaga24 ledger key new FILE --by NAME"', markup=False,
        )
    else:
        print_table(COLUMNS, [[one.id, one.public, one.since, one.by] for one in known], right=("since entry",))
