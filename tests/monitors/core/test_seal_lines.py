"""What is digested can be read back by anybody: each line is written in one way, and holds no line's end."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.seal_lines import (
    SeriesLines,
    block_digest,
    kept_line,
    leaf_lines,
    marks_of,
    parts_of,
    run_line,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_run_is_its_numbers_its_phases_and_the_digest_of_its_evidence() -> None:
    assert run_line((29_454_240, 7, 1_500, 2, 48, 0), b"\x01\xff", None) == "29454240,7,1500,2,48,0,01ff,"
    told = hashlib.sha256(b'["galat",""]').hexdigest()
    assert run_line((29_454_240, 8, 0, 0, 9, 2), None, '["galat",""]') == f"29454240,8,0,0,9,2,,{told}"


def test_a_block_is_the_digest_of_a_file_of_its_lines() -> None:
    assert block_digest(["a", "b"]) == hashlib.sha256(b"a\nb\n").hexdigest()


@given(TEXT, TEXT, TEXT, TEXT)
def test_lines_of_a_series_are_written_as_any_row_is(transaction: str, vantage: str, step: str, reason: str) -> None:
    of = SeriesLines(transaction, vantage, "life-1")
    row = (1, 2, 0, 3, 4, 5, 6, 7, 8, None, 9, None, 10, step, reason)
    assert of.stretch(row) == kept_line("stretch", transaction, vantage, "life-1", *row)
    assert of.block(9, 0, 120, "ab") == kept_line("block", transaction, vantage, "life-1", 9, 0, 120, "ab")
    assert parts_of(of.stretch(row)) == ["stretch", transaction, vantage, "life-1", *row]
    assert "\n" not in of.stretch(row)


def test_a_row_written_in_another_way_is_none() -> None:
    with pytest.raises(ValueError, match="one way"):
        parts_of('["beat", 1, "", 2]')
    with pytest.raises(ValueError, match="no row"):
        parts_of("{}")


def test_a_row_has_all_columns_of_its_kind() -> None:
    assert kept_line("beat", 1, "life-1", 5) == '["beat",1,"life-1",5]'
    with pytest.raises(ValueError, match="number, life, heartbeat_ms"):
        kept_line("beat", 1, "life-1")


@given(st.lists(TEXT.map(lambda text: kept_line("beat", 1, text, 2))))
def test_a_leaf_is_its_head_and_its_rows_by_their_bytes(rows: list[str]) -> None:
    head, *rest = leaf_lines("2026-11-24", "dinkes", "portal", rows)
    assert head == '["leaf","2026-11-24","dinkes","portal"]'
    assert [line.encode() for line in rest] == sorted(row.encode() for row in rows)
    assert marks_of(rest) == b"".join(hashlib.sha256(line.encode()).digest()[:4] for line in rest)
