"""Places where nothing answers, and names that lead nowhere."""

from __future__ import annotations

from tests.hostile.case import Case
from tests.hostile.stage import Stage, http
from tests.hostile.talks import page
from tests.servers import closed_port, full_backlog

HOST = r"127\.0\.0\.1:\d+"


def refused(stage: Stage) -> str:
    """Give a port on which nobody listens."""
    return f"http://127.0.0.1:{stage.resources.enter_context(closed_port())}"


def full(stage: Stage) -> str:
    """Give a port whose connections are never made."""
    return f"http://127.0.0.1:{stage.resources.enter_context(full_backlog())}"


CASES = (
    Case(name="refused port", bad=refused, good=http(page()), reason=rf"connection refused by {HOST} after .*"),
    Case(
        name="silent TCP", bad=full, good=http(page()), stalls=True, reason=r"timed out after [\d.]+ s while connecting",
    ),
    Case(
        name="a name that does not exist", bad=lambda _stage: "http://tidak.ada.invalid", good=http(page()),
        reason=r"the name tidak\.ada\.invalid could not be resolved after .*",
    ),
)
