"""What of a request is said in libcurl's options, beside what every request has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pycurl

from monitors.core.http_options import Http2, IpFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.probes.http_wire import Wire
    from monitors.probes.redirects import Hop

    Put = Callable[[int, Any], object]

# one key share that nearly every server takes; the others stay possible
GROUPS = "X25519:P-256:P-384:P-521:X448"


def put_method(put: Put, hop: Hop) -> None:
    """Say another method than GET, and what is sent."""
    if hop.method == "HEAD":
        put(pycurl.NOBODY, 1)
        return
    if hop.body is not None or hop.method in {"POST", "PUT", "PATCH"}:
        put(pycurl.POSTFIELDS, hop.body or b"")
    if hop.method != "POST":
        put(pycurl.CUSTOMREQUEST, hop.method)


def put_tls(put: Put, ca_file: str, *, reads_certificate: bool, looks: bool) -> None:
    """Say who is trusted. ``looks``: nobody needs to be, because nothing is sent."""
    put(pycurl.SSL_SESSIONID_CACHE, 0)
    put(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    put(pycurl.SSL_EC_CURVES, GROUPS)
    put(pycurl.CAINFO, ca_file)
    if reads_certificate:
        put(pycurl.OPT_CERTINFO, 1)
    if looks:
        put(pycurl.CONNECT_ONLY, 1)
        put(pycurl.SSL_VERIFYPEER, 0)
        put(pycurl.SSL_VERIFYHOST, 0)


def put_choices(put: Put, wire: Wire, url: str, names: Sequence[str]) -> None:
    """Say what only few transactions choose. ``names``: HOST:PORT:ADDRESS,... that we looked up ourselves."""
    if wire.http2 is not Http2.NEVER:
        # without TLS nothing is agreed on: the one who requires it knows that it is there
        is_known = wire.http2 is Http2.REQUIRE and url.startswith("http:")
        put(pycurl.HTTP_VERSION, (
            pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE if is_known else pycurl.CURL_HTTP_VERSION_2TLS
        ))
    if wire.ip is not IpFamily.ANY:
        put(pycurl.IPRESOLVE, pycurl.IPRESOLVE_V4 if wire.ip is IpFamily.V4 else pycurl.IPRESOLVE_V6)
    if wire.proxy:
        put(pycurl.PROXY, wire.proxy)
        put(pycurl.HTTPPROXYTUNNEL, 1)
    if names:
        put(pycurl.RESOLVE, list(names))
    if wire.certificate and url.startswith("https:"):
        put(pycurl.SSLCERT_BLOB, wire.certificate.encode())
        put(pycurl.SSLKEY_BLOB, wire.key.encode())
