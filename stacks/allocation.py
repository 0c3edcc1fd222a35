"""What a new agency gets: the next subnet and port that no agency of the workspace claims. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network

    from stacks.model import Settings

FIRST_HTTPS_PORT = 8443


def free_subnet(settings: Settings, taken: Iterable[IPv4Network]) -> IPv4Network:
    """Return the first subnet of the pool that overlaps none of ``taken``; UsageError where the pool is used up."""
    used = set(taken)
    others = [subnet for subnet in used if subnet.prefixlen != settings.prefix]  # claimed under another prefix
    for subnet in settings.pool.subnets(new_prefix=settings.prefix):
        if subnet not in used and not any(subnet.overlaps(other) for other in others):
            return subnet
    room = 2 ** (settings.prefix - settings.pool.prefixlen)
    raise UsageError(
        f"all {room} subnets of {settings.pool} are taken; make network/pool in siaga24.yaml larger",
    )


def free_port(taken: Iterable[int], *, first: int = FIRST_HTTPS_PORT) -> int:
    """Return the first port from ``first`` on that is not taken on any address."""
    used = set(taken)
    port = next((port for port in range(first, 65536) if port not in used), None)
    if port is None:
        raise UsageError(f"no port from {first} on is free; give agencies addresses of their own (gateway/bind)")
    return port
