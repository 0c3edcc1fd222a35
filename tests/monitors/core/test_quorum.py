"""From several vantages, and from several transactions, to one verdict: tables worked by hand."""

from __future__ import annotations

import pytest

from monitors.core.model import Quorum, Verdict
from monitors.core.quorum import is_enough, is_majority, of_any_vantage, of_transactions, of_vantages

WORDS = {"u": Verdict.UP, "e": Verdict.DEGRADED, "d": Verdict.DOWN, "n": Verdict.UNKNOWN}


@pytest.mark.parametrize(("seen", "expected"), [
    ("u", "u"), ("e", "e"), ("d", "d"), ("n", "n"),
    ("dd", "d"), ("du", "e"), ("dn", "n"), ("nu", "u"), ("nn", "n"), ("eu", "u"), ("ee", "e"), ("en", "e"),
    ("ddu", "d"), ("duu", "e"), ("ddn", "d"), ("dnn", "n"), ("dun", "e"), ("euu", "u"), ("eeu", "e"), ("ede", "e"),
    ("dduu", "e"), ("dddu", "d"), ("ddun", "d"), ("dnnn", "n"), ("ddeun", "e"), ("dddnn", "d"), ("ddnnn", "d"),
])
def test_several_vantages(seen, expected):
    verdicts = [WORDS[letter] for letter in seen]
    assert of_vantages(verdicts, configured=len(seen)) is WORDS[expected]


def test_no_vantage_at_all_is_unknown():
    assert of_vantages([], configured=0) is Verdict.UNKNOWN


@pytest.mark.parametrize(("witnesses", "configured", "expected"), [
    (0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True), (1, 3, False), (2, 3, True), (2, 4, False), (3, 4, True),
])
def test_a_majority_is_more_than_half_and_two_where_there_are_two(witnesses, configured, expected):
    assert is_majority(witnesses, configured=configured) is expected


@pytest.mark.parametrize(("primaries", "secondaries", "expected"), [
    ("u", "", "u"), ("d", "", "d"), ("n", "", "n"),
    ("ud", "", "d"), ("un", "", "n"), ("ue", "", "e"), ("nd", "", "d"), ("en", "", "n"),
    ("u", "d", "e"), ("u", "n", "u"), ("u", "e", "e"), ("d", "u", "d"), ("n", "d", "n"), ("e", "d", "e"),
    ("", "u", "n"), ("", "", "n"),
])
def test_the_worst_transaction_counts_and_a_secondary_one_never_makes_down_or_unknown(primaries, secondaries, expected):
    seen = [(WORDS[letter], True) for letter in primaries] + [(WORDS[letter], False) for letter in secondaries]
    assert of_transactions(seen) is WORDS[expected]


@pytest.mark.parametrize(("letters", "expected"), [
    ("uuud", Verdict.DOWN), ("d---", Verdict.DOWN), ("uue-", Verdict.UP), ("eeu-", Verdict.DEGRADED), ("----", Verdict.UNKNOWN),
    ("u---", Verdict.UP),
])
def test_where_any_vantage_is_enough_one_witness_says_down(letters, expected):
    verdicts = {"u": Verdict.UP, "e": Verdict.DEGRADED, "d": Verdict.DOWN, "-": Verdict.UNKNOWN}
    assert of_any_vantage([verdicts[letter] for letter in letters]) is expected
    assert is_enough(1, configured=4, quorum=Quorum.ANY)
    assert not is_enough(0, configured=4, quorum=Quorum.ANY)
