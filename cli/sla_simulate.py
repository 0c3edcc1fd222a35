"""``siaga24 sla simulate``: what last month would have been under another promise or rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from cli.ledger_view import Asked, chosen, ledger_option, now_ms, opened, range_options, zone_of
from cli.output import console, json_option, print_json, print_table, workspace_options
from cli.sla_outlook import week as week_words
from cli.sla_print import JUDGEMENT_STYLES
from monitors.calendars import calendar
from monitors.core.errors import UsageError
from monitors.core.hours import MIDNIGHT, Open
from monitors.core.maintenance_figures import excluded, pieces
from monitors.core.model import Quorum, Target
from monitors.core.sla import SlaStatement
from monitors.core.timeline import data_until
from monitors.core.what_if import HoursRule, MaintenanceRule, Rules, counted_spans, what_if
from monitors.core.window import month_of
from monitors.core.wording import duration, month_name, percent, share_percent, target_percent
from monitors.figures import Told, read_service, told_of
from monitors.ledger.base import LedgerReader
from monitors.ledger_name import LedgerName

COLUMNS = (
    "agency, service", "rules", "promise", "available", "coverage", "low", "high", "down", "counted", "budget left",
    "judgement",
)
RULE_NAMES = {
    "all-hours": "all 24 hours of every day count",
    "office-hours": "office hours alone count, by the agency's week and the calendar",
    "maintenance-excluded": "agreed maintenance is in neither numerator nor denominator",
    "any-vantage": "down as soon as one vantage says so",
    "majority": "down where the majority of the vantages says so",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A service as its promise has it, and as asked; None where nothing of the window counts."""

    target: Target
    window_words: str
    as_promised: SlaStatement | None
    as_asked: SlaStatement | None


@click.command(name="simulate", short_help="Show what last month would have been under another promise or rule.")
@click.argument("name", metavar="[AGENCY[/SERVICE]]", required=False)
@click.option("--promise", metavar="PERCENT", help="Another target, as 99.9.  [default: the one in force]")
@click.option("--hours", metavar="HH:MM-HH:MM", help="Other hours of each day, as 06:00-22:00; 24:00 is the day's end.")
@click.option(
    "--rule", "rule_names", multiple=True, type=click.Choice(list(RULE_NAMES)),
    help="; ".join(f"{name}: {meaning}" for name, meaning in RULE_NAMES.items()) + ". May be given several times.",
)
@range_options
@ledger_option
@json_option
@workspace_options
def simulate(
    workspace: Path | None, state: Path | None, as_json: bool, *, name: str | None, promise: str | None,
    hours: str | None, rule_names: tuple[str, ...], month: str | None, since: str | None, to: str | None,
    ledger: LedgerName | None,
) -> None:
    """Show what last month would have been under another promise, other hours or another rule.

    Nothing is judged anew: the figures of the promise in force stand beside those that were asked for.

    \b
    Examples:  siaga24 sla simulate --promise 99.9
               siaga24 sla simulate dinkes-bandung --rule office-hours --rule maintenance-excluded
               siaga24 sla simulate --promise 99.5 --hours 06:00-22:00 --month 2026-10 --json
    """  # noqa: D301 - \b is click's mark for a paragraph that is not wrapped
    rules = read_rules(promise, hours, rule_names)
    asked = Asked(month=month, since=since, to=to, now_ms=now_ms())
    with opened(workspace, state, ledger) as reader:
        found = [
            one
            for agency, targets in groupby(chosen(reader.definitions(), name), key=lambda target: target.agency)
            for one in _agency(reader, agency, list(targets), rules, asked)
        ]
    if as_json:
        print_json([_plain(one, rules) for one in found])
    else:
        _print(found, rules)


def read_rules(promise: str | None, hours: str | None, names: Sequence[str]) -> Rules:
    """Read what is asked. Raises UsageError."""
    if not promise and not hours and not names:
        raise UsageError("nothing is asked; give --promise PERCENT, --hours HH:MM-HH:MM or --rule NAME")
    of_hours = [name for name in ("all-hours", "office-hours") if name in names]
    if len(of_hours) + bool(hours) > 1:
        raise UsageError("--hours, all-hours and office-hours say each which hours count; give one of them")
    chosen_hours = {"all-hours": HoursRule.ALWAYS, "office-hours": HoursRule.OFFICE}
    if "any-vantage" in names and "majority" in names:
        raise UsageError("any-vantage and majority exclude each other; give one of them")
    return Rules(
        target=None if promise is None else _target(promise),
        hours=HoursRule.WEEK if hours else chosen_hours[of_hours[0]] if of_hours else HoursRule.PROMISED,
        week=(_day(hours),) * 7 if hours else (),
        maintenance=MaintenanceRule.EXCLUDED if "maintenance-excluded" in names else MaintenanceRule.COUNTED,
        quorum=Quorum.ANY if "any-vantage" in names else Quorum.MAJORITY if "majority" in names else None,
    )


def _target(text: str) -> Decimal:
    try:
        target = Decimal(text.rstrip(" %"))
        if 0 < target < 100:
            return target
    except InvalidOperation:
        pass
    raise UsageError(f'--promise "{text}": expected percent above 0 and below 100, as 99.9')


def _day(text: str) -> Open:
    opens, _, closes = text.partition("-")
    try:
        start, end = time.fromisoformat(opens), MIDNIGHT if closes == "24:00" else time.fromisoformat(closes)
        if start < end or end == MIDNIGHT:
            return start, end
    except ValueError:
        pass
    raise UsageError(f'--hours "{text}": expected when they begin and end, as 06:00-22:00; 24:00 is the day\'s end')


def _agency(
    reader: LedgerReader, agency: str, targets: Sequence[Target], rules: Rules, asked: Asked,
) -> list[Simulated]:
    told = told_of(reader, agency)
    return [_service(reader, target, rules, asked, told) for target in targets]


def _service(reader: LedgerReader, target: Target, rules: Rules, asked: Asked, told: Told) -> Simulated:
    zone = zone_of(target)
    if asked.month is None and asked.since is None:
        this = Asked(month=None, since=None, to=None, now_ms=asked.now_ms).window(zone)
        asked = Asked(month=month_of(this.start_ms - 1, zone), since=None, to=None, now_ms=asked.now_ms)
    window = asked.window(zone)
    words = month_name(window.month) if window.month else f"{asked.since} to {asked.to or 'now'}"
    read = read_service(reader, target, window, told, asked.now_ms)
    if read is None or read.window is None:
        return Simulated(target=target, window_words=words, as_promised=None, as_asked=None)
    history, lived = read.history, read.window
    left_out = excluded(pieces(told.maintenance, target.agency, target.service, zone))
    return Simulated(
        target=target, window_words=words, as_promised=read.statement,
        as_asked=what_if(
            history, lived, rules, counted_spans(
                history, lived, rules, zone=zone, calendar=calendar(), left_out=left_out,
            ),
            until_ms=data_until(history.lives, asked.now_ms),
            lived=lambda timeline: told.lived(target.agency, target.service, timeline, lived)[0],
        ),
    )


def _print(found: Sequence[Simulated], rules: Rules) -> None:
    out = console()
    if not found:
        out.print("the ledger holds no service yet")
        return
    rows: list[list[object]] = []
    for one in found:
        rows.append(_row(one.target.key, "promise in force", one.as_promised))
        rows.append(_row("", "as asked", one.as_asked))
    title = " / ".join(sorted({one.window_words for one in found}))
    print_table(COLUMNS, rows, title=title, right=COLUMNS[3:-1], folded=COLUMNS[:1])
    out.print(f"asked: {words_of(rules)}", style="dim", soft_wrap=True, markup=False)
    out.print("a question, and no judgement: the promise in force is what counts", style="dim")


def _row(key: str, rules: str, found: SlaStatement | None) -> list[object]:
    if found is None:
        return [key, rules, *["-"] * 8, "nothing of it counts"]
    whole = found.observed_ms
    return [
        key, rules, target_percent(found.target),
        percent(found.good_ms, found.known_ms), percent(found.known_ms, whole),
        percent(whole - found.possibly_down_ms, whole), percent(whole - found.certainly_down_ms, whole),
        duration(found.down_ms), duration(whole), duration(found.budget_left_ms),
        Text(found.judgement.value, style=JUDGEMENT_STYLES.get(found.judgement, "")),
    ]


def words_of(rules: Rules) -> str:
    """Say what is asked, in words."""
    hours = {
        HoursRule.PROMISED: "the hours of the promise", HoursRule.ALWAYS: "all 24 hours of every day",
        HoursRule.OFFICE: f"office hours alone, by calendar {calendar().version}",
        HoursRule.WEEK: week_words(rules.week) if rules.week else "",
    }[rules.hours]
    target = "the target in force" if rules.target is None else target_percent(rules.target)
    vantages = {
        None: "vantages as they are", Quorum.ANY: "one vantage is enough to say down",
        Quorum.MAJORITY: "by the majority of vantages",
    }[rules.quorum]
    return f"{target}; {hours}; agreed maintenance {rules.maintenance.value}; {vantages}"


def _plain(one: Simulated, rules: Rules) -> dict[str, Any]:
    return {
        "agency": one.target.agency, "service": one.target.service, "window": one.window_words,
        "asked": {
            "target_percent": None if rules.target is None else float(rules.target), "hours": rules.hours.value,
            "week": week_words(rules.week) if rules.week else None, "maintenance": rules.maintenance.value,
            "quorum": None if rules.quorum is None else rules.quorum.value, "calendar": calendar().version,
        },
        "as_promised": _plain_statement(one.as_promised), "as_asked": _plain_statement(one.as_asked),
    }


def _plain_statement(found: SlaStatement | None) -> dict[str, Any] | None:
    if found is None:
        return None
    whole = found.observed_ms
    return {
        "target_percent": float(found.target), "judgement": found.judgement.value,
        "availability_percent": share_percent(found.good_ms, found.known_ms),
        "coverage_percent": share_percent(found.known_ms, whole),
        "low_percent": share_percent(whole - found.possibly_down_ms, whole),
        "high_percent": share_percent(whole - found.certainly_down_ms, whole),
        "counted_ms": whole, "down_ms": found.down_ms, "unknown_ms": found.unknown_ms,
        "budget_ms": found.budget_ms, "budget_left_ms": found.budget_left_ms,
    }
