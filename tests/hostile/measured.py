"""Measures in one process what hostile servers in another do to it: what stands behind two benchmarks."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.base import BenchError

ROOT = Path(__file__).parents[2]


def measured(what: str) -> dict[str, Any]:
    """Give what ``measure`` tells of ``what``. Raises BenchError where it could not be measured."""
    with tempfile.TemporaryDirectory(prefix="siaga24-bench-") as folder, subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.serve", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as servers:
        try:
            places = servers.stdout.readline() if servers.stdout else ""
            if not places:
                raise BenchError("the hostile servers did not start")
            done = subprocess.run(
                [sys.executable, "-m", "tests.hostile.measure", what], input=places, capture_output=True, text=True,
                cwd=ROOT, timeout=120, check=False,
            )
        finally:
            servers.communicate()
    if done.returncode:
        raise BenchError(f"measuring failed: {done.stderr.strip().splitlines()[-1]}")
    return dict(json.loads(done.stdout))
