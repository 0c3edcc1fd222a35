"""The independent verifier is small, imports nothing of ours, and agrees with the test vectors of docs/seal.md."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

from tests.tools.independent import PATH, verifier

VECTORS = Path("tests/data/seal_vectors.json")

def test_it_has_at_most_200_lines_and_imports_the_standard_library_and_cryptography_alone():
    text = PATH.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").split(".")[0])
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    assert "importlib" not in imported
    assert "__import__" not in text


def test_it_runs_where_nothing_of_ours_can_be_imported(tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-I", PATH.resolve(), tmp_path, "00" * 32], capture_output=True, text=True, check=False,
        cwd=tmp_path,
    )
    assert (said.returncode, "it cannot be read" in said.stdout) == (1, True), said.stderr


def test_it_agrees_with_the_vectors():
    told = json.loads(VECTORS.read_text(encoding="utf-8"))
    for leaf in told["leaves"]:
        assert verifier.sha(b"\x00", "".join(f"{line}\n" for line in leaf["lines"]).encode()).hex() == leaf["digest"]
    for tree in told["trees"]:
        leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"]]
        assert verifier.tree_root(leaves).hex() == tree["root"]
        for place, path in enumerate(tree["paths"]):
            steps = [bytes.fromhex(step) for step in path]
            assert verifier.path_root(leaves[place], place, len(leaves), steps).hex() == tree["root"]
    for seal in told["seals"]:
        signed, digest = verifier.seal_bytes(seal["seal"])
        assert (signed.decode(), digest.hex()) == (seal["signed"], seal["digest"])
        assert verifier.is_signed(told["public"], seal["seal"]["signature"], signed)
        assert not verifier.is_signed(told["public"], seal["seal"]["signature"], signed + b" ")
    for block in told["blocks"]:
        assert verifier.sha("".join(f"{line}\n" for line in block["lines"]).encode()).hex() == block["digest"]
