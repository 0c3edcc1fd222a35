"""Any row that is changed, removed or added in an export is found and named; so are days, agencies and seals."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.core.errors import LedgerError
from monitors.core.seal import Seal, seal_text
from monitors.core.seal_day import DayTree
from monitors.core.seal_parts import BlockPart, LeafPart
from monitors.ledger.export import write_export
from monitors.ledger.export_files import AgencyWriter, read_agency
from monitors.ledger.keys import PrivateKey
from monitors.ledger.verify import verify_export
from monitors.ledger.verify_roots import Verified
from monitors.ledger.verify_seals import read_public
from tests.monitors.ledger.made_seals import KEY, MadeSeals, rebuilt
from tests.tools.independent import independent_faults

SOURCE = MadeSeals()
Change = Callable[[list[LeafPart]], list[LeafPart]]


class Changed(MadeSeals):
    """A ledger of which the leaves of one seal and agency were changed after they were sealed."""

    def __init__(self, seal: int, agency: str, change: Change) -> None:
        self.leaves = {**SOURCE.leaves, (seal, agency): change(SOURCE.leaves[seal, agency])}
        self._seals = list(SOURCE.seals())

    def tree_of(self, seal: Seal) -> DayTree:
        """The tree of what was sealed."""
        return SOURCE.tree_of(seal)


def verified(source: MadeSeals, agency: str = "", kept: tuple[Seal, ...] = ()) -> Verified:
    """Export, verify, and see that the independent verifier is of the same opinion."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "export"
        write_export(source, to, agency=agency)
        found = verify_export(to, [KEY.public], kept)
        assert bool(found.findings) is bool(independent_faults(to, KEY.public))
        return found


def of_rows(rows: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Change the rows of the first leaf that has runs, and leave what is kept beside it."""
    def change(parts: list[LeafPart]) -> list[LeafPart]:
        at = next(place for place, part in enumerate(parts) if part.blocks)
        lines = rows(parts[at].rows.splitlines(keepends=True))
        return [*parts[:at], replace(parts[at], rows=b"".join(lines)), *parts[at + 1:]]
    return change


def of_runs(runs: Callable[[list[bytes]], list[bytes]]) -> Change:
    """Change the runs of the first block."""
    def change(parts: list[LeafPart]) -> list[LeafPart]:
        at = next(place for place, part in enumerate(parts) if part.blocks)
        first, *more = parts[at].blocks
        block = replace(first, runs=b"".join(runs(first.runs.splitlines(keepends=True))))
        return [*parts[:at], replace(parts[at], blocks=(block, *more)), *parts[at + 1:]]
    return change


@pytest.mark.parametrize("agency", ["", "disdukcapil"])
def test_a_changed_a_removed_and_an_added_row_are_named(agency: str):
    row = b'["stretch","buka","kantor","life-1",0,'
    for change, told in (
        (lambda lines: [line.replace(b",150000,", b",150001,") for line in lines], "150001"),
        (lambda lines: lines[:-1], "the sealed row 5 of 5 is not here"),
        (lambda lines: [*lines, row + b"\n"], f"{row.decode()} is not the one that was sealed"),
        (lambda lines: [lines[0], *lines[:0:-1]], "another order"),
    ):
        found = verified(Changed(1, "disdukcapil", of_rows(change)), agency)
        assert any("2026-11-22, disdukcapil/akta" in text and told in text for text in found.findings), found.findings


@pytest.mark.parametrize(("change", "told"), [
    (lambda lines: [lines[0].replace(b",250,", b",251,"), *lines[1:]], "was changed; it was sealed as 29921760,0,250,"),
    (lambda lines: [*lines[:2], b",".join([lines[2].split(b",")[0], b"9", *lines[2].split(b",")[2:]]), *lines[3:]],
     ",9,252,2,42,0,0205,"),
    (lambda lines: [*lines[:4], *lines[5:]], "missing between them: sequence 4"),
    (lambda lines: [*lines, b"29666999,9,0,0,0,0,,\n"], "run 29666999,9,0,0,0,0,, was added"),
    (lambda lines: lines[::-1], "another order"),
])
def test_a_changed_run_a_changed_sequence_a_removed_and_an_added_run_are_named(change, told: str):
    found = verified(Changed(1, "disdukcapil", of_runs(change)))
    assert "2026-11-22, disdukcapil/akta: runs of buka at kantor, life life-1, hour 00:00 UTC, block 0" in found.findings[0]
    assert told in found.findings[0]


def test_changed_evidence_is_named_by_its_run():
    def change(parts: list[LeafPart]) -> list[LeafPart]:
        at = next(place for place, part in enumerate(parts) if part.blocks)
        first, *more = parts[at].blocks
        lain = replace(first, evidence=first.evidence.replace(b"503", b"200"))
        return [*parts[:at], replace(parts[at], blocks=(lain, *more)), *parts[at + 1:]]

    assert "the evidence of run" in verified(Changed(1, "disdukcapil", change)).findings[0]


def test_a_forger_who_makes_the_index_fit_is_found_at_the_agencys_root():
    def change(parts: list[LeafPart]) -> list[LeafPart]:
        return [rebuilt(part, part.rows.replace(b",150000,", b",150001,")) for part in parts]

    for agency in ("", "disdukcapil"):
        found = verified(Changed(1, "disdukcapil", change), agency)
        assert any(text.startswith("2026-11-22, disdukcapil") for text in found.findings), found.findings


def test_a_service_that_is_removed_renamed_or_moved_to_another_day_is_found():
    for change in (
        lambda parts: parts[:1],
        lambda parts: [*parts[:1], replace(parts[1], service="akte")],
        lambda parts: [*parts[:1], replace(parts[1], day="2026-11-21")],
        lambda parts: [parts[0], parts[1], replace(parts[1], service="zzz")],
    ):
        for agency in ("", "disdukcapil"):
            assert verified(Changed(1, "disdukcapil", change), agency).findings


def test_runs_that_are_told_to_be_let_go_need_a_sealed_row_that_says_so():
    def change(parts: list[LeafPart]) -> list[LeafPart]:
        return [
            replace(part, blocks=tuple(replace(block, runs=b"", evidence=b"", gone=9) for block in part.blocks))
            for part in parts
        ]

    found = verified(Changed(1, "disdukcapil", change))
    assert found.findings == ["2026-11-22: raw runs are told to be let go, and no sealed row says so"]
    assert "18 raw runs of 1 days" in found.notes[0]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_single_change_of_any_row_or_run_is_found(data: st.DataObject):
    seal = data.draw(st.integers(1, 3))
    agency = data.draw(st.sampled_from(["", "dinkes", "disdukcapil"]))

    def change(parts: list[LeafPart]) -> list[LeafPart]:
        place = data.draw(st.integers(0, len(parts) - 1))
        part = parts[place]
        texts = [part.rows, *(text for block in part.blocks for text in (block.runs, block.evidence) if text)]
        which = data.draw(st.integers(0, len(texts) - 1))
        lines = texts[which].splitlines(keepends=True)
        at = data.draw(st.integers(0, len(lines) - 1))
        other = {
            "removed": [*lines[:at], *lines[at + 1:]],
            "twice": [*lines[:at], lines[at], *lines[at:]],
            "changed": [*lines[:at], altered(data, lines[at]), *lines[at + 1:]],
        }[data.draw(st.sampled_from(["removed", "twice", "changed"]))]
        text = b"".join(other)
        if which == 0:
            fitting = data.draw(st.booleans()) and text.endswith(b"\n")
            made = rebuilt(part, text) if fitting else replace(part, rows=text)
        else:
            blocks = list(part.blocks)
            number, name = next(
                (n, name) for n, block in enumerate(blocks) for name in ("runs", "evidence")
                if getattr(block, name) is texts[which]
            )
            blocks[number] = with_text(blocks[number], name, text)
            made = replace(part, blocks=tuple(blocks))
        return [*parts[:place], made, *parts[place + 1:]]

    assert verified(Changed(seal, agency, change)).findings


def with_text(block: BlockPart, name: str, text: bytes) -> BlockPart:
    """Give the block with other runs or other evidence."""
    return replace(block, runs=text) if name == "runs" else replace(block, evidence=text)


def altered(data: st.DataObject, line: bytes) -> bytes:
    """Change one character of a line."""
    at = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.sampled_from(b'0123456789abcdef,"[]x').filter(lambda one: one != line[at]))
    return line[:at] + bytes([other]) + line[at + 1:]


# What is changed in the export's files themselves.

@pytest.fixture
def export(tmp_path: Path) -> Iterator[Path]:
    write_export(SOURCE, tmp_path / "export")
    yield tmp_path / "export"
    assert independent_faults(tmp_path / "export", KEY.public, SOURCE.seals())


def test_a_file_that_was_added_cut_off_or_removed_is_found(export: Path):
    (export / "2026-11-22" / "dinkes" / "more.txt").write_text("")
    rows = export / "2026-11-22" / "dinkes" / "rows.txt.gz"
    rows.write_bytes(rows.read_bytes()[:-9])
    (export / "2026-11-23" / "_" / "runs.txt.gz").unlink()
    (export / "2026-11-24" / "lain").mkdir()
    found = " ".join(verify_export(export, [KEY.public]).findings)
    for told in (
        "2026-11-22/dinkes/more.txt: it does not belong", "2026-11-22/dinkes: its files cannot be read",
        "2026-11-23/_: its files cannot be read", "2026-11-24/lain: no seal covers this agency",
    ):
        assert told in found


def test_rows_at_the_end_of_a_file_are_found(export: Path):
    folder = export / "2026-11-22" / "dinkes"
    parts = list(read_agency(folder))
    shutil.rmtree(folder)
    with AgencyWriter(folder) as writer:
        for part in parts:
            writer.add(part)
        writer._files["runs"].write(b"1,1,1,1,1,1,,\n")
    assert "rows were added at its end" in verify_export(export, [KEY.public]).findings[0]


def test_a_day_that_is_cut_out_of_an_agencys_own_export_is_found(tmp_path: Path):
    """Each agency has a leaf in every seal from its first on."""
    to = tmp_path / "one"
    write_export(SOURCE, to, agency="dinkes")
    shutil.rmtree(to / "2026-11-23" / "dinkes")
    proof = json.loads((to / "2026-11-23" / "proof.json").read_text())
    (to / "2026-11-23" / "proof.json").write_text(json.dumps({"of": proof["of"]}))
    assert "2026-11-23: no rows of dinkes; they were removed" in verify_export(to, [KEY.public]).findings
    assert independent_faults(to, KEY.public)


def test_a_removed_day_and_a_cut_off_end_are_found(export: Path):
    shutil.rmtree(export / "2026-11-24")
    manifest = json.loads((export / "manifest.json").read_text())
    (export / "manifest.json").write_text(json.dumps({**manifest, "days": manifest["days"][:2]}))
    assert "rows of 1 sealed days are not here" in verify_export(export, [KEY.public]).findings[0]
    (export / "seals.txt").write_text("".join(seal_text(seal) for seal in SOURCE.seals()[:2]))
    (export / "manifest.json").write_text(json.dumps({**manifest, "days": manifest["days"][:2], "seals": 2}))
    assert verify_export(export, [KEY.public]).findings == [], "it is whole, but for who knows a newer seal"
    found = verify_export(export, [KEY.public], SOURCE.seals()[2:])
    assert "seal 3 of 2026-11-24: it was given to another party and is not here; the end was cut off" in found.findings


def test_a_history_signed_anew_is_found_by_its_key_or_by_a_kept_seal(export: Path, tmp_path: Path):
    other = PrivateKey(bytes(32))
    write_export(MadeSeals(key=other), tmp_path / "anew")
    assert "signed anew" in verify_export(tmp_path / "anew", [KEY.public]).findings[0]
    shorter = MadeSeals(2)                       # by the same key: whoever holds it can sign another history
    shutil.rmtree(export)
    write_export(Resealed(), export)
    assert verify_export(export, [KEY.public]).findings == []
    found = verify_export(export, [KEY.public], [shorter.seals()[1]])
    assert found.findings == [
        "seal 2 of 2026-11-23: another was given to another party; the history was signed anew",
    ]


class Resealed(MadeSeals):
    """Another history by the same key."""

    def _late_leaf(self, number, agency, service, counts):
        """Nothing came late."""


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_done_to_a_file_is_a_finding_or_a_sentence_and_never_a_crash(data: st.DataObject):
    """What decompresses to the same, or is no statement (marks, the hint beside a leaf), may pass."""
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "export"
        write_export(SOURCE, to, agency=data.draw(st.sampled_from(["", "dinkes"])))
        file = data.draw(st.sampled_from(sorted(path for path in to.rglob("*") if path.is_file())))
        packed = file.suffix == ".gz" and data.draw(st.booleans())
        text = gzip.decompress(file.read_bytes()) if packed else file.read_bytes()
        at = data.draw(st.integers(0, len(text)))
        more = data.draw(st.sampled_from([b"", b"0", b"x", b'"', b"[", b"}", b",", b"\n", b"\xff", b"-1"]))
        cut = data.draw(st.sampled_from([0, 1, 1, len(text)]))
        changed = text[:at] + more + text[at + cut:]
        file.write_bytes(gzip.compress(changed, mtime=0) if packed else changed)
        try:
            found = verify_export(to, [KEY.public]).findings
        except LedgerError as exc:
            found = [str(exc)]
        faults = independent_faults(to, KEY.public)
        assert found or not faults
        if packed and not file.name.startswith("index") and changed != text:
            assert found
            assert faults


def test_a_public_key_is_read_from_digits_or_from_a_file(tmp_path: Path):
    file = tmp_path / "key.txt"
    file.write_text(f"public key: {KEY.public}\n")
    assert read_public(KEY.public) == read_public(str(file)) == KEY.public
    with pytest.raises(LedgerError, match="this is no public key"):
        read_public("abc")


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path):
    with pytest.raises(LedgerError, match="cannot be read"):
        verify_export(tmp_path, [KEY.public])
