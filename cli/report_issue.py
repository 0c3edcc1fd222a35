"""Makes a report's files, and where it is issued, records the version before any file of it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.ledger_view import ledger_named, opened
from cli.nation import read_nation
from cli.telling import opened_for_signing, telling
from monitors.calendars import versions
from monitors.core.entry import EntryKind
from monitors.core.errors import Siaga24Error, UsageError
from monitors.core.wording import Language
from monitors.ledger.base import LedgerReader
from monitors.ledger.keys import PrivateKey
from monitors.ledger.opening import LedgerTold, open_seals
from monitors.ledger.signatures import signed
from monitors.ledger_name import LedgerName
from monitors.reports.data import Cadence, NationData, Report, ReportData, State
from monitors.reports.files import Format, digests, made, refuse_others, write
from monitors.reports.gather import agency_report, months_of
from monitors.reports.gather_nation import nation_report
from monitors.reports.issue import Issued, R, again, entry_of, issued, name_of, next_version
from stacks.definition.provinces import PROVINCES
from stacks.registry import registered_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. ``issue_by``: who issues it, "" where it is not to be issued."""

    workspace: Path | None
    state: Path | None
    ledger: LedgerName | None
    cadence: Cadence
    agency: str
    period: str
    language: Language
    formats: tuple[Format, ...]
    out: Path
    issue_by: str
    key: Path | None
    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made. ``recorded``: whether every file's digest is in the ledger."""

    data: Report
    paths: tuple[Path, ...]
    digests: Mapping[str, str]
    recorded: bool
    notes: tuple[str, ...]


def make(wanted: Wanted) -> Made:
    """Make a report's files. Raises UsageError where it cannot be issued or would take the place of an issued one."""
    with opened(wanted.workspace, wanted.state, wanted.ledger) as reader:
        data = read(reader, wanted)
        former = issued(reader.entries(EntryKind.REPORT, wanted.agency), name_of(data), wanted.agency)
        if not wanted.issue_by and former and former[-1].calendar in {*versions()} - {data.calendar}:
            # days off were decreed since: what was issued is made again by the calendar that it was made by
            then = read(reader, wanted, former[-1].calendar)
            data = then if again(then, former) is not None else data
    data = _edition(data, former, wanted)
    files = made(data, wanted.language, wanted.formats)
    told = digests(files)
    known = dict(former[-1].files) if former and data.edition.version == former[-1].version else {}
    _refuse_unlike(told, known, data)
    fresh = {name: digest for name, digest in told.items() if name not in known}
    if wanted.issue_by:
        refuse_others(files, wanted.out)
        if fresh:
            _record(data, fresh, len(former), wanted)
    paths = write(files, wanted.out, may_replace=data.edition.state is State.DRAFT)
    is_recorded = data.edition.state is not State.DRAFT and (not fresh or bool(wanted.issue_by))
    return Made(
        data=data, paths=tuple(paths), digests=told, recorded=is_recorded,
        notes=tuple(_notes(data, former, is_recorded=is_recorded)),
    )


def read(reader: LedgerReader, wanted: Wanted, calendar_version: str = "") -> ReportData | NationData:
    """Read what the report says from the ledger; the nation's by the calendars of its roll-ups."""
    if not wanted.agency:
        path = ledger_named(wanted.workspace, wanted.state, wanted.ledger)
        if not isinstance(path, Path):
            raise UsageError(f"{path}: roll-ups are read from a ledger in a file; give one with --ledger FILE")
        registered = registered_in(wanted.workspace or Path())
        months = [read_nation(path, month, registered) for month in months_of(wanted.cadence, wanted.period)]
        return nation_report(
            reader, months, wanted.cadence, wanted.period, now_ms=wanted.now_ms, seal=newest_seal(wanted),
            provinces=PROVINCES,
        )
    return agency_report(
        reader, wanted.agency, wanted.cadence, wanted.period, now_ms=wanted.now_ms, seal=newest_seal(wanted),
        calendar_version=calendar_version,
    )


def newest_seal(wanted: Wanted) -> str:
    """Name the newest seal of the ledger by day, number and digest; "" where none is there."""
    reader = open_seals(ledger_named(wanted.workspace, wanted.state, wanted.ledger))
    try:
        seals = reader.seals()
    finally:
        reader.close()
    return f"{seals[-1].day} no. {seals[-1].number}, SHA-256 {seals[-1].digest}" if seals else ""


def _edition(data: R, former: tuple[Issued, ...], wanted: Wanted) -> R:
    same = again(data, former)
    if same is not None:
        return same
    if not wanted.issue_by:
        return data
    if not data.is_final:
        raise UsageError(
            f"{data.period} of {data.agency or 'the nation'} is not final: a month is, once each transaction has run "
            "after its end or 2.5 intervals have passed"
            + ("" if data.agency else ', and all its days are rolled up ("siaga24 ledger rollup")')
            + "; leave --issue out for a draft",
        )
    return next_version(data, former, wanted.issue_by)


def _refuse_unlike(told: Mapping[str, str], known: Mapping[str, str], data: Report) -> None:
    for name, digest in told.items():
        if known.get(name, digest) != digest:
            raise Siaga24Error(
                f"{name}: version {data.edition.version} was issued with SHA-256 {known[name]}, and this release lays "
                f"the same figures out as {digest}; use the file that was issued, or the release that made it",
            )


def _record(data: Report, files: Mapping[str, str], versions: int, wanted: Wanted) -> None:
    with _to_be_told(wanted) as (ledger, key):
        now = issued(ledger.entries(EntryKind.REPORT, wanted.agency), name_of(data), wanted.agency)
        if len(now) != versions:
            raise UsageError(
                f"{data.period} of {data.agency or 'the nation'}: somebody else issued version {len(now)} meanwhile; "
                "look at it, and issue again if it is still needed",
            )
        entry = entry_of(data, files, at_ms=wanted.now_ms, by=wanted.issue_by)
        ledger.keep_entry(signed(entry, key) if key is not None else entry)


@contextmanager
def _to_be_told(wanted: Wanted) -> Iterator[tuple[LedgerTold, PrivateKey | None]]:
    if wanted.key is None:
        with telling(wanted.workspace, wanted.state, wanted.ledger) as ledger:
            yield ledger, None
    else:
        with opened_for_signing(
            wanted.workspace, wanted.state, wanted.ledger, wanted.issue_by, wanted.key,
        ) as (ledger, key):
            yield ledger, key


def _notes(data: Report, former: tuple[Issued, ...], *, is_recorded: bool) -> Iterator[str]:
    if data.edition.state is not State.DRAFT and not is_recorded:
        yield (
            "some of these files were not issued with the version: their digests are not in the ledger; --issue adds "
            "them"
        )
    if data.edition.state is State.DRAFT and former:
        yield (
            f"version {former[-1].version} was issued, and the ledger (or this release) says something else now; "
            f"--issue makes version {former[-1].version + 1}"
        )
    if data.edition.state is State.DRAFT and not former and data.is_final:
        yield "the period is final; --issue --by NAME issues the report"
