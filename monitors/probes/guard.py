"""Which addresses the monitor may connect to. Pure.

A definition is written by an agency, and answers come from strangers: neither may send the monitor to its own machine,
to a cloud's metadata service or into the networks around it. An address is judged when a socket is opened for it, after
its name was looked up, so that no second look-up can give another one.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from monitors.core.addresses import RESERVED, special, within
from monitors.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitors.core.addresses import Network

_MOST_REMEMBERED = 50_000
# the whole of what stands before the path, so that no reader of URLs can take another host out of it
_BYTE = "(?:0|[1-9][0-9]{0,2})"
_LITERAL = re.compile(
    rf"https?://(?:(?P<v4>{_BYTE}(?:\.{_BYTE}){{3}})|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::[0-9]+)?(?:[/?#]|$)",
)


class Guard:
    """Judges addresses. ``allowed``: networks that ops allow by name; ``own``: networks that the monitor stands in.

    Raises UsageError where a text is no network.
    """

    def __init__(self, allowed: Iterable[str] = (), own: Iterable[str] = ()) -> None:
        self._allowed = tuple(network_of(text) for text in allowed)
        self._own = tuple(network_of(text) for text in own)
        self._known: dict[str, str] = {}

    def refusal(self, address: str) -> str:
        """Say what ``address``, an IP address in text, is that it is refused for; "" where it is not."""
        told = self._known.get(address)
        if told is None:
            told = self._judge(address)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[address] = told
        return told

    def is_free(self, literal: str) -> bool:
        """Tell whether an address that a URL has in it (``literal_host``) needs no look when a socket is opened."""
        return literal != "" and not self.refusal(literal)

    def rules(self) -> tuple[list[str], list[str]] | None:
        """Give ``allowed`` and ``own`` as texts, for a process of its own; None where nothing is refused."""
        return [str(network) for network in self._allowed], [str(network) for network in self._own]

    def _judge(self, text: str) -> str:
        try:
            address = ip_address(text.partition("%")[0])
        except ValueError:
            return "no IP address"
        address = within(address)
        if any(address in network for network in self._allowed):
            return ""
        what = special(address)
        if what:
            return what
        own = next((network for network in self._own if address in network), None)
        if own is not None:
            return f"an address of the monitor's own network {own}"
        return "" if address.is_global else RESERVED


class _Anywhere(Guard):
    """Refuses nothing: a person typed the address."""

    def refusal(self, address: str) -> str:  # noqa: ARG002 - the guard's signature
        """Refuse nothing."""
        return ""

    def rules(self) -> tuple[list[str], list[str]] | None:
        """Give none."""
        return None

    def is_free(self, literal: str) -> bool:
        """Need no look where there is only one address; a name's are wanted, to be told which of them were tried."""
        return literal != ""


ANYWHERE: Guard = _Anywhere()


def literal_host(url: str) -> str:
    """Give the IP address that stands in ``url`` in place of a name, "" where it is a name or written oddly."""
    found = _LITERAL.match(url)
    return (found["v4"] or found["v6"]) if found else ""


def network_of(text: str) -> Network:
    """Read a network such as 10.0.0.0/8, or one address. Raises UsageError."""
    try:
        return ip_network(text.strip())
    except ValueError as exc:
        raise UsageError(
            f'network "{text}": {exc}; expected an address or a network such as 127.0.0.1 or 10.20.0.0/16',
        ) from None


def told(host: str, address: str, what: str) -> str:
    """Say that an address was refused, and how it is allowed."""
    leads = f"{host} is" if host.strip("[]") == address else f"{host} leads to {address},"
    return (
        f"{leads} {what}, where the monitor does not connect; if it is meant, ops allow it: "
        f"siaga24 monitor run --allow-network {address.partition('%')[0]}"
    )
