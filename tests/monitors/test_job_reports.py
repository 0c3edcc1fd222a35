"""Reports of jobs: only with the job's own token, known only when durable, over a real connection."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitors.core.errors import LedgerError, Siaga24Error, UsageError
from monitors.core.heartbeat import Report
from monitors.job_reports import Reports, read_key, token_of
from monitors.report_receiver import ReportReceiver
from monitors.settings import Listen
from tests.factories import FixedClock

JOB = "dinkes/antrean/cadangan"
KEY = b"k" * 32
H = 3_600_000


class Store:
    def __init__(self) -> None:
        self.kept: list[tuple[str, Report]] = []
        self.problem = ""

    def keep(self, job: str, report: Report) -> None:
        if self.problem:
            raise LedgerError(self.problem)
        self.kept.append((job, report))


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def reports(store: Store, clock: FixedClock) -> Reports:
    return Reports(KEY, clock, known={}, keep=store.keep)


@pytest.fixture
def receiver(reports: Reports) -> Iterator[ReportReceiver]:
    receiver = ReportReceiver(Listen(host="127.0.0.1", port=0), reports)
    yield receiver
    receiver.stop()
    receiver.stop()


def told(
    receiver: ReportReceiver, path: str = f"/report/{JOB}", *, token: str | None = None, body: bytes = b"",
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=10)
    headers = {"Authorization": f"Bearer {token_of(KEY, JOB) if token is None else token}"}
    connection.request("POST", path, body=body, headers=headers)
    answer = connection.getresponse()
    said = answer.read().decode().strip()
    connection.close()
    return answer.status, said


def test_a_report_with_the_jobs_token_is_kept(receiver: ReportReceiver, store: Store, clock: FixedClock):
    assert told(receiver) == (200, "kept")
    assert store.kept == [(JOB, Report(at_ms=clock.now_ms))]


def test_a_failure_is_kept_in_the_jobs_own_words_on_one_line(receiver: ReportReceiver, store: Store):
    assert told(receiver, f"/report/{JOB}?status=failed", body=b"disk penuh\n di vm-3\xff") == (200, "kept")
    assert store.kept[0][1].succeeded is False
    assert store.kept[0][1].note == "disk penuh di vm-3�"


@pytest.mark.parametrize("token", ["", "x", token_of(KEY, "dinkes/antrean/lain"), token_of(b"z" * 32, JOB), "é"])
def test_no_other_token_is_taken(receiver: ReportReceiver, store: Store, token: str):
    status, said = told(receiver, token=token.encode().decode("latin-1"))
    assert status == 401
    assert said.startswith(f"not the token of {JOB}")
    assert store.kept == []


@pytest.mark.parametrize(("path", "status"), [
    ("/", 404), (f"/report/{JOB}/lebih", 404), ("/report/dinkes", 404), (f"/lain/{JOB}", 404),
    (f"/report/{JOB}?status=mungkin", 400),
])
def test_what_is_no_report_is_told(receiver: ReportReceiver, store: Store, path: str, status: int):
    assert told(receiver, path)[0] == status
    assert store.kept == []


def test_too_many_words_are_refused(receiver: ReportReceiver, store: Store):
    assert told(receiver, body=b"x" * 4097)[0] == 413
    assert store.kept == []


def test_what_cannot_be_kept_is_not_known_and_the_job_is_told_to_repeat(
    receiver: ReportReceiver, reports: Reports, store: Store, clock: FixedClock,
):
    store.problem = "the disk is full"
    clock.now_ms += 30 * H
    assert told(receiver) == (503, "not kept, send it again: the disk is full")
    assert "has not reported" in reports.judge(JOB, every_ms=24 * H, grace_ms=H).problem


def test_what_was_heard_is_judged(receiver: ReportReceiver, reports: Reports, clock: FixedClock):
    assert reports.judge(JOB, every_ms=24 * H, grace_ms=H).fault
    told(receiver)
    clock.now_ms += 25 * H
    said = reports.judge(JOB, every_ms=24 * H, grace_ms=H)
    assert (said.problem, said.fault) == ("", "")
    clock.now_ms += 1
    assert reports.judge(JOB, every_ms=24 * H, grace_ms=H).problem.startswith("the job has not reported")


def test_a_suspended_monitor_blames_no_job(reports: Reports, clock: FixedClock):
    clock.now_ms += 40 * H
    reports.broken_until(clock.now_ms)
    said = reports.judge(JOB, every_ms=24 * H, grace_ms=H)
    assert said.fault
    assert not said.problem


def test_an_address_that_is_taken_is_told(receiver: ReportReceiver, reports: Reports):
    with pytest.raises(Siaga24Error, match=r"cannot hear reports on 127\.0\.0\.1:\d+: .*; end what holds the port"):
        ReportReceiver(Listen(host="127.0.0.1", port=receiver.port), reports)


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "reports.key"
    key = read_key(path)
    assert len(key) == 32
    assert read_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_cannot_be_is_told(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be made"):
        read_key(tmp_path / "nowhere" / "reports.key")
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(UsageError, match="holds 1 bytes, expected 32"):
        read_key(tmp_path / "short")
