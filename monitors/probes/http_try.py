"""One try of HTTP steps: a session of its own, what is secret in it, and what was found out on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault
from monitors.probes.base import StepOutcome
from monitors.probes.fill import FillError
from monitors.probes.http_under_way import StepUnderWay
from monitors.probes.secrets_redaction import NOTHING_SECRET
from monitors.probes.secrets_store import LEAST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from monitors.core.http_options import Auth
    from monitors.probes.http_session import HttpSession
    from monitors.probes.http_step import HttpSteps
    from monitors.probes.raw_http_connection import RawConnection


class HttpTry:
    """One try: a session of its own, one step at a time; what is secret in it, and what was found out on the way.

    ``ended``: what its first request, which is asked already, came to.
    """

    __slots__ = ("_ended", "_session", "_step", "_values", "names", "redactor", "steps", "tokens")

    def __init__(self, steps: HttpSteps, ended: RawConnection | None = None) -> None:
        self.steps, self._ended = steps, ended
        self._session: HttpSession | None = None
        self._step: StepUnderWay | None = None
        self._values: Mapping[str, str] = {}
        self.redactor = NOTHING_SECRET
        self.tokens: dict[Auth, str] = {}
        self.names: dict[str, list[str]] = {}            # addresses that a chosen name server gave

    def start(
        self, index: int, saved: Mapping[str, str], left_s: float, on_done: Callable[[StepOutcome], None],
    ) -> None:
        """Begin the step at ``index``."""
        if self._session is None:
            try:
                self._values = self.steps.secrets()
                self.redactor = self.steps.redactor(self._values)
                self._session = self.steps.session(self._values)
                self._session.was_asked, self._ended = self._ended, None
            except (ProbeFault, FillError) as exc:
                on_done(StepOutcome(fault=self.redactor.clean(str(exc))))
                return
        if self._values:
            saved = {**saved, **self._values}
        self._step = StepUnderWay(self, index, self._session, saved, left_s=left_s, on_done=on_done)
        self._step.begin()

    def learn(self, auth: Auth, token: str) -> None:
        """Keep a token for the rest of the try, and out of every text."""
        self.tokens[auth] = token
        if len(token) >= LEAST:          # a shorter one could not be kept out of texts without spoiling them
            self.redactor = self.redactor.plus({f"token:{len(self.tokens)}": token})

    def close(self) -> None:
        """End what is under way and forget everything."""
        if self._step is not None:
            self._step.abandon()
            self._step = None            # it knows this try: together they would wait for the garbage collector
        if self._session is not None:
            self._session.close()
