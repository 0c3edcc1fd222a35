"""Health tests for containers whose image says nothing of its own health. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.spec import HealthSpec

if TYPE_CHECKING:
    from infra.spec import ServiceSpec

NO_TEST = ("NONE",)                      # the engine's word for "do not ask": workers and jobs serve no requests


def service_health(service: ServiceSpec) -> HealthSpec:
    """Return how a replica is asked: as the spec says, else as its image says, else by HTTP at its health path."""
    if service.health is not None:
        return service.health
    if service.image.health and service.image.health[0] != NO_TEST[0]:
        return HealthSpec(test=service.image.health)
    return HealthSpec(test=http_test(service.port, service.health_path))


def http_test(port: int, path: str) -> tuple[str, ...]:
    """Return a test that asks ``path`` with whichever of curl, wget and python3 the image has."""
    url = f"http://127.0.0.1:{port}{path}"
    python = f"import urllib.request as r; r.urlopen('{url}', timeout=3)"
    line = (
        f"if command -v curl >/dev/null; then curl -fsS -m 3 -o /dev/null '{url}'; "
        f"elif command -v wget >/dev/null; then wget -q -T 3 -O /dev/null '{url}'; "
        f'elif command -v python3 >/dev/null; then python3 -c "{python}"; '
        "else echo 'the image has no curl, wget or python3: give it a HEALTHCHECK of its own' >&2; exit 1; fi"
    )
    return ("CMD-SHELL", line)
