"""Packed evidence: whole again, small, and readable for ever."""

from __future__ import annotations

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.canary import CanaryCheck, WitnessAnswer
from monitors.core.evidence import Evidence
from monitors.core.model import Phases, Verdict
from monitors.ledger.packing import DICTIONARIES, packed, unpacked
from monitors.ledger.rows import evidence_of, read_evidence
from tests.factories import a_run, a_step_result, a_try


@given(st.binary(max_size=3000))
def test_what_is_packed_comes_back(text):
    assert unpacked(packed(text)) == text


@given(st.binary(max_size=3000))
def test_what_older_ledgers_packed_without_a_dictionary_is_read_too(text):
    assert unpacked(zlib.compress(text, 6)) == text


def test_no_dictionary_that_a_ledger_may_name_was_changed():
    digests = [hashlib.sha256(one).hexdigest()[:16] for one in DICTIONARIES]
    assert digests == ["c5858753d009a463"]


@pytest.mark.parametrize("data", [b"", b"x", b"\x00" * 20, packed(b"layanan" * 40)[:-6], zlib.compress(b"a" * 99)[:-5]])
def test_what_is_damaged_is_refused(data):
    with pytest.raises(ValueError, match="packed"):
        unpacked(data)


def test_a_dictionary_that_is_not_known_is_named():
    packer = zlib.compressobj(zdict=b"another")
    data = packer.compress(b"another one") + packer.flush()
    with pytest.raises(ValueError, match=f"dictionary {zlib.adler32(b'another'):08x}"):
        unpacked(data)


def test_a_run_of_a_silent_service_takes_a_quarter_less_than_without_the_dictionary():
    reason = 'step 1 of 1 "ambil nomor": timed out after 10.001 s while waiting for the first byte of the answer'

    def attempt(started_ms: int):
        return a_try(started_ms=started_ms, duration_us=10_001_377, steps=(a_step_result(
            name="ambil nomor", passed=False, reason=reason, started_ms=started_ms, address="203.0.113.7", status=0,
            phases=Phases(dns_us=1290, connect_us=8123, tls_us=21877, first_byte_us=9_970_087),
            evidence=Evidence(request="GET https://antrean.dinkes.bandung.go.id/ambil"),
        ),))

    run = a_run(
        verdict=Verdict.DOWN, reason=reason, failed_step="ambil nomor",
        tries=(attempt(1_767_225_600_123), attempt(1_767_225_610_127)),
        canary=CanaryCheck(began_ms=1_767_225_620_200, ended_ms=1_767_225_620_260, said=(
            WitnessAnswer(name="1.1.1.1:53", reason=""), WitnessAnswer(name="id-jkt.witness.example", reason=""),
        )),
    )
    data = evidence_of(run)
    assert data is not None
    assert read_evidence(data)[2] == run.tries
    assert len(data) <= len(zlib.compress(unpacked(data), 6)) * 0.75


def test_a_body_that_both_tries_saw_takes_its_room_once():
    """The window is smaller than zlib's, and two bodies of 4 KiB lie in it all the same."""
    body = hashlib.shake_256(b"layanan").hexdigest(2048).encode()
    once, twice = len(packed(body)), len(packed(body + b'"]]],[[1767225610127,10001,"' + body))
    assert twice < once + 100
