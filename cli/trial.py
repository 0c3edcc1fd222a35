"""Runs transactions by hand, outside the monitor: nothing of it is recorded. For ``monitor once`` and ``watch``."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from monitors.clock import LifeClock
from monitors.core.errors import UsageError
from monitors.core.model import Run, StepResult, Target, Transaction
from monitors.probes.guard import Guard
from monitors.probes.guard_own import own_networks
from monitors.probes.secrets_store import SecretStore
from monitors.runner import Runner, Watched, watch
from monitors.settings import DEFAULT_MARK
from monitors.wiring import probing

VANTAGE = "by-hand"
PHASES = ("dns", "connect", "tls", "first byte", "body")


def run_by_hand(
    target: Target, transactions: Sequence[Transaction], *, allow_networks: Sequence[str] = (),
    secrets_dir: Path | None = None, mark: str = DEFAULT_MARK,
) -> list[Run]:
    """Run each of the target's ``transactions`` once, with its second try where one is due.

    ``allow_networks``, ``secrets_dir`` and ``mark`` (header line of requests): as the monitor itself has them.
    Raises UsageError where one cannot be run.
    """
    async def all_of_them() -> list[Run]:
        loop, clock = asyncio.get_running_loop(), LifeClock()
        runner = Runner(clock, vantage=VANTAGE, life=VANTAGE)
        guard, secrets = Guard(allow_networks, own_networks()), SecretStore(secrets_dir, os.environ)
        with probing(loop, clock, reads_certificates=True, guard=guard, secrets=secrets, mark=mark) as probe:
            wanted = {transaction.name for transaction in transactions}
            return [
                await one_run(runner, watched) for watched in watch(probe, target) if watched.transaction.name in wanted
            ]

    return asyncio.run(all_of_them())


async def one_run(runner: Runner, watched: Watched, *, sequence: int = 0) -> Run:
    """Run one transaction now and wait for its record."""
    done: asyncio.Future[Run] = asyncio.get_running_loop().create_future()
    runner.run(watched, sequence=sequence, scheduled_ms=runner.clock.now_ms, on_done=done.set_result)
    return await done


def chosen(target: Target, name: str | None) -> tuple[Transaction, ...]:
    """Give the transaction called ``name``, or all. Raises UsageError."""
    if name is None:
        return target.transactions
    found = tuple(transaction for transaction in target.transactions if transaction.name == name)
    if not found:
        known = ", ".join(transaction.name for transaction in target.transactions)
        raise UsageError(f'{target.key} has no transaction "{name}"; known are {known}')
    return found


def phase_cells(step: StepResult) -> list[str]:
    """Write the phases of a step in milliseconds, "" where one did not happen, and their sum last."""
    phases = step.phases
    parts = (phases.dns_us, phases.connect_us, phases.tls_us, phases.first_byte_us, phases.body_us)
    return [milliseconds(part) if part else "" for part in parts] + [milliseconds(phases.total_us)]


def milliseconds(duration_us: int) -> str:
    """Write microseconds as milliseconds: 12.3, cut."""
    tenths = duration_us // 100
    return f"{tenths // 10}.{tenths % 10}"


def outcome_text(step: StepResult) -> Text:
    """Say in one word how a step went."""
    if not step.passed:
        return Text("FAILED", style="bold red" if step.critical else "yellow")
    return Text("degraded", style="yellow") if step.too_slow else Text("passed", style="green")


def as_plain(run: Run) -> dict[str, Any]:
    """Write a run as plain values for JSON."""
    return asdict(run)
