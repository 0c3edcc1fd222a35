"""Are the host's ports free that a gateway needs? If not: who holds them, by name.

A port that our own gateway of the same agency holds is free for it. The engine knows its containers; for everything
else this machine's kernel is asked, where the engine runs here.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from stacks.process import listener_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stacks.engine_facts import PublishedFacts

ALL_ADDRESSES = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, never bound
ANOTHER = "choose another port in gateway, or end it"


def port_reasons(
    agency: str, address: str, ports: Iterable[tuple[str, int]], published: Sequence[PublishedFacts], *, is_local: bool,
) -> list[str]:
    """Return one reason for each port of (setting, port) that cannot be had at ``address``.

    ``published``: the engine's containers with ports; ``is_local``: the engine runs on this machine.
    """
    reasons = []
    for setting, port in ports:
        holder = _container_at(address, port, published)
        if holder is not None:
            if holder.agency != agency:
                whose = f' of agency "{holder.agency}"' if holder.agency else ""
                taken = f"port {port} of {address} is taken by container {holder.name}{whose}"
                reasons.append(f"gateway/{setting}: {taken}; {ANOTHER}")
        elif is_local and (reason := _refusal(address, port)):
            reasons.append(f"gateway/{setting}: {reason}")
    return reasons


def _container_at(address: str, port: int, published: Sequence[PublishedFacts]) -> PublishedFacts | None:
    for container in published:
        for facts in container.ports:
            clashes = facts.address == address or facts.address in ALL_ADDRESSES or address in ALL_ADDRESSES
            if facts.port == port and clashes:
                return container
    return None


def _refusal(address: str, port: int) -> str:
    """Try to listen; return why not, "" if we may."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Connections that have just ended do not keep the engine's proxy from listening either.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                owner = listener_of(port) or "another program"
                return f"port {port} of {address} is taken by {owner}; {ANOTHER}"
            if exc.errno == errno.EADDRNOTAVAIL:
                return f"{address} is no address of this machine; expected one of its own; correct gateway/bind"
            if exc.errno in {errno.EACCES, errno.EPERM}:
                return ""                # a low port, which the engine may open and we may not
            return f"port {port} of {address} cannot be opened ({exc.strerror}); choose another one"
    return ""
