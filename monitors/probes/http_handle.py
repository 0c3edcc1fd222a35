"""libcurl's handles between requests: a handle that was used for the usual request keeps what every such request says.

Nearly all requests of a nation are the usual one: GET, no choices, a connection of its own. Said anew for each, its
options cost a tenth of the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pycurl

from monitors.probes.decoding import ACCEPTED
from monitors.probes.http_setup import put_tls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.probes.redirects import Hop

ACCEPT_ENCODING = f"Accept-Encoding: {ACCEPTED}".encode()


class Handle:
    """One handle, and what it was told last. ``is_usual``: it holds the options of the usual request, and no others."""

    __slots__ = ("_connect_to", "_headers", "_max_bytes", "curl", "is_usual")

    def __init__(self) -> None:
        self.curl = pycurl.Curl()
        self.is_usual = False
        self._headers: Sequence[bytes] | None = None
        self._connect_to = ""
        self._max_bytes = -1

    def begin(self) -> None:
        """Forget everything, and say what every request says."""
        self.is_usual = False
        self._headers, self._connect_to, self._max_bytes = None, "", -1
        curl = self.curl
        curl.reset()
        put = curl.setopt
        put(pycurl.NOSIGNAL, 1)
        put(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        put(pycurl.PROXY, "")            # the environment's proxy is not for probes
        put(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        put(pycurl.DNS_CACHE_TIMEOUT, 0)

    def be_usual(self, ca_file: str, *, connect_to: str, reads_certificate: bool) -> None:
        """Hold the options of the usual request. Those of TLS mean nothing where there is none.

        ``ca_file`` and ``reads_certificate``: the same for all requests that come to this handle.
        """
        if self.is_usual and (connect_to or not self._connect_to):
            return                       # an empty list would leave the old place in force
        self.begin()
        put_tls(self.curl.setopt, ca_file, reads_certificate=reads_certificate, looks=False)
        self.stand_alone()
        self.is_usual = True

    def stand_alone(self) -> None:
        """Take a connection of its own, and leave it to nobody."""
        self.curl.setopt(pycurl.FRESH_CONNECT, 1)
        self.curl.setopt(pycurl.FORBID_REUSE, 1)

    def ask(self, hop: Hop, mark: tuple[bytes, ...], *, max_bytes: int, connect_to: str) -> None:
        """Say what differs from the request before: of most services not more than the address.

        ``mark``: header lines of our own, always the same.
        """
        put = self.curl.setopt
        put(pycurl.URL, hop.url.encode())
        if hop.headers != self._headers:
            asks = any(line[:16].lower() == b"accept-encoding:" for line in hop.headers)
            put(pycurl.HTTPHEADER, [*mark, *(() if asks else (ACCEPT_ENCODING,)), *hop.headers])
            self._headers = hop.headers
        if max_bytes != self._max_bytes:
            put(pycurl.MAXFILESIZE_LARGE, max_bytes)
            self._max_bytes = max_bytes
        if connect_to != self._connect_to:
            put(pycurl.CONNECT_TO, [connect_to])
            self._connect_to = connect_to

    def close(self) -> None:
        """Let it go."""
        self.curl.close()
