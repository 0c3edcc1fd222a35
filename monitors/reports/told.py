"""The chapters of what people told the ledger: maintenance, disputes and rulings; and from where was measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitors.core.maintenance import Standing
from monitors.core.span import clip, merge, total
from monitors.core.wording import duration, percent
from monitors.reports.achievement import judgement_cell
from monitors.reports.document import Block, Cell, Column, Heading, Paragraph, Table
from monitors.reports.numbers import count_cell, minute, period_name, second, share_cell, time_cell
from monitors.reports.summary import OWN_HOST, marked

if TYPE_CHECKING:
    from datetime import tzinfo

    from monitors.core.correction import CorrectedFigures
    from monitors.core.dispute import Dispute
    from monitors.core.maintenance import Maintenance
    from monitors.core.maintenance_figures import Piece
    from monitors.core.promise_change import Change
    from monitors.core.sla import SlaStatement
    from monitors.reports.data import ReportData, ServiceMonth, VantageSeen
    from monitors.reports.words import Words


def maintenance(data: ReportData, words: Words) -> Iterator[Block]:
    """List the windows with who announced and approved them, and the second figure beside the one that counts."""
    yield Heading(text=words("maintenance"))
    concerned = [one for month in data.months for one in month.services if one.agreed is not None]
    windows: dict[int, Maintenance] = {}
    pieces: dict[int, list[Piece]] = {}
    for one in concerned:
        if one.agreed is None or one.statement is None:
            continue
        for piece in one.agreed.pieces:
            number = piece.maintenance.number
            windows[number] = piece.maintenance
            pieces.setdefault(number, []).append(piece)
    if not windows:
        yield Paragraph(text=words("no_maintenance"))
        return
    yield Table(
        name=words("maintenance"), columns=(
            Column(title=words("number"), is_right=True), Column(title=words("service"), share=3),
            Column(title=words("window"), share=3), Column(title=words("reason"), share=3),
            Column(title=words("announced"), share=3), Column(title=words("approved"), share=2),
            Column(title=words("standing"), share=2),
        ),
        rows=tuple(_window(windows[number], pieces[number], data, words) for number in sorted(windows)),
        note=words("maintenance_note"),
    )
    counted = [one for one in concerned if one.agreed is not None and one.agreed.excluded_ms]
    if not counted:
        return
    yield Table(
        name=words("standing"), columns=(
            Column(title=words("service"), share=1), Column(title=words("month")),
            *(
                Column(title=words(key), is_right=True) for key in ("with", "covered", "without", "covered", "left_out")
            ),
        ),
        rows=tuple(
            (
                Cell(text=marked(one)), Cell(text=one.statement.month),
                share_cell(one.statement.good_ms, one.statement.known_ms, words.language),
                share_cell(one.statement.known_ms, one.statement.observed_ms, words.language),
                share_cell(one.agreed.good_ms, one.agreed.known_ms, words.language),
                share_cell(one.agreed.known_ms, one.agreed.observed_ms, words.language),
                time_cell(one.agreed.excluded_ms, words.language),
            )
            for one in counted if one.agreed is not None and one.statement is not None
        ),
    )


def disputes(data: ReportData, words: Words) -> Iterator[Block]:
    """List disputes, and the figures as measured beside the corrected ones."""
    yield Heading(text=words("disputes"))
    concerned = [
        (one, one.corrected) for month in data.months for one in month.services if one.corrected is not None
    ]
    listed = {found.number: (one, found) for one, figures in concerned for found in figures.disputes}
    if not listed:
        yield Paragraph(text=words("no_disputes"))
        return
    yield Table(
        name=words("dispute"), columns=(
            Column(title=words("number"), is_right=True), Column(title=words("service"), share=2),
            Column(title=words("window"), share=3), Column(title=words("claimed")),
            Column(title=words("reason"), share=4), Column(title=words("state"), share=3),
        ),
        rows=tuple(_dispute(*listed[number], data.zone, words) for number in sorted(listed)),
        note=words("disputes_note"),
    )
    rulings = [(one, figures) for one, figures in concerned if figures.corrected is not None]
    if rulings:
        yield Table(
            name=words("now_corrected"), columns=(
                Column(title=words("service"), share=1), Column(title=words("month")),
                *(
                    column for key in ("original", "now_corrected") for column in (
                        *(Column(title=words(name), is_right=True) for name in (key, "covered", "down")),
                        Column(title=words("judged")),
                    )
                ),
            ),
            rows=tuple(_ruling(one, figures, words) for one, figures in rulings),
        )


def definition_changes(data: ReportData, words: Words) -> Iterator[Block]:
    """Say what of a service's definition changed, and from when on a changed promise counts; nothing without any."""
    found = [
        (one, change) for month in data.months for one in month.services for change in one.changes
    ]
    if not found:
        return
    yield Heading(text=words("definitions"))
    yield Table(
        name=words("definitions"), columns=(
            Column(title=words("service"), share=2), Column(title=words("time"), share=2),
            Column(title=words("changed"), share=4), Column(title=words("counts_from"), share=3),
        ),
        rows=tuple(
            (
                Cell(text=marked(one)), Cell(text=_moment(change.at_ms, data.zone, words)),
                Cell(text=", ".join(change.what)), Cell(text=_counts_from(one, change, words)),
            )
            for one, change in found
        ),
    )


def _counts_from(one: ServiceMonth, change: Change, words: Words) -> str:
    if not change.changes_promise:
        return words("counts_at_once")
    decided = next((early for early in reversed(one.early) if early.digest == change.digest), None)
    if decided is None:
        return words("counts_next_month")
    return words(
        "counts_early", month=period_name(decided.month, words.language), number=decided.number, by=decided.by,
        reason=decided.reason,
    )


def vantages(data: ReportData, words: Words) -> Iterator[Block]:
    """Say from where was measured, and what each vantage alone saw."""
    yield Heading(text=words("vantages"))
    seen: dict[str, list[tuple[ServiceMonth, VantageSeen]]] = {}
    for month in data.months:
        for one in month.services:
            for vantage in one.vantages:
                seen.setdefault(vantage.name, []).append((one, vantage))
    if not seen:
        yield Paragraph(text=words("no_vantages"))
        return
    rows = []
    for name, found in sorted(seen.items()):
        known = [(one, vantage) for one, vantage in found if vantage.known_ms]
        worst = min(
            known, key=lambda pair: (pair[1].good_ms / pair[1].known_ms, pair[0].target.service), default=None,
        )
        services = {one.target.service for one, _ in found}
        own = {one.target.service for one, vantage in found if vantage.is_own_host}
        rows.append((
            Cell(text=name + (f" {OWN_HOST}" if own == services else "")),
            count_cell(len(services), words.language), count_cell(sum(v.runs for _, v in found), words.language),
            share_cell(sum(v.good_ms for _, v in known), sum(v.known_ms for _, v in known), words.language),
            share_cell(sum(v.known_ms for _, v in found), sum(v.observed_ms for _, v in found), words.language),
            Cell(text="–" if worst is None else (
                f"{percent(worst[1].good_ms, worst[1].known_ms, words.language)} ({marked(worst[0])})"
            )),
            Cell(text=words("of_services", part=len(own), whole=len(services))),
        ))
    yield Table(
        name=words("vantage"), columns=(
            Column(title=words("vantage"), share=1),
            *(Column(title=words(key), is_right=True) for key in ("measured", "runs", "seen_available", "covered")),
            Column(title=words("worst_seen"), share=2), Column(title=words("own_host_col")),
        ),
        rows=tuple(rows), note=words("vantages_note"),
    )


def _window(one: Maintenance, parts: list[Piece], data: ReportData, words: Words) -> tuple[Cell, ...]:
    zone, language = data.zone, words.language
    notice = words(
        "notice" if one.notice_ms >= 0 else "notice_late", time=duration(abs(one.notice_ms), language),
        by=one.announced_by,
    )
    names = {service.target.service: service.name for month in data.months for service in month.services}
    counted = merge((piece.start_ms, piece.end_ms) for piece in parts if piece.standing is Standing.EXCLUDED)
    within = total(clip(counted, (data.months[0].window.start_ms, data.newest.window.end_ms)))
    others = sorted({words.standing(piece.standing) for piece in parts if piece.standing is not Standing.EXCLUDED})
    said = [f"{words.standing(Standing.EXCLUDED)} {duration(within, language)}"] if within else []
    return (
        Cell(text=str(one.number), number=one.number),
        Cell(text=names.get(one.service, one.service) or words("every_service")),
        Cell(text=f"{minute(one.start_ms, zone, language)} – {minute(one.ended_ms, zone, language)}"),
        Cell(text=one.reason or "–"), Cell(text=notice),
        Cell(text=words("approved_by", by=one.approved_by) if one.approved_ms is not None else words("not_approved")),
        Cell(text="; ".join([*said, *others])),
    )


def _dispute(one: ServiceMonth, found: Dispute, zone: tzinfo, words: Words) -> tuple[Cell, ...]:
    language = words.language
    state = words.dispute(found.state)
    opened = words("opened", by=found.opened_by, when=minute(found.opened_ms, zone, language))
    if found.ruled_ms is not None:
        state = words("ruled", state=state, by=found.ruled_by, when=minute(found.ruled_ms, zone, language))
    return (
        Cell(text=str(found.number), number=found.number), Cell(text=marked(one)),
        Cell(text=f"{_moment(found.start_ms, zone, words)} – {_moment(found.end_ms, zone, words)}"),
        Cell(text=words.verdict(found.claim)),
        Cell(text=f"{found.reason} ({opened})"),
        Cell(text=state + (f": {found.ruling_reason}" if found.ruling_reason else "")),
    )


def _moment(at_ms: int, zone: tzinfo, words: Words) -> str:
    """Show a moment with its seconds where it has any."""
    return minute(at_ms, zone, words.language) if at_ms % 60_000 == 0 else second(at_ms, zone, words.language)


def _ruling(one: ServiceMonth, figures: CorrectedFigures, words: Words) -> tuple[Cell, ...]:
    def cells(found: SlaStatement) -> tuple[Cell, ...]:
        return (
            share_cell(found.good_ms, found.known_ms, words.language),
            share_cell(found.known_ms, found.observed_ms, words.language), time_cell(found.down_ms, words.language),
            judgement_cell(found.judgement, words),
        )

    return (
        Cell(text=marked(one)), Cell(text=figures.original.month), *cells(figures.original),
        *cells(figures.in_force),
    )
