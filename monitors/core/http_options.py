"""How an HTTP step proves who it is, and how a transaction's connections are made. Pure values.

Texts may hold ``${secret:name}``, which the probe fills in and no text shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AuthKind(StrEnum):
    """How a request proves who it is."""

    BASIC = "basic"                      # user, password
    BEARER = "bearer"                    # password: the token
    OAUTH2 = "oauth2"                    # client credentials (RFC 6749, 4.4): user is the client's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Credentials of a step; they stay with the host that they are for.

    For ``OAUTH2``, ``token_url`` is a path of the service or an absolute URL, and a fresh token is fetched in each try.
    """

    kind: AuthKind
    user: str = ""
    password: str = ""
    token_url: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a multipart form; with ``file_name`` it is sent as a file of that name with ``value`` in it."""

    name: str
    value: str
    file_name: str = ""
    content_type: str = ""


class Http2(StrEnum):
    """Whether HTTP/2 is agreed on."""

    NEVER = "never"
    PREFER = "prefer"
    REQUIRE = "require"                  # an answer by HTTP/1.1 fails the step


class IpFamily(StrEnum):
    """Which addresses of a host are used."""

    ANY = "any"
    V4 = "v4"
    V6 = "v6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How the connections of a transaction are made.

    ``resolver``: ADDRESS[:PORT] of the name server that is asked instead of the machine's. ``address``: IP address to
    connect to for the target's own host. ``proxy``: http://HOST:PORT. ``certificate`` and ``key``: PEM, the client's.
    """

    http2: Http2 = Http2.NEVER
    ip: IpFamily = IpFamily.ANY
    resolver: str = ""
    address: str = ""
    proxy: str = ""
    certificate: str = ""
    key: str = ""
