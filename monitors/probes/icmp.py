"""ICMP steps: echoes, where this machine lets the monitor send them. The only user of icmplib.

Where it may not, or has no way to the network, the monitor cannot tell: that is our own lack and never the service's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import icmplib

from monitors.core.errors import ProbeFault
from monitors.core.requests import IcmpEcho
from monitors.probes.coroutine import ServiceProblem
from monitors.probes.tcp_wire import addresses_of, place_of

if TYPE_CHECKING:
    from monitors.core.model import Step, Target
    from monitors.probes.coroutine import Course
    from monitors.probes.desk import Desk

ANY_PORT = 1                             # echoes have none; a place needs one
INTERVAL_S = 0.2                         # between two echoes: faster ones are for root alone, by custom
MOST_WAIT_S = 2.0                        # for one echo
RESERVE = 0.9                            # of the time that is left: the step itself must say what it saw
NOT_PERMITTED = (
    "this machine does not permit the monitor to send echoes (ICMP); give it the capability CAP_NET_RAW, or put its "
    "group into net.ipv4.ping_group_range"
)


def make(desk: Desk, target: Target, step: Step) -> IcmpQuestion:
    """Make a step ready. Raises ValueError where it cannot be asked."""
    return IcmpQuestion(desk, target, step.icmp or IcmpEcho())


class IcmpQuestion:
    """Some echoes to one host."""

    def __init__(self, _desk: Desk, target: Target, echo: IcmpEcho) -> None:
        if not 0 <= echo.max_lost < echo.count:
            raise ValueError(f"{echo.max_lost} of {echo.count} echoes may be lost, so that it can never fail")
        self._echo = echo
        self._place = place_of(target, echo.host, ANY_PORT)

    async def ask(self, course: Course) -> None:
        """Send the echoes, one after the other, and count what comes back."""
        address = (await addresses_of(course, self._place))[0]
        course.outcome.address = address
        course.asked = f"{self._echo.count} ICMP echoes to {address}"
        course.enter("", f"waiting for echoes of {self._place.host}")
        answered = await self._ping(course, address)
        # an echo's way and back, not the pauses between them, is what a latency target is about
        course.spent("first_byte", int(answered.avg_rtt * 1000))
        if answered.packets_sent < self._echo.count:
            raise ProbeFault(f"this machine could not send echoes to {address}: it has no way there")
        lost = self._echo.count - answered.packets_received
        if lost:
            told = f"{lost} of {self._echo.count} echoes to {self._place.host} were lost"
            if lost > self._echo.max_lost:
                raise ServiceProblem(f"{told}, expected at most {self._echo.max_lost}")
            course.outcome.slow = told

    async def _ping(self, course: Course, address: str) -> icmplib.Host:
        count = self._echo.count
        pauses_s = min(INTERVAL_S, course.left_s * RESERVE / count / 2)
        wait_s = min(MOST_WAIT_S, course.left_s * RESERVE / count - pauses_s)
        for privileged in (True, False):
            try:
                return await icmplib.async_ping(
                    address, count=count, interval=pauses_s, timeout=wait_s, privileged=privileged,
                )
            except icmplib.SocketPermissionError:
                continue
            except icmplib.ICMPLibError as exc:
                raise ProbeFault(f"echoes to {address} could not be sent: {exc}") from None
        raise ProbeFault(NOT_PERMITTED)
