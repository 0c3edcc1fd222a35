"""Disputes: somebody says that a service was not what the timeline has it, and another rules on it.

Opening and ruling are signed, by two different keys. The ruling is an entry of its own (a correction, see
``correction.py``); nothing that was measured is touched, and until it comes the disputed time is marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind, is_same_person
from monitors.core.model import Verdict
from monitors.core.span import Spans, clip, merge
from monitors.core.window import month_of, month_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from monitors.core.span import Span

DAY_MS = 86_400_000


class Act(StrEnum):
    """What an entry of kind ``dispute`` does; ``act`` of its body."""

    OPEN = "open"                        # start_ms, end_ms, claim, reason, evidence, key
    ANSWER = "answer"                    # dispute, reason, evidence


class Outcome(StrEnum):
    """What was ruled; ``outcome`` of a correction's body."""

    UPHELD = "upheld"                    # it was as the ruling's verdict has it, in the ruling's window
    REJECTED = "rejected"                # it stays as it was measured


class DisputeState(StrEnum):
    """How far a dispute is."""

    OPEN = "open"
    ANSWERED = "answered"
    UPHELD = "upheld"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRule:
    """The deadlines, in days of 24 hours. All three are settings; the defaults are ours, no regulation's."""

    open_days: int = 60                  # after the end of the month in which the disputed time ends
    answer_days: int = 7                 # after it was opened; then it may be ruled upon without an answer
    ruling_days: int = 21                # after it was opened; a later ruling counts, and its lateness is told

    def open_until(self, end_ms: int, zone: tzinfo) -> int:
        """Say until when time that ended at ``end_ms`` may be disputed."""
        return month_window(month_of(end_ms - 1, zone), zone).end_ms + self.open_days * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file that was named, by its digest: whoever has the file can show that it is the one."""

    sha256: str
    size: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One dispute. ``number`` is that of the entry that opened it; by it people name the dispute."""

    number: int
    agency: str
    service: str
    start_ms: int
    end_ms: int
    claim: Verdict                       # what it is said to have been
    reason: str
    evidence: tuple[Evidence, ...]
    opened_by: str
    opened_ms: int
    answered_by: str = ""
    answered_ms: int | None = None
    answer: str = ""
    outcome: Outcome | None = None
    ruled_by: str = ""
    ruled_ms: int | None = None
    ruling: int = 0                      # number of the entry that ruled
    ruling_reason: str = ""

    @property
    def state(self) -> DisputeState:
        """How far it is."""
        if self.outcome is not None:
            return DisputeState.UPHELD if self.outcome is Outcome.UPHELD else DisputeState.REJECTED
        return DisputeState.OPEN if self.answered_ms is None else DisputeState.ANSWERED

    @property
    def is_ruled(self) -> bool:
        """Whether its time is no longer disputed."""
        return self.outcome is not None

    def answer_due_ms(self, rule: DisputeRule) -> int:
        """Until when it is to be answered."""
        return self.opened_ms + rule.answer_days * DAY_MS

    def ruling_due_ms(self, rule: DisputeRule) -> int:
        """Until when it is to be ruled upon."""
        return self.opened_ms + rule.ruling_days * DAY_MS

    def overdue(self, rule: DisputeRule, now_ms: int) -> str:
        """Say what is late: ``answer``, ``ruling`` or nothing."""
        if (now_ms if self.ruled_ms is None else self.ruled_ms) > self.ruling_due_ms(rule):
            return "ruling"
        if self.outcome is None and self.answered_ms is None and now_ms > self.answer_due_ms(rule):
            return "answer"
        return ""


def from_entries(entries: Iterable[Entry], is_signed: Callable[[Entry], bool]) -> tuple[Dispute, ...]:
    """Read the disputes in the order they were opened.

    ``is_signed``: whether an entry's signature is good. An opening or a ruling without one says nothing, and neither
    does a ruling by whoever opened the dispute. Of several answers or rulings the first counts: a dispute that was
    ruled upon is over, and a new one may be opened.
    """
    kinds = (EntryKind.DISPUTE, EntryKind.CORRECTION)
    found: dict[int, tuple[Entry, Dispute]] = {}
    for entry in sorted((e for e in entries if e.kind in kinds), key=lambda e: e.number):
        act = entry.text("act")
        if entry.kind is EntryKind.DISPUTE and act == Act.OPEN:
            dispute = _opened(entry)
            if dispute is not None and is_signed(entry):
                found[entry.number] = (entry, dispute)
            continue
        opening, dispute = found.get(entry.number_of("dispute"), (entry, None))
        if dispute is None or dispute.is_ruled or (entry.agency, entry.service) != (dispute.agency, dispute.service):
            continue
        if entry.kind is EntryKind.DISPUTE and act == Act.ANSWER and dispute.answered_ms is None:
            dispute = replace(
                dispute, answered_by=entry.by, answered_ms=entry.at_ms, answer=entry.text("reason"),
                evidence=(*dispute.evidence, *evidence_of(entry)),
            )
        elif entry.kind is EntryKind.CORRECTION and is_ruling(entry, opening) and is_signed(entry):
            dispute = replace(
                dispute, outcome=Outcome(entry.text("outcome")), ruled_by=entry.by, ruled_ms=entry.at_ms,
                ruling=entry.number, ruling_reason=entry.text("reason"),
            )
        found[dispute.number] = (opening, dispute)
    return tuple(dispute for _, dispute in found.values())


def is_ruling(entry: Entry, opening: Entry) -> bool:
    """Tell whether an entry can rule on a dispute: another person with another key, and a known outcome."""
    return entry.text("outcome") in set(Outcome) and not is_same_person(entry, opening)


def evidence_of(entry: Entry) -> tuple[Evidence, ...]:
    """Read the files that an entry names: lists of digest, size and name."""
    found = []
    for one in entry.list_of("evidence"):
        if isinstance(one, list) and len(one) == 3:
            digest, size, name = one
            if isinstance(digest, str) and isinstance(size, int) and isinstance(name, str):
                found.append(Evidence(sha256=digest, size=size, name=name))
    return tuple(found)


def disputed(disputes: Iterable[Dispute], agency: str, service: str, window: Span) -> Spans:
    """Give the time of a service's window that is disputed and not ruled upon."""
    spans = (
        (one.start_ms, one.end_ms) for one in disputes
        if not one.is_ruled and one.agency == agency and one.service in ("", service)
    )
    return clip(merge(spans), window)


def _opened(entry: Entry) -> Dispute | None:
    start_ms, end_ms, claim = entry.number_of("start_ms"), entry.number_of("end_ms"), entry.text("claim")
    if start_ms >= end_ms or claim not in set(Verdict) or not entry.service:
        return None
    return Dispute(
        number=entry.number, agency=entry.agency, service=entry.service, start_ms=start_ms, end_ms=end_ms,
        claim=Verdict(claim), reason=entry.text("reason"), evidence=evidence_of(entry), opened_by=entry.by,
        opened_ms=entry.at_ms,
    )
