"""When a job that reports to us is overdue: semantics "Verdict of a run", heartbeat. Pure.

A report that came while nobody listened is lost without a trace. So silence says something of the job only as far back
as our receiver has been there without a break; before that nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitors.core.wording import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a job said of itself. ``note``: its own words, "" if none."""

    at_ms: int                           # UTC, when we received it
    succeeded: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What a job's last report, or the lack of one, says. At most one of both is not empty.

    ``problem``: the job is late or failed. ``fault``: we cannot tell.
    """

    problem: str = ""
    fault: str = ""


def judge_silence(
    last: Report | None, *, every_ms: int, grace_ms: int, listening_since_ms: int, now_ms: int,
) -> Silence:
    """Judge a job that has to report every ``every_ms``, at most ``grace_ms`` late.

    ``listening_since_ms``: since when our receiver has been there without a break.
    """
    allowed_ms = every_ms + grace_ms
    if last is not None and now_ms - last.at_ms <= allowed_ms:
        if last.succeeded:
            return Silence()
        said = f": {last.note}" if last.note else ""
        return Silence(problem=f"the job reported a failure {duration(now_ms - last.at_ms)} ago{said}")
    told = f"the last was {duration(now_ms - last.at_ms)} ago" if last is not None else "there has been none"
    expected = f"a report is expected every {duration(every_ms)} and at most {duration(grace_ms)} late"
    if now_ms - listening_since_ms > allowed_ms:
        return Silence(problem=f"the job has not reported; {told}, {expected}")
    return Silence(
        fault=f"no report of the job is known; {told}, {expected}, but the monitor has listened for only "
        f"{duration(now_ms - listening_since_ms)}",
    )
