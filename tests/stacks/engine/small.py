"""A small service for tests on the real engine: Python's own HTTP server, told by its environment what to be like."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from infra.spec import (
    MIB,
    DatabaseSpec,
    GatewaySpec,
    HealthSpec,
    LimitSpec,
    SecretSpec,
    Sensitive,
    ServiceSpec,
    StackSpec,
)
from stacks.authority import Authority
from tests.stacks.engine.rig import Rig

# Each worker of a run side by side has a stack of its own.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CODE = f"uji-jebakan-{WORKER}"
SUBNET = IPv4Network((int(IPv4Address("10.127.208.0")) + 64 * WORKER, 26))
HTTPS_PORT, HTTP_PORT = 25443 + WORKER, 25080 + WORKER
PYTHON, POSTGRES, HAPROXY = "siaga24/python:3.11", "siaga24/postgres:15", "siaga24/haproxy:2.6"
CANARY = "kenari-jebakan"
LIMITS = LimitSpec(memory_bytes=64 * MIB, cpus=Decimal("0.5"), pids=32)

# Answers KATA, a POST after a second; unwell where SAKIT is set; ends at once where MATI is set. On SIGTERM it is unwell, serves on, then ends.
SERVER = """
import os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
if os.environ.get("MATI"):
    print("tidak dapat mulai: " + os.environ["MATI"], flush=True)
    sys.exit(3)
leaving = threading.Event()
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        is_well = not (os.environ.get("SAKIT") or leaving.is_set())
        body = os.environ.get("KATA", "halo").encode()
        self.send_response(200 if is_well or self.path != "/healthz" else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(1)
        self.do_GET()
    def log_message(self, *_):
        pass
class Server(ThreadingHTTPServer):
    request_queue_size = 128
    def handle_error(self, *_):
        pass
    daemon_threads = True
server = Server(("", 8000), Handler)
def leave(*_):
    print("diminta berhenti", flush=True)
    leaving.set()
    threading.Timer(float(os.environ.get("PAMIT", "3")), server.shutdown).start()
signal.signal(signal.SIGTERM, leave)
print("siap", os.environ["RELEASE"], flush=True)
server.serve_forever()
print("selesai dengan baik", flush=True)
"""
ASK = (
    "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=3); c.request('GET', '/healthz'); "
    "raise SystemExit(c.getresponse().status != 200)"
)
HEALTH = HealthSpec(test=("CMD", "python3", "-SIc", ASK), start_ms=30_000)
IMPATIENT = HealthSpec(test=HEALTH.test, start_ms=3_000)


def a_small_service(rig: Rig, code: str = "kecil", **given: Any) -> ServiceSpec:
    """Build the small service; ``env`` is added to nothing."""
    defaults = {
        "code": code,
        "image": rig.image(PYTHON),
        "port": 8000,
        "host": f"{code}.{CODE}.example",
        "replicas": 2,
        "command": ("python3", "-c", SERVER),
        "health": HEALTH,
        "stop_grace_ms": 8_000,
        "secrets": (SecretSpec(name="KUNCI", value=Sensitive(f"{CANARY}-{code}")),),
        "limits": LIMITS,
    }
    return ServiceSpec(**{**defaults, **given})


def a_real_database(rig: Rig, **given: Any) -> DatabaseSpec:
    """Build a PostgreSQL of 64 MiB."""
    defaults = {
        "image": rig.image(POSTGRES),
        "password": Sensitive(f"{CANARY}-sandi"),
        "limits": LimitSpec(memory_bytes=96 * MIB, cpus=Decimal(1), pids=64),
    }
    return DatabaseSpec(**{**defaults, **given})


def a_real_gateway(rig: Rig, hosts: tuple[str, ...], **given: Any) -> GatewaySpec:
    """Build a gateway with a certificate for ``hosts`` of the rig's own authority."""
    pair = Authority(rig.folder / "ca").leaf(CODE, hosts, dt.datetime.now(dt.UTC))
    defaults = {
        "image": rig.image(HAPROXY),
        "bind": IPv4Address("127.0.0.1"),
        "https_port": HTTPS_PORT,
        "http_port": HTTP_PORT,
        "certificate_pem": pair.cert_pem,
        "key_pem": Sensitive(pair.key_pem),
        "limits": LimitSpec(memory_bytes=128 * MIB, cpus=Decimal(2), pids=64),
    }
    return GatewaySpec(**{**defaults, **given})


def a_small_stack(rig: Rig, *services: ServiceSpec, **given: Any) -> StackSpec:
    """Build a stack of services."""
    defaults = {
        "code": CODE,
        "subnet": SUBNET,
        "gateway": a_real_gateway(rig, tuple(service.host for service in services)),
        "services": services,
        "digest_key": Sensitive(f"{CANARY}-kunci-digest"),
        "engine_host": rig.toolchain.docker.host,
    }
    return StackSpec(**{**defaults, **given})


def with_first(spec: StackSpec, **changes: Any) -> StackSpec:
    """Return the stack with its first service changed."""
    first, *others = spec.services
    return replace(spec, services=(replace(first, **changes), *others))


def ca_file(rig: Rig) -> Path:
    """Return the certificate that callers must trust."""
    return Authority(rig.folder / "ca").cert_file
