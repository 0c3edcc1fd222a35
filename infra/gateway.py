"""The gateway's configuration as text, and how a running gateway is asked. Pure; templates lie in templates/gateway/.

The gateway reads the folder ``current`` of its volume, a link to a folder named by the configuration's digest. Changing
it means: write the new folder, let HAProxy check it, move the link, reload. Requests in flight end on the old worker.
"""

from __future__ import annotations

import csv
import http
import http.client
import io
import math
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from infra.hooks import FileEntry
from infra.naming import keyed_digest
from infra.spec import Sensitive

if TYPE_CHECKING:
    from infra.spec import ServiceSpec, StackSpec

FOLDER = "/etc/siaga24/haproxy"          # where the volume is mounted
CURRENT = "current"
HTTPS_INSIDE = 8443                      # ports inside the container
HTTP_INSIDE = 8080
INSIDE = 8405                            # health, metrics, digest, statistics; never published

_TEMPLATES = Path(__file__).parent.parent / "templates" / "gateway"
_SURGE = 2                               # spare places for addresses, beyond old and new replicas side by side
_CONNECTION_BYTES = 100 * 1024           # two buffers of 16 KiB and TLS
_DIGEST_MARK = "not-yet-digested"


@cache
def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def config_text(spec: StackSpec, digest: str) -> str:
    """Return haproxy.cfg for a stack; the running gateway answers ``digest`` when it is on it."""
    gateway = spec.gateway
    hosts = " ".join(service.host for service in spec.services)
    routes = "\n".join(
        f"    use_backend {service.code} if {{ var(txn.host) -m str {service.host} }}" for service in spec.services
    )
    parts = [
        Template(_template("haproxy.cfg")).substitute(
            code=spec.code, hosts=hosts, routes=routes, digest=digest, https_inside=HTTPS_INSIDE, inside=INSIDE,
            threads=max(1, math.ceil(gateway.limits.cpus)),
            connections=max(100, gateway.limits.memory_bytes // _CONNECTION_BYTES),
        ),
    ]
    if gateway.http_port is not None:
        port = "" if gateway.https_port == 443 else f":{gateway.https_port}"
        parts.append(
            Template(_template("redirect.cfg")).substitute(http_inside=HTTP_INSIDE, hosts=hosts, https_port=port),
        )
    parts += [_backend(service) for service in spec.services]
    return "".join(parts)


def _backend(service: ServiceSpec) -> str:
    return Template(_template("backend.cfg")).substitute(
        service=service.code, host=service.host, port=service.port, health_path=service.health_path,
        answer_timeout_ms=service.answer_timeout_ms, slots=2 * service.replicas + _SURGE,
    )


def gateway_files(spec: StackSpec) -> tuple[str, tuple[FileEntry, ...]]:
    """Return the digest of a stack's gateway configuration and its files, in the folder named by the digest."""
    pem = f"{spec.gateway.certificate_pem.rstrip()}\n{spec.gateway.key_pem.reveal().rstrip()}\n"
    pages = {name: _template(name) for name in ("unavailable.html", "unknown-host.html")}
    digest = keyed_digest(spec.digest_key, [config_text(spec, _DIGEST_MARK), pem, pages])
    content = {"haproxy.cfg": config_text(spec, digest), "gateway.pem": pem, **pages}
    return digest, tuple(
        FileEntry(path=f"{digest}/{name}", content=Sensitive(text)) for name, text in sorted(content.items())
    )


def command() -> tuple[str, ...]:
    """Return what the gateway's container runs: a master that reloads its workers on USR2."""
    return ("-W", "-db", "-f", f"{FOLDER}/{CURRENT}/haproxy.cfg")


def check(digest: str) -> tuple[str, ...]:
    """Return the command that checks a configuration inside the gateway before it is used."""
    return ("haproxy", "-c", "-f", f"{FOLDER}/{digest}/haproxy.cfg")


def ask(path: str) -> tuple[str, ...]:
    """Return a command that prints the gateway's whole answer to a GET of ``path`` on its inner port; see ``body``.

    The image has no HTTP client, but bash can open connections.
    """
    send = f'printf "GET {path} HTTP/1.0\\r\\n\\r\\n"'
    return ("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{INSIDE} && {send} >&3 && cat <&3")


def health_test() -> tuple[str, ...]:
    """Return the gateway's health test, in the engine's form."""
    *shell, script = ask("/healthz")
    return ("CMD", *shell, f'{script} | head -n 1 | grep -q " 200 "')


def body(answer: bytes) -> str:
    """Return the body of what ``ask`` printed; ValueError unless it is a whole answer of status 200.

    HAProxy sends its statistics in chunks even to a client of HTTP/1.0, so the standard library reads it.
    """
    try:
        response = http.client.HTTPResponse(_Answer(answer))  # type: ignore[arg-type]  # it only calls makefile
        response.begin()
        text = response.read().decode()
    except (http.client.HTTPException, OSError) as exc:
        raise ValueError(f"the gateway's answer cannot be read: {exc!r}") from exc
    if response.status != http.HTTPStatus.OK:
        raise ValueError(f"the gateway answered {response.status}, expected 200")
    return text


class _Answer:
    """Bytes that stand for a socket."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, *_: object, **__: object) -> io.BytesIO:
        return io.BytesIO(self._answer)


def servers_up(statistics: str, backend: str) -> frozenset[str]:
    """Return the addresses (without port) that a gateway finds well in a backend, from the body of ``/stats;csv``."""
    rows = csv.DictReader(io.StringIO(statistics.removeprefix("# ")))
    return frozenset(
        row["addr"].rpartition(":")[0]
        for row in rows
        if row["pxname"] == backend and row["svname"] not in {"FRONTEND", "BACKEND"} and row["status"] == "UP"
    )
