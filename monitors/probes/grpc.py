"""gRPC health steps: ``Check`` of ``grpc.health.v1``. The only user of grpcio.

The library says little of why it could not connect. Where it could not, the step connects by itself and tells.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from monitors.core.requests import GrpcHealth
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.failures import quoted
from monitors.probes.grpc_health import CHECK, Serving, read_response, write_request
from monitors.probes.tcp_wire import addresses_of, certificate_problem, connect, place_of

# read when the library is loaded: it writes to no terminal, and needs no care for forks, of which there are none here
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

import grpc
import grpc.aio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

MOST_BYTES = 65_536                      # of an answer, which is two bytes


def make(desk: Desk, target: Target, step: Step) -> GrpcQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return GrpcQuestion(desk, target, step.grpc or GrpcHealth())


class GrpcQuestion:
    """One question to a health service."""

    def __init__(self, desk: Desk, target: Target, health: GrpcHealth) -> None:
        self._desk, self._health, self._ca_pem = desk, health, target.ca_pem
        self._place = place_of(target, health.host, health.port)
        self._request = write_request(health.service)

    async def ask(self, course: Course) -> None:
        """Ask; anything but SERVING is a problem."""
        addresses = await addresses_of(course, self._place)
        course.outcome.address = addresses[0]
        asked = self._health.service or "the server"
        course.asked = f"gRPC {CHECK} of {asked} at {self._place.shown}"
        course.enter("first_byte", f"waiting for {self._place.shown} to say how {asked} is")
        channel = self._channel(addresses)
        try:
            call = channel.unary_unary(CHECK)
            answer: bytes = await call(self._request, timeout=course.left_s)
        except grpc.aio.AioRpcError as exc:
            raise await self._problem(course, exc, asked) from None
        finally:
            await channel.close()
        try:
            status = read_response(answer)
        except ValueError as exc:
            raise ServiceProblem(f"what {self._place.shown} answered is no health answer: {exc}") from None
        if status is not Serving.SERVING:
            raise ServiceProblem(f"expected {asked} to be SERVING, {self._place.shown} says {status.name}")

    def _channel(self, addresses: Sequence[str]) -> grpc.aio.Channel:
        is_v6 = ":" in addresses[0]
        one_family = [address for address in addresses if (":" in address) is is_v6]
        port = self._place.port
        target = ",".join(f"[{each}]:{port}" if is_v6 else f"{each}:{port}" for each in one_family)
        options: list[tuple[str, str | int]] = [
            ("grpc.enable_http_proxy", 0),                   # the environment's proxy is not for probes
            ("grpc.max_receive_message_length", MOST_BYTES),
            ("grpc.enable_retries", 0),
            ("grpc.use_local_subchannel_pool", 1),           # a fresh connection for every try
            ("grpc.default_authority", self._place.shown),
        ]
        place = f"{'ipv6' if is_v6 else 'ipv4'}:{target}"
        if not self._health.tls:
            return grpc.aio.insecure_channel(place, options=options)
        options.append(("grpc.ssl_target_name_override", self._place.host))
        path = Path(self._desk.trust.path(self._ca_pem))
        credentials = self._desk.kept(
            ("grpc", self._ca_pem), lambda: grpc.ssl_channel_credentials(root_certificates=path.read_bytes()),
        )
        return grpc.aio.secure_channel(place, credentials, options=options)

    async def _problem(self, course: Course, exc: grpc.aio.AioRpcError, asked: str) -> Exception:
        code, place = exc.code(), self._place.shown
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimeoutError()
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return ServiceProblem(f"{place} has no health service (grpc.health.v1.Health: UNIMPLEMENTED)")
        if code is grpc.StatusCode.NOT_FOUND:
            return ServiceProblem(f"{place} knows no service {asked} (NOT_FOUND)")
        if code is grpc.StatusCode.UNAVAILABLE:
            await self._tell_why(course)
        details = quoted(exc.details() or "no reason given", 160)
        return ServiceProblem(f"{place} failed to say how {asked} is: {code.name}: {details}")

    async def _tell_why(self, course: Course) -> None:
        """Connect by hand, and raise what is met on the way."""
        wire = await connect(course, self._place)
        try:
            if self._health.tls:
                await wire.start_tls(self._desk.verifying(self._ca_pem), self._place.host)
        except ssl.SSLCertVerificationError as exc:
            raise ServiceProblem(certificate_problem(course, self._place, exc)) from None
        finally:
            wire.close()
