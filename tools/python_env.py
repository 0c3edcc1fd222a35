"""The Python environment ``.venv``: what the lock files name, checked by hash, and the toolkit itself on top."""

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
        python = self._version()
        if python and (lock := self._installed_lock(python)):
            if self._stamp().get("project") == self._project():
                return Finding(have=f"Python {python} with the packages of {lock}")
            return Finding(will=("the siaga24 command anew, because pyproject.toml has changed, into .venv",))
        count = (self.root / LOCKS / f"{self.lock_name}.lock").read_text(encoding="utf-8").count("==")
        return Finding(will=(f"{count} Python packages at the versions of {LOCKS / self.lock_name}.lock, into .venv",))

    def make(self, say: Say) -> str:
        """Make the environment where it is missing or broken, then install what the lock names."""
        lock = self.root / LOCKS / f"{self.lock_name}.lock"
        self.log.unlink(missing_ok=True)
        if not self._version():
            say.phase("making .venv")
            shutil.rmtree(self.venv, ignore_errors=True)
            run(
                [sys.executable, "-m", "venv", self.venv],
                what="making .venv",
                log=self.log,
                mend="install your system's venv module (Debian: python3-venv)",
            )
        python = self._version()
        installed = self._installed_lock(python)
        stamp = self._stamp()
        stamp_file = self.venv / "siaga24.json"
        stamp_file.unlink(missing_ok=True)  # a half-done installation must not look done
        if not installed:
            say.phase("installing Python packages")
            self._pip(
                "--no-deps",
                "--require-hashes",
                "--requirement",
                str(lock),
                say=say,
                mend='look whether pip reaches your package index ("pip config list"), then run this again',
            )
            stamp["lock"] = {name: _digest(self.root / LOCKS / f"{name}.lock") for name in {"run", self.lock_name}}
        say.phase("installing the siaga24 command")
        self._pip(
            "--no-deps", "--no-build-isolation", "--no-index", "--editable", ".", say=say, mend="look at pyproject.toml"
        )
        stamp_file.write_text(json.dumps({**stamp, "python": python, "project": self._project()}), encoding="utf-8")
        return f"Python {python} with the packages of {self._installed_lock(python)}"

    def _pip(self, *argv: str, say: Say, mend: str) -> None:
        pip = [str(self.venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run(
            [*pip, "install", "--progress-bar=off", *argv],
            what="pip install",
            mend=mend,
            log=self.log,
            cwd=self.root,
            on_line=say.detail,
        )

    def _installed_lock(self, python: str) -> str:
        """Return the lock file whose packages are installed and that is wide enough; empty where none is."""
        stamp = self._stamp()
        locks = stamp.get("lock")
        if stamp.get("python") != python or not isinstance(locks, dict):
            return ""
        wide_enough = ["dev", self.lock_name]  # the lock for development holds the other one
        current = [name for name in wide_enough if locks.get(name) == _digest(self.root / LOCKS / f"{name}.lock")]
        return str(LOCKS / f"{current[0]}.lock") if current else ""

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
