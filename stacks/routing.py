"""Bring a running gateway onto its new configuration without losing a request, and see that it finds the replicas.

The configuration is written beside the one in use, checked by the gateway's own HAProxy, then made current; USR2 lets a
new worker take over while the old one ends its requests. What fails its check changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import gateway as haproxy
from monitors.core.errors import StackError, UnhealthyError
from stacks.filevolume import switch, write_only
from stacks.progress import Step, StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.hooks import GatewayState
    from stacks.session import Session

RELOAD_S = 20.0
FIND_S = 20.0
ASK_S = 30.0                             # for a whole answer; each question may take ONE_ASK_S of it
ONE_ASK_S = 10.0                         # seen on a machine with ten times too much to do: 4 s
POLL_S = 0.2


class Routing:
    """Reloads gateways."""

    def __init__(self, session: Session, labels: Mapping[str, str]) -> None:
        """Work for one run. ``labels``: of helper containers."""
        self._session, self._labels = session, labels

    def route(self, wanted: GatewayState) -> None:
        """Return when the gateway runs on these files and finds every replica well. StackError, UnhealthyError."""
        if self._ask(wanted, "/digest").strip() != wanted.files.digest:
            self._told("reload", wanted, lambda: self._reload(wanted))
        if self._missing(wanted):
            self._told("find replicas", wanted, lambda: self._find(wanted))

    def _ask(self, wanted: GatewayState, path: str) -> str:
        """Ask until there is a whole answer: on a busy machine a command may be late or its output lost."""
        deadline = self._session.clock() + ASK_S
        while True:
            try:
                return self._ask_once(wanted, path)
            except ValueError as exc:
                if self._session.clock() > deadline:
                    raise StackError(
                        f"gateway: {exc}, for {ASK_S:g} s; expected it to answer {path} on its inner port; look at its "
                        f"log (docker logs {wanted.container_id[:12]}), then type up again",
                    ) from exc
            self._session.interrupts.wait(POLL_S)

    def _ask_once(self, wanted: GatewayState, path: str) -> str:
        """ValueError with what the command left, unless it is a whole answer; StackError if the gateway has ended."""
        answer = self._session.engine.run_in(wanted.container_id, haproxy.ask(path), timeout_s=ONE_ASK_S)
        try:
            return haproxy.body(answer.out)
        except ValueError as exc:
            said = self._session.redact(answer.err.decode(errors="replace").strip())
            raise ValueError(f"{exc} (exit code {answer.code}{f': {said}' if said else ''})") from exc

    def _reload(self, wanted: GatewayState) -> None:
        write_only(self._session.engine, wanted.files, self._labels)
        checked = self._session.engine.run_in(wanted.container_id, haproxy.check(wanted.files.digest))
        if checked.code != 0:
            text = self._session.redact((checked.err + checked.out).decode(errors="replace").strip())
            raise StackError(
                f"gateway: HAProxy refuses the new configuration ({text}); expected one that it accepts; the gateway "
                "still runs on the one before; mend the definition, then type up again",
            )
        switch(self._session.engine, wanted.files, self._labels)
        self._session.engine.signal(wanted.container_id, "USR2")
        deadline = self._session.clock() + RELOAD_S
        while not self._is_on(wanted):
            if self._session.clock() > deadline:
                raise UnhealthyError(
                    f"gateway: {RELOAD_S:g} s after its reload it still runs on the configuration before; expected the "
                    "new one; look at its log, then type up again",
                    log_lines=self._log(wanted),
                )
            self._session.interrupts.wait(POLL_S)

    def _is_on(self, wanted: GatewayState) -> bool:
        try:
            return self._ask_once(wanted, "/digest").strip() == wanted.files.digest
        except (ValueError, StackError):
            return False                 # between two workers

    def _find(self, wanted: GatewayState) -> None:
        deadline = self._session.clock() + FIND_S
        while missing := self._missing(wanted):
            if self._session.clock() > deadline:
                raise UnhealthyError(
                    f"gateway: {FIND_S:g} s after the rollout it does not find {', '.join(missing)} well; expected "
                    "every new replica to answer its health path; look at the gateway's log, then type up again",
                    log_lines=self._log(wanted),
                )
            self._session.interrupts.wait(POLL_S)

    def _missing(self, wanted: GatewayState) -> list[str]:
        """Name the replicas that the gateway does not find well."""
        statistics = self._ask(wanted, "/stats;csv")
        missing = []
        for backend, container_ids in wanted.backends:
            up = haproxy.servers_up(statistics, backend)
            for container_id in container_ids:
                facts = self._session.engine.container(container_id)
                if facts is None or not up.intersection(facts.networks.values()):
                    missing.append(facts.name if facts is not None else container_id[:12])
        return missing

    def _log(self, wanted: GatewayState) -> tuple[str, ...]:
        return tuple(map(self._session.redact, self._session.engine.log_tail(wanted.container_id, 20)))

    def _told(self, action: str, wanted: GatewayState, call: Callable[[], None]) -> None:
        began = self._session.clock()

        def tell(state: StepState, detail: str = "") -> None:
            seconds = 0.0 if state is StepState.STARTED else self._session.clock() - began
            self._session.progress.step(Step(
                key=f"{action} {wanted.container_id}", kind="container", name="gateway", action=action, state=state,
                seconds=seconds, detail=detail,
            ))

        tell(StepState.STARTED)
        try:
            call()
        except StackError as exc:
            tell(StepState.FAILED, str(exc))
            raise
        tell(StepState.DONE)
