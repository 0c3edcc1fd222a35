"""Serves /metrics and /healthz. Read only: nothing that is asked changes anything."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from monitors.core.errors import Siaga24Error
from monitors.load import give_back_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitors.settings import Listen

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
PATIENCE_S = 10.0                        # for a client that says or takes nothing

GZIP = 16 + zlib.MAX_WBITS               # what zlib writes: a gzip file
GZIP_LEVEL = 1                           # fourteen times smaller; higher levels take longer and gain little

Page = tuple[int, str, bytes | Iterator[bytes]]          # status, content type, body (or its pieces)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"        # a body in pieces needs it
    server_version = "siaga24"
    sys_version = ""
    timeout = PATIENCE_S
    server: _Listener

    def do_GET(self) -> None:
        """Answer one of the pages."""
        self._answer(has_body=True)

    def do_HEAD(self) -> None:
        """Answer without the body."""
        self._answer(has_body=False)

    def _answer(self, *, has_body: bool) -> None:
        self.close_connection = True     # a scraper comes every 15 s: a thread that waits for it is no use
        page = self.server.pages.get(self.path.partition("?")[0])
        status, kind, body = page(self.headers.get("Accept", "")) if page is not None else (
            404, TEXT, f"nothing here; there are {' and '.join(self.server.pages)}\n".encode()
        )
        self.send_response(status)
        self.send_header("Content-Type", kind)
        is_chunked = not isinstance(body, bytes) and self.request_version != "HTTP/1.0"
        if not isinstance(body, bytes) and accepts_gzip(self.headers.get("Accept-Encoding", "")):
            self.send_header("Content-Encoding", "gzip")
            body = _gzipped(body)
        if isinstance(body, bytes):
            self.send_header("Content-Length", str(len(body)))
        elif is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if not has_body:
            return
        if isinstance(body, bytes):
            self.wfile.write(body)
            return
        for piece in body:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
        if is_chunked:
            self.wfile.write(b"0\r\n\r\n")
        give_back_memory()               # the client has it all, and pieces were large

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: scrapes are no news."""


def accepts_gzip(header: str) -> bool:
    """Tell whether a client that says ``Accept-Encoding: header`` takes gzip."""
    for one in header.lower().split(","):
        coding, _, weight = one.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _gzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # zlib lets other threads run while it packs: the probes do not wait for it
    packer = zlib.compressobj(GZIP_LEVEL, wbits=GZIP)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    pages: dict[str, Callable[[str], Page]]                  # by path; each is told what the client accepts

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news either."""


class Serving:
    """The monitor's HTTP server. It listens from the moment it is made.

    ``metrics`` is told what the client accepts, and gives the content type and the body in pieces.
    Raises Siaga24Error, with what to do, where the address cannot be had.
    """

    def __init__(
        self, listen: Listen, *, metrics: Callable[[str], tuple[str, Iterator[bytes]]],
        health: Callable[[], dict[str, Any]],
    ) -> None:
        try:
            self._listener = _Listener((listen.host, listen.port), _Handler)
        except (OSError, OverflowError) as exc:
            told = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise Siaga24Error(
                f"cannot listen on {listen}: {told.lower()}; end what holds the port, or choose another with "
                "--listen HOST:PORT",
            ) from exc
        self._metrics, self._health = metrics, health
        self._listener.pages = {"/metrics": self._metrics_page, "/healthz": self._health_page}
        self._thread = threading.Thread(target=self._listener.serve_forever, name="serving", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listener.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more. A repeat is harmless."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()

    def _metrics_page(self, accept: str) -> Page:
        kind, body = self._metrics(accept)
        return 200, kind, body

    def _health_page(self, _accept: str) -> Page:
        health = self._health()
        status = 503 if health["problems"] else 200
        return status, JSON, (json.dumps(health, ensure_ascii=False, indent=2) + "\n").encode()
