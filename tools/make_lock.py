"""Remake the lock files from pyproject.toml: every package with its hashes, for all platforms, with no index named.

``python -m tools.make_lock`` keeps the versions that still fit; ``--upgrade`` takes today's. run.lock is what the
toolkit runs with, dev.lock that and what tests and lint need; run.lock never differs from dev.lock in a version.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.part import ROOT
from tools.python_env import LOCKS

RESOLVER = "uv==0.13.9"
OLDEST_PYTHON = "3.11"


def main(argv: list[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_lock", description="Remake the lock files.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        resolver = Path(scratch) / "bin"
        subprocess.run([resolver / "pip", "install", "--quiet", RESOLVER], check=True)
        for name, more in (("dev", ["--extra", "dev"]), ("run", ["--constraints", f"{LOCKS / 'dev'}.lock"])):
            command = [
                *(str(resolver / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
                *("--python-version", OLDEST_PYTHON, "--no-header", "--no-annotate"),
                *(["--upgrade"] if options.upgrade else []),
                *more,
                *("--output-file", f"{LOCKS / name}.lock", "pyproject.toml", f"{LOCKS / 'build.in'}"),
            ]
            # A machine's own wheel folder must not decide what everyone else installs.
            environ = {
                key: value for key, value in os.environ.items() if key not in {"PIP_FIND_LINKS", "UV_FIND_LINKS"}
            }
            if code := subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode:
                sys.stderr.write(f"lock: {name}.lock was not remade; the resolver's message is above\n")
                return code
            print(f"lock: {LOCKS / name}.lock remade")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
