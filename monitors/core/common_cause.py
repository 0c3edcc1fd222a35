"""Several services that fail at once: of one host, or of one agency. One trouble with a reach, not many troubles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from monitors.core.history import Definition
    from monitors.core.incident import Incident
    from monitors.core.model import Target


class Reach(StrEnum):
    """What the services that fail together have in common."""

    HOST = "host"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A service with its incidents. ``definitions`` oldest first, at least one."""

    definitions: tuple[Definition, ...]
    incidents: tuple[Incident, ...]

    def target_at(self, at_ms: int) -> Target:
        """Give the definition in force at an instant, the first one before it."""
        before = [d.target for d in self.definitions if d.recorded_ms <= at_ms]
        return before[-1] if before else self.definitions[0].target

    @property
    def key(self) -> str:
        """``agency/service``."""
        return self.definitions[0].target.key


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCause:
    """At least two services of one host or agency that went down within one interval of each other."""

    reach: Reach
    name: str                            # the host, or the agency's code
    first_bad_ms: int                    # of the earliest
    services: tuple[str, ...]            # keys, sorted
    incidents: tuple[str, ...]           # names, by service
    watched: int                         # how many services of that host or agency are watched
    hosts: int                           # how many hosts those that fail are on

    @property
    def is_whole(self) -> bool:
        """Whether all that are watched failed."""
        return len(self.services) == self.watched


def host_of(target: Target) -> str:
    """Say which host answers for a service: the gateway that is connected to, else the name in its URL.

    ``https://antrean.dinkes.example:8443/x`` is ``antrean.dinkes.example``; a gateway keeps its port, by which several
    on one machine differ.
    """
    return target.connect_to or name_in(target.base_url)


def name_in(url: str) -> str:
    """Give the host's name in an absolute URL, in lower case; "" for a path."""
    _, has_scheme, rest = url.partition("://")
    if not has_scheme:
        return ""
    place = rest.partition("/")[0].partition("?")[0].rpartition("@")[2].lower()
    return place.partition("]")[0] + "]" if place.startswith("[") else place.partition(":")[0]


def common_causes(watched: Sequence[Watched]) -> tuple[CommonCause, ...]:
    """Find what failed together, by time. An agency is named only where more than one of its hosts is concerned.

    "Together": from the first bad run of the earliest no longer than the longer interval of the two. Later outages of
    services that are still down are not looked for: each incident begins once.
    """
    found: list[CommonCause] = []
    groups: tuple[tuple[Reach, Callable[[Target], str]], ...] = (
        (Reach.HOST, host_of), (Reach.AGENCY, lambda target: target.agency),
    )
    for reach, name_of in groups:
        by_name: dict[str, list[Watched]] = {}
        for one in watched:
            by_name.setdefault(name_of(one.definitions[-1].target), []).append(one)
        for name, members in sorted(by_name.items()):
            found += (cause for cause in _of(reach, name, members) if reach is Reach.HOST or cause.hosts > 1)
    return tuple(sorted(found, key=lambda cause: (cause.first_bad_ms, cause.reach, cause.name)))


def concerning(causes: Iterable[CommonCause], incident: Incident) -> tuple[CommonCause, ...]:
    """Give the causes that an incident is part of."""
    return tuple(cause for cause in causes if incident.name in cause.incidents)


def _of(reach: Reach, name: str, members: Sequence[Watched]) -> Iterator[CommonCause]:
    begun = sorted(
        ((incident.first_bad_ms, one.key, incident.name, one) for one in members for incident in one.incidents),
        key=lambda begun: begun[:3],
    )
    group: list[tuple[int, str, str, Watched]] = []
    for each in (*begun, None):
        if group and (each is None or each[0] - group[0][0] > max(_interval(group[0]), _interval(each))):
            services = {key: incident for _, key, incident, _ in reversed(group)}
            if len(services) > 1:
                yield CommonCause(
                    reach=reach, name=name, first_bad_ms=group[0][0], services=tuple(sorted(services)),
                    incidents=tuple(services[key] for key in sorted(services)), watched=len(members),
                    hosts=len({host_of(one.target_at(at_ms)) for at_ms, _, _, one in group}),
                )
            group = []
        if each is not None:
            group.append(each)


def _interval(begun: tuple[int, str, str, Watched]) -> int:
    at_ms, _, _, one = begun
    transactions = one.target_at(at_ms).transactions
    return max((t.interval_ms for t in transactions if t.primary), default=0)
