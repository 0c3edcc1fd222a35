"""Rows and back: nothing that was written reads differently."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitors.core.canary import CanaryCheck, WitnessAnswer
from monitors.core.evidence import Evidence
from monitors.core.history import stretch_of
from monitors.core.model import Outcome, Phases, StepResult, Try, Verdict
from monitors.ledger.rows import (
    Names,
    definition_text,
    evidence_of,
    phases_blob,
    read_evidence,
    read_phases,
    run_of,
    run_row,
    stretch_of_row,
    stretch_row,
    target_of,
)
from tests.factories import a_run, a_step_result, a_target, a_transaction, a_try

NAMES = Names("dinkes", "antrean", "ambil-nomor", "local", "life-1")
STEPS = (("buka halaman", True), ("ambil nomor", False))
US = st.integers(0, 90_000_000)
PHASES = st.builds(Phases, dns_us=US, connect_us=US, tls_us=US, first_byte_us=US, body_us=US)
TIME = st.integers(0, 4_000_000_000_000)
RESULT = st.builds(
    StepResult, name=st.text(max_size=8), passed=st.booleans(), critical=st.booleans(), reason=st.text(max_size=20),
    too_slow=st.booleans(), status=st.integers(0, 999), started_ms=TIME, phases=PHASES, address=st.text(max_size=20),
)
TRY = st.builds(
    Try, started_ms=TIME, duration_us=US, steps=st.lists(RESULT, max_size=4).map(tuple), fault=st.text(max_size=9),
)
CHECK = st.builds(
    CanaryCheck, began_ms=TIME, ended_ms=TIME,
    said=st.lists(st.builds(WitnessAnswer, name=st.text(max_size=8), reason=st.text(max_size=8)), max_size=3).map(tuple),
)
BAD_RUN = st.builds(
    lambda started, late, took, **given: a_run(
        started_ms=started, scheduled_ms=started - late, ended_ms=started + took, **given,
    ),
    started=TIME, late=st.integers(-5_000, 60_000), took=st.integers(0, 90_000), sequence=st.integers(0, 2**40),
    verdict=st.sampled_from([Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN]), outcome=st.sampled_from(Outcome),
    first_try_failed=st.booleans(), failed_step=st.text(max_size=8), reason=st.text(max_size=30),
    tries=st.lists(TRY, max_size=2).map(tuple), canary=st.none() | CHECK,
)


@given(BAD_RUN)
def test_a_run_that_was_not_up_comes_back_whole(run):
    assert run_of(run_row(run, 7), NAMES, evidence_of(run), STEPS) == run


@given(US, st.lists(PHASES, min_size=1, max_size=4))
def test_durations_and_phases_of_a_good_run_come_back_to_the_microsecond(duration_us, phases):
    steps = tuple(StepResult(name="x", passed=True, critical=True, phases=one) for one in phases)
    found = read_phases(phases_blob(Try(started_ms=5, duration_us=duration_us, steps=steps)), 5, STEPS)
    assert found.duration_us == duration_us
    assert [step.phases for step in found.steps] == phases
    assert [step.name for step in found.steps][:2] == [name for name, _ in STEPS][:len(phases)]


def test_of_a_good_run_no_evidence_is_kept():
    assert evidence_of(a_run()) is None
    assert evidence_of(a_run(verdict=Verdict.DOWN)) is not None


@given(BAD_RUN)
def test_a_stretch_comes_back_whole(run):
    stretch = stretch_of(run, hold_ms=75_000)
    assert stretch_of_row(stretch_row(stretch, 3), NAMES) == stretch


def test_a_definition_has_one_text_and_one_digest():
    target = a_target(service_name="Antrean ꦱꦶꦪꦒ", transactions=(a_transaction(latency_target_ms=2_000),))
    text, digest = definition_text(target)
    assert target_of(text) == target
    assert definition_text(target) == (text, digest)
    assert definition_text(a_target())[1] != digest
    assert len(digest) == 64


def test_the_evidence_of_a_failed_step_comes_back_as_it_was_and_older_rows_are_read_without():
    evidence = Evidence(
        request="POST https://a.example/masuk", head="HTTP/1.1 503 X\nServer: é", body="<p>salah</p>",
        certificate="subject CN = a.example", hops=("302 GET https://a.example/ at 192.0.2.1",),
    )
    failed = a_try(steps=(a_step_result(passed=False, evidence=evidence),))
    pictured = a_try(steps=(a_step_result(passed=False, evidence=Evidence(request="GET /", screenshot="Zm90bw==")),))
    run = a_run(verdict=Verdict.DOWN, tries=(failed, a_try(passed=False), pictured))
    detail = evidence_of(run)
    assert detail is not None
    _, _, tries, *_ = read_evidence(detail)
    assert tries == run.tries
    assert tries[1].steps[0].evidence is None
