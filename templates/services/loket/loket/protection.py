"""What guards a citizen's browser: a signed session cookie, and headers that allow this host's own files only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask import Response

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SignedSession(SecureCookieSessionInterface):
    """A session that any replica with the same key can read: it lives in the cookie, signed, and holds no person."""

    digest_method = staticmethod(hashlib.sha256)

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - Flask's signature
        """Return a name that a browser keeps to this host and to TLS where there is TLS."""
        return "__Host-loket" if request.is_secure else "loket"

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - Flask's signature
        """Say whether the citizen came over TLS; the gateway tells by X-Forwarded-Proto."""
        return request.is_secure

    def get_cookie_samesite(self, app: Flask) -> str:  # noqa: ARG002 - Flask's signature
        """Return Lax: the cookie comes along on links to this page, not on forms of other sites."""
        return "Lax"


def protect_answers(app: Flask) -> None:
    """Add the security headers to every answer; pages and JSON are never stored by a browser or a proxy."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        # Files of the look are checked again each time (ETag): during a release two versions answer side by side.
        is_file = request.endpoint == "static"
        response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
        return response
