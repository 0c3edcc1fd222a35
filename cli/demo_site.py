"""The service of somebody else that the samples only watch: a small site on loopback, served by the demo itself.

It knows nothing of agencies: it is given a URL and a name, and answers ``/``, ``/kontak`` and ``/status.json`` there.
"""

from __future__ import annotations

import contextlib
import html
import json
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from urllib.parse import urlsplit

from monitors.core.errors import Siaga24Error
from stacks.process import listener_of

_PAGE = """<!doctype html>
<html lang="id">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - {name}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem; }}
  h1 {{ font-size: 1.4rem; line-height: 1.25; }}
  a {{ color: inherit; }}
</style>
<h1>{name}</h1>
<h2>{title}</h2>
{body}
</html>
"""
_PAGES = {
    "/": (
        "Informasi kesehatan",
        """<p>Jadwal puskesmas, imunisasi, dan layanan kesehatan keliling.</p>
<p><a href="/kontak">Kontak</a></p>""",
    ),
    "/kontak": (
        "Kontak",
        """<p>Hubungi kami pada hari kerja pukul 08.00 sampai 16.00.</p>
<p>Ini situs contoh: tidak ada petugas di baliknya. <a href="/">Kembali</a></p>""",
    ),
}


class _Answers(BaseHTTPRequestHandler):
    """Answers from memory; anything else is not found."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True       # else head and body wait for each other
    timeout = 10                         # seconds; a silent client does not hold a thread for ever
    agency_name = ""

    def do_GET(self) -> None:
        """Answer a page or the status."""
        path = urlsplit(self.path).path
        if path == "/status.json":
            self._answer(HTTPStatus.OK, "application/json", json.dumps({"status": "ok"}))
        elif path in _PAGES:
            title, body = _PAGES[path]
            page = _PAGE.format(title=title, name=html.escape(self.agency_name), body=body)
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "Halaman tidak ditemukan\n")

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Leave the terminal to the demo."""


class _Server(ThreadingHTTPServer):
    """Threads that do not outlive the demo, and no traceback for a client that left."""

    daemon_threads = True

    def handle_error(self, *_request: object) -> None:
        """A client that broke off is not worth a word."""


def is_local(url: str) -> bool:
    """Tell whether ``url`` names a loopback address, which the demo may serve itself."""
    try:
        return ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def served_site(url: str, agency_name: str) -> Iterator[None]:
    """Serve the site at ``url``, a plain http one on loopback, as long as the block runs.

    Raises Siaga24Error where the port is taken.
    """
    parts = urlsplit(url)
    port = parts.port or 80
    handler = type("_NamedAnswers", (_Answers,), {"agency_name": agency_name})
    try:
        server = _Server((parts.hostname or "127.0.0.1", port), handler)
    except OSError as exc:
        holder = listener_of(port)
        raise Siaga24Error(
            f"{url}: the demo's own site cannot listen there ({exc.strerror}); expected a free port; end "
            f"{holder or 'what listens there'} or change the url in the sample's definition",
        ) from exc
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="demo-site")
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
