"""The pages: choose a service and take a number, look at the ticket, and a page for each way this can fail."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, abort, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException, InternalServerError

from loket.api import add_api, wants_json
from loket.database import DatabaseAwayError
from loket.logs import log_requests
from loket.numbering import Series, spoken_date, spoken_time
from loket.protection import SignedSession, protect_answers
from loket.tickets import counter_states, forget_old_synthetic, read, take

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from loket.database import Connection, Database
    from loket.drain import Drain
    from loket.settings import Settings

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")

# What a citizen reads when something is wrong: a heading, and what to do now.
_WORDS = {
    400: ("Permintaan tidak dapat diproses", "Pilih salah satu layanan yang tersedia, lalu ambil nomor lagi."),
    403: ("Halaman sudah kedaluwarsa", "Demi keamanan, buka kembali halaman awal lalu ambil nomor lagi."),
    404: ("Halaman tidak ditemukan", "Periksa kembali alamatnya, atau mulai dari halaman awal."),
    405: ("Permintaan tidak dikenal", "Mulailah dari halaman awal."),
    500: (
        "Terjadi kesalahan",
        "Kesalahan ini ada pada sistem kami, bukan pada Anda. Silakan coba sebentar lagi.",
    ),
    503: (
        "Layanan sedang terganggu",
        "Nomor yang sudah Anda ambil tetap berlaku. Coba beberapa saat lagi, atau hubungi petugas di kantor.",
    ),
}


def create_app(settings: Settings, database: Database, drain: Drain) -> Flask:
    """Build the application over a database and the state of the process's end."""
    app = Flask("loket", root_path=str(Path(__file__).parent), template_folder="pages")
    app.secret_key = settings.secret_key
    app.session_interface = SignedSession()
    app.config.update(
        WTF_CSRF_FIELD_NAME="csrf",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        # The referrer check adds nothing to a token bound to the session, and refuses clients that send none.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=16 * 1024,
    )
    log_requests(app)

    @app.before_request
    def mark_synthetic() -> None:
        g.is_synthetic = request.headers.get("X-Siaga24-Synthetic") == "1"

    CSRFProtect(app)
    protect_answers(app)
    _add_errors(app)
    _add_pages(app, settings, database)
    add_api(app, settings, database, drain)

    static = sorted(path for path in (Path(__file__).parent / "static").iterdir() if path.is_file())
    look = hashlib.sha256(b"".join(path.read_bytes() for path in static)).hexdigest()[:12]

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            "settings": settings,
            "today": spoken_date(datetime.now(settings.zone)),
            "static": lambda name: url_for("static", filename=name, v=look),
        }

    return app


def _add_pages(app: Flask, settings: Settings, database: Database) -> None:
    @app.get("/")
    def start() -> ResponseReturnValue:
        states = database.ask(lambda conn: counter_states(conn, settings.counters, zone=settings.zone))
        return render_template("mulai.html", states=states, key=secrets.token_urlsafe(16))

    @app.post("/antrean")
    def draw() -> ResponseReturnValue:
        service = settings.counter(request.form.get("layanan", ""))
        if service is None:
            abort(400)
        series = Series.SYNTHETIC if g.is_synthetic else Series.CITIZEN
        sent = request.form.get("kunci", "")
        # Chosen before the database is asked: where the work is repeated, it finds the ticket that it took.
        key = f"{series}:{sent if _KEY.fullmatch(sent) else secrets.token_urlsafe(16)}"

        def work(conn: Connection) -> str:
            if series is Series.SYNTHETIC:
                forget_old_synthetic(conn, zone=settings.zone)
            return take(conn, service, series=series, key=key, zone=settings.zone)

        return redirect(url_for("show", ticket_id=database.ask(work)), 303)

    @app.get("/antrean/<ticket_id>")
    def show(ticket_id: str) -> ResponseReturnValue:
        ticket = database.ask(lambda conn: read(conn, ticket_id, zone=settings.zone))
        if ticket is None:
            abort(404)
        taken = ticket.taken_at.astimezone(settings.zone)
        return render_template(
            "tiket.html", ticket=ticket, taken_at=taken, taken_date=spoken_date(taken), taken_time=spoken_time(taken)
        )


def _add_errors(app: Flask) -> None:
    def answer(status: int, reason: str | None = None) -> ResponseReturnValue:
        heading, advice = _WORDS.get(status, _WORDS[500 if status >= 500 else 400])
        headers = {"Retry-After": "5"} if status == 503 else {}
        if wants_json():
            return jsonify(status="gagal", reason=reason or heading.lower(), time=_now()), status, headers
        return render_template("pesan.html", status=status, heading=heading, advice=advice), status, headers

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> ResponseReturnValue:
        if isinstance(error, CSRFError):  # its own status is 400; a refused form is 403 here
            return answer(403)
        if isinstance(error, InternalServerError):
            return answer(500)
        return answer(error.code or 500)

    @app.errorhandler(DatabaseAwayError)
    def away(error: DatabaseAwayError) -> ResponseReturnValue:
        return answer(503, error.reason)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
