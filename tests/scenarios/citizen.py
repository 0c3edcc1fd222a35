"""A citizen at the counter: takes a number through the gateway as a browser does, and reads it again later."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from selectolax.lexbor import LexborHTMLParser

from monitors.core.model import Target

TIMEOUT_S = 10.0


class Citizen:
    """Talks to one service over verified TLS, with a cookie jar; not the monitor, so the numbers are real ones."""

    def __init__(self, target: Target, *, asks_for: str = "") -> None:
        """``target`` of the service's targets document: its address and the CA that signed its certificate.

        ``asks_for``: another host and port for the Host header, as a stranger sends it.
        """
        host, _, port = target.connect_to.rpartition(":")
        self._address = (host, int(port))
        self._name = urlsplit(target.base_url).hostname or ""
        self._netloc = asks_for or urlsplit(target.base_url).netloc
        self._context = ssl.create_default_context(cadata=target.ca_pem)
        self._cookies: SimpleCookie = SimpleCookie()

    def take_number(self, service: str = "UMUM") -> str:
        """Open the page, send its form, and return the ticket's identity."""
        page = self.page("/")
        field = LexborHTMLParser(page).css_first("input[name=csrf]")
        assert field is not None, "the page has no form"
        status, headers, _ = self.request(
            "POST", "/antrean", urlencode({"csrf": field.attributes["value"] or "", "layanan": service}),
        )
        assert status == http.client.SEE_OTHER, f"taking a number was answered with {status}"
        return headers["location"].rpartition("/")[2]

    def ticket(self, identity: str) -> dict[str, Any] | None:
        """Return what the service says of a ticket; None where it knows none."""
        status, _, body = self.request("GET", f"/api/antrean/{identity}")
        if status == http.client.NOT_FOUND:
            return None
        assert status == http.client.OK, f"reading a ticket was answered with {status}"
        answer: dict[str, Any] = json.loads(body)
        return answer

    def page(self, path: str) -> str:
        """Return a page that must be there."""
        status, _, body = self.request("GET", path)
        assert status == http.client.OK, f"{path} was answered with {status}"
        return body

    def request(self, method: str, path: str, form: str = "") -> tuple[int, dict[str, str], str]:
        """Make one request on a connection of its own; return status, headers by lower-case name, and text."""
        connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
        connection.sock = self._context.wrap_socket(
            socket.create_connection(self._address, timeout=TIMEOUT_S), server_hostname=self._name,
        )
        try:
            headers = {"Host": self._netloc, "Connection": "close"}
            if self._cookies:
                headers["Cookie"] = "; ".join(f"{key}={one.value}" for key, one in self._cookies.items())
            if form:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, form or None, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self._cookies.load(cookie)
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read().decode("utf-8", errors="replace")
        finally:
            connection.close()
