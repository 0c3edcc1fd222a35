"""Runs ``siaga24`` as people do: as a process of its own, in a workspace, with its exit code and what it printed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SIAGA24 = (sys.executable, "-c", "from cli.main import run; run()")
ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A command that has ended."""

    arguments: tuple[str, ...]
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def told(self) -> str:
        """Everything that it printed."""
        return self.stdout + self.stderr

    def __str__(self) -> str:
        return f"siaga24 {' '.join(self.arguments)}: exit code {self.code} after {self.seconds:.1f} s\n{self.told}"


def start(*arguments: str, workspace: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command and return its process; output comes through pipes."""
    return subprocess.Popen(
        [*SIAGA24, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment_of(workspace) | (environment or {}),
    )


def siaga24(
    *arguments: str, workspace: Path, code: int | None = 0, timeout_s: float = TIMEOUT_S,
    environment: dict[str, str] | None = None,
) -> Done:
    """Run a command to its end. AssertionError with all that it printed where its exit code is not ``code``."""
    began = time.perf_counter()
    completed = subprocess.run(
        [*SIAGA24, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=timeout_s, check=False,
        env=environment_of(workspace) | (environment or {}), stdin=subprocess.DEVNULL,
    )
    done = Done(
        arguments=arguments, code=completed.returncode, stdout=completed.stdout, stderr=completed.stderr,
        seconds=time.perf_counter() - began,
    )
    assert code is None or done.code == code, str(done)
    return done


def environment_of(workspace: Path) -> dict[str, str]:
    """Return the variables for a command of a workspace: the tester's own settings are left out."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("SIAGA24_")}
    return ours | {"SIAGA24_WORKSPACE": str(workspace), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
