"""gRPC health steps against real servers with the real health service, and against what is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from hypothesis import given as fuzzed
from hypothesis import strategies

from monitors.core.model import Step, StepResult
from monitors.core.requests import GrpcHealth
from monitors.probes.grpc_health import Serving, read_response, write_request
from monitors.probes.guard import Guard
from tests.hostile.certificates import Certificates, Issued, issue
from tests.probing import tried, watching
from tests.servers import closed_port, raw, serving

STATES = health_pb2.HealthCheckResponse


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("grpc"))


@contextlib.contextmanager
def grpc_server(*, leaf: Issued | None = None, has_health: bool = True) -> Iterator[int]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    if has_health:
        servicer = health.HealthServicer()
        servicer.set("", STATES.SERVING)
        servicer.set("antrean", STATES.SERVING)
        servicer.set("loket", STATES.NOT_SERVING)
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    if leaf is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(leaf.key_pem, leaf.pem)]))
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


def asked(port: int, *, ca_pem: str = "", deadline_ms: int = 2000, guard=None, **given) -> StepResult:
    step = Step(name="grpc", grpc=GrpcHealth(**{"tls": False, **given}))
    target = watching(f"http://127.0.0.1:{port}", step, ca_pem=ca_pem, deadline_ms=deadline_ms)
    attempt = tried(target, **({"guard": guard} if guard else {}))
    assert attempt.fault == ""
    return attempt.steps[0]


@pytest.fixture(scope="module")
def port():
    with grpc_server() as running:
        yield running


@pytest.mark.parametrize("service", ["", "antrean"])
def test_a_service_that_serves_is_up(port, service):
    step = asked(port, service=service)
    assert (step.passed, step.reason, step.address) == (True, "", "127.0.0.1")
    assert step.phases.first_byte_us > 0


@pytest.mark.parametrize(("service", "problem"), [
    ("loket", "expected loket to be SERVING, 127.0.0.1:PORT says NOT_SERVING"),
    ("tiada", "127.0.0.1:PORT knows no service tiada (NOT_FOUND)"),
])
def test_a_service_that_does_not_is_told(port, service, problem):
    step = asked(port, service=service)
    assert not step.passed
    assert problem.replace("PORT", str(port)) in step.reason


def test_a_server_without_a_health_service_is_told():
    with grpc_server(has_health=False) as port:
        assert "has no health service (grpc.health.v1.Health: UNIMPLEMENTED)" in asked(port).reason


def test_tls_is_verified_by_the_targets_own_authority(certificates):
    with grpc_server(leaf=issue("127.0.0.1", signer=certificates._root)) as port:
        step = asked(port, tls=True, ca_pem=certificates.ca_pem)
        assert (step.passed, step.reason) == (True, "")


@pytest.mark.parametrize(("leaf", "problem"), [
    ({"name": "127.0.0.1", "begins": -9, "ends": -1}, "has expired"),
    ({"name": "lain.example"}, "is for another host"),
])
def test_a_bad_certificate_is_named(certificates, leaf, problem):
    with grpc_server(leaf=issue(signer=certificates._root, **leaf)) as port:
        step = asked(port, tls=True, ca_pem=certificates.ca_pem)
    assert not step.passed
    assert problem in step.reason


def test_plain_asked_by_tls_is_named(port, certificates):
    assert "TLS with 127.0.0.1" in asked(port, tls=True, ca_pem=certificates.ca_pem).reason


def test_a_refused_port_is_said_to_be_one():
    with closed_port() as port:
        assert f"connection refused by 127.0.0.1:{port}" in asked(port).reason


def test_a_server_that_speaks_something_else_fails_and_one_that_is_silent_runs_out_of_time():
    with serving(raw(b"220 halo\r\n"), is_first=True) as server:
        assert "failed to say how the server is: UNAVAILABLE" in asked(server.port).reason

    def hang(_asked, connection) -> None:
        while connection.recv(65536):
            pass

    with serving(hang, is_first=True) as server:
        step = asked(server.port, deadline_ms=300)
    assert f"while waiting for 127.0.0.1:{server.port} to say how the server is" in step.reason


def test_a_guarded_place_is_refused(port):
    assert "an address of the monitor's own machine" in asked(port, guard=Guard()).reason


@pytest.mark.parametrize("service", ["", "antrean", "é" * 100])
def test_a_request_is_what_the_real_library_writes(service):
    assert write_request(service) == health_pb2.HealthCheckRequest(service=service).SerializeToString()


@pytest.mark.parametrize("status", list(Serving))
def test_a_response_is_read_as_the_real_library_writes_it(status):
    assert read_response(STATES(status=status.value).SerializeToString()) is status


@fuzzed(strategies.binary(max_size=40))
def test_any_bytes_are_a_status_or_no_response(data):
    with contextlib.suppress(ValueError):
        assert read_response(data) in Serving
