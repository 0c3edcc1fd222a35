"""Answers for programs: the state of a ticket, of the office and of this process.

Words for machines (``status``, ``version``, ``database``) are English; words for the queue are those of the pages.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from flask import Flask, abort, jsonify, request

from loket.database import DatabaseAwayError
from loket.migrations import latest_version
from loket.numbering import Series
from loket.tickets import counter_states, fitness, read

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from loket.database import Database
    from loket.drain import Drain
    from loket.settings import Settings


def wants_json() -> bool:
    """Say whether the caller is a program: by address, since a program's Accept header cannot be relied on."""
    return request.path.startswith("/api/") or request.path in ("/healthz", "/version")


def add_api(app: Flask, settings: Settings, database: Database, drain: Drain) -> None:
    """Add /api/antrean/ID, /api/status, /version and /healthz."""
    schema = latest_version()

    @app.get("/api/antrean/<ticket_id>")
    def ticket_state(ticket_id: str) -> ResponseReturnValue:
        ticket = database.ask(lambda conn: read(conn, ticket_id, zone=settings.zone))
        if ticket is None:
            abort(404)
        return jsonify(
            tiket=ticket.id,
            nomor=ticket.label,
            kode=ticket.service.code,
            layanan=ticket.service.name,
            status=ticket.standing,
            di_depan=ticket.ahead,
            sedang_dilayani=ticket.serving,
            hari=ticket.office_day.isoformat(),
            diambil=ticket.taken_at.astimezone(settings.zone).isoformat(timespec="seconds"),
            uji=ticket.series is Series.SYNTHETIC,
        )

    @app.get("/api/status")
    def office_state() -> ResponseReturnValue:
        states = database.ask(lambda conn: counter_states(conn, settings.counters, zone=settings.zone))
        return jsonify(
            instansi=settings.agency,
            kantor=settings.office,
            version=settings.version,
            release=settings.release,
            database="ok",
            time=datetime.now(settings.zone).isoformat(timespec="seconds"),
            menunggu=sum(state.waiting for state in states),
            layanan=[
                {
                    "kode": state.service.code,
                    "nama": state.service.name,
                    "sedang_dilayani": state.serving,
                    "nomor_terakhir": state.last,
                    "menunggu": state.waiting,
                }
                for state in states
            ],
        )

    @app.get("/version")
    def version() -> ResponseReturnValue:
        return jsonify(version=settings.version, release=settings.release)

    @app.get("/healthz")
    def health() -> ResponseReturnValue:
        status, reason = _health(database, drain, schema)
        answer = {"status": status, "version": settings.version, "release": settings.release}
        if reason:
            answer["reason"] = reason
        return jsonify(answer), 200 if status == "ok" else 503


def _health(database: Database, drain: Drain, schema: int) -> tuple[str, str]:
    if drain.is_on:
        return "berhenti", "replika ini sedang berhenti"
    try:
        writable, version = database.ask(fitness)
    except DatabaseAwayError as exc:
        return "gagal", exc.reason
    if not writable:
        return "gagal", "basis data hanya dapat dibaca"
    # A newer schema is fine: during a release the old replicas serve on while the new schema is already there.
    if version < schema:
        return "gagal", f"skema basis data versi {version}, diperlukan versi {schema}"
    return "ok", ""
