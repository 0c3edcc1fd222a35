"""Editions of a report: draft, final, reissued. What was issued is an entry of the ledger, with the files' digests.

A version is what it says: the digest of its content without its edition. The same content is the same version, made
again with the same bytes; other content is a new version that says which figures changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from monitors.core.attribution import Owner
from monitors.core.entry import Entry, EntryKind
from monitors.core.wording import Language
from monitors.reports.compose import compose
from monitors.reports.data import Change, Edition, NationData, State
from monitors.reports.document import as_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitors.core.entry import Body
    from monitors.core.nation import AgencyResult
    from monitors.core.split import Part
    from monitors.reports.data import Report, ServiceMonth

R = TypeVar("R", bound="Report")
Key = tuple[str, str]                    # service (or agency, for the nation), month
Line = tuple[str, ...]

FIGURES = (
    "judgement", "target", "good_ms", "down_ms", "unknown_ms", "possibly_down_ms", "certainly_down_ms",
    "outside_good_ms", "outside_down_ms", "excluded_ms", "disputed_ms",
    *(f"owner {owner.value}" for owner in Owner),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One version as the ledger has it. ``files``: name -> SHA-256."""

    number: int                          # of its first entry
    version: int
    content: str                         # SHA-256 of what it says
    data_ms: int
    issued_ms: int
    by: str
    seal: str
    calendar: str
    figures: Mapping[Key, Line]
    files: Mapping[str, str]

    @property
    def state(self) -> State:
        """How far it counts: the first is final, each later one reissued."""
        return State.FINAL if self.version == 1 else State.REISSUED


def name_of(data: Report) -> str:
    """Name a report's versions in the ledger: ``monthly/2026-11``."""
    return f"{data.cadence.value}/{data.period}"


def issued(entries: Iterable[Entry], name: str, agency: str) -> tuple[Issued, ...]:
    """Read the versions of a report, oldest first. A later entry of the same version adds files to it."""
    found: dict[int, Issued] = {}
    for entry in sorted(entries, key=lambda entry: entry.number):
        if entry.kind is not EntryKind.REPORT or entry.agency != agency or entry.text("report") != name:
            continue
        version, files = entry.number_of("version"), _files(entry)
        if version in found:
            if entry.text("content") == found[version].content:
                found[version] = replace(found[version], files={**files, **found[version].files})
        elif version == len(found) + 1:
            found[version] = Issued(
                number=entry.number, version=version, content=entry.text("content"),
                data_ms=entry.number_of("data_ms"), issued_ms=entry.at_ms, by=entry.by, seal=entry.text("seal"),
                calendar=entry.text("calendar"), figures=_figures(entry), files=files,
            )
    return tuple(found.values())


def content_of(data: Report) -> str:
    """Give the SHA-256 of what a report says, whichever edition it is and whatever seal it names."""
    bare = replace(data, edition=Edition(data_ms=0), seal="")
    plain = [as_plain(compose(bare, language)) for language in Language]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def again(data: R, former: tuple[Issued, ...]) -> R | None:
    """Give the newest version as it was issued, where the ledger still says the same; None where it does not."""
    if not former or content_of(data) != former[-1].content:
        return None
    newest = former[-1]
    before = former[-2] if len(former) > 1 else None
    return replace(data, seal=newest.seal, edition=Edition(
        state=newest.state, version=newest.version, data_ms=newest.data_ms, issued_by=newest.by,
        former_ms=before.data_ms if before is not None else 0,
        changes=changes(before.figures, newest.figures) if before is not None else (),
    ))


def next_version(data: R, former: tuple[Issued, ...], by: str) -> R:
    """Make the next version of what the ledger says now."""
    before = former[-1] if former else None
    return replace(data, edition=Edition(
        state=State.FINAL if before is None else State.REISSUED, version=len(former) + 1, data_ms=data.edition.data_ms,
        issued_by=by, former_ms=before.data_ms if before is not None else 0,
        changes=changes(before.figures, figures_of(data)) if before is not None else (),
    ))


def figures_of(data: Report) -> dict[Key, Line]:
    """Give the figures that a later version is compared with, in the order of ``FIGURES``."""
    if isinstance(data, NationData):
        return {
            (one.agency.code, month.month): _agency_line(one) for month in data.months for one in month.agencies
        }
    return {
        (one.target.service, month.window.month): _line(one)
        for month in data.months for one in month.services if one.in_force is not None
    }


def changes(before: Mapping[Key, Line], now: Mapping[Key, Line]) -> tuple[Change, ...]:
    """Say which figures differ, by month and service; a service that came or went differs in all that it has."""
    found = []
    for key in sorted({*before, *now}, key=lambda key: (key[1], key[0])):
        olds, news = before.get(key, ("",) * len(FIGURES)), now.get(key, ("",) * len(FIGURES))
        found += [
            Change(service=key[0], month=key[1], figure=figure, before=old, after=new)
            for figure, old, new in zip(FIGURES, olds, news, strict=False) if old != new
        ]
    return tuple(found)


def entry_of(data: Report, files: Mapping[str, str], *, at_ms: int, by: str) -> Entry:
    """Write a version, or more files of it, down as an entry. ``files``: name -> SHA-256."""
    body: Body = {
        "report": name_of(data), "version": data.edition.version, "state": data.edition.state.value,
        "content": content_of(data), "data_ms": data.edition.data_ms, "seal": data.seal, "calendar": data.calendar,
        "figures": [[*key, *line] for key, line in sorted(figures_of(data).items())],
        "files": [f"{digest} {name}" for name, digest in sorted(files.items())],
    }
    return Entry(kind=EntryKind.REPORT, agency=data.agency, at_ms=at_ms, body=body, by=by)


def _line(one: ServiceMonth) -> Line:
    found, owners = one.in_force, dict(one.owners)
    if found is None:
        return ("",) * len(FIGURES)
    outside: Part | None = one.split.outside if one.split is not None else None
    return (
        found.judgement.value, f"{found.target:f}",
        *(str(ms) for ms in (
            found.good_ms, found.down_ms, found.unknown_ms, found.possibly_down_ms, found.certainly_down_ms,
            outside.good_ms if outside is not None else 0, outside.down_ms if outside is not None else 0,
            one.agreed.excluded_ms if one.agreed is not None else 0,
            one.corrected.disputed_ms if one.corrected is not None else 0,
            *(owners.get(owner, 0) for owner in Owner),
        )),
    )


def _agency_line(one: AgencyResult) -> Line:
    spent, outside = one.hours.promised, one.hours.outside
    return (
        one.statement.judgement.value, "",
        *(str(ms) for ms in (
            spent.good_ms, spent.down_ms, spent.unknown_ms, spent.possibly_down_ms, spent.certainly_down_ms,
            outside.good_ms, outside.down_ms,
        )), *[""] * (len(FIGURES) - 9),
    )


def _figures(entry: Entry) -> dict[Key, Line]:
    found = {}
    for row in entry.list_of("figures"):
        if isinstance(row, list) and len(row) > 2:
            service, month, *line = map(str, row)
            found[service, month] = tuple(line)
    return found


def _files(entry: Entry) -> dict[str, str]:
    pairs = [str(line).partition(" ") for line in entry.list_of("files")]
    return {name: digest for digest, _, name in pairs}
