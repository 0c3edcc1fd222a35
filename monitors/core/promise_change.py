"""A promise that changes: it counts from the next month on, unless a signed decision lets it count for its own month.

A decision names the month and the definition that changed, by its digest, and is taken before that month ends: so that
nobody lowers a promise that is already judged. What else a definition changes (journeys, intervals, deadlines) is
watched so from then on, and told beside the figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind
from monitors.core.window import month_of, month_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import tzinfo

    from monitors.core.history import Definition, ServiceHistory
    from monitors.core.model import Target
    from monitors.core.span import Span

EARLY = "early"                          # ``act`` of the entry; its body has month, digest and reason


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyPromise:
    """The decision that a changed promise counts for the month in which it was changed."""

    number: int                          # of the entry
    agency: str
    service: str
    month: str                           # "2026-11", by the agency's clock
    digest: str                          # of the definition that has the promise
    reason: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A definition that says something else than the one before it at its vantage. ``what``: in words."""

    at_ms: int
    what: tuple[str, ...]
    changes_promise: bool                # target or hours, which count from the next month on
    digest: str


def from_entries(entries: Iterable[Entry], is_signed: Callable[[Entry], bool]) -> tuple[EarlyPromise, ...]:
    """Read the decisions in order of number; what is not signed decides nothing."""
    return tuple(
        EarlyPromise(
            number=entry.number, agency=entry.agency, service=entry.service, month=entry.text("month"),
            digest=entry.text("digest"), reason=entry.text("reason"), by=entry.by, at_ms=entry.at_ms,
        )
        for entry in sorted(entries, key=lambda entry: entry.number)
        if entry.kind is EntryKind.PROMISE and entry.text("act") == EARLY and entry.service and is_signed(entry)
    )


def with_early(history: ServiceHistory, decisions: Iterable[EarlyPromise], zone: tzinfo) -> ServiceHistory:
    """Let decisions count: the definition in force at a month's start then has the promise that was decided.

    A decision counts where its definition was recorded within its month and before it, and the month had not ended when
    it was taken; of two on one month the later one.
    """
    found: dict[str, Definition] = {}
    for one in sorted(decisions, key=lambda one: one.number):
        if (one.agency, one.service) != (history.agency, history.service):
            continue
        named = next((d for d in history.definitions if d.digest == one.digest and _is_of(d, one, zone)), None)
        if named is not None:
            found[one.month] = named
    definitions = list(history.definitions)
    for month, named in found.items():
        start_ms = max(month_window(month, zone).start_ms, history.definitions[0].recorded_ms)
        before = [d for d in history.definitions if d.recorded_ms <= start_ms]
        if not before:
            continue
        former = before[-1]
        definitions.append(replace(
            former, recorded_ms=start_ms, target=replace(former.target, promise=named.target.promise),
        ))
    definitions.sort(key=lambda one: one.recorded_ms)    # stable: what was decided comes after what it replaces
    return replace(history, definitions=tuple(definitions)) if found else history


def changes(history: ServiceHistory, window: Span) -> tuple[Change, ...]:
    """Say what definitions changed within a window, in order; the same change at several vantages once."""
    former: dict[str, Definition] = {}
    found: dict[str, Change] = {}
    for definition in history.definitions:
        before = former.get(definition.vantage)
        former[definition.vantage] = definition
        if before is None or not window[0] < definition.recorded_ms < window[1]:
            continue
        what = tuple(_differences(before.target, definition.target))
        if what:
            old, new = before.target.promise, definition.target.promise
            found.setdefault(definition.digest, Change(
                at_ms=definition.recorded_ms, what=what, digest=definition.digest,
                changes_promise=(old.target, old.hours) != (new.target, new.hours),
            ))
    return tuple(sorted(found.values(), key=lambda change: change.at_ms))


def _is_of(definition: Definition, one: EarlyPromise, zone: tzinfo) -> bool:
    try:
        window = month_window(one.month, zone)
    except ValueError:
        return False
    return (
        window.start_ms < definition.recorded_ms <= one.at_ms < window.end_ms
        and month_of(definition.recorded_ms, zone) == one.month
    )


def _differences(before: Target, after: Target) -> Iterator[str]:
    if before.promise.target != after.promise.target:
        yield f"the promise from {before.promise.target:f} % to {after.promise.target:f} %"
    if before.promise.hours != after.promise.hours:
        yield "the hours of the promise"
    old = {one.name: one for one in before.transactions}
    new = {one.name: one for one in after.transactions}
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            yield f"{name} {'added' if one is None else 'taken away'}"
            continue
        if one.primary is not other.primary:
            yield f"{name} made {'primary' if other.primary else 'secondary'}"
        if one.interval_ms != other.interval_ms:
            yield f"the interval of {name} from {one.interval_ms / 1000:g} s to {other.interval_ms / 1000:g} s"
        if one.deadline_ms != other.deadline_ms:
            yield f"the deadline of {name} from {one.deadline_ms / 1000:g} s to {other.deadline_ms / 1000:g} s"
