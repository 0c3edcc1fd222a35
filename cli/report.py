"""``siaga24 report``: a month or a quarter as a document that a ministry reads, signs and files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from cli.ledger_view import chosen, ledger_option, now_ms, opened, zone_of
from cli.output import console, json_option, output_option, print_csv, print_json, print_table, workspace_options
from cli.report_issue import Made, Wanted, make
from monitors.core.entry import EntryKind
from monitors.core.errors import UsageError
from monitors.core.window import from_ms, month_of
from monitors.core.wording import Language, instant
from monitors.ledger.signatures import verifier
from monitors.ledger_name import LedgerName
from monitors.reports.data import WIB, Cadence, NationData
from monitors.reports.files import Format
from monitors.reports.issue import Issued, issued

C = TypeVar("C", bound=Callable[..., object])

LIST_COLUMNS = ("agency", "report", "version", "data as of", "issued", "by", "signed", "files")
LIST_CSV = ("agency", "report", "version", "state", "data", "issued", "by", "is_signed", "file", "sha256")


@click.group()
def report() -> None:
    """Write reports for people who sign them: PDF, workbook, CSV and HTML, in Bahasa Indonesia or English."""


def _options(command: C) -> C:
    """Add what both kinds of report ask for."""
    for option in (
        workspace_options, json_option, ledger_option,
        click.option(
            "--key", type=click.Path(path_type=Path, dir_okay=False), envvar="SIAGA24_KEY", metavar="FILE",
            help='With --issue: key to sign with, as "siaga24 dispute key" made it.  [env: SIAGA24_KEY]',
        ),
        click.option(
            "--by", envvar="SIAGA24_BY", metavar="NAME", help="With --issue: who issues it.  [env: SIAGA24_BY]",
        ),
        click.option("--issue", is_flag=True, help="Issue it: record version and files' digests in the ledger."),
        click.option(
            "--out", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
            help="Folder to write into.  [default: this folder]",
        ),
        click.option(
            "--format", "formats", default="pdf", show_default=True, metavar="pdf,xlsx,csv,html",
            help="Which files to make.",
        ),
        click.option(
            "--lang", type=click.Choice([language.value for language in Language]), default=Language.ID.value,
            show_default=True, help="Language. CSV is the same in both.",
        ),
        click.option("--nation", is_flag=True, help="All registered agencies, from the ledger's roll-ups."),
        click.option("--agency", metavar="CODE", help="Which agency.  [default: the only one of the ledger]"),
    ):
        command = option(command)  # type: ignore[assignment]
    return command


@report.command(short_help="Write the report of a calendar month.")
@click.option("--month", metavar="YYYY-MM", help="By the agency's clock.  [default: the last one that is over]")
@_options
def monthly(
    workspace: Path | None, state: Path | None, as_json: bool, *, month: str | None, agency: str | None, nation: bool,
    lang: str, formats: str, out: Path, issue: bool, by: str | None, key: Path | None, ledger: LedgerName | None,
) -> None:
    """Write the report of a calendar month.

    Without --issue it is a draft, or the version that was issued, made again with the same bytes, as long as the ledger
    says the same. An issued file is never overwritten: where the ledger says something else since (a ruling, for one),
    --issue makes the next version, which lists what changed.

    \b
    Examples:  siaga24 report monthly --agency dinkes-bandung --month 2026-11
               siaga24 report monthly --agency dinkes-bandung --format pdf,xlsx,csv --out laporan --issue --by "Siti Rahma"
               siaga24 report monthly --nation --month 2026-11 --lang en
    """  # noqa: D301, E501 - \b is click's mark for a paragraph that is not wrapped
    code, zone = _whose(workspace, state, ledger, agency, nation=nation)
    _write(Wanted(
        workspace=workspace, state=state, ledger=ledger, cadence=Cadence.MONTHLY, agency=code,
        period=month or _last_month(zone), language=Language(lang), formats=_formats(formats), out=out,
        issue_by=_issuer(by, key, issue=issue), key=key if issue else None, now_ms=now_ms(),
    ), as_json=as_json)


@report.command(short_help="Write the report of a quarter.")
@click.option("--quarter", metavar="YYYY-Qn", help="By the agency's clock.  [default: the last one that is over]")
@_options
def quarterly(
    workspace: Path | None, state: Path | None, as_json: bool, *, quarter: str | None, agency: str | None, nation: bool,
    lang: str, formats: str, out: Path, issue: bool, by: str | None, key: Path | None, ledger: LedgerName | None,
) -> None:
    """Write the report of a quarter: its months side by side. A promise is kept only if it is in each of them.

    \b
    Example:  siaga24 report quarterly --agency dinkes-bandung --quarter 2026-Q4 --format pdf,html --lang en
    """  # noqa: D301
    code, zone = _whose(workspace, state, ledger, agency, nation=nation)
    _write(Wanted(
        workspace=workspace, state=state, ledger=ledger, cadence=Cadence.QUARTERLY, agency=code,
        period=quarter or _last_quarter(zone), language=Language(lang), formats=_formats(formats), out=out,
        issue_by=_issuer(by, key, issue=issue), key=key if issue else None, now_ms=now_ms(),
    ), as_json=as_json)


@report.command("list", short_help="List the reports that were issued.")
@click.argument("agency", metavar="[AGENCY]", required=False)
@ledger_option
@output_option
@workspace_options
def list_command(
    workspace: Path | None, state: Path | None, output: str, *, agency: str | None, ledger: LedgerName | None,
) -> None:
    """List the reports that were issued, with the SHA-256 of every file: compare it with "sha256sum FILE".

    \b
    Example:  siaga24 report list dinkes-bandung --json
    """  # noqa: D301
    with opened(workspace, state, ledger) as reader:
        told = reader.entries()
        entries = [entry for entry in told if entry.kind is EntryKind.REPORT]
        is_signed = verifier(told)
        signed = {entry.number for entry in entries if is_signed(entry)}
        zones: dict[str, tzinfo] = {target.agency: zone_of(target) for target in chosen(reader.definitions(), agency)}
    names = sorted({(entry.agency, entry.text("report")) for entry in entries if agency in (None, entry.agency)})
    found = [(code, name, one) for code, name in names for one in issued(entries, name, code)]
    if output == "json":
        print_json([_plain(*one, is_signed=one[2].number in signed) for one in found])
    elif output == "csv":
        print_csv(LIST_CSV, [
            [row[column] for column in LIST_CSV[:-2]] + [name, digest]
            for one in found for row in [_plain(*one, is_signed=one[2].number in signed)]
            for name, digest in one[2].files.items()
        ])
    elif not found:
        console().print('no report was issued yet; "siaga24 report monthly --issue" issues one')
    else:
        print_table(LIST_COLUMNS, [
            [
                code or "(nation)", name, f"{one.version} ({one.state.value})",
                instant(one.data_ms, zones.get(code, WIB)), instant(one.issued_ms, zones.get(code, WIB)), one.by,
                "yes" if one.number in signed else "no", str(len(one.files)),
            ]
            for code, name, one in found
        ], right=("files",))


def _write(wanted: Wanted, *, as_json: bool) -> None:
    made = make(wanted)
    if as_json:
        print_json(_told(made))
        return
    out = console()
    version = f"version {made.data.edition.version}, " if made.data.edition.version else ""
    whose = "the nation" if isinstance(made.data, NationData) else made.data.name
    out.print(f"{whose}, {made.data.period}: {version}{made.data.edition.state.value}", markup=False)
    for path in made.paths:
        out.print(f"  {path}", markup=False, soft_wrap=True)
    for note in made.notes:
        out.print(note, style="yellow", markup=False, soft_wrap=True)


def _told(made: Made) -> dict[str, object]:
    edition = made.data.edition
    return {
        "agency": made.data.agency, "period": made.data.period, "state": edition.state.value,
        "version": edition.version, "data": from_ms(edition.data_ms, made.data.zone).isoformat(timespec="milliseconds"),
        "recorded": made.recorded, "notes": list(made.notes),
        "changes": [
            {"service": one.service, "month": one.month, "figure": one.figure, "before": one.before, "now": one.after}
            for one in edition.changes
        ],
        "files": [{"path": str(path), "sha256": made.digests[path.name]} for path in made.paths],
    }


def _plain(code: str, name: str, one: Issued, *, is_signed: bool) -> dict[str, object]:
    return {
        "agency": code, "report": name, "version": one.version, "state": one.state.value, "entry": one.number,
        "data": from_ms(one.data_ms, ZoneInfo("UTC")).isoformat(timespec="milliseconds"),
        "issued": from_ms(one.issued_ms, ZoneInfo("UTC")).isoformat(timespec="milliseconds"),
        "by": one.by, "is_signed": is_signed, "seal": one.seal, "files": dict(sorted(one.files.items())),
    }


def _whose(
    workspace: Path | None, state: Path | None, ledger: LedgerName | None, code: str | None, *, nation: bool,
) -> tuple[str, tzinfo]:
    """Give the agency's code ("" for the nation) and the zone by which periods are over."""
    if not nation:
        return _agency(workspace, state, ledger, code)
    if code is not None:
        raise UsageError("--nation is of all agencies and does not go with --agency; give one of them")
    return "", WIB


def _agency(
    workspace: Path | None, state: Path | None, ledger: LedgerName | None, code: str | None,
) -> tuple[str, ZoneInfo]:
    with opened(workspace, state, ledger) as reader:
        targets = chosen(reader.definitions(), code)
    if code is not None and "/" in code:
        raise UsageError(f'--agency {code}: expected an agency, not a service; give "{code.partition("/")[0]}"')
    known = sorted({target.agency for target in targets})
    if not known:
        raise UsageError('the ledger holds no service yet; "siaga24 monitor run" fills it')
    if len(known) > 1:
        named = ", ".join(known[:10]) + (" ..." if len(known) > 10 else "")
        raise UsageError(f"the ledger has {len(known)} agencies; give one of them with --agency: {named}")
    return known[0], zone_of(targets[0])


def _formats(text: str) -> tuple[Format, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    wrong = [word for word in words if word not in set(Format)]
    if wrong or not words:
        raise UsageError(
            f'--format {text}: "{wrong[0] if wrong else ""}" is no format; expected some of {", ".join(Format)}',
        )
    return tuple(Format(word) for word in dict.fromkeys(words))


def _issuer(by: str | None, key: Path | None, *, issue: bool) -> str:
    if not issue:
        return ""
    if not by:
        raise UsageError(
            "--issue records the report in the ledger, and it is to stand there who issued it; give --by NAME"
            + (", the owner of the key" if key else ""),
        )
    return by


def _last_month(zone: tzinfo) -> str:
    year, month = map(int, month_of(now_ms(), zone).split("-"))
    return f"{year}-{month - 1:02}" if month > 1 else f"{year - 1}-12"


def _last_quarter(zone: tzinfo) -> str:
    year, month = map(int, month_of(now_ms(), zone).split("-"))
    quarter = (month - 1) // 3           # of the one before, from 1; 0: the last of the year before
    return f"{year}-Q{quarter}" if quarter else f"{year - 1}-Q4"
