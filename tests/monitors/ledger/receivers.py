"""Real servers on loopback that take seals: mail by aiosmtpd, and HTTP."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Mailbox:
    """What a mail server took, and whether it takes anything."""

    port: int = 0
    refuses: bool = False
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a message, or not."""
        if self.refuses:
            return "552 mailbox full"
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@dataclass
class Hook:
    """What an HTTP server took, and how it answers."""

    port: int = 0
    status: int = 204
    location: str = ""
    posts: list[tuple[str, str, str]] = field(default_factory=list)      # path, authorization, body


@contextlib.contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Run a mail server without TLS."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    # port 0 is any that is free: aiosmtpd asks its own port whether it listens, so it is told which one it got
    bound: list[int] = []
    make = controller._create_server

    def create() -> Any:
        async def listening() -> Any:
            server: Any = await make()
            bound.append(server.sockets[0].getsockname()[1])
            controller.port = bound[0]
            return server
        return listening()

    controller._create_server = create  # type: ignore[method-assign]
    controller.start()
    box.port = bound[0]
    try:
        yield box
    finally:
        controller.stop()


@contextlib.contextmanager
def hook_server() -> Iterator[Hook]:
    """Run an HTTP server that takes POSTs."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            hook.posts.append((self.path, self.headers.get("Authorization", ""), body))
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            hook.posts.append((self.path, "a GET", ""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hook.port = server.server_address[1]
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
