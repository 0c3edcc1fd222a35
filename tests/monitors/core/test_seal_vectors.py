"""The test vectors of docs/seal.md are what our own code makes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from monitors.core.seal import seal_of_text, seal_text, signed_bytes
from monitors.core.seal_day import Leaf, day_tree
from monitors.core.seal_lines import COLUMNS, block_digest, leaf_lines, marks_of, parts_of, run_line
from monitors.core.seal_tree import inclusion_path, leaf_digest, root_of_path, tree_root

VECTORS = json.loads(Path("tests/data/seal_vectors.json").read_text(encoding="utf-8"))


def test_runs_and_blocks():
    for run in VECTORS["runs"]:
        phases = None if run["phases"] is None else bytes.fromhex(run["phases"])
        assert run_line(run["numbers"], phases, run["evidence"]) == run["line"]
    for block in VECTORS["blocks"]:
        assert block_digest(block["lines"]) == block["digest"]


def test_leaves_and_the_root_over_them():
    for leaf in VECTORS["leaves"]:
        assert leaf_lines(leaf["day"], leaf["agency"], leaf["service"], leaf["lines"][1:]) == leaf["lines"]
        assert all(parts_of(line) for line in leaf["lines"])
        assert (leaf_digest(leaf["lines"]).hex(), marks_of(leaf["lines"]).hex()) == (leaf["digest"], leaf["marks"])
    tree = day_tree(
        Leaf(agency=one["agency"], day=one["day"], service=one["service"], digest=bytes.fromhex(one["digest"]))
        for one in VECTORS["leaves"]
    )
    assert [root.hex() for root in tree.roots][1] == VECTORS["agency_root"]
    assert tree.root.hex() == VECTORS["root"] == VECTORS["seals"][0]["seal"]["root"]


def test_trees_and_paths():
    for tree in VECTORS["trees"]:
        leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"]]
        assert tree_root(leaves).hex() == tree["root"]
        for place, told in enumerate(tree["paths"]):
            path = inclusion_path(leaves, place)
            assert [step.hex() for step in path] == told
            assert root_of_path(leaves[place], place, len(leaves), path) == tree_root(leaves)


def test_seals():
    for told in VECTORS["seals"]:
        seal = seal_of_text(told["text"])
        assert seal_text(seal) == told["text"]
        assert json.loads(told["text"]) == told["seal"]
        assert (signed_bytes(seal).decode(), seal.digest) == (told["signed"], told["digest"])
    assert VECTORS["seals"][1]["seal"]["previous"] == VECTORS["seals"][0]["digest"]


def test_the_page_names_the_columns_of_each_kind():
    page = Path("docs/seal.md").read_text(encoding="utf-8")
    for kind, columns in COLUMNS.items():
        row = next((line for line in page.splitlines() if line.startswith(f"| `{kind}` |")), "")
        said, _, more = re.sub(r" \([^)]*\)", "", row.partition("` |")[2]).strip(" |").partition(", then ")
        told = said.split(", ")
        assert told == list(columns[:len(told)] if more else columns), f"docs/seal.md, section 3: {kind}"


def test_the_page_tells_the_vectors():
    page = Path("docs/seal.md").read_text(encoding="utf-8").replace("\n     ", "")
    assert VECTORS["runs"][1]["line"] in page
    assert VECTORS["seals"][0]["signed"] in page
