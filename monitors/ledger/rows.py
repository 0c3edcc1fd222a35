"""Runs, stretches and definitions as rows, and back. Shared by the stores; no SQL in here.

Of a run that was ``up`` a row keeps its times and, in a few bytes, the phases of its steps. Of any other run the
evidence beside it keeps everything: reason, failed step and each step of each try.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from monitors.core.canary import CanaryCheck, WitnessAnswer
from monitors.core.document import from_document, to_document
from monitors.core.evidence import Evidence
from monitors.core.history import Stretch
from monitors.core.model import Outcome, Phases, Run, StepResult, Target, Try, Verdict
from monitors.ledger.packing import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MINUTE_MS = 60_000
VERDICTS = (Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN)
CODES = {verdict: code for code, verdict in enumerate(VERDICTS)}
MISSED, FIRST_TRY_FAILED = 4, 8


class RunRow(NamedTuple):
    """One row of table ``run``."""

    minute: int
    series: int
    sequence: int
    offset_ms: int
    late_ms: int
    took_ms: int
    code: int
    phases: bytes | None

    @property
    def started_ms(self) -> int:
        """Start of the run."""
        return self.minute * MINUTE_MS + self.offset_ms


class Names(NamedTuple):
    """What a series stands for."""

    agency: str
    service: str
    transaction: str
    vantage: str
    life: str


def run_row(run: Run, series: int) -> RunRow:
    """Write a run as a row."""
    minute, offset_ms = divmod(run.started_ms, MINUTE_MS)
    code = CODES[run.verdict]
    if run.outcome is Outcome.MISSED:
        code |= MISSED
    if run.first_try_failed:
        code |= FIRST_TRY_FAILED
    phases = phases_blob(run.tries[-1]) if run.tries else None
    return RunRow(
        minute, series, run.sequence, offset_ms, run.started_ms - run.scheduled_ms, run.ended_ms - run.started_ms,
        code, phases,
    )


def run_of(row: RunRow, names: Names, detail: bytes | None, steps: Sequence[tuple[str, bool]]) -> Run:
    """Read a run. ``steps``: (name, is critical) of the transaction's steps, for runs that have no evidence."""
    started_ms = row.started_ms
    reason = failed_step = ""
    tries: tuple[Try, ...] = ()
    canary: CanaryCheck | None = None
    if detail is not None:
        reason, failed_step, tries, canary = read_evidence(detail)
    elif row.phases is not None:
        tries = (read_phases(row.phases, started_ms, steps),)
    return Run(
        agency=names.agency,
        service=names.service,
        transaction=names.transaction,
        vantage=names.vantage,
        life=names.life,
        sequence=row.sequence,
        scheduled_ms=started_ms - row.late_ms,
        started_ms=started_ms,
        ended_ms=started_ms + row.took_ms,
        outcome=Outcome.MISSED if row.code & MISSED else Outcome.DONE,
        verdict=VERDICTS[row.code & 3],
        reason=reason,
        failed_step=failed_step,
        first_try_failed=bool(row.code & FIRST_TRY_FAILED),
        tries=tries,
        canary=canary,
    )


def evidence_of(run: Run) -> bytes | None:
    """Write what is kept in full of a run that was not ``up``; None for one that was."""
    if run.verdict is Verdict.UP and not run.first_try_failed:
        return None
    detail: list[Any] = [run.reason, run.failed_step, [_try_list(attempt) for attempt in run.tries]]
    if run.canary is not None:
        detail.append(_canary_list(run.canary))
    return packed(json.dumps(detail, ensure_ascii=False, separators=(",", ":")).encode())


def read_evidence(detail: bytes) -> tuple[str, str, tuple[Try, ...], CanaryCheck | None]:
    """Read reason, failed step, tries, and the canary check that decided the run, if there was one."""
    reason, failed_step, tries, *more = json.loads(unpacked(detail))
    canary = _canary_of(more[0]) if more else None
    return reason, failed_step, tuple(_try_of(attempt) for attempt in tries), canary


def phases_blob(attempt: Try) -> bytes:
    """Write the try's duration and five phases for each step: numbers of seven bits a byte, lowest first."""
    numbers = [attempt.duration_us]
    for step in attempt.steps:
        numbers += _phase_list(step.phases)
    blob = bytearray()
    for number in numbers:
        rest = max(0, number)
        while rest > 127:
            blob.append(rest & 127 | 128)
            rest >>= 7
        blob.append(rest)
    return bytes(blob)


def read_phases(blob: bytes, started_ms: int, steps: Sequence[tuple[str, bool]]) -> Try:
    """Read a try of which only the phases were kept: each step passed, one after the other."""
    numbers = list(_varints(blob))
    results: list[StepResult] = []
    elapsed_us = 0
    for index in range(len(numbers) // 5):
        phases = Phases(
            dns_us=numbers[5 * index + 1], connect_us=numbers[5 * index + 2], tls_us=numbers[5 * index + 3],
            first_byte_us=numbers[5 * index + 4], body_us=numbers[5 * index + 5],
        )
        name, critical = steps[index] if index < len(steps) else (f"step {index + 1}", True)
        results.append(StepResult(
            name=name, passed=True, critical=critical, started_ms=started_ms + elapsed_us // 1000, phases=phases,
        ))
        elapsed_us += phases.total_us
    return Try(started_ms=started_ms, duration_us=numbers[0], steps=tuple(results))


def stretch_row(stretch: Stretch, series: int) -> tuple[Any, ...]:
    """Write a stretch in the order of the table's columns."""
    return (
        series, stretch.first_sequence, stretch.last_sequence, CODES[stretch.verdict], stretch.start_ms,
        stretch.last_start_ms, stretch.end_ms, stretch.hold_ms, stretch.missed, stretch.first_try_failures,
        stretch.good_end_ms, stretch.good_start_ms, stretch.bad_start_ms, stretch.bad_end_ms, stretch.failed_step,
        stretch.reason,
    )


def stretch_of_row(row: Sequence[Any], names: Names) -> Stretch:
    """Read a stretch."""
    return Stretch(
        transaction=names.transaction, vantage=names.vantage, life=names.life,
        first_sequence=row[1], last_sequence=row[2], verdict=VERDICTS[row[3]], start_ms=row[4], last_start_ms=row[5],
        end_ms=row[6], hold_ms=row[7], missed=row[8], first_try_failures=row[9], good_end_ms=row[10],
        good_start_ms=row[11], bad_start_ms=row[12], bad_end_ms=row[13], failed_step=row[14], reason=row[15],
    )


def definition_text(target: Target) -> tuple[str, str]:
    """Write a target as canonical JSON, and give its SHA-256."""
    text = json.dumps(to_document([target]), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


@functools.lru_cache(maxsize=256)
def target_of(text: str) -> Target:
    """Read a target."""
    return from_document(json.loads(text))[0]


def _try_list(attempt: Try) -> list[Any]:
    return [attempt.started_ms, attempt.duration_us, attempt.fault, [
        [
            step.name, int(step.passed), int(step.critical), step.reason, int(step.too_slow), step.status,
            step.started_ms, _phase_list(step.phases), step.address, *_evidence_list(step.evidence),
        ]
        for step in attempt.steps
    ]]


def _try_of(parts: Sequence[Any]) -> Try:
    started_ms, duration_us, fault, steps = parts
    return Try(started_ms=started_ms, duration_us=duration_us, fault=fault, steps=tuple(
        StepResult(
            name=name, passed=bool(passed), critical=bool(critical), reason=reason, too_slow=bool(too_slow),
            status=status, started_ms=step_started_ms, phases=_phases_of(phases), address=address,
            evidence=_evidence_of(more),
        )
        for name, passed, critical, reason, too_slow, status, step_started_ms, phases, address, *more in steps
    ))


def _evidence_list(evidence: Evidence | None) -> list[Any]:
    """Write what came of a failed step, where it was kept, behind the rest: older rows end before it."""
    if evidence is None:
        return []
    kept: list[Any] = [evidence.request, evidence.head, evidence.body, evidence.certificate, list(evidence.hops)]
    return [[*kept, evidence.screenshot] if evidence.screenshot else kept]


def _evidence_of(more: Sequence[Any]) -> Evidence | None:
    if not more:
        return None
    request, head, body, certificate, hops, *pictures = more[0]
    return Evidence(
        request=request, head=head, body=body, certificate=certificate, hops=tuple(hops),
        screenshot=pictures[0] if pictures else "",
    )


def _canary_list(check: CanaryCheck) -> list[Any]:
    return [check.began_ms, check.ended_ms, [[one.name, one.reason] for one in check.said]]


def _canary_of(parts: Sequence[Any]) -> CanaryCheck:
    began_ms, ended_ms, said = parts
    return CanaryCheck(began_ms=began_ms, ended_ms=ended_ms, said=tuple(
        WitnessAnswer(name=name, reason=reason) for name, reason in said
    ))


def _phase_list(phases: Phases) -> list[int]:
    return [phases.dns_us, phases.connect_us, phases.tls_us, phases.first_byte_us, phases.body_us]


def _phases_of(numbers: Sequence[int]) -> Phases:
    dns_us, connect_us, tls_us, first_byte_us, body_us = numbers
    return Phases(
        dns_us=dns_us, connect_us=connect_us, tls_us=tls_us, first_byte_us=first_byte_us, body_us=body_us,
    )


def _varints(blob: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in blob:
        value |= (byte & 127) << shift
        if byte & 128:
            shift += 7
        else:
            yield value
            value = shift = 0
