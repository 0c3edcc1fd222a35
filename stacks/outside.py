"""The check from outside, after an update: every service must answer through the gateway, as a citizen reaches it.

TLS with the right name and authority, the gateway's address, the service's health path, status 200. Only then is a
release called good, whatever engine and provider said.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitors.core.errors import UnhealthyError
from stacks.progress import Step, StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stacks.interrupts import Interrupts
    from stacks.progress import Progress

DEADLINE_S = 20.0
POLL_S = 0.3
ANSWER_S = 5.0
HTTPS_PORT = 443
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - compared with, never bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a service is asked from outside."""

    service: str
    base_url: str                        # https://HOST[:PORT]
    connect_to: str                      # ADDRESS:PORT
    ca_pem: str                          # "": the system's authorities
    path: str


def check_doors(
    doors: Sequence[Door], interrupts: Interrupts, progress: Progress, clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return when every service has answered 200. Raises UnhealthyError that names all that did not."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(lambda door: _wait_for(door, interrupts, progress, clock), doors))
    reasons = [reason for reason in results if reason]
    if reasons:
        interrupts.check()
        raise UnhealthyError(
            "\n".join(reasons) + f"; expected status 200 within {DEADLINE_S:g} s; the containers are well, so look at "
            "the gateway's log, then type up again",
        )


def _wait_for(door: Door, interrupts: Interrupts, progress: Progress, clock: Callable[[], float]) -> str:
    """Ask until the answer is good; return why not, "" if it was."""
    began = clock()

    def tell(state: StepState, detail: str = "") -> None:
        progress.step(Step(
            key=f"outside {door.service}", kind="service", name=door.service, action="ask from outside", state=state,
            seconds=0.0 if state is StepState.STARTED else clock() - began, detail=detail,
        ))

    tell(StepState.STARTED)
    while True:
        reason = ask(door)
        if not reason:
            tell(StepState.DONE, f"{door.base_url}{door.path} answers 200")
            return ""
        if interrupts.asked or clock() - began > DEADLINE_S:
            tell(StepState.FAILED, reason)
            return f"service {door.service}: {door.base_url}{door.path} at {door.connect_to}: {reason}"
        time.sleep(POLL_S)


def ask(door: Door) -> str:
    """Ask once; return why the answer is not good, "" if it is."""
    host = urlsplit(door.base_url).hostname or ""
    address, _, port = door.connect_to.rpartition(":")
    address = "127.0.0.1" if address == ANY_ADDRESS else address.strip("[]")
    context = ssl.create_default_context(cadata=door.ca_pem or None)
    try:
        with (
            socket.create_connection((address, int(port)), timeout=ANSWER_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            connection = http.client.HTTPSConnection(host, urlsplit(door.base_url).port or HTTPS_PORT, timeout=ANSWER_S)
            connection.sock = secured
            connection.request("GET", door.path, headers={"X-Siaga24-Synthetic": "1"})
            answer = connection.getresponse()
            answer.read(1)
            status = answer.status
    except ssl.SSLCertVerificationError as exc:
        return f"its certificate is not good for {host} ({exc.verify_message})"
    except (OSError, http.client.HTTPException) as exc:
        return f"no answer ({exc or type(exc).__name__})"
    return "" if status == http.HTTPStatus.OK else f"it answers status {status}"
