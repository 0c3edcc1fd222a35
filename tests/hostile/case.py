"""A hostile server as a case: what it does, its well-behaved twin, and what the monitor must say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from monitors.core.http_options import Connection, IpFamily
from monitors.core.model import Step, Target, Verdict
from tests.factories import a_target, a_transaction
from tests.hostile.stage import Server

STALLS_MS = 2_000                        # deadline of each try against a server that never comes to an end
PATIENCE_MS = 30_000                     # of all others: nothing may run into it, also on a busy machine
LIMIT = 64 * 1024
HOME = Step(name="buka")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One hostile server. ``reason``: a regular expression for all that is said after the step's place.

    ``stalls``: it never comes to an end by itself, so that the deadline must end it.
    """

    name: str
    bad: Server
    good: Server
    reason: str
    steps: tuple[Step, ...] = (HOME,)
    failed_step: str = "buka"
    verdict: Verdict = Verdict.DOWN
    stalls: bool = False
    asks_resolver: bool = False          # its names are looked up by the stage's own name server
    bad_ip: IpFamily = IpFamily.ANY      # the addresses that the bad one is asked by; of its twin any
    max_body_bytes: int = LIMIT

    @property
    def deadline_ms(self) -> int:
        """Of one try; the twin has the same."""
        return STALLS_MS if self.stalls else PATIENCE_MS

    @property
    def whole_reason(self) -> str:
        """A regular expression for the run's whole reason, the step's place included."""
        names = [step.name for step in self.steps]
        name = self.failed_step or names[0]
        return rf'step {names.index(name) + 1} of {len(names)} "{re.escape(name)}": {self.reason}'

    def target(self, url: str, ca_pem: str, service: str, resolver: str, *, is_bad: bool) -> Target:
        """Make the target that watches a server at ``url`` as this case asks."""
        connection = None
        if self.asks_resolver:
            connection = Connection(resolver=resolver, ip=self.bad_ip if is_bad else IpFamily.ANY)
        transaction = a_transaction(
            steps=self.steps, deadline_ms=self.deadline_ms, interval_ms=2 * self.deadline_ms + 1000,
            max_body_bytes=self.max_body_bytes, connection=connection,
        )
        return a_target(
            agency="uji", service=service, base_url=url, transactions=(transaction,),
            ca_pem=ca_pem if url.startswith("https:") else "",
        )
