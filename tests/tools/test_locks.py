"""The lock files hold everything that pyproject.toml asks for, each package with hashes, and name no index."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.tools.places import ROOT

LOCKS = ROOT / "tools" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, str]:
    text = (LOCKS / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def asked(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", text)[0]).lower() for text in requirements}


@pytest.mark.parametrize(
    ("name", "requirements"),
    [
        ("run", PROJECT["dependencies"]),
        ("dev", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_every_requirement_is_locked(name: str, requirements: list[str]):
    missing = asked(requirements) - {re.sub(r"[-_.]+", "-", package) for package in locked(name)}
    assert missing == set(), 'run "make lock"'


@pytest.mark.parametrize("name", ["run", "dev"])
def test_every_package_has_hashes_and_no_index_is_named(name: str):
    text = (LOCKS / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"(?<!\\)\n", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"https?:|--index|--find-links|--extra|--trusted| @ ", text)


def test_running_and_developing_never_differ_in_a_version():
    run, dev = locked("run"), locked("dev")
    assert {package: version for package, version in run.items() if dev.get(package) != version} == {}


def test_what_builds_the_package_is_locked_too():
    assert "setuptools" in locked("run")
