"""libcurl's multi-socket interface, driven by the event loop: one lane for each set of trusted certificates.

libcurl keeps the parsed set with the multi handle, and parsing the system's costs as much as ten handshakes.
"""

from __future__ import annotations

import ctypes
import select
from typing import TYPE_CHECKING

import pycurl

if TYPE_CHECKING:
    import asyncio

    from monitors.probes.http import HttpEngine
    from monitors.probes.http_handle import Handle
    from monitors.probes.http_session import HttpSession

BITE_S = 0.005                           # finished transfers are handed out for so long, then the loop has its turn
_IN, _OUT, _ERR = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR | select.EPOLLHUP


class Lane:
    """One multi handle and its timer."""

    __slots__ = (
        "_by_socket", "_engine", "_epoll", "_finished", "_is_handing_out", "_loop", "_multi",
        "_timer", "_wake_s", "_woken", "ca_file", "idle", "is_looking_up", "running",
    )

    def __init__(
        self, engine: HttpEngine, epoll: select.epoll, by_socket: dict[int, Lane], ca_file: str,
    ) -> None:
        self._engine, self._loop = engine, engine.loop
        self._epoll, self._by_socket, self.ca_file = epoll, by_socket, ca_file
        self.running: dict[pycurl.Curl, HttpSession] = {}
        self._finished: dict[pycurl.Curl, tuple[int, str]] = {}  # ended, and not handed out yet
        self._is_handing_out = False     # more of them later
        self.idle: list[Handle] = []     # for requests to come
        self.is_looking_up = False       # a name is perhaps still being looked up by a thread of the library
        self._woken = False
        self._wake_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def begin(self, curl: pycurl.Curl, session: HttpSession) -> None:
        """Start a transfer."""
        self.running[curl] = session
        self._multi.add_handle(curl)

    def cancel(self, curl: pycurl.Curl) -> None:
        """Take a transfer out before its end."""
        self._finished.pop(curl, None)   # the handle is used again, and this end is not its next one's
        if self.running.pop(curl, None) is not None:
            self.is_looking_up |= not curl.getinfo(pycurl.NAMELOOKUP_TIME_T)
            self._multi.remove_handle(curl)

    def act(self, descriptor: int, events: int) -> None:
        """Tell the library what a socket is ready for."""
        self._multi.socket_action(
            descriptor,
            (pycurl.CSELECT_IN if events & _IN else 0) | (pycurl.CSELECT_OUT if events & _OUT else 0)
            | (pycurl.CSELECT_ERR if events & _ERR else 0),
        )

    @property
    def is_behind(self) -> bool:
        """Whether transfers have ended whose sessions do not know yet."""
        return bool(self._finished)

    def reap(self) -> None:
        """Hand out what has finished, the answers before the failures.

        When hundreds time out at once, a part is handed out at a time: between the parts the loop begins what is due.
        """
        if self._engine.opened:
            self._engine.let_go()
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for curl in good:
                self._end(curl, 0, "")
            self._finished.update((curl, (code, message)) for curl, code, message in bad)
        if not self._is_handing_out:
            self._hand_out()

    def _hand_out(self) -> None:
        self._is_handing_out = False
        ends_s = self._loop.time() + BITE_S
        while self._finished:
            curl = next(iter(self._finished))
            self._end(curl, *self._finished.pop(curl))
            if self._finished and self._loop.time() > ends_s:
                self._is_handing_out = True
                self._loop.call_soon(self._hand_out)
                return

    def _end(self, curl: pycurl.Curl, code: int, message: str) -> None:
        session = self.running.pop(curl, None)
        if session is not None:
            self._multi.remove_handle(curl)
            session.finished(curl, code, message)

    def close(self) -> None:
        """End all transfers."""
        if self._timer is not None:
            self._timer.cancel()
        self._finished.clear()
        for curl in tuple(self.running):
            self.cancel(curl)
        for handle in self.idle:
            handle.close()
        self.idle.clear()
        if self.is_looking_up:
            # closing waits for threads that ask a name server; one that is silent would hold up the monitor's end
            self._multi.setopt(pycurl.M_SOCKETFUNCTION, None)
            self._multi.setopt(pycurl.M_TIMERFUNCTION, None)
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._multi))
        else:
            self._multi.close()

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        """Follow the library's wishes for a socket. It is called inside of ``socket_action``."""
        if what == pycurl.POLL_REMOVE:
            self._by_socket.pop(descriptor, None)
            try:
                self._epoll.unregister(descriptor)
            except OSError:              # closed before: the kernel has forgotten it
                return
            return
        mask = (_IN if what & pycurl.POLL_IN else 0) | (_OUT if what & pycurl.POLL_OUT else 0)
        if descriptor in self._by_socket:
            try:
                self._epoll.modify(descriptor, mask)
            except FileNotFoundError:    # closed and opened anew under the same number
                self._epoll.register(descriptor, mask)
        else:
            self._epoll.register(descriptor, mask)
        self._by_socket[descriptor] = self

    def _set_timer(self, timeout_ms: int) -> None:
        """Wake the library in ``timeout_ms``, or never where it is negative.

        The timer that is there is kept unless it would come too late: most requests end before it matters.
        """
        if timeout_ms < 0:
            self._wake_s = None
        elif timeout_ms == 0:
            if not self._woken:
                self._woken = True
                self._loop.call_soon(self._wake)
        else:
            self._wake_s = self._loop.time() + timeout_ms / 1000
            if self._timer is None or self._timer.when() > self._wake_s:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self._loop.call_at(self._wake_s, self._timed)

    def _timed(self) -> None:
        self._timer = None
        if self._wake_s is None:
            return
        if self._wake_s > self._loop.time() + 0.0005:
            self._timer = self._loop.call_at(self._wake_s, self._timed)
            return
        self._wake_s = None
        self._wake()

    def _wake(self) -> None:
        self._woken = False
        self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self.reap()
