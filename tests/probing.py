"""Runs real transactions against real listeners, on an event loop of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from monitors.clock import LifeClock
from monitors.core.model import Assertion, AssertKind, Save, SaveKind, Step, Target, Transaction, Try
from monitors.probes import PROBES, other_kinds
from monitors.probes.coroutine import Desk
from monitors.probes.guard import ANYWHERE, Guard
from monitors.probes.http import MARK, HttpEngine
from monitors.probes.reader import PageReader
from monitors.probes.secrets_store import NO_SECRETS, SecretStore
from monitors.probes.transaction import TransactionProbe
from tests.factories import a_target, a_transaction

DEADLINE_MS = 2000


def tried(target: Target, *, reads_certificates: bool = False, guard: Guard = ANYWHERE, secrets: SecretStore = NO_SECRETS, is_raw: bool = True) -> Try:
    """Try the target's first transaction once."""
    return tried_all([target], reads_certificates=reads_certificates, guard=guard, secrets=secrets, is_raw=is_raw)[0]


def tried_all(
    targets: Sequence[Target], *, reads_certificates: bool = False, guard: Guard = ANYWHERE,
    secrets: SecretStore = NO_SECRETS, is_raw: bool = True,
) -> list[Try]:
    """Try the first transaction of each target, one after the other, on one engine."""
    async def run() -> list[Try]:
        loop = asyncio.get_running_loop()
        engine, reader = HttpEngine(loop, reads_certificates=reads_certificates, guard=guard, is_raw=is_raw), PageReader()
        desk = Desk(loop, guard, secrets=secrets, mark=MARK)
        kinds = {"http": PROBES["http"](loop, engine, reader, secrets), **other_kinds(desk)}
        probe = TransactionProbe(kinds, loop, LifeClock())
        try:
            results = []
            for target in targets:
                done: asyncio.Future[Try] = loop.create_future()
                probe.prepare(target, target.transactions[0]).start(done.set_result)
                results.append(await done)
            assert engine.under_way == 0, "a finished try left a request behind"
            return results
        finally:
            desk.close()
            engine.close()
            reader.close()

    return asyncio.run(run())


def watching(url: str, *steps: Step, deadline_ms: int = DEADLINE_MS, **given: Any) -> Target:
    """Build a target at ``url`` with one transaction of ``steps``; ``max_body_bytes`` and target fields may be given."""
    of_transaction = {name: given.pop(name) for name in ("max_body_bytes", "latency_target_ms") if name in given}
    transaction: Transaction = a_transaction(
        steps=steps or (Step(name="buka"),), deadline_ms=deadline_ms, interval_ms=2 * deadline_ms + 1000, **of_transaction,
    )
    return a_target(base_url=url, transactions=(transaction,), **given)


def expect(kind: AssertKind, expected: str = "", name: str = "") -> Assertion:
    """Build an assertion."""
    return Assertion(kind=kind, expected=expected, name=name)


def save(name: str, kind: SaveKind, expression: str, attribute: str = "") -> Save:
    """Build a save."""
    return Save(name=name, kind=kind, expression=expression, attribute=attribute)
