"""Builders with good defaults: say in a test only what the test is about.

``a_run(verdict=Verdict.DOWN)`` is a valid run that is down; every field can be given by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitors.core.entry import Entry, EntryKind
from monitors.core.model import (
    Outcome,
    Phases,
    Run,
    Step,
    StepResult,
    Target,
    Transaction,
    Try,
    Verdict,
)

NOON_MS = 1_767_243_600_000              # 2026-01-01 12:00 in Jakarta (UTC+7), 05:00 UTC
INTERVAL_MS = 30_000


@dataclass(slots=True)
class FixedClock:
    """A clock that a test moves by hand: ``now_ms`` since 1970 UTC, ``monotonic_ms`` beside it."""

    now_ms: int = NOON_MS
    monotonic_ms: int = 1_000_000

    def advance(self, ms: int) -> None:
        """Let time go by, on both clocks."""
        self.now_ms += ms
        self.monotonic_ms += ms

    def step(self, ms: int) -> None:
        """Set the wall clock off by ``ms``, as an operator or a time server does."""
        self.now_ms += ms


def a_step(**given: Any) -> Step:
    """Build a step that asks for the home page."""
    return Step(**{"name": "buka halaman", "url": "/", **given})


def a_transaction(**given: Any) -> Transaction:
    """Build a transaction of one step, every 30 s."""
    defaults = {"name": "ambil-nomor", "steps": (a_step(),), "interval_ms": INTERVAL_MS, "deadline_ms": 10_000}
    return Transaction(**{**defaults, **given})


def a_target(**given: Any) -> Target:
    """Build a target with one transaction."""
    defaults = {
        "agency": "dinkes",
        "service": "antrean",
        "base_url": "https://antrean.dinkes.example:8443",
        "transactions": (a_transaction(),),
        "agency_name": "Dinas Kesehatan",
        "service_name": "Antrean",
    }
    return Target(**{**defaults, **given})


def a_step_result(**given: Any) -> StepResult:
    """Build the result of a step that passed in 12 ms; ``passed=False`` alone gives it a reason too."""
    defaults = {
        "name": "buka halaman",
        "passed": True,
        "critical": True,
        "status": 200,
        "started_ms": NOON_MS,
        "phases": Phases(dns_us=0, connect_us=500, tls_us=2_000, first_byte_us=9_000, body_us=500),
        "address": "127.0.0.1",
    }
    if given.get("passed") is False:
        defaults |= {"status": 503, "reason": 'step 1 of 1 "buka halaman": expected status 200, got 503 after 12 ms'}
    return StepResult(**{**defaults, **given})


def a_try(**given: Any) -> Try:
    """Build a try of one step; ``passed`` says how it went."""
    passed = given.pop("passed", True)
    defaults = {"started_ms": NOON_MS, "duration_us": 12_000}
    merged = {**defaults, **given}
    merged.setdefault("steps", (a_step_result(passed=passed, started_ms=merged["started_ms"]),))
    return Try(**merged)


def an_entry(**given: Any) -> Entry:
    """Build an entry that a stack was brought to another state, at noon."""
    defaults = {
        "kind": EntryKind.DEPLOYMENT, "agency": "dinkes", "at_ms": NOON_MS, "by": "petugas", "body": {"result": "done"},
    }
    return Entry(**{**defaults, **given})


def a_run(**given: Any) -> Run:
    """Build a run at noon. Its verdict decides what the rest looks like: reason, failed step and tries."""
    verdict = given.get("verdict", Verdict.UP)
    started_ms = given.get("started_ms", given.get("scheduled_ms", NOON_MS))
    missed = given.get("outcome") is Outcome.MISSED
    defaults: dict[str, Any] = {
        "agency": "dinkes",
        "service": "antrean",
        "transaction": "ambil-nomor",
        "vantage": "local",
        "life": "life-1",
        "sequence": 0,
        "scheduled_ms": started_ms,
        "started_ms": started_ms,
        "ended_ms": started_ms if missed else started_ms + 12,
        "outcome": Outcome.DONE,
        "verdict": Verdict.UNKNOWN if missed else Verdict.UP,
        "tries": () if missed else (a_try(started_ms=started_ms),),
    }
    if verdict is Verdict.DOWN:
        failed = a_try(started_ms=started_ms, passed=False)
        defaults |= {
            "reason": 'step 1 of 1 "buka halaman": expected status 200, got 503 after 12 ms',
            "failed_step": "buka halaman",
            "first_try_failed": True,
            "tries": (failed, a_try(started_ms=started_ms + 12, passed=False)),
            "ended_ms": started_ms + 24,
        }
    elif verdict is Verdict.DEGRADED:
        defaults |= {
            "reason": "the first try failed, the second passed",
            "first_try_failed": True,
            "tries": (a_try(started_ms=started_ms, passed=False), a_try(started_ms=started_ms + 12)),
            "ended_ms": started_ms + 24,
        }
    elif verdict is Verdict.UNKNOWN:
        defaults |= {"reason": "missed: not started within one interval of its time" if missed else "own fault"}
    return Run(**{**defaults, **given})


def some_runs(verdicts: str, **given: Any) -> tuple[Run, ...]:
    """Build runs of one transaction, one interval apart, from letters: u(p) e(degraded) d(own) n(unknown), - missed.

    ``some_runs("uudd-u")`` are six runs, the fifth missed. ``interval_ms`` and ``started_ms`` may be given.
    """
    interval_ms = given.pop("interval_ms", INTERVAL_MS)
    first_ms = given.pop("started_ms", NOON_MS)
    words = {"u": Verdict.UP, "e": Verdict.DEGRADED, "d": Verdict.DOWN, "n": Verdict.UNKNOWN, "-": Verdict.UNKNOWN}
    return tuple(
        a_run(
            sequence=index,
            started_ms=first_ms + index * interval_ms,
            verdict=words[letter],
            outcome=Outcome.MISSED if letter == "-" else Outcome.DONE,
            **given,
        )
        for index, letter in enumerate(verdicts)
    )


def write_workspace(
    folder: Path,
    *,
    pool: str = "10.127.0.0/16",
    listen: str = "127.0.0.1:23990",
    vantage: str = "uji",
    agencies: dict[str, str] | None = None,
) -> Path:
    """Write a workspace: settings, and one file for each code in ``agencies``. Returns ``folder``.

    Its network pool is no part of the samples' one, so that a running demo is not in the way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "siaga24.yaml").write_text(
        "version: 1\n"
        f"network: {{pool: {pool}, prefix: 26}}\n"
        "domain: example\n"
        "docker: {host: unix:///var/run/docker.sock}\n"
        f"monitor: {{listen: '{listen}', vantage: {vantage}}}\n",
        encoding="utf-8",
    )
    for code, text in (agencies or {}).items():
        (folder / f"{code}.yaml").write_text(text, encoding="utf-8")
    return folder
