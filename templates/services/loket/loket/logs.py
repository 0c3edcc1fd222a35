"""Logs to standard output, one line each. A request is one line; it names no person and no ticket."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from flask import Flask, g, request

if TYPE_CHECKING:
    from flask import Response

access = logging.getLogger("loket.access")


def set_up_logs() -> None:
    """Send everything to standard output with UTC stamps; libraries speak from warnings on."""
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("loket").setLevel(logging.INFO)
    # The pool repeats the server's own words (addresses, user names) at each attempt; database.py tells it once.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def log_requests(app: Flask) -> None:
    """Write a line after each request: method, route (never the address itself), status, time, size, kind of traffic.

    Health checks come twice a second; theirs is written only when the answer differs from the one before.
    """
    last_health = 0

    @app.before_request
    def start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def write(response: Response) -> Response:
        nonlocal last_health
        if request.path == "/healthz":
            if response.status_code == last_health:
                return response
            last_health = response.status_code
        access.info(
            "method=%s route=%s status=%d ms=%.1f bytes=%s synthetic=%s",
            request.method,
            request.url_rule.rule if request.url_rule else "-",
            response.status_code,
            (time.perf_counter() - g.started) * 1000 if "started" in g else 0.0,
            response.content_length if response.content_length is not None else "-",
            "yes" if g.get("is_synthetic") else "no",
        )
        return response
