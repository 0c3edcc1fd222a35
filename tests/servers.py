"""Real listeners for tests: an HTTP server on 127.0.0.1 whose every answer is a function, and certificates to go with it.

``with serving(page("halo")) as server: server.url``. What it was asked is in ``server.asked``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import ipaddress
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass(slots=True)
class Asked:
    """One request as the server read it, and the connection it came on."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    connection: int                      # number of the connection, from 1
    at_s: float                          # time.time()

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies that were sent."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}

    @property
    def form(self) -> dict[str, str]:
        """Form fields that were sent."""
        return {name: values[0] for name, values in parse_qs(self.body, keep_blank_values=True).items()}

    @property
    def query(self) -> dict[str, str]:
        """Query fields of the path."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}


Answer = Callable[[Asked, socket.socket], None]


def reply(body: bytes | str = b"", *, status: int = 200, headers: dict[str, str] | None = None, kind: str = "text/html") -> bytes:
    """Write a whole HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + data


def page(body: bytes | str = "<p>Ambil nomor</p>", **given: object) -> Answer:
    """Answer every request with one page."""
    data = reply(body, **given)          # type: ignore[arg-type]
    return lambda _asked, connection: connection.sendall(data)


def raw(data: bytes, *, reset: bool = False) -> Answer:
    """Answer with bytes as they are and close; ``reset`` ends the connection the rude way."""
    def answer(_asked: Asked, connection: socket.socket) -> None:
        connection.sendall(data)
        if reset:
            time.sleep(0.02)             # let the bytes arrive before the reset throws them away
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    return answer


def routes(table: dict[str, Answer]) -> Answer:
    """Choose an answer by path, without its query; 404 for others."""
    missing = page("tidak ada", status=404)
    return lambda asked, connection: table.get(urlsplit(asked.path).path, missing)(asked, connection)


def redirect(location: str, *, status: int = 302, headers: dict[str, str] | None = None) -> Answer:
    """Answer with a redirect."""
    return page("", status=status, headers={"Location": location, **(headers or {})})


def trickle(first: bytes, drip: bytes, *, every_s: float = 0.02) -> Answer:
    """Answer with ``first``, then one ``drip`` after the other, for ever."""
    def answer(_asked: Asked, connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(drip)
            time.sleep(every_s)
    return answer


def flood(first: bytes, block: bytes) -> Answer:
    """Answer with ``first``, then ``block`` again and again as fast as it is taken."""
    def answer(_asked: Asked, connection: socket.socket) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(block)
    return answer


def silent(_asked: Asked, connection: socket.socket) -> None:
    """Read the request and say nothing until the other side goes away."""
    with contextlib.suppress(OSError):
        connection.settimeout(30)
        connection.recv(1)


def gzip_bomb(size: int) -> Answer:
    """Answer with a small body that unpacks to ``size`` bytes of spaces."""
    return page(gzip.compress(b" " * size, 1), headers={"Content-Encoding": "gzip"})


@dataclass(slots=True)
class Server:
    """A listener that runs."""

    port: int
    scheme: str
    host: str = HOST
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{self.scheme}://{self.host}:{self.port}"


@contextlib.contextmanager
def serving(
    answer: Answer, *, tls: ssl.SSLContext | None = None, port: int = 0, host: str = HOST, is_first: bool = False,
) -> Iterator[Server]:
    """Run a server in threads until the block ends; connections may carry several requests.

    ``is_first``: it speaks before it was asked, as a mail server does.
    """
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            server.connections += 1
            number = server.connections
            connection = self.request
            with contextlib.suppress(OSError, ValueError):
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                with connection:
                    if is_first:
                        answer(Asked("", "", {}, "", number, time.time()), connection)
                        return
                    while (asked := _read(connection, number)) is not None:
                        server.asked.append(asked)
                        answer(asked, connection)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True
        request_queue_size = 512

    with Listener((host, port), Handler) as listener:
        server = Server(listener.server_address[1], "https" if tls else "http", host)
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()


def _read(connection: socket.socket, number: int) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return None
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Asked(method, path, headers, body.decode("utf-8", "replace"), number, time.time())


def free_port() -> int:
    """Find a port of 127.0.0.1 that nobody holds."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens, and nobody can while the block lasts."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))           # bound and not listening: connections are refused
        yield holder.getsockname()[1]


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """Give a port whose connections are never made: it listens, and its queue is full."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen(0)
        port = holder.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex((HOST, port))
        time.sleep(0.02)
        yield port
        for filler in fillers:
            filler.close()


class Authority:
    """A certificate authority of a test's own. ``pem`` is its certificate."""

    def __init__(self, folder: Path, name: str = "CA uji") -> None:
        self._folder, self._name = folder, _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._serial = 1
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder().subject_name(self._name).issuer_name(self._name).public_key(self._key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def context(
        self, host: str = HOST, *, begins_days: float = -1, ends_days: float = 20, self_signed: bool = False,
    ) -> ssl.SSLContext:
        """Make a server's TLS context with a certificate for ``host``, valid in the given span of days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        try:
            place: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            place = x509.DNSName(host)
        certificate = (
            x509.CertificateBuilder().subject_name(_name(host)).issuer_name(_name(host) if self_signed else self._name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=begins_days))
            .not_valid_after(now + dt.timedelta(days=ends_days))
            .add_extension(x509.SubjectAlternativeName([place]), critical=False)
            .sign(key if self_signed else self._key, hashes.SHA256())
        )
        self._serial += 1
        file = self._folder / f"server-{self._serial}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
            ) + certificate.public_bytes(serialization.Encoding.PEM),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
