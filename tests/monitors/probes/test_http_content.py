"""What a page that answers 200 holds: injected words and forbidden patterns are `down`, drift is `degraded`."""

from __future__ import annotations

import hashlib

import pytest

from monitors.core.model import Assertion, AssertKind, Step
from monitors.probes.expectations_content import injected, size_range
from tests.probing import expect, tried, watching
from tests.servers import page, serving

GOOD = "<h1>Dinas Kesehatan</h1><p>Ambil nomor antrean. Ketogelan, judinya, slotnya: bukan apa-apa. Toko to-do.</p>"


def looked_at(body: str, *assertions: Assertion):
    with serving(page(body)) as server:
        return tried(watching(server.url, Step(name="buka", assertions=assertions))).steps[0]


@pytest.mark.parametrize(("hidden", "word"), [
    ('<a href="https://x.example/slot-gacor-hari-ini">x</a>', "slot gacor"), ("<p>TOGEL</p>", "togel"),
    ("<div style='display:none'>situs Judi  Online terpercaya</div>", "judi online"), ("judi&shy;", ""),
    ("s\u200blot ga\u200bcor", "slot gacor"), ("\uff4a\uff55\uff44\uff49 online", "judi online"), ("SLOT88", "slot88"), ("rtp_live", "rtp live"),
])
def test_a_page_with_injected_gambling_words_fails_although_it_answers_200(hidden: str, word: str):
    step = looked_at(GOOD + hidden, expect(AssertKind.CLEAN))
    assert step.passed is (word == "")
    assert step.status == 200
    if word:
        assert f'the page holds words of injected gambling advertisements: "{word}"' in step.reason


def test_a_clean_page_passes_and_a_warning_may_name_what_it_warns_of():
    assert looked_at(GOOD, expect(AssertKind.CLEAN)).passed
    warning = GOOD + "<p>Laporkan judi online!</p>"
    assert not looked_at(warning, expect(AssertKind.CLEAN)).passed
    assert looked_at(warning, expect(AssertKind.CLEAN, "Judi Online")).passed
    assert not looked_at(warning + "togel", expect(AssertKind.CLEAN, "judi online")).passed


def test_a_pattern_of_ones_own_must_match_nowhere():
    step = looked_at(GOOD + "diretas oleh XyZ", expect(AssertKind.FORBIDDEN, "diretas oleh \\w+"))
    assert 'expected nothing that matches "diretas oleh \\w+", found "diretas oleh XyZ"' in step.reason
    assert looked_at(GOOD, expect(AssertKind.FORBIDDEN, "diretas oleh \\w+")).passed


def test_a_size_or_digest_that_has_drifted_passes_and_is_told():
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    good = looked_at(GOOD, expect(AssertKind.SIZE, "10-5000"), expect(AssertKind.SHA256, digest))
    assert (good.passed, good.too_slow, good.reason) == (True, False, "")
    small = looked_at(GOOD, expect(AssertKind.SIZE, "5000-9000"))
    assert (small.passed, small.too_slow) == (True, True)
    assert f"the body has {len(GOOD)} bytes, declared are 5000 to 9000" in small.reason
    other = looked_at(GOOD + "!", expect(AssertKind.SHA256, digest))
    assert (other.passed, other.too_slow) == (True, True)
    assert f"declared is {digest}" in other.reason
    assert other.evidence is not None


def test_a_failed_claim_goes_before_a_drift():
    step = looked_at(GOOD, expect(AssertKind.SIZE, "1-2"), expect(AssertKind.CONTAINS, "tidak ada di sini"))
    assert not step.passed
    assert not step.too_slow


def test_graphql_s_errors_fail_a_step_that_wants_none():
    assert not looked_at('{"errors": [{"message": "x"}]}', expect(AssertKind.NO_JSON, name="$.errors")).passed
    for body in ('{"data": {}}', '{"data": {}, "errors": null}'):
        assert looked_at(body, expect(AssertKind.NO_JSON, name="$.errors")).passed


@pytest.mark.parametrize("text", ["", "5", "9-1", "a-b", "1-", "-1", "\uff11-\uff12"])
def test_a_size_that_is_no_range_is_refused(text: str):
    with pytest.raises(ValueError, match="expected LEAST-MOST in bytes"):
        size_range(text)


def test_at_most_three_words_are_named():
    assert injected("togel judol sbobet bandarqq " * 1000) == ("judol", "togel", "bandarqq")
    assert injected("nomor antrean puskesmas é " * 4000) == ()
