"""How a step's request proves who it is: headers, and the request for a token by OAuth 2.0 client credentials. Pure."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from monitors.core.http_options import AuthKind
from monitors.probes.failures import quoted
from monitors.probes.fill import FillError, Template, authored_url, in_header, in_url, plain
from monitors.probes.redirects import Hop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitors.core.http_options import Auth
    from monitors.probes.answer import Answer


class Credentials:
    """The credentials of one step, made ready. ``token_url`` is absolute, "" where no token is fetched."""

    __slots__ = ("_password", "_scope", "_token_url", "_user", "auth")

    def __init__(self, auth: Auth, token_url: str = "") -> None:
        self.auth = auth
        self._user, self._password, self._scope = Template(auth.user), Template(auth.password), Template(auth.scope)
        self._token_url = Template(token_url)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that they need."""
        templates = (self._user, self._password, self._scope, self._token_url)
        return tuple(name for template in templates for name in template.names)

    @property
    def token_url(self) -> str:
        """Where a token is fetched, as the definition has it."""
        return self._token_url.text

    def header(self, saved: Mapping[str, str], token: str = "") -> bytes:
        """Give the header line. Raises FillError."""
        if self.auth.kind is AuthKind.BASIC:
            pair = f"{self._user.fill(saved, plain)}:{self._password.fill(saved, plain)}"
            return b"Authorization: Basic " + b64encode(pair.encode())
        return f"Authorization: Bearer {in_header(token or self._password.fill(saved, plain))}".encode()

    def token_request(self, saved: Mapping[str, str]) -> Hop:
        """Give the request for a token (RFC 6749, 4.4.2), name and secret as in 2.3.1. Raises FillError."""
        pair = ":".join(quote_plus(part.fill(saved, plain)) for part in (self._user, self._password))
        scope = self._scope.fill(saved, plain)
        body = "grant_type=client_credentials" + (f"&scope={quote_plus(scope)}" if scope else "")
        return Hop(
            method="POST", url=self._token_url.fill(saved, in_url, authored_url), body=body.encode(),
            headers=(
                b"Accept: application/json", b"Content-Type: application/x-www-form-urlencoded", b"Expect:",
                b"Authorization: Basic " + b64encode(pair.encode()),
            ),
        )


def token_of(answer: Answer) -> str:
    """Read the token out of an answer (RFC 6749, 5.1). Raises FillError with what is wrong (5.2)."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        told = {}
    if answer.status != 200:
        why = told.get("error")
        raise FillError(
            f"no token was given: expected status 200, got {answer.status}"
            + (f' ("{quoted(why)}")' if isinstance(why, str) else ""),
        )
    token, kind = told.get("access_token"), told.get("token_type", "bearer")
    if not isinstance(token, str) or not token:
        raise FillError("no token was given: the answer is no JSON object with an access_token")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise FillError(f'a token of another kind was given: expected bearer, got "{quoted(str(kind))}"')
    return token
