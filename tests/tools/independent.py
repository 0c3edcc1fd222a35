"""The independent verifier, loaded as the stranger's file that it is."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from monitors.core.seal import Seal, seal_text

PATH = Path("tools/verify_export.py")
_spec = importlib.util.spec_from_file_location("verify_export", PATH)
assert _spec is not None
assert _spec.loader is not None
verifier = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(verifier)


def independent_faults(folder: Path, key: str, kept: Iterable[Seal] = ()) -> list[str]:
    """Give what the independent verifier finds."""
    verifier.faults.clear()
    files = []
    for seal in kept:
        files.append(folder.parent / f"kept-{seal.number}.seal")
        files[-1].write_text(seal_text(seal), encoding="utf-8")
    code = verifier.main([str(folder), key, *map(str, files)])
    assert code == (1 if verifier.faults else 0)
    return list(verifier.faults)
