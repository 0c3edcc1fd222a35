"""Names to addresses, as this machine looks them up (hosts file, resolver), without ever holding up the loop.

The system's look-up cannot be cancelled, so each runs on a thread of its own that nobody waits for at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault
from monitors.probes.guard import told

if TYPE_CHECKING:
    from monitors.probes.guard import Guard

AT_ONCE = 64                             # look-ups that may hang at a silent name server at the same time


class NameProblem(Exception):  # noqa: N818 - not an error of ours
    """A name leads nowhere, or where the monitor does not connect. The text says which."""


class NamesDesk:
    """Looks names up, a bounded number at a time; ``guard`` judges what they lead to."""

    def __init__(self, loop: asyncio.AbstractEventLoop, guard: Guard) -> None:
        self._loop, self._guard = loop, guard
        self._under_way = 0

    async def addresses(self, host: str, *, is_placed: bool = False) -> list[str]:
        """Give the addresses of ``host`` that may be connected to, in the system's order.

        ``is_placed``: the toolkit itself gave this address, so it is not judged. Raises NameProblem, or ProbeFault
        where no look-up can be made.
        """
        found = [host] if is_address(host) else await self._look_up(host)
        if is_placed:
            return found
        refused = [(address, what) for address in found if (what := self._guard.refusal(address))]
        good = [address for address in found if address not in {refusal[0] for refusal in refused}]
        if not good:
            raise NameProblem(told(host, *refused[0]))
        return good

    async def _look_up(self, host: str) -> list[str]:
        if self._under_way >= AT_ONCE:
            raise ProbeFault(f"{AT_ONCE} names are being looked up already, and none of them is answered")
        answer: asyncio.Future[list[str]] = self._loop.create_future()
        self._under_way += 1

        def work() -> None:
            outcome: list[str] | OSError | UnicodeError
            try:
                outcome = [
                    str(place[4][0])
                    for place in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
                ]
            except (OSError, UnicodeError) as exc:
                outcome = exc
            with contextlib.suppress(RuntimeError):          # the loop is closed, and nobody waits
                self._loop.call_soon_threadsafe(self._looked_up, answer, host, outcome)

        try:
            threading.Thread(target=work, name="siaga24-names", daemon=True).start()
        except RuntimeError as exc:
            self._under_way -= 1
            raise ProbeFault(f"no thread could be started to look a name up: {exc}") from None
        return list(dict.fromkeys(await answer))

    def _looked_up(
        self, answer: asyncio.Future[list[str]], host: str, outcome: list[str] | OSError | UnicodeError,
    ) -> None:
        self._under_way -= 1
        if answer.done():                # the step was over before
            return
        if isinstance(outcome, list) and outcome:
            answer.set_result(outcome)
        else:
            answer.set_exception(NameProblem(f"the name {host} could not be resolved{_why(outcome)}"))


def is_address(host: str) -> bool:
    """Tell whether ``host`` is an IP address already."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _why(outcome: object) -> str:
    if isinstance(outcome, socket.gaierror):
        return {
            socket.EAI_AGAIN: ": the name servers failed or did not answer",
            socket.EAI_NONAME: ": there is no such name, or it has no address",
        }.get(outcome.errno or 0, f": {outcome.strerror}")
    return ": it is not a name" if isinstance(outcome, UnicodeError) else ""
