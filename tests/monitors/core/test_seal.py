"""Seals follow each other: one changed, removed, moved or cut off is found, and so is a history signed anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.seal import FIRST, Seal, chain_faults, seal_of_text, seal_text, signed_bytes


def some_seals(count: int, runs: int = 7) -> list[Seal]:
    made: list[Seal] = []
    for number in range(1, count + 1):
        made.append(Seal(
            day=f"2026-11-{number:02}", number=number, previous=made[-1].digest if made else FIRST, root="ab" * 32,
            agencies=1, services=2, blocks=48, runs=runs, late=0, key="0011223344556677", signature="cd" * 64,
        ))
    return made


def test_what_is_signed_is_these_bytes() -> None:
    assert signed_bytes(some_seals(1)[0]).decode() == (
        '{"agencies":1,"blocks":48,"day":"2026-11-01","format":"siaga24-seal-1","key":"0011223344556677","late":0,'
        f'"number":1,"previous":"","restated":0,"root":"{"ab" * 32}","runs":7,"services":2}}'
    )


@given(st.integers(0, 12))
def test_whole_chains_have_no_fault(count: int) -> None:
    seals = some_seals(count)
    assert chain_faults(seals, seals[-1] if seals else None) == ()


@given(st.integers(1, 12), st.data())
def test_any_changed_removed_or_repeated_seal_is_found(count: int, data: st.DataObject) -> None:
    seals = some_seals(count)
    at = data.draw(st.integers(0, count - 1))
    field = data.draw(st.sampled_from(("number", "agencies", "services", "blocks", "runs", "late", "restated")))
    text = data.draw(st.sampled_from(("day", "previous", "root", "key", "signature")))
    value = getattr(seals[at], text)
    number = getattr(seals[at], field) + 1
    for changed in (replace(seals[at], **{field: number}), replace(seals[at], **{text: value + "0"})):
        assert chain_faults([*seals[:at], changed, *seals[at + 1:]], seals[-1])
    assert chain_faults([*seals[:at], *seals[at + 1:]], seals[-1])
    assert chain_faults([*seals[:at], seals[at], *seals[at:]], seals[-1])


def test_a_history_signed_anew_and_a_cut_off_end_show_by_a_seal_that_another_kept() -> None:
    seals = some_seals(5)
    assert chain_faults(some_seals(5, runs=8)) == ()
    assert "signed anew" in chain_faults(some_seals(5, runs=8), seals[-1])[0]
    assert chain_faults(seals[:4]) == ()
    assert "cut off" in chain_faults(seals[:4], seals[-1])[0]


def test_a_seal_is_one_line_of_text_that_reads_back() -> None:
    seal = some_seals(2)[1]
    text = seal_text(seal)
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert seal_of_text(text) == seal


@pytest.mark.parametrize(("text", "told"), [
    ("no JSON", "no JSON"),
    ("[]", "format"),
    (seal_text(some_seals(1)[0]).replace('"runs":7', '"runs":"7"'), '"runs"'),
    (seal_text(some_seals(1)[0]).replace('"runs":7', '"runs":7,"more":1'), '"more"'),
    (seal_text(some_seals(1)[0]).replace('"runs":7,', ""), '"runs"'),
], ids=["no JSON", "of no format", "a count that is text", "a word too many", "a word too few"])
def test_what_is_no_seal_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        seal_of_text(text)
