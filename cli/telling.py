"""What the commands share that tell the ledger something: who tells it, and the ledger to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cli.ledger_view import chosen, ledger_named, zone_of
from monitors.core.entry import EntryKind
from monitors.core.errors import UsageError
from monitors.core.window import moment
from monitors.ledger.base import LedgerReader
from monitors.ledger.keys import PrivateKey, load
from monitors.ledger.opening import LedgerTold, open_told
from monitors.ledger.signatures import register
from monitors.ledger_name import LedgerName

C = TypeVar("C", bound=Callable[..., object])


def by_option(command: C) -> C:
    """Add ``--by NAME``."""
    return click.option(
        "--by", required=True, envvar="SIAGA24_BY", metavar="NAME",
        help="Who tells it, as it is to stand in the ledger.  [env: SIAGA24_BY]",
    )(command)


def key_option(command: C) -> C:
    """Add ``--key FILE``."""
    return click.option(
        "--key", required=True, envvar="SIAGA24_KEY", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help='Key to sign with, as "siaga24 dispute key" made it.  [env: SIAGA24_KEY]',
    )(command)


@contextmanager
def telling(workspace: Path | None, state: Path | None, ledger: LedgerName | None) -> Iterator[LedgerTold]:
    """Open the ledger, also while a monitor writes it, and let nobody else tell it anything meanwhile."""
    told = open_told(ledger_named(workspace, state, ledger))
    try:
        with told.deciding():
            yield told
    finally:
        told.close()


@contextmanager
def opened_for_signing(
    workspace: Path | None, state: Path | None, ledger: LedgerName | None, by: str, key: Path,
) -> Iterator[tuple[LedgerTold, PrivateKey]]:
    """Open the ledger to be told something signed. UsageError where the key is not registered as that of ``by``."""
    signer = load(key)
    with telling(workspace, state, ledger) as entries:
        known = register(entries.entries(EntryKind.KEY)).get(signer.id)
        if known is None:
            raise UsageError(f'{key}: key {signer.id} is not registered; run siaga24 dispute key {key} --by "{by}"')
        if known.owner != by:
            raise UsageError(f'{key}: this is the key of {known.owner}; give --by "{known.owner}", or your own key')
        if known.until is not None:
            raise UsageError(
                f'{key}: key {signer.id} was withdrawn; make another one: siaga24 dispute key FILE --by "{by}"',
            )
        yield entries, signer


def named(reader: LedgerReader, name: str) -> tuple[str, str, ZoneInfo]:
    """Read AGENCY or AGENCY/SERVICE that the ledger knows: codes ("" is all services) and the agency's zone."""
    targets = chosen(reader.definitions(), name)
    agency, _, service = name.partition("/")
    return agency, service, zone_of(targets[0])


def span_of(since: str, to: str, zone: ZoneInfo) -> tuple[int, int]:
    """Read a span of time by a zone's clock; UsageError where it has no length."""
    try:
        start_ms, end_ms = moment(since, zone), moment(to, zone)
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    if start_ms >= end_ms:
        raise UsageError(f"--from {since} does not lie before --to {to}; turn them round")
    return start_ms, end_ms
