"""Plain GETs on non-blocking sockets, without libcurl: what nearly all of a nation's requests are.

libcurl costs as much again as the request itself where each one has a connection of its own. This engine takes the
requests that can be written in one way only, to an address that is known and judged, and the answers that leave
nothing to interpret; libcurl has all others, and reads on where an answer turns out to be odd.
"""

from __future__ import annotations

import heapq
import select
from itertools import count
from typing import TYPE_CHECKING, Protocol

from monitors.probes.raw_http_connection import RawConnection

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from monitors.probes.raw_http_request import Asked

BITE_S = 0.005                           # requests that ran out are ended for so long, then the loop has its turn


class Actor(Protocol):
    """Who waits for a socket."""

    def act(self, events: int) -> None:
        """Do what the socket is ready for."""
        ...

    def abandon(self) -> None:
        """Let go of everything, without calling back. A repeat is harmless."""
        ...


class RawEngine:
    """All plain requests under way. Belongs to one event loop and is used on its thread alone."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._epoll = select.epoll()
        self._by_socket: dict[int, Actor] = {}
        self._under_way: dict[int, RawConnection] = {}           # by their numbers
        self._ends: list[tuple[float, int]] = []                 # a heap: when they run out; ended ones are left in
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._is_behind = False
        loop.add_reader(self._epoll.fileno(), self._ready)

    def begin(
        self, asked: Asked, *, left_s: float, max_bytes: int, on_end: Callable[[RawConnection], None],
    ) -> RawConnection:
        """Begin a request; ``on_end`` is called once, within ``left_s`` seconds and not before this returns."""
        ends_s = self.loop.time() + left_s
        number = next(self._numbers)
        connection = RawConnection(self, asked, number, ends_s=ends_s, max_bytes=max_bytes, on_end=on_end)
        self._under_way[number] = connection
        heapq.heappush(self._ends, (ends_s, number))
        if self._timer is None:
            self._timer = self.loop.call_at(ends_s, self._end_late)
        elif ends_s < self._timer.when():
            self._timer.cancel()
            self._timer = self.loop.call_at(ends_s, self._end_late)
        connection.begin(asked.port)
        return connection

    @property
    def under_way(self) -> int:
        """How many requests have not ended, those that libcurl reads left out."""
        return len(self._under_way)

    @property
    def is_behind(self) -> bool:
        """Whether requests have run out of time whose end nobody was told yet."""
        return self._is_behind

    def ended(self, connection: RawConnection) -> None:
        """Count a request as ended. A repeat is harmless."""
        self._under_way.pop(connection.number, None)

    def watch(self, descriptor: int, actor: Actor, events: int) -> None:
        """Let somebody act when a socket is ready for ``events``."""
        self._by_socket[descriptor] = actor
        self._epoll.register(descriptor, events)

    def watch_again(self, descriptor: int, events: int) -> None:
        """Wait for other ``events``."""
        self._epoll.modify(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Watch a socket no more, and leave it open. A repeat is harmless."""
        if self._by_socket.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def closing(self, descriptor: int) -> None:
        """Watch a socket no more: it is closed now, by which the kernel forgets it."""
        self._by_socket.pop(descriptor, None)

    def close(self) -> None:
        """Give up what is under way, without calling back."""
        self.loop.remove_reader(self._epoll.fileno())
        if self._timer is not None:
            self._timer.cancel()
        for actor in (*self._under_way.values(), *self._by_socket.values()):
            actor.abandon()
        self._ends.clear()
        self._epoll.close()

    def _ready(self) -> None:
        for descriptor, events in self._epoll.poll(0):
            actor = self._by_socket.get(descriptor)
            if actor is not None:
                actor.act(events)

    def _end_late(self) -> None:
        self._timer, self._is_behind = None, False
        ends, stop_s = self._ends, self.loop.time() + BITE_S
        while ends and (ends[0][1] not in self._under_way or ends[0][0] <= (now_s := self.loop.time())):
            connection = self._under_way.get(heapq.heappop(ends)[1])
            if connection is not None:
                connection.run_out()
                if now_s > stop_s:
                    self._is_behind = True
                    break
        if ends:
            self._timer = self.loop.call_at(0.0 if self._is_behind else ends[0][0], self._end_late)
