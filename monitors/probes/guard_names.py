"""Looks names up at a name server that a transaction chose. What it finds is judged like every other address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from monitors.core.http_options import IpFamily

if TYPE_CHECKING:
    from collections.abc import Callable

    import dns.asyncresolver

DNS_PORT = 53


class NamesError(Exception):
    """A name could not be looked up. The text says why."""


class Resolver:
    """One name server, ``ADDRESS``, ``ADDRESS:PORT`` or ``[ADDRESS]:PORT``. Raises ValueError where it is none."""

    __slots__ = ("_place", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._place = place_of(text)

    @property
    def address(self) -> str:
        """Its IP address."""
        return self._place[0]

    def start(
        self, host: str, family: IpFamily, left_s: float, on_done: Callable[[list[str], str], None],
    ) -> asyncio.Task[None]:
        """Look ``host`` up; ``on_done`` gets its addresses, or none and what went wrong. Cancelled, it calls nobody."""
        async def ask() -> None:
            try:
                async with asyncio.timeout(left_s):
                    addresses = await self._addresses(host, family, left_s)
            except NamesError as exc:
                on_done([], str(exc))
            except TimeoutError:
                on_done([], f"the name server {self.text} did not answer in time when asked for {host}")
            else:
                on_done(addresses, "")

        return asyncio.get_running_loop().create_task(ask())

    async def _addresses(self, host: str, family: IpFamily, left_s: float) -> list[str]:
        # a third of a second's work to load: only for those who choose a name server
        import dns.asyncresolver  # noqa: PLC0415
        import dns.exception  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [self._place[0]], self._place[1]
        kinds = {IpFamily.ANY: ("A", "AAAA"), IpFamily.V4: ("A",), IpFamily.V6: ("AAAA",)}[family]
        found: list[str] = []
        why = ""
        for kind in kinds:
            try:
                answer = await resolver.resolve(host, kind, lifetime=left_s, search=False)
            except dns.resolver.NXDOMAIN:
                raise NamesError(f"the name server {self.text} says that {host} does not exist") from None
            except dns.resolver.NoAnswer:
                continue
            except dns.resolver.NoNameservers as exc:
                why = f"the name server {self.text} could not say where {host} is ({_short(exc)})"
            except dns.exception.Timeout:
                raise TimeoutError from None
            except dns.exception.DNSException as exc:
                why = f"{host} could not be looked up at {self.text}: {type(exc).__name__}"
            else:
                found += [record.address for record in answer]
        if not found:
            wanted = " or ".join({"A": "IPv4", "AAAA": "IPv6"}[kind] for kind in kinds)
            raise NamesError(why or f"the name server {self.text} has no {wanted} address of {host}")
        return found


def place_of(text: str) -> tuple[str, int]:
    """Take ADDRESS[:PORT] apart. Raises ValueError."""
    from ipaddress import ip_address  # noqa: PLC0415 - only for those who choose a name server

    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    ip_address(host)
    number = int(port) if port else DNS_PORT
    if not 0 < number < 65536:
        raise ValueError(f"{port} is no port")
    return host, number


def _short(error: dns.resolver.NoNameservers) -> str:
    """Take the answer's code out of the library's long sentence."""
    text = str(error)
    return next((code for code in ("SERVFAIL", "REFUSED", "FORMERR", "NOTIMP") if code in text), "no usable answer")
