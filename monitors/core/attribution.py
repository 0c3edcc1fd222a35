"""Whose down time was: each millisecond of it belongs to exactly one owner, by a published rule or a signed decision.

The rules look at what was kept for ever: the sentence of the first bad run, the step that failed, and what else failed
at the same time. ``docs/attribution.md`` has them as a table, which a test compares with ``RULES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.common_cause import CommonCause, Reach, Watched, concerning, name_in
from monitors.core.entry import Entry, EntryKind
from monitors.core.model import Hosting, Verdict
from monitors.core.span import Span, Spans, clip, intersect, merge, subtract, total

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from monitors.core.incident import Incident
    from monitors.core.timeline import ServiceTimeline


class Owner(StrEnum):
    """Whose a stretch of down time was."""

    APPLICATION = "agency application"
    HOSTING = "hosting"
    DEPENDENCY = "shared dependency"
    NETWORK = "network"
    UNDETERMINED = "undetermined"


class Layer(StrEnum):
    """How far the failed request came."""

    NAME = "name"                        # the name was not resolved
    CONNECT = "connect"                  # no connection was made
    TLS = "TLS"                          # no TLS was agreed on, or the certificate was not good
    ANSWER = "answer"                    # a connection was made; the answer was wrong, late or missing
    UNTOLD = "untold"                    # nothing was kept of it


# what the probes' sentences say; the first that is found counts, from the lowest layer up
_SAID = (
    (Layer.NAME, (
        "could not be resolved", "looking up the host's name", "SERVFAIL", "NXDOMAIN", "no name server is there",
    )),
    (Layer.CONNECT, (
        "connection refused by", "no route to", "while connecting", "could not connect to", "no connection to",
    )),
    (Layer.TLS, ("TLS with", "the certificate of", "the certificate is", "while agreeing on TLS", "a certificate of")),
)


class Rule(StrEnum):
    """Why down time has its owner; the first that holds counts. Each text is the one in docs/attribution.md."""

    DECISION = "a signed decision says so"
    ELSEWHERE = "the failed step asks another host than the service's own"
    NETWORK = "no connection or no name, and all watched services of the agency on several hosts failed at once"
    WHOLE_HOST = "all watched services of the host, at least two, failed at once"
    NAME = "the service's name was not resolved"
    GATEWAY = "no connection or no TLS, and the toolkit hosts the service"
    ANSWERED = "a connection was made, and the answer was wrong, late or missing"
    NOTHING = "no rule holds"


RULES: tuple[tuple[Rule, Owner | None], ...] = (
    (Rule.DECISION, None),
    (Rule.ELSEWHERE, Owner.DEPENDENCY),
    (Rule.NETWORK, Owner.NETWORK),
    (Rule.WHOLE_HOST, Owner.HOSTING),
    (Rule.NAME, Owner.NETWORK),
    (Rule.GATEWAY, Owner.HOSTING),
    (Rule.ANSWERED, Owner.APPLICATION),
    (Rule.NOTHING, Owner.UNDETERMINED),
)
OWNER_BY = dict(RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A signed decision on whose the down time of a window was; of two on the same moment the later one counts."""

    number: int
    agency: str
    service: str
    start_ms: int
    end_ms: int
    owner: Owner
    reason: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Down time with one owner."""

    start_ms: int
    end_ms: int
    owner: Owner
    rule: Rule
    decision: int = 0                    # number of the entry that decided, 0 where a rule did


def layer_of(reason: str) -> Layer:
    """Say how far a request came, from the sentence of its failure."""
    if not reason:
        return Layer.UNTOLD
    return next((layer for layer, parts in _SAID if any(part in reason for part in parts)), Layer.ANSWER)


def from_entries(entries: Iterable[Entry], is_signed: Callable[[Entry], bool]) -> tuple[Decision, ...]:
    """Read the decisions, in order of number. What is not signed, as ``is_signed`` has it, decides nothing."""
    found = []
    for entry in sorted(entries, key=lambda entry: entry.number):
        start_ms, end_ms = entry.number_of("start_ms"), entry.number_of("end_ms")
        if entry.kind is not EntryKind.ATTRIBUTION or start_ms >= end_ms or entry.text("owner") not in set(Owner):
            continue
        if is_signed(entry):
            found.append(Decision(
                number=entry.number, agency=entry.agency, service=entry.service, start_ms=start_ms, end_ms=end_ms,
                owner=Owner(entry.text("owner")), reason=entry.text("reason"), by=entry.by, at_ms=entry.at_ms,
            ))
    return tuple(found)


def rule_of(incident: Incident, of: Watched, causes: Sequence[CommonCause]) -> Rule:
    """Say which rule holds for an incident where nobody decided."""
    target = of.target_at(incident.first_bad_ms)
    first = next((one for one in incident.failing if one.reason), None)
    layer = layer_of(incident.reason)
    step = next(
        (
            step for t in target.transactions if first is not None and t.name == first.transaction
            for step in t.steps if step.name == first.failed_step
        ),
        None,
    )
    shared = concerning(causes, incident)
    if step is not None and name_in(step.url) not in ("", name_in(target.base_url)):
        return Rule.ELSEWHERE
    if layer in (Layer.NAME, Layer.CONNECT) and any(c.is_whole for c in shared if c.reach is Reach.AGENCY):
        return Rule.NETWORK
    if any(cause.is_whole for cause in shared if cause.reach is Reach.HOST):
        return Rule.WHOLE_HOST
    if layer is Layer.NAME:
        return Rule.NAME
    if layer in (Layer.CONNECT, Layer.TLS) and target.hosting is Hosting.TOOLKIT:
        return Rule.GATEWAY
    return Rule.ANSWERED if layer is Layer.ANSWER else Rule.NOTHING


def attribute(
    timeline: ServiceTimeline, window: Span, of: Watched, causes: Sequence[CommonCause],
    decisions: Iterable[Decision] = (), *, covered: Spans | None = None,
) -> tuple[Part, ...]:
    """Give each down millisecond of the window to one owner; the parts are disjoint and sum to the down time.

    ``of``: the service, with all incidents of ``timeline``. ``causes``: see ``common_causes``. ``covered``: what of the
    window counts, as ``sla.covered`` gives it; None: all.
    """
    left = clip(timeline.spans(Verdict.DOWN), window)
    if covered is not None:
        left = intersect(left, covered)
    target = of.definitions[-1].target
    parts: list[Part] = []

    def give(spans: Spans, owner: Owner, rule: Rule, decision: int = 0) -> None:
        nonlocal left
        for start, end in intersect(left, spans):
            parts.append(Part(start_ms=start, end_ms=end, owner=owner, rule=rule, decision=decision))
        left = subtract(left, spans)

    for one in sorted(decisions, key=lambda one: one.number, reverse=True):
        if one.agency in ("", target.agency) and one.service in ("", target.service):
            give(((one.start_ms, one.end_ms),), one.owner, Rule.DECISION, one.number)
    for incident in of.incidents:
        rule = rule_of(incident, of, causes)
        end_ms = timeline.until_ms if incident.first_good_ms is None else incident.first_good_ms
        give(merge([(incident.first_bad_ms, end_ms)]), OWNER_BY[rule] or Owner.UNDETERMINED, rule)
    give(left, Owner.UNDETERMINED, Rule.NOTHING)
    return tuple(sorted(parts, key=lambda part: part.start_ms))


def by_owner(parts: Iterable[Part]) -> dict[Owner, int]:
    """Sum milliseconds for each owner; all owners are there."""
    found = tuple(parts)
    return {owner: total((p.start_ms, p.end_ms) for p in found if p.owner is owner) for owner in Owner}
