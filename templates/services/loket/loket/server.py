"""Serves the application with waitress and ends it so that no citizen sees an error.

Waitress reads whole requests before it occupies a thread, so a slow phone costs nothing. What it lacks is a graceful
end; that is here: while draining, each answer tells its client that the connection ends; then the listener closes,
what is in flight completes, and idle keep-alive connections are closed.
"""

from __future__ import annotations

import select
import signal
from logging import getLogger
from time import monotonic, time
from typing import TYPE_CHECKING, ClassVar

from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask

from loket.database import Database
from loket.drain import Drain
from loket.web import create_app

if TYPE_CHECKING:
    from loket.settings import Settings

logger = getLogger("loket.server")

THREADS = 8
LAST_REQUESTS_S = 1.0
"""Beside the time of one answer: how long requests in flight may take after the drain."""

FIRST_REQUEST_S = 0.5
"""How long a new connection may take to send its request: who has just connected is served, not cut off."""


def serve(settings: Settings, database_url: str) -> None:
    """Serve until SIGTERM or SIGINT, then drain and return."""
    drain = Drain(settings.drain_s)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: drain.begin())
    database = Database(database_url, size=THREADS, answer_s=settings.answer_s)
    database.open()
    channels: dict[int, wasyncore.dispatcher] = {}
    server = create_server(
        create_app(settings, database, drain),
        map=channels,
        host="0.0.0.0",  # noqa: S104 - a container's port is published by whoever runs it
        port=settings.port,
        threads=THREADS,
        connection_limit=500,
        channel_timeout=75,
        max_request_body_size=16 * 1024,
        max_request_header_size=16 * 1024,
        ident=None,
        asyncore_use_poll=True,
        trusted_proxy="*",
        trusted_proxy_headers={"x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _channel_class(drain)
    logger.info("serving on port %d, version %s, release %s", settings.port, settings.version, settings.release or "-")
    told = False
    while not drain.is_over:
        wasyncore.loop(timeout=0.2, use_poll=True, map=channels, count=1)
        if drain.is_on and not told:
            told = True
            logger.info("asked to end: serving on for %.1f s", settings.drain_s)
    _finish(server, channels, patience_s=settings.answer_s + LAST_REQUESTS_S)
    database.close()
    logger.info("ended")


def _finish(server: wasyncore.dispatcher, channels: dict[int, wasyncore.dispatcher], *, patience_s: float) -> None:
    deadline = monotonic() + patience_s
    # Who has already connected is served; only then does the port close.
    while monotonic() < deadline and select.select([server.socket], [], [], 0)[0]:
        wasyncore.loop(timeout=0, use_poll=True, map=channels, count=1)
    server.accepting = False
    wasyncore.dispatcher.close(server)
    while server.active_channels and monotonic() < deadline:
        for channel in list(server.active_channels.values()):
            is_busy = channel.requests or channel.request or channel.total_outbufs_len
            if not is_busy and time() - channel.creation_time > FIRST_REQUEST_S:
                channel.will_close = True
        wasyncore.loop(timeout=0.05, use_poll=True, map=channels, count=1)
    if server.active_channels:
        logger.warning("%d connections cut after %.1f s", len(server.active_channels), patience_s)
    server.task_dispatcher.shutdown(timeout=1)


def _channel_class(drain: Drain) -> type[HTTPChannel]:
    class DrainingTask(WSGITask):
        def build_response_header(self) -> bytes:
            if drain.is_on:
                self.request.headers["CONNECTION"] = "close"
            return super().build_response_header()

    class DrainingChannel(HTTPChannel):
        task_class: ClassVar[type[WSGITask]] = DrainingTask
        error_task_class: ClassVar[type[ErrorTask]] = ErrorTask

    return DrainingChannel
