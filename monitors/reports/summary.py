"""The first page of a report: the figures a minister asks for, and what bears on how they may be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from monitors.core.sla import Judgement
from monitors.core.split import Part, together
from monitors.core.wording import duration, percent, share_percent, target_percent
from monitors.reports.data import NationData, together_of
from monitors.reports.document import Block, Cell, Column, Fact, Facts, Heading, Paragraph, Table, Tone, Unit
from monitors.reports.numbers import count, exact, moment
from monitors.reports.words import JUDGEMENT_TONES

if TYPE_CHECKING:
    from monitors.core.sla import AgencyStatement
    from monitors.reports.data import Report, ReportData, ServiceMonth
    from monitors.reports.words import Words

OWN_HOST, CORRECTED = "‡", "†"
MOST_NAMED = 6


def marked(one: ServiceMonth) -> str:
    """Give a service's name with the marks that go with its figures wherever they stand."""
    return marked_over((one,))


def marked_over(months: Sequence[ServiceMonth]) -> str:
    """Give the name of a service, oldest month first, with the marks of any of them: for sums over months."""
    was_ruled = any(one.corrected is not None and one.corrected.corrected is not None for one in months)
    is_own_host = any(one.is_seen_from_own_host_only for one in months)
    return " ".join((months[-1].name, *[CORRECTED] * was_ruled, *[OWN_HOST] * is_own_host))


def marked_names(data: ReportData) -> dict[str, str]:
    """Give every service's name with its marks over all months."""
    found: dict[str, list[ServiceMonth]] = {}
    for month in data.months:
        for one in month.services:
            found.setdefault(one.target.service, []).append(one)
    return {service: marked_over(months) for service, months in found.items()}


def service_judgements(data: ReportData) -> dict[str, Judgement]:
    """Judge each service over all months of the report: kept only if every month is."""
    found: dict[str, list[Judgement]] = {}
    for month in data.months:
        for one in month.services:
            if one.in_force is not None:
                found.setdefault(one.target.service, []).append(one.in_force.judgement)
    return {service: together_of(tuple(judgements)) for service, judgements in found.items()}


def summary(data: ReportData, words: Words) -> Iterator[Block]:
    """Give the large figures, and the sentences that belong beside them."""
    yield Heading(text=words("summary"))
    judged = service_judgements(data)
    if not judged:
        yield Paragraph(text=words("no_services"), is_mark=True, tone=Tone.UNSURE)
        return
    statements = [month.statement for month in data.months]
    outside = together(month.part("outside") for month in data.months)
    yield Facts(items=(
        _outside(outside, words), _promise(tuple(judged.values()), words), _coverage(statements, words),
    ))
    yield Facts(items=(_availability(data, statements, words), _downtime(data, words), _worst(data, words)))
    yield from _remarks(data, words)


def changes(data: Report, words: Words) -> Iterator[Block]:
    """Say what changed since the version before; nothing for a first one."""
    edition = data.edition
    if edition.version < 2:
        return
    yield Heading(text=words("changes"))
    yield Paragraph(text=words(
        "changes_note", version=edition.version - 1, when=moment(edition.former_ms, data.zone, words.language),
    ))
    if not edition.changes:
        yield Paragraph(text=words("no_changes"))
        return
    names = names_of(data)
    columns = tuple(
        Column(title=words(key), share=share)
        for key, share in (
            ("agency" if isinstance(data, NationData) else "service", 3), ("month", 0), ("figure", 2), ("before", 2),
            ("after", 2),
        )
    )
    yield Table(name=words("changes"), columns=columns, rows=tuple(
        (
            Cell(text=names.get(one.service, one.service)), Cell(text=one.month), Cell(text=words.figure(one.figure)),
            _value(one.figure, one.before, words), _value(one.figure, one.after, words),
        )
        for one in edition.changes
    ), note=words("changes_unit"))


def names_of(data: Report) -> dict[str, str]:
    """Give what people call the services, or the nation's agencies."""
    if isinstance(data, NationData):
        return {one.agency.code: one.agency.name for month in data.months for one in month.agencies if one.agency.name}
    return {one.target.service: one.name for month in data.months for one in month.services}


def _value(figure: str, value: str, words: Words) -> Cell:
    """Show a figure of a version's entry: a judgement, a target, or milliseconds."""
    if not value:
        return Cell(text="–", tone=Tone.FAINT)
    if figure == "judgement":
        return Cell(text=words.judgement(Judgement(value)), tone=JUDGEMENT_TONES[Judgement(value)])
    if figure == "target":
        return Cell(text=target_percent(Decimal(value), words.language))
    return Cell(text=exact(int(value), words.language), number=int(value), unit=Unit.MS)


def _outside(part: Part, words: Words) -> Fact:
    return Fact(
        label=words("outside"), value=percent(part.good_ms, part.known_ms, words.language),
        note=words(
            "outside_note", down=duration(part.down_ms, words.language), known=duration(part.known_ms, words.language),
            coverage=percent(part.known_ms, part.observed_ms, words.language),
        ),
        number=share_percent(part.good_ms, part.known_ms), unit=Unit.PERCENT,
    )


def _promise(judgements: tuple[Judgement, ...], words: Words) -> Fact:
    kept = judgements.count(Judgement.KEPT)
    rest = [
        words("promise_rest", count=judgements.count(one), judgement=words.judgement(one))
        for one in (Judgement.BROKEN, Judgement.NOT_PROVEN, Judgement.RUNNING) if one in judgements
    ]
    return Fact(
        label=words("promise"), value=words("promise_value", kept=kept, all=len(judgements)),
        note=", ".join(rest) or words("promise_all"), tone=JUDGEMENT_TONES[together_of(judgements)],
        number=kept, unit=Unit.COUNT,
    )


def _coverage(statements: list[AgencyStatement], words: Words) -> Fact:
    known, observed = sum(one.known_ms for one in statements), sum(one.observed_ms for one in statements)
    return Fact(
        label=words("coverage"), value=percent(known, observed, words.language),
        note=words(
            "coverage_note", unknown=duration(observed - known, words.language),
            observed=duration(observed, words.language),
        ),
        number=share_percent(known, observed), unit=Unit.PERCENT,
    )


def _availability(data: ReportData, statements: list[AgencyStatement], words: Words) -> Fact:
    known, good = sum(one.known_ms for one in statements), sum(one.good_ms for one in statements)
    whole = sum(one.observed_ms for one in statements)
    low = whole - sum(one.possibly_down_ms for one in statements)
    high = whole - sum(one.certainly_down_ms for one in statements)
    return Fact(
        label=words("availability"), value=percent(good, known, words.language),
        note=words(
            "availability_note", low=percent(low, whole, words.language), high=percent(high, whole, words.language),
        ) + _worst_vantage(data, words),
        number=share_percent(good, known), unit=Unit.PERCENT,
    )


def _worst_vantage(data: ReportData, words: Words) -> str:
    """Name the vantage that saw the services least available, where there are several: no region hides."""
    seen: dict[str, tuple[int, int]] = {}
    for month in data.months:
        for one in month.services:
            for vantage in one.vantages:
                good, known = seen.get(vantage.name, (0, 0))
                weight = one.target.weight
                seen[vantage.name] = good + weight * vantage.good_ms, known + weight * vantage.known_ms
    shares = sorted((Fraction(good, known), name) for name, (good, known) in seen.items() if known)
    if len(shares) < 2:
        return ""
    share, name = shares[0]
    return "; " + words(
        "worst_vantage", name=name, share=percent(share.numerator, share.denominator, words.language),
    )


def _downtime(data: ReportData, words: Words) -> Fact:
    # people count plain time here: weights are for the shares
    down_ms = sum(one.down_ms for month in data.months for one in month.judged)
    services = len({one.service for month in data.months for one in month.judged})
    incidents = len({
        outage.incident.name for month in data.months for one in month.services for outage in one.outages
    })
    return Fact(
        label=words("downtime"), value=duration(down_ms, words.language), number=down_ms, unit=Unit.MS,
        note=words(
            "downtime_note", services=count(services, words.language), incidents=count(incidents, words.language),
        ),
    )


def _worst(data: ReportData, words: Words) -> Fact:
    down: dict[str, int] = {}
    for month in data.months:
        for one in month.services:
            if one.in_force is not None:
                down[one.target.service] = down.get(one.target.service, 0) + one.in_force.down_ms
    worst = min(down, key=lambda service: (-down[service], service))
    if not down[worst]:
        return Fact(label=words("worst"), value="–", note=words("worst_none"))
    return Fact(
        label=words("worst"), value=duration(down[worst], words.language), note=marked_names(data)[worst],
        number=down[worst], unit=Unit.MS,
    )


def _remarks(data: ReportData, words: Words) -> Iterator[Paragraph]:
    services = [one for month in data.months for one in month.services if one.in_force is not None]
    own = sorted({one.name for one in services if one.is_seen_from_own_host_only})
    if own:
        is_all = len(own) == len({one.name for one in services})
        yield Paragraph(
            text=words("own_host", names=words("own_host_all") if is_all else _listed(own)), is_mark=True,
            tone=Tone.UNSURE,
        )
    narrow = sorted({
        one.name for one in services if one.outlook is not None and not one.outlook.is_provable
    })
    if narrow:
        yield Paragraph(text=words("narrow", names=_listed(narrow)), is_mark=True, tone=Tone.UNSURE)
    if any(one.corrected is not None and one.corrected.corrected is not None for one in services):
        yield Paragraph(text=words("corrected", chapter=f'"{words("disputes")}"'), is_mark=True)
    disputed = [
        f"{one.name} {duration(one.corrected.disputed_ms, words.language)}"
        for one in services if one.corrected is not None and one.corrected.disputed_ms
    ]
    if disputed:
        yield Paragraph(text=words("disputed", spans=_listed(disputed)), is_mark=True, tone=Tone.UNSURE)
    undecided = sum(month.part("undecided").observed_ms for month in data.months)
    if undecided:
        yield Paragraph(
            text=words("undecided", time=duration(undecided, words.language)), is_mark=True, tone=Tone.UNSURE,
        )


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
