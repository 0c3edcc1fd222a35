"""Who may have a place among the runs under way: so that what hangs takes no place from what is well. Pure.

A tenth of all places is kept for transactions whose last run was good. One host has at most a quarter of them, and one
network (/24 of IPv4, /48 of IPv6) half: a host or a data centre that hangs leaves the others theirs. Loopback is no
network: what the toolkit hosts on this machine are many services.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

KEPT_FOR_WELL = 10                       # one place in so many
LEAST = 16                               # places that one host or network may have, however few there are
LOOPBACK = ("127.", "::1")


class Place(NamedTuple):
    """Where a transaction goes. ``network`` is empty where it is not known or none."""

    host: str
    network: str = ""


def network_of(address: str) -> str:
    """Give the /24 or /48 that an IP address is in, "" for none and for loopback.

    192.0.2.77 is in 192.0.2.0/24, 2001:db8:1:2::3 in 2001:db8:1::/48.
    """
    if not address or address.startswith(LOOPBACK):
        return ""
    if ":" not in address:
        return f"{address.rpartition('.')[0]}.0/24"
    head, gap, _ = address.partition("::")
    groups = head.split(":") if head else []
    if gap:
        groups += ["0"] * 3
    return ":".join(group.lstrip("0") or "0" for group in groups[:3]) + "::/48"


class Places:
    """The places. ``limit``: in all; ``a_host`` and ``a_network``: 0 for the usual share."""

    def __init__(self, limit: int, *, a_host: int = 0, a_network: int = 0) -> None:
        self.limit = limit
        self.a_host = a_host or max(LEAST, limit // 4)
        self.a_network = a_network or max(LEAST, limit // 2)
        self._for_unwell = limit - limit // KEPT_FOR_WELL
        self._taken: Counter[str] = Counter()
        self._unwell = 0
        self.taken = 0

    def full_for(self, place: Place) -> str:
        """Name the host or network that has all it may have, "" if neither."""
        if self._taken[place.host] >= self.a_host:
            return place.host
        if place.network and self._taken[place.network] >= self.a_network:
            return place.network
        return ""

    def has_room(self, *, is_well: bool) -> bool:
        """Tell whether there is a place for one that is well, or for any."""
        return self.taken < self.limit and (is_well or self._unwell < self._for_unwell)

    def take(self, place: Place, *, is_well: bool) -> None:
        """Take a place."""
        self.taken += 1
        self._unwell += not is_well
        self._taken[place.host] += 1
        if place.network:
            self._taken[place.network] += 1

    def give(self, place: Place, *, is_well: bool) -> None:
        """Give it back, as it was taken."""
        self.taken -= 1
        self._unwell -= not is_well
        for name in place:
            if name:
                self._taken[name] -= 1
                if not self._taken[name]:
                    del self._taken[name]
