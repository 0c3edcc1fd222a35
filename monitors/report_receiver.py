"""Where jobs report: ``POST /report/AGENCY/SERVICE/JOB`` with the job's token, answered when the report is durable.

An address of its own, since it takes something in: the one of /metrics changes nothing.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from monitors.core.errors import LedgerError, Siaga24Error

if TYPE_CHECKING:
    from monitors.job_reports import Reports
    from monitors.settings import Listen

PATIENCE_S = 10.0                        # for a client that says nothing
MOST_BODY = 4096                         # bytes of a job's own words
MOST_AT_ONCE = 32
STOP_POLL_S = 0.1
PARTS = 4                                # report, agency, service, job
STATUSES = {"": True, "ok": True, "failed": False}


class _Handler(BaseHTTPRequestHandler):
    server_version = "siaga24"
    sys_version = ""
    timeout = PATIENCE_S
    server: _Listener

    def do_POST(self) -> None:
        """Take a report."""
        parts = urlsplit(self.path)
        names = [unquote(part) for part in parts.path.strip("/").split("/")]
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        status = parse_qs(parts.query).get("status", [""])[-1]
        length = self.headers.get("Content-Length", "0")
        job = "/".join(names[1:])
        if len(names) != PARTS or names[0] != "report":
            self._answer(404, "nothing here; report to /report/AGENCY/SERVICE/JOB")
        elif scheme.lower() != "bearer" or not self.server.reports.may(job, token.strip()):
            self._answer(401, f'not the token of {job}; "siaga24 monitor report" tells it')
        elif status not in STATUSES:
            self._answer(400, "status: expected ok or failed")
        elif not length.isdecimal() or int(length) > MOST_BODY:
            self._answer(413, f"expected at most {MOST_BODY} bytes, with their Content-Length")
        else:
            note = self.rfile.read(int(length)).decode(errors="replace")
            self._take(job, succeeded=STATUSES[status], note=" ".join(note.split()))

    def _take(self, job: str, *, succeeded: bool, note: str) -> None:
        try:
            self.server.reports.take(job, succeeded=succeeded, note=note)
        except LedgerError as exc:
            self._answer(503, f"not kept, send it again: {exc}")
        else:
            self._answer(200, "kept")

    def _answer(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: reports are in the ledger."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    reports: Reports

    def __init__(self, address: tuple[str, int]) -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(address, _Handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one client; more than so many at once wait for their turn, and for no more memory."""
        with self._places:
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class ReportReceiver:
    """Hears reports from the moment it is made. Raises Siaga24Error where the address cannot be had."""

    def __init__(self, listen: Listen, reports: Reports) -> None:
        try:
            self._listener = _Listener((listen.host, listen.port))
        except (OSError, OverflowError) as exc:
            told = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise Siaga24Error(
                f"cannot hear reports on {listen}: {told.lower()}; end what holds the port, or choose another with "
                "--reports HOST:PORT",
            ) from exc
        self._listener.reports = reports
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(STOP_POLL_S,), name="reports", daemon=True,
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listener.server_address[1])

    def stop(self) -> None:
        """Hear no more. A repeat is harmless."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
