"""What the steps of one event loop share, whatever their protocol: look-ups, trust, secrets, the time."""

from __future__ import annotations

import ssl
import time
import warnings
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from monitors.core.errors import ProbeFault
from monitors.probes.names import NamesDesk
from monitors.probes.secrets_store import NO_SECRETS, SecretStore
from monitors.probes.trust import TrustFiles

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from monitors.core.heartbeat import Silence
    from monitors.probes.guard import Guard

END_AGAIN_S = 1.0                        # between two attempts to end a task
T = TypeVar("T")


class Hearing(Protocol):
    """What jobs reported, ``agency/service/job`` each."""

    def judge(self, job: str, *, every_ms: int, grace_ms: int) -> Silence:
        """Judge a job by what was heard of it."""
        ...


def wall_ms() -> int:
    """Give the machine's own time, UTC in milliseconds."""
    return int(time.time() * 1000)


class Desk:
    """What all steps of a loop share: how names are looked up, whom to trust, what jobs reported, secrets, the time."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, guard: Guard, hearing: Hearing | None = None, *,
        now_ms: Callable[[], int] = wall_ms, secrets: SecretStore = NO_SECRETS, mark: str = "",
    ) -> None:
        """``mark``: header line that says of a request that no citizen made it; "" for none."""
        self.loop, self.guard, self.hearing, self.now_ms, self.secrets = loop, guard, hearing, now_ms, secrets
        self.mark = mark
        self._ending: set[asyncio.Task[None]] = set()
        self.names = NamesDesk(loop, guard)
        self.trust = TrustFiles()
        self._kept: dict[object, Any] = {}

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """Give what was made for ``key``, made now where it is the first time.

        Parsed authorities take a megabyte and many milliseconds: steps that trust the same share them.
        """
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def verifying(self, ca_pem: str, ciphers: str = "", lowest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """Give a TLS context that trusts ``ca_pem`` alone, or the system's authorities; shared, so not to be changed.

        ``ciphers`` in OpenSSL's words and the ``lowest`` version are Python's own choice where they are not given.
        Raises ProbeFault.
        """
        def make() -> ssl.SSLContext:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                context.load_verify_locations(self.trust.path(ca_pem))
            except ssl.SSLError as exc:
                raise ProbeFault(f"the certificates to trust cannot be read: {exc.reason or exc}") from None
            if ciphers:
                context.set_ciphers(ciphers)
            if lowest is not None:
                with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
                    context.minimum_version = lowest
            return context

        return self.kept(("context", ca_pem, ciphers, lowest), make)

    def end(self, task: asyncio.Task[None]) -> None:
        """Cancel a task whose result nobody wants any more; again and again where a library goes on regardless."""
        if task.done():
            return
        if task not in self._ending:
            self._ending.add(task)       # the loop itself holds no task
            task.add_done_callback(self._ending.discard)
        task.cancel()
        self.loop.call_later(END_AGAIN_S, self.end, task)

    def close(self) -> None:
        """Remove what was written. A repeat is harmless."""
        self._kept.clear()
        self.trust.close()
