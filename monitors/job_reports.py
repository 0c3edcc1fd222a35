"""What jobs report: who may, what was heard last, and since when we have listened without a break.

A job proves who it is by a token that is made from a key of this monitor and the job's name, so that nothing need be
kept for each job and a leaked token speaks for one job alone.
"""

from __future__ import annotations

import hmac
import os
import secrets
import threading
from typing import TYPE_CHECKING

from monitors.core.errors import UsageError
from monitors.core.heartbeat import Report, Silence, judge_silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from monitors.clock import Clock

KEY_BYTES = 32
TOKEN_CHARACTERS = 40                    # hexadecimal: 160 bits
MOST_NOTE = 500                          # characters


def job_key(agency: str, service: str, job: str) -> str:
    """``agency/service/job``: how a job is named in ledger, addresses and reasons."""
    return f"{agency}/{service}/{job}"


def read_key(path: Path) -> bytes:
    """Read the key of tokens, made with mode 0600 if it is not there. Raises UsageError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as exc:
        raise UsageError(f"{path}: the key for reports cannot be made: {exc.strerror}") from exc
    else:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    try:
        key = path.read_bytes()
    except OSError as exc:
        raise UsageError(f"{path}: the key for reports cannot be read: {exc.strerror}") from exc
    if len(key) < KEY_BYTES:
        raise UsageError(f"{path}: holds {len(key)} bytes, expected {KEY_BYTES}; remove it, and give jobs new tokens")
    return key


def token_of(key: bytes, job: str) -> str:
    """Give the token of a job (``agency/service/job``): HMAC-SHA256 of its name (RFC 2104), cut to 160 bits."""
    return hmac.new(key, job.encode(), "sha256").hexdigest()[:TOKEN_CHARACTERS]


class Reports:
    """What was heard. ``keep`` makes a report durable; it raises LedgerError. From any thread."""

    def __init__(
        self, key: bytes, clock: Clock, *, known: Mapping[str, Report], keep: Callable[[str, Report], None],
    ) -> None:
        self._key, self._clock, self._keep = key, clock, keep
        self._last = dict(known)
        self._lock = threading.Lock()
        self._listening_since_ms = clock.now_ms

    def may(self, job: str, token: str) -> bool:
        """Tell whether a token is the job's, in a time that says nothing of it."""
        return hmac.compare_digest(token_of(self._key, job).encode(), token.encode())

    def take(self, job: str, *, succeeded: bool, note: str) -> None:
        """Keep a report, and only then know of it. Raises LedgerError."""
        report = Report(at_ms=self._clock.now_ms, succeeded=succeeded, note=note[:MOST_NOTE])
        with self._lock:
            self._keep(job, report)
            self._last[job] = report

    def broken_until(self, at_ms: int) -> None:
        """Nobody listened before this moment: the monitor was suspended."""
        self._listening_since_ms = max(self._listening_since_ms, at_ms)

    def judge(self, job: str, *, every_ms: int, grace_ms: int) -> Silence:
        """Judge a job by what was heard of it."""
        with self._lock:
            last = self._last.get(job)
        return judge_silence(
            last, every_ms=every_ms, grace_ms=grace_ms, listening_since_ms=self._listening_since_ms,
            now_ms=self._clock.now_ms,
        )
