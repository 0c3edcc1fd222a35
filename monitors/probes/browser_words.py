"""What Chromium says of a page that does not load, in words. Pure."""

from __future__ import annotations

import re

_CODE = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_WORDS = {
    "ERR_CERT_DATE_INVALID": "the certificate has expired or is not yet valid",
    "ERR_CERT_AUTHORITY_INVALID": "the certificate is signed by no authority that is trusted",
    "ERR_CERT_COMMON_NAME_INVALID": "the certificate is for another name",
    "ERR_CERT_WEAK_SIGNATURE_ALGORITHM": "the certificate has a weak signature",
    "ERR_CERT_REVOKED": "the certificate was revoked",
    "ERR_SSL_PROTOCOL_ERROR": "the server does not speak TLS as it should",
    "ERR_SSL_VERSION_OR_CIPHER_MISMATCH": "the server offers no TLS version or cipher that browsers take",
    "ERR_EMPTY_RESPONSE": "the server closed the connection without an answer",
    "ERR_CONNECTION_RESET": "the connection was reset",
    "ERR_CONNECTION_CLOSED": "the connection was closed",
    "ERR_TOO_MANY_REDIRECTS": "the redirects do not end",
    "ERR_INVALID_HTTP_RESPONSE": "the answer is no HTTP",
    "ERR_UNSAFE_PORT": "browsers do not connect to this port",
    "ERR_ABORTED": "it is no page but a download, or the page stopped loading",
    "ERR_CONTENT_LENGTH_MISMATCH": "the answer ended before its length",
    "ERR_INVALID_REDIRECT": "it redirects to where no page can be",
}


def loading_problem(message: str) -> str:
    """Say why a page did not load."""
    if "Download is starting" in message:                    # Playwright's own word
        return "it is no page but a download"
    found = _CODE.search(message)
    if found is None:
        return shortened(message)
    code = found[1]
    return f"{_WORDS[code]} ({code})" if code in _WORDS else f"the page could not be loaded ({code})"


def shortened(text: str, limit: int = 160) -> str:
    """Give the first words of a text on one line, as far as they can be printed."""
    told = text.partition("Call log:")[0]          # Playwright's own, many lines long
    line = " ".join("".join(char if char.isprintable() else " " for char in told).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
