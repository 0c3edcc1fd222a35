"""How the connections of one try are made: plain values that ``http.py`` gives to libcurl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitors.core.http_options import Connection, Http2, IpFamily
from monitors.probes.fill import Template, in_url, plain

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Choices of a transaction's connections, with secrets filled in.

    ``has_own_names``: names are looked up by us for this try, and what was found stays with it. ``certificate`` and
    ``key``: the client's, PEM. ``reads_certificates``: the server's are kept with the answer, which costs time.
    """

    http2: Http2 = Http2.NEVER
    ip: IpFamily = IpFamily.ANY
    proxy: str = ""
    has_own_names: bool = False
    certificate: str = ""
    key: str = ""
    reads_certificates: bool = False


PLAIN = Wire()
LOOKING_CLOSER = Wire(reads_certificates=True)


class WireTemplate:
    """The choices of a transaction as its definition has them."""

    __slots__ = ("_certificate", "_connection", "_key", "_proxy")

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection
        chosen = connection or Connection()
        self._certificate, self._key, self._proxy = (
            Template(text) for text in (chosen.certificate, chosen.key, chosen.proxy)
        )

    @property
    def is_plain(self) -> bool:
        """Nothing was chosen."""
        return self._connection is None

    @property
    def ip(self) -> IpFamily:
        """Which addresses are looked up."""
        return self._connection.ip if self._connection else IpFamily.ANY

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the secrets that they need."""
        return (*self._certificate.names, *self._key.names, *self._proxy.names)

    def fill(self, values: Mapping[str, str], *, reads_certificates: bool) -> Wire:
        """Give them for one try. Raises FillError."""
        chosen = self._connection
        if chosen is None:
            return LOOKING_CLOSER if reads_certificates else PLAIN
        return Wire(
            http2=chosen.http2, ip=chosen.ip, proxy=self._proxy.fill(values, in_url),
            has_own_names=chosen.resolver != "", certificate=self._certificate.fill(values, plain),
            key=self._key.fill(values, plain), reads_certificates=reads_certificates,
        )
