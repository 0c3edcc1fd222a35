"""The chapters of what happened: incidents with what was seen of their causes, and whose the downtime was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.attribution import Owner
from monitors.core.common_cause import Reach
from monitors.core.wording import duration
from monitors.reports.charts import bar
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Picture, Table
from monitors.reports.numbers import minute, second, time_cell
from monitors.reports.summary import marked, marked_names

if TYPE_CHECKING:
    from datetime import tzinfo

    from monitors.core.incident import Incident
    from monitors.core.incident_links import IncidentLinks
    from monitors.reports.data import Outage, ReportData, ServiceMonth
    from monitors.reports.words import Words

MOST_LINKS = 4


def incidents(data: ReportData, words: Words) -> Iterator[Block]:
    """List the incidents, oldest first; one that reaches over a month's end stands once."""
    yield Heading(text=words("incidents"))
    found: dict[str, tuple[ServiceMonth, Outage, int]] = {}
    for month in data.months:
        for one in month.services:
            for outage in one.outages:
                spent = sum(ms for _, ms in outage.owners)
                before = found.get(outage.incident.name)
                found[outage.incident.name] = (one, outage, spent + (before[2] if before else 0))
    if not found:
        yield Paragraph(text=words("no_incidents"))
        return
    in_order = sorted(found.values(), key=lambda each: (each[1].incident.first_bad_ms, each[0].target.service))
    columns = (
        Column(title=words("number"), is_right=True), Column(title=words("service"), share=2),
        Column(title=words("time"), share=3), Column(title=words("down"), is_right=True),
        Column(title=words("cause"), share=5), Column(title=words("owner"), share=2),
    )
    rows = tuple(
        (
            Cell(text=str(number), number=number), Cell(text=marked(one)),
            Cell(text=_between(outage.incident, words, data.zone)), time_cell(spent, words.language),
            Cell(text=_cause(outage, words, data.zone) + _ruled(one, outage.incident, words)),
            Cell(text=_whose(outage, words)),
        )
        for number, (one, outage, spent) in enumerate(in_order, 1)
    )
    zone = in_order[0][0].target.time_zone
    yield Table(
        name=words("incidents"), columns=columns, rows=rows, note=words("incidents_note", zone=zone),
    )


def attribution(data: ReportData, words: Words) -> Iterator[Block]:
    """Say whose the downtime was, in sum and for each service."""
    yield Heading(text=words("attribution"))
    by_service: dict[str, dict[Owner, int]] = {}
    names = marked_names(data)
    for month in data.months:
        for one in month.services:
            spent = by_service.setdefault(one.target.service, dict.fromkeys(Owner, 0))
            for owner, ms in one.owners:
                spent[owner] += ms
    sums = {owner: sum(spent[owner] for spent in by_service.values()) for owner in Owner}
    if not any(sums.values()):
        yield Paragraph(text=words("no_down"))
        return
    shown = [owner for owner in Owner if sums[owner]]
    yield Picture(
        svg=bar([(words.owner(owner), sums[owner], duration(sums[owner], words.language)) for owner in shown]),
        alt="; ".join(f"{words.owner(owner)}: {duration(sums[owner], words.language)}" for owner in shown),
        caption=words("owners_caption"),
    )
    columns = (
        Column(title=words("service"), share=1), Column(title=words("down"), is_right=True),
        *(Column(title=words.owner(owner), is_right=True) for owner in shown),
    )
    concerned = sorted(
        (service for service, spent in by_service.items() if any(spent.values())),
        key=lambda service: (-sum(by_service[service].values()), names[service]),
    )
    rows = [
        (
            Cell(text=names[service]), time_cell(sum(by_service[service].values()), words.language),
            *(time_cell(by_service[service][owner], words.language) for owner in shown),
        )
        for service in concerned
    ]
    rows.append((
        Cell(text=words("total")), time_cell(sum(sums.values()), words.language),
        *(time_cell(sums[owner], words.language) for owner in shown),
    ))
    yield Table(
        name=words("attribution"), columns=columns, rows=tuple(rows), note=words("attribution_note"), sums=1,
    )


def _between(one: Incident, words: Words, zone: tzinfo) -> str:
    language = words.language
    return words(
        "between",
        last_good=second(one.last_good_ms, zone, language) if one.last_good_ms is not None else words("none_before"),
        first_bad=second(one.first_bad_ms, zone, language), last_bad=second(one.last_bad_ms, zone, language),
        first_good=second(one.first_good_ms, zone, language) if one.first_good_ms is not None else words("not_over"),
    )


def _cause(outage: Outage, words: Words, zone: tzinfo) -> str:
    one = outage.incident
    said = [one.reason.rstrip(".") + "." if one.reason else words("no_reason").capitalize() + "."]
    if one.outages > 1:
        told = words("flapped", count=one.outages, good=duration(one.good_between_ms, words.language))
        said.append(told[0].upper() + told[1:] + ".")
    near = _near(outage.links, words, zone)
    if near:
        said.append(words("near", what="; ".join(near[:MOST_LINKS])))
    return " ".join(said)


def _ruled(one: ServiceMonth, incident: Incident, words: Words) -> str:
    """Say by which rulings the incident was corrected, so that nobody wonders where its downtime went."""
    if one.corrected is None:
        return ""
    end_ms = incident.last_bad_ms if incident.first_good_ms is None else incident.first_good_ms
    numbers = sorted({
        found.dispute for found in one.corrected.corrections
        if found.start_ms < end_ms and found.end_ms > incident.first_bad_ms
    })
    return " " + words("corrected_by", numbers=", ".join(map(str, numbers))) if numbers else ""


def _near(links: IncidentLinks, words: Words, zone: tzinfo) -> list[str]:
    found = [
        words("deployment", when=minute(one.ended_ms, zone, words.language), by=one.by) for one in links.deployments
    ]
    found += [words("definition", when=minute(one.recorded_ms, zone, words.language)) for one in links.definitions]
    found += [words("in_maintenance", number=one.number) for one in links.maintenance]
    for cause in links.causes:
        key = "shared_host" if cause.reach is Reach.HOST else "shared_agency"
        found.append(words(key, count=len(cause.services) - 1, name=cause.name))
    return found


def _whose(outage: Outage, words: Words) -> str:
    if len(outage.owners) == 1:
        return words.owner(outage.owners[0][0])
    return ", ".join(f"{words.owner(owner)} {duration(ms, words.language)}" for owner, ms in outage.owners) or "–"


