"""Planned maintenance: which announced windows are left out of the second figure, and why others are not.

A window counts if it was announced long enough before it began, and approved by somebody else before it began, within
the minutes a month that are agreed for it. All else stays what it was found to be. The promise itself is judged on the
figure that excludes nothing (``docs/semantics.md``); ``maintenance_figures.py`` has the figure beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from monitors.core.entry import Entry, EntryKind, is_same_person

if TYPE_CHECKING:
    from collections.abc import Iterable

MS_PER_HOUR = 3_600_000


class Act(StrEnum):
    """What an entry of maintenance does; ``act`` of its body."""

    ANNOUNCE = "announce"                # start_ms, end_ms, reason
    APPROVE = "approve"                  # window: number of the announcing entry
    CANCEL = "cancel"                    # window, reason
    RULE = "rule"                        # notice_ms, cap_ms


class Standing(StrEnum):
    """Whether a window, or a part of it, is left out of the second figure; each word is told to people."""

    EXCLUDED = "excluded"
    CANCELLED = "cancelled"
    ANNOUNCED_AFTER = "announced after it began"
    LATE_NOTICE = "notice too short"
    NOT_APPROVED = "not approved"
    APPROVED_AFTER = "approved after it began"
    OVER_CAP = "over the month's cap"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceRule:
    """How maintenance is agreed. Where nothing was told: 48 h before it begins, at most 4 h a month and service.

    The notice is that of the Estonian state portal (facts/domain-and-sla.md 3.5); the cap is a setting.
    """

    notice_ms: int = 48 * MS_PER_HOUR
    cap_ms: int = 4 * MS_PER_HOUR        # a calendar month by the agency's clock, for each service

    def __post_init__(self) -> None:
        """Neither is negative."""
        if self.notice_ms < 0 or self.cap_ms < 0:
            raise ValueError(f"notice {self.notice_ms} ms, cap {self.cap_ms} ms: expected neither to be under 0")

    def stricter(self, other: MaintenanceRule) -> MaintenanceRule:
        """Give the longer notice and the smaller cap of the two."""
        return MaintenanceRule(
            notice_ms=max(self.notice_ms, other.notice_ms), cap_ms=min(self.cap_ms, other.cap_ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """One announced window. ``number`` is that of the announcing entry; by it people name the window."""

    number: int
    agency: str
    service: str                         # "": all of the agency
    start_ms: int
    end_ms: int
    reason: str
    announced_by: str
    announced_ms: int
    rule: MaintenanceRule                # in force when it was announced
    approved_by: str = ""
    approved_ms: int | None = None
    cancelled_by: str = ""
    cancelled_ms: int | None = None

    @property
    def ended_ms(self) -> int:
        """When it ended: as announced, or when it was cancelled before that."""
        return self.end_ms if self.cancelled_ms is None else max(self.start_ms, min(self.end_ms, self.cancelled_ms))

    @property
    def notice_ms(self) -> int:
        """How long before its beginning it was announced; negative if after."""
        return self.start_ms - self.announced_ms

    @property
    def standing(self) -> Standing:
        """Say whether it counts, before the month's cap is asked."""
        if self.ended_ms <= self.start_ms:
            return Standing.CANCELLED
        if self.notice_ms < 0:
            return Standing.ANNOUNCED_AFTER
        if self.notice_ms < self.rule.notice_ms:
            return Standing.LATE_NOTICE
        if self.approved_ms is None:
            return Standing.NOT_APPROVED
        return Standing.APPROVED_AFTER if self.approved_ms > self.start_ms else Standing.EXCLUDED

    def concerns(self, agency: str, service: str) -> bool:
        """Tell whether a service is under it."""
        return self.agency in ("", agency) and self.service in ("", service)


def from_entries(entries: Iterable[Entry]) -> tuple[Maintenance, ...]:
    """Read the windows in the order they were announced.

    The first approval by another person than the announcer counts, and the first cancellation; what does not fit a
    window that was announced before it says nothing. Entries of other kinds are passed over.
    """
    told: dict[int, tuple[Entry, Maintenance]] = {}
    rules: dict[str, MaintenanceRule] = {}
    for entry in sorted((e for e in entries if e.kind is EntryKind.MAINTENANCE), key=lambda e: e.number):
        act = entry.text("act")
        if act == Act.RULE and not entry.service:
            rules[entry.agency] = _rule(entry)
        elif act == Act.ANNOUNCE and entry.number_of("start_ms") < entry.number_of("end_ms"):
            told[entry.number] = (entry, Maintenance(
                number=entry.number, agency=entry.agency, service=entry.service, start_ms=entry.number_of("start_ms"),
                end_ms=entry.number_of("end_ms"), reason=entry.text("reason"), announced_by=entry.by,
                announced_ms=entry.at_ms, rule=rule_for(entry.agency, rules),
            ))
        elif entry.number_of("window") in told:
            announcement, found = told[entry.number_of("window")]
            if (entry.agency, entry.service) != (found.agency, found.service):
                continue
            if act == Act.APPROVE and found.approved_ms is None and not is_same_person(entry, announcement):
                found = replace(found, approved_by=entry.by, approved_ms=entry.at_ms)
            elif act == Act.CANCEL and found.cancelled_ms is None and entry.at_ms < found.end_ms:
                found = replace(found, cancelled_by=entry.by, cancelled_ms=entry.at_ms)
            told[found.number] = (announcement, found)
    return tuple(found for _, found in told.values())


def rules_from_entries(entries: Iterable[Entry]) -> dict[str, MaintenanceRule]:
    """Read the newest rule of each agency; that of "" is for all."""
    rules: dict[str, MaintenanceRule] = {}
    for entry in sorted(entries, key=lambda e: e.number):
        if entry.kind is EntryKind.MAINTENANCE and entry.text("act") == Act.RULE and not entry.service:
            rules[entry.agency] = _rule(entry)
    return rules


def rule_for(agency: str, rules: dict[str, MaintenanceRule]) -> MaintenanceRule:
    """Give the rule of an agency: it may be stricter than that of all, never laxer."""
    national = rules.get("", MaintenanceRule())
    return national.stricter(rules[agency]) if agency in rules else national





def _rule(entry: Entry) -> MaintenanceRule:
    return MaintenanceRule(
        notice_ms=max(0, entry.number_of("notice_ms")), cap_ms=max(0, entry.number_of("cap_ms")),
    )
