"""The Python environment ``.venv``: exactly what the lock files name, checked by hash, and the toolkit itself on top."""

from __future__ import annotations

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from tools.command import read, run
from tools.part import ROOT, Finding, Say

LOCKS = Path("tools/locks")


class PythonEnvironment:
    """``.venv`` in the checkout. ``for_development``: with the test and lint tools too."""

    name = "python"

    def __init__(self, *, logs: Path, for_development: bool = True, root: Path = ROOT) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.log = logs / "python.log"
        self.lock_name = "dev" if for_development else "run"

    def look(self) -> Finding:
        """Compare what was installed last with the lock files of now."""
        stamp = self._stamp()
        python = self._version()
        have = [name for name in ("dev", self.lock_name) if stamp.get("python") == python and self._is_current(stamp, name)]
        if python and have:
            return Finding(have=f"Python {python} with the packages of {LOCKS / have[0]}.lock")
        count = (self.root / LOCKS / f"{self.lock_name}.lock").read_text(encoding="utf-8").count("==")
        return Finding(will=(f"{count} Python packages at the versions of {LOCKS / self.lock_name}.lock, into .venv",))

    def make(self, say: Say) -> str:
        """Make the environment where it is missing or broken, then install what the lock names."""
        lock = self.root / LOCKS / f"{self.lock_name}.lock"
        mend = 'look whether pip reaches your package index ("pip config list"), then run this again'
        self.log.unlink(missing_ok=True)
        if not self._version():
            say.phase("making .venv")
            shutil.rmtree(self.venv, ignore_errors=True)
            run([sys.executable, "-m", "venv", self.venv], what="making .venv", log=self.log,
                mend="install your system's venv module (Debian: python3-venv)")
        pip = [self.venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar=off"]
        stamp = self._stamp()
        stamp_file = self.venv / "siaga24.json"
        stamp_file.unlink(missing_ok=True)  # a half-done installation must not look done
        if stamp.get("lock", {}).get(self.lock_name) != _digest(lock):
            say.phase("installing Python packages")
            run([*pip, "--no-deps", "--require-hashes", "--requirement", lock], on_line=say.detail,
                what="installing the Python packages", mend=mend, log=self.log, cwd=self.root)
        say.phase("installing the siaga24 command")
        run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", "."],
            what="installing the siaga24 command", mend="look at pyproject.toml", log=self.log, cwd=self.root)
        python = self._version()
        locks = {name: _digest(self.root / LOCKS / f"{name}.lock") for name in {"run", self.lock_name}}
        stamp_file.write_text(json.dumps({"python": python, "lock": locks, "project": self._project()}), encoding="utf-8")
        return f"Python {python} with the packages of {LOCKS / self.lock_name}.lock"

    def _is_current(self, stamp: dict[str, object], lock_name: str) -> bool:
        locks = stamp.get("lock")
        current = _digest(self.root / LOCKS / f"{lock_name}.lock")
        return isinstance(locks, dict) and locks.get(lock_name) == current and stamp.get("project") == self._project()

    def _project(self) -> str:
        return _digest(self.root / "pyproject.toml")

    def _stamp(self) -> dict[str, object]:
        try:
            stamp = json.loads((self.venv / "siaga24.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _version(self) -> str:
        """Return the environment's Python version, or nothing where it is missing, broken or too old."""
        code = "import sys, pip; print('%d.%d.%d' % sys.version_info[:3])"
        version = (read([self.venv / "bin" / "python", "-c", code]) or "").strip()
        return version if version and tuple(map(int, version.split("."))) >= (3, 11) else ""


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
