"""What does not agree is named: the row by its mark, the run by the one change that gives the sealed digest."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.core.seal_check import AgencyCheck
from monitors.core.seal_faults import block_fault, leaf_fault
from monitors.core.seal_lines import SeriesLines, block_digest, leaf_lines, marks_of, run_line
from monitors.core.seal_parts import BlockPart, LeafPart
from monitors.core.seal_tree import leaf_digest

LINES = [f"{line}\n" for line in (run_line((29_663_040 + n, n, 250, 2, 48, 0), b"\x05", None) for n in range(60))]
SEALED = block_digest(line.rstrip("\n") for line in LINES)


def text(lines: list[str]) -> bytes:
    return "".join(lines).encode()


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_one_changed_character_of_a_run_is_named_with_what_was_sealed(data: st.DataObject):
    at = data.draw(st.integers(0, 59))
    place = data.draw(st.integers(0, len(LINES[at]) - 2))
    other = data.draw(st.sampled_from("0123456789,x").filter(lambda one: one != LINES[at][place]))
    changed = LINES[at][:place] + other + LINES[at][place + 1:]
    told = block_fault(text([*LINES[:at], changed, *LINES[at + 1:]]), SEALED, 60)
    assert told == f"run {changed.strip()} was changed; it was sealed as {LINES[at].strip()}"


def test_another_sequence_number_is_named():
    changed = run_line((29_663_047, 5_123, 250, 2, 48, 0), b"\x05", None)
    told = block_fault(text([*LINES[:7], f"{changed}\n", *LINES[8:]]), SEALED, 60)
    assert told == f"run {changed} was changed; it was sealed as {LINES[7].strip()}"


def test_other_times_of_a_run_are_named():
    for other in ((29_663_047, 7, 250, 2, 9_999, 0), (29_663_047, 7, 250, 777, 48, 0), (29_663_099, 7, 9, 2, 48, 0)):
        changed = run_line(other, b"\x05", None)
        told = block_fault(text([*LINES[:7], f"{changed}\n", *LINES[8:]]), SEALED, 60)
        assert told == f"run {changed} was changed; it was sealed as {LINES[7].strip()}"


def test_an_added_a_removed_and_a_turned_pair_of_runs_are_named():
    assert block_fault(text([*LINES[:9], "1,2,3,4,5,6,,\n", *LINES[9:]]), SEALED, 60) == "run 1,2,3,4,5,6,, was added"
    assert block_fault(text([*LINES[:9], *LINES[10:]]), SEALED, 60) == (
        "59 runs of 60 are here; missing between them: sequence 9"
    )
    assert block_fault(text([LINES[1], LINES[0], *LINES[2:]]), SEALED, 60) == (
        "its runs stand in another order than they were sealed in"
    )


def test_what_cannot_be_told_is_not_guessed():
    assert block_fault(b"a\n", "no digest", 1) == 'its row says the digest "no digest", which is none'
    assert block_fault(text(["a\n"] * 60), SEALED, 60) == ""
    assert leaf_fault([b"a", b"b"], marks_of(["a", "b"])) == ""


def test_rows_are_named_by_their_marks():
    marks = marks_of(["a", "b", "b", "c"])
    assert leaf_fault([b"a", b"b", b"x", b"c"], marks) == (
        "row x is not the one that was sealed; the sealed row 2 of 4 is not here"
    )
    assert leaf_fault([b"a", b"b", b"b"], marks) == "the sealed row 4 of 4 is not here"
    assert leaf_fault([b"a", b"b", b"b", b"c", b"c"], marks) == "row c is not the one that was sealed"
    assert leaf_fault([b"b", b"a", b"b", b"c"], marks) == "its rows stand in another order than they were sealed in"


def a_leaf(day: str, rows: list[str], blocks: tuple[BlockPart, ...] = ()) -> LeafPart:
    lines = leaf_lines(day, "dinkes", "antrean", rows)
    return LeafPart(
        day=day, service="antrean", digest=leaf_digest(lines).hex(), marks=marks_of(lines),
        rows=text([f"{line}\n" for line in lines]), blocks=blocks,
    )


def test_runs_are_given_with_the_first_seal_that_covers_their_block():
    row = SeriesLines("buka", "kantor", "life-1").block(494_384, 0, 60, SEALED)
    block = BlockPart(line=1, runs=text(LINES))
    check = AgencyCheck("dinkes", "2026-05-26")
    one = check.check("2026-05-26", [a_leaf("2026-05-26", [row], (block,))])
    assert (one.findings, one.root, one.counts.runs) == ([], one.told_root, 60)
    again = check.check("2026-05-27", [a_leaf("2026-05-26", [row])])
    assert (again.findings, again.counts.restated, again.counts.runs) == ([], 1, 0)
    twice = check.check("2026-05-28", [a_leaf("2026-05-26", [row], (block,))])
    assert "its runs are given twice" in twice.findings[0]


def test_runs_that_are_not_here_or_in_no_block_are_found():
    row = SeriesLines("buka", "kantor", "life-1").block(494_384, 0, 60, SEALED)
    found = AgencyCheck("dinkes", "2026-05-26").check("2026-05-26", [a_leaf("2026-05-26", [row])])
    assert "hour 08:00 UTC, block 0: its runs are not here" in found.findings[0]
    loose = BlockPart(line=-1, runs=b"1,2,3,4,5,6,,\n", said="runs of buka")
    found = AgencyCheck("dinkes", "2026-05-26").check("2026-05-26", [a_leaf("2026-05-26", [], (loose,))])
    assert found.findings == ["2026-05-26, dinkes/antrean: runs of buka: no sealed block holds run 1,2,3,4,5,6,,; it was added"]


def test_a_day_before_the_export_may_have_its_runs_elsewhere():
    row = SeriesLines("buka", "kantor", "life-1").block(494_384, 0, 60, SEALED)
    assert AgencyCheck("dinkes", "2026-05-27").check("2026-05-27", [a_leaf("2026-05-26", [row])]).findings == []
