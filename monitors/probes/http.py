"""HTTP requests on libcurl, many at a time on one thread.

libcurl's multi-socket interface is driven by the event loop through one epoll object of its own, so that a thousand
connections are one file descriptor to the loop (``http_lane.py``). ``http*.py`` alone know pycurl.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

import pycurl

from monitors.core.errors import ProbeFault
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.http_lane import Lane
from monitors.probes.http_session import HttpSession
from monitors.probes.http_wire import PLAIN, Wire
from monitors.probes.raw_http import RawEngine
from monitors.probes.trust import TrustFiles

if TYPE_CHECKING:
    import asyncio
    import socket

MARK = "X-Siaga24-Synthetic: 1"          # every request says that no citizen made it


class HttpEngine:
    """All requests under way. Belongs to one event loop and is used on its thread alone."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, reads_certificates: bool = False, guard: Guard = ANYWHERE,
        mark: str = MARK, is_raw: bool = False,
    ) -> None:
        self.loop, self.guard = loop, guard
        self.mark = (mark.encode(),) if mark else ()
        self._epoll = select.epoll()
        self._trust = TrustFiles()
        self._lanes: dict[str, Lane] = {}
        self._by_socket: dict[int, Lane] = {}
        self.reads_certificates = reads_certificates
        self.raw = RawEngine(loop) if is_raw else None   # takes the plain requests
        self.idle = 0                    # handles that the lanes keep for requests to come
        self.opened: list[socket.socket] = []            # libcurl has a duplicate of each by now
        loop.add_reader(self._epoll.fileno(), self._ready)

    def open(self, *, ca_pem: str, keeps: bool, wire: Wire = PLAIN) -> HttpSession:
        """Begin a try that trusts ``ca_pem`` alone, or the system's authorities where it is empty.

        Raises ProbeFault where those cannot be had.
        """
        return HttpSession(self, self.lane(ca_pem), keeps=keeps, wire=wire)

    def lane(self, ca_pem: str) -> Lane:
        """Give what libcurl needs for those who trust ``ca_pem``; made ahead, it needs no descriptor later.

        Raises ProbeFault.
        """
        lane = self._lanes.get(ca_pem)
        if lane is None:
            path = self._trust.path(ca_pem)
            try:
                lane = self._lanes[ca_pem] = Lane(self, self._epoll, self._by_socket, path)
            except pycurl.error as exc:
                raise ProbeFault(f"libcurl could not begin: {exc}; are there file descriptors left?") from None
        return lane

    @property
    def under_way(self) -> int:
        """How many requests have not ended."""
        return sum(len(lane.running) for lane in self._lanes.values()) + (self.raw.under_way if self.raw else 0)

    def close(self) -> None:
        """Give up what is under way, without calling back."""
        if self.raw is not None:
            self.raw.close()
        self.loop.remove_reader(self._epoll.fileno())
        for lane in self._lanes.values():
            lane.close()
        self._lanes.clear()
        self.idle = 0
        self.let_go()
        self._epoll.close()
        self._trust.close()

    def is_behind(self) -> bool:
        """Tell whether requests have ended and nobody was told yet."""
        is_raw_behind = self.raw is not None and self.raw.is_behind
        return is_raw_behind or any(lane.is_behind for lane in self._lanes.values())

    def let_go(self) -> None:
        """Close our own ends of the sockets that were opened for libcurl."""
        for opened in self.opened:
            opened.close()
        self.opened.clear()

    def _ready(self) -> None:
        touched = set()
        for descriptor, events in self._epoll.poll(0):
            lane = self._by_socket.get(descriptor)
            if lane is not None:
                lane.act(descriptor, events)
                touched.add(lane)
        for lane in touched:
            lane.reap()
