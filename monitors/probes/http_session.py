"""Connections and cookies of one try, and its requests, in libcurl's options and answers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pycurl

from monitors.core.http_options import Http2
from monitors.core.verdict import spoken_us
from monitors.probes.answer import (
    Answer,
    Marks,
    certificate_end_ms,
    certificate_text,
    head_of,
    header_of,
    host_of,
    phases_of,
    text_of,
)
from monitors.probes.decoding import Sink
from monitors.probes.failures import Failure, Phase, explain, head_cut_short
from monitors.probes.guard import literal_host, told
from monitors.probes.http_handle import Handle
from monitors.probes.http_setup import put_choices, put_method, put_tls
from monitors.probes.http_wire import PLAIN, Wire
from monitors.probes.raw_http_answer import answer_of, marks_of
from monitors.probes.raw_http_relay import Relay
from monitors.probes.raw_http_request import plain_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitors.probes.http import HttpEngine
    from monitors.probes.http_lane import Lane
    from monitors.probes.raw_http_connection import RawConnection
    from monitors.probes.redirects import Hop

IDLE_HANDLES = 256                       # of the whole engine


class HttpSession:
    """Connections and cookies of one try.

    ``keeps``: a later request may reuse the connection of an earlier one, and cookies are kept. Without it each request
    stands alone, which is cheaper.
    """

    __slots__ = (
        "_connect_to", "_engine", "_handle", "_head", "_is_closed", "_lane", "_looks", "_on_done", "_raw", "_refused",
        "_relay", "_sent", "_share", "_sink", "_tried", "_wants_headers", "_wire", "was_asked",
    )

    def __init__(self, engine: HttpEngine, lane: Lane, *, keeps: bool, wire: Wire = PLAIN) -> None:
        self._engine, self._lane, self._wire = engine, lane, wire
        self._on_done: Callable[[Answer], None] | None = None
        self._sink = Sink()
        self._head: list[bytes] = []     # header lines as they came, of interim answers too
        self._wants_headers = self._looks = False
        self._refused = ""               # the sentence on an address that the guard refused, of the request under way
        self._tried: list[str] = []      # addresses of a name that were connected to
        self._share: Any = None
        self._is_closed = False
        self._handle: Handle | None = None
        self._raw: RawConnection | None = None           # the request under way, or the last one, without libcurl
        self._relay: Relay | None = None
        self.was_asked: RawConnection | None = None      # what the next request came to, where it is made already
        if keeps:
            # a handle and a connection pool of its own, gone with the session: nothing can leak into the next try
            self._handle = Handle()
            self._share = pycurl.CurlShare()
            self._share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)
            if wire.has_own_names:
                self._share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_DNS)
            self._handle.curl.setopt(pycurl.SHARE, self._share)  # survives the resets between requests

    def send(
        self, hop: Hop, *, left_s: float, max_bytes: int, connect_to: str, wants_headers: bool,
        on_done: Callable[[Answer], None], is_placed: bool = False, names: Sequence[str] = (), looks: bool = False,
    ) -> None:
        """Begin a request; ``on_done`` is called once, within ``left_s`` seconds. One at a time.

        ``is_placed``: ``connect_to`` names an address that the toolkit itself gave to this host, so it is not judged.
        ``names``: HOST:PORT:ADDRESS,... of names that we looked up ourselves. ``looks``: send nothing, and only read
        the server's certificate, whether it is to be believed or not.
        """
        if self._is_closed:
            raise RuntimeError("the session is closed")
        address = literal_host(hop.url) if self._wire.proxy else ""
        if address and not is_placed and (what := self._engine.guard.refusal(address)):
            # a proxy would go there for us, where no socket of ours is judged
            answer = Answer()
            answer.failure = Failure(problem=told(address, address, what))
            on_done(answer)
            return
        self._on_done = on_done
        self._sent = hop
        head: list[bytes] = []
        self._head = head
        self._sink = Sink(max_bytes, lambda: head_of(head)[0])
        self._wants_headers, self._looks = wants_headers, looks
        self._refused, self._tried = "", []
        self._raw = self._relay = None
        ended, self.was_asked = self.was_asked, None
        if ended is not None:
            self._connect_to, self._raw = connect_to, ended
            self._raw_ended(ended)
            return
        is_known = is_placed or (not connect_to and self._engine.guard.is_free(literal_host(hop.url)))
        is_usual = (
            is_known and not looks and hop.method == "GET" and hop.body is None
            and self._wire is PLAIN and self._share is None
        )
        raw = self._engine.raw
        if is_usual and raw is not None:
            asked = plain_request(hop, self._engine.mark, connect_to)
            if asked is not None:
                self._connect_to = connect_to
                self._raw = raw.begin(asked, left_s=left_s, max_bytes=max_bytes, on_end=self._raw_ended)
                return
        handle = self._handle or self._take_handle()
        put = handle.curl.setopt
        if is_usual:
            handle.be_usual(
                self._lane.ca_file, connect_to=connect_to, reads_certificate=self._engine.reads_certificates,
            )
        else:
            handle.begin()
            if hop.method != "GET" or hop.body is not None:
                put_method(put, hop)
            if self._wire.proxy or not is_known:
                # judged when it is opened, so that what was looked up and what is connected to are the same
                put(pycurl.OPENSOCKETFUNCTION, self._open)
            if hop.url.startswith("https:"):
                put_tls(put, self._lane.ca_file, reads_certificate=self._reads_certificate, looks=looks)
            if self._wire is not PLAIN:
                put_choices(put, self._wire, hop.url, names)
            if self._share is not None:
                put(pycurl.COOKIEFILE, "")   # cookies are kept, and none are read
            else:
                handle.stand_alone()
        handle.ask(hop, self._engine.mark, max_bytes=max_bytes, connect_to=connect_to)
        self._begin(handle, left_s)

    def _take_handle(self) -> Handle:
        """Take one that the lane keeps, or a new one."""
        if self._lane.idle:
            self._engine.idle -= 1
            self._handle = self._lane.idle.pop()
        else:
            self._handle = Handle()
        return self._handle

    def _begin(self, handle: Handle, left_s: float) -> None:
        put = handle.curl.setopt
        put(pycurl.TIMEOUT_MS, max(1, int(left_s * 1000)))
        put(pycurl.WRITEFUNCTION, self._sink)
        put(pycurl.HEADERFUNCTION, self._head.append)
        self._lane.begin(handle.curl, self)

    def _raw_ended(self, ended: RawConnection) -> None:
        """Call back with what came without libcurl, or let it read what is odd."""
        try:
            if ended.is_odd:
                self._let_read(ended)
                return
            answer = answer_of(ended, self._sent, wants_headers=self._wants_headers)
        except Exception as exc:  # noqa: BLE001 - the run must end, and its service is not to blame
            ended.let_go()
            answer = _broken(exc)
        on_done, self._on_done = self._on_done, None
        if on_done is not None:
            on_done(answer)

    def _let_read(self, ended: RawConnection) -> None:
        """Let libcurl read what came, and go on reading; to it, this is a request like any other."""
        raw, server = self._engine.raw, ended.take_socket()
        if raw is None or server is None:
            raise RuntimeError("there is nothing to be read")
        try:
            self._relay = relay = Relay(raw, server, ended.kept)
        except OSError:
            server.close()
            raise
        handle = self._handle or self._take_handle()
        handle.begin()
        handle.stand_alone()
        handle.curl.setopt(pycurl.OPENSOCKETFUNCTION, lambda _purpose, _place: relay.theirs)
        handle.curl.setopt(pycurl.SOCKOPTFUNCTION, lambda _opened, _purpose: pycurl.SOCKOPT_ALREADY_CONNECTED)
        handle.ask(self._sent, self._engine.mark, max_bytes=self._sink.limit, connect_to=self._connect_to)
        self._begin(handle, ended.ends_s - self._engine.loop.time())

    @property
    def _reads_certificate(self) -> bool:
        return self._engine.reads_certificates or self._wire.reads_certificates or self._looks

    def cookie(self, name: str) -> str | None:
        """Value of the cookie that was set last under ``name``, or None."""
        if self._handle is None:
            return None
        value = None
        for line in self.cookies():
            fields = line.split("\t")
            if len(fields) == 7 and fields[5] == name:
                value = fields[6]
        return value

    def cookies(self) -> tuple[str, ...]:
        """All cookies as lines, to tell whether they have changed."""
        if self._handle is None:
            return ()
        return tuple(text_of(line) for line in self._handle.curl.getinfo_raw(pycurl.INFO_COOKIELIST))

    def close(self) -> None:
        """End what is under way without calling back, and forget connections and cookies. A repeat is harmless."""
        self._is_closed = True
        handle, self._handle = self._handle, None
        is_under_way, self._on_done = self._on_done is not None, None
        if self._raw is not None:
            self._raw.abandon()
        if self._relay is not None:
            self._relay.abandon()
        if handle is None:
            return
        if is_under_way:
            self._lane.cancel(handle.curl)
            handle.is_usual = False
        if self._share is not None:
            handle.close()
            self._share.close()
        elif self._engine.idle < IDLE_HANDLES:
            if handle.is_usual:
                self._sink.chunks.clear()            # it lets go of what it read, and the head is bounded
            else:
                handle.curl.reset()
            self._engine.idle += 1
            self._lane.idle.append(handle)
        else:
            handle.close()

    def _open(self, _purpose: int, place: Any) -> socket.socket | int:
        """Open a socket to an address that a name led to, unless the guard refuses it."""
        address = str(place.addr[0])
        what = self._engine.guard.refusal(address)
        if what:
            self._refused = told(host_of(self._sent.url), address, what)
            return pycurl.SOCKET_BAD
        self._tried.append(f"IPv6 {address}" if place.family == socket.AF_INET6 else f"IPv4 {address}")
        try:
            opened = socket.socket(place.family, place.socktype, place.protocol)
        except OSError:                  # none left, which is found out afterwards
            return pycurl.SOCKET_BAD
        self._engine.opened.append(opened)
        return opened

    def finished(self, curl: pycurl.Curl, code: int, message: str) -> None:
        """Take a finished transfer out of the handle and call back."""
        on_done, self._on_done = self._on_done, None
        if on_done is None:
            return
        try:
            answer = self._answer(curl, code, message)
        except Exception as exc:  # noqa: BLE001 - the run must end, and its service is not to blame
            answer = _broken(exc)
        on_done(answer)

    def _answer(self, curl: pycurl.Curl, code: int, message: str) -> Answer:
        get = curl.getinfo
        answer = Answer()
        answer.status = status = get(pycurl.RESPONSE_CODE)
        answer.body = b"".join(self._sink.chunks)
        answer.content_type = text_of(curl.getinfo_raw(pycurl.CONTENT_TYPE) or b"")
        answer.address = get(pycurl.PRIMARY_IP)
        answer.head = self._head
        if self._wire.http2 is not Http2.NEVER:
            answer.is_http2 = get(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2_0
        head, has_head = head_of(self._head)
        if self._wants_headers:
            answer.headers = [header_of(line) for line in head if b":" in line]
        if 300 <= status < 400:
            answer.redirect = get(pycurl.REDIRECT_URL) or ""
        is_tls = self._sent.url.startswith("https:")
        connected, end = get(pycurl.CONNECT_TIME_T), get(pycurl.TOTAL_TIME_T)
        marks = Marks(
            get(pycurl.NAMELOOKUP_TIME_T), connected, get(pycurl.APPCONNECT_TIME_T) if is_tls else connected,
            get(pycurl.STARTTRANSFER_TIME_T), end,
        )
        if self._relay is not None and self._raw is not None:
            # it spoke to our own pair of sockets: place and times are the server's
            self._relay.abandon()
            marks = marks_of(self._raw, end)
            end, answer.address = marks.end, self._raw.address
        answer.phases, reached = phases_of(marks, is_whole=code == 0, has_status=status != 0)
        if is_tls and self._reads_certificate:
            chain = curl.getinfo_raw(pycurl.INFO_CERTINFO)
            answer.certificate_ends_ms, answer.certificate = certificate_end_ms(chain), certificate_text(chain)
        if code and self._refused and not self._tried:
            answer.failure = Failure(problem=self._refused)
        elif code:
            self._lane.is_looking_up |= reached is Phase.DNS
            if reached is Phase.FIRST_BYTE and get(pycurl.SIZE_UPLOAD_T) < len(self._sent.body or b""):
                reached = Phase.SEND
            elif reached is Phase.BODY and not has_head:
                reached = Phase.HEADER
            elif reached is Phase.BODY and status < 200:
                reached = Phase.INTERIM
            answer.failure = explain(
                code, message, host=host_of(self._sent.url), phase=reached, taken_us=end,
                system=get(pycurl.OS_ERRNO) or _own_shortage(code),
                verify=get(pycurl.SSL_VERIFYRESULT) if is_tls else 0,
                received=self._sink.size, limit=self._sink.limit,
            )
            if reached is Phase.CONNECT and self._tried and not answer.failure.is_ours:
                tried = ", then ".join(dict.fromkeys(self._tried))
                answer.failure = Failure(problem=f"{answer.failure.problem} (tried {tried})")
            if self._sink.problem:
                answer.failure = Failure(problem=f"{self._sink.problem} after {spoken_us(end)}")
        elif not has_head:
            answer.failure = head_cut_short(host_of(self._sent.url), taken_us=end)
        elif (problem := self._sink.end()):
            answer.failure = Failure(problem=f"{problem} after {spoken_us(end)}")
        return answer


def _broken(exc: Exception) -> Answer:
    answer = Answer()
    problem = f"an error in the monitor itself: {type(exc).__name__}: {exc}"
    answer.failure = Failure(problem=problem, is_ours=True)
    return answer


def _own_shortage(code: int) -> int:
    """Find out whether a connection was not made because we can open no socket: libcurl tells no errno then."""
    if code != pycurl.E_COULDNT_CONNECT:
        return 0
    try:
        socket.socket().close()
    except OSError as exc:
        return exc.errno or 0
    return 0
