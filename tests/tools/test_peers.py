"""What tests run against is found on PATH or in the cache, and comes from Debian's packages without being installed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tools.fakes import Heard, program
from tests.tools.places import ready
from tools import debian
from tools.peers import LIBRARY, PROGRAMS, Peers, find


def test_what_is_on_path_comes_before_the_cache(tmp_path: Path):
    environ = {"PATH": str(tmp_path / "bin"), "SIAGA24_CACHE": str(tmp_path / "cache")}
    cached = program(tmp_path / "cache" / "peers" / "usr" / "bin", "promtool", "exit 0")
    assert find("promtool", environ) == cached
    own = program(tmp_path / "bin", "promtool", "exit 0")
    assert find("promtool", environ) == own


def test_where_all_are_there_nothing_is_done(tmp_path: Path):
    for name in PROGRAMS:
        program(tmp_path / "bin", name, "exit 0")
    environ = {"PATH": str(tmp_path / "bin"), "SIAGA24_CACHE": str(tmp_path / "cache")}
    finding = Peers(logs=tmp_path, environ=environ).look()
    assert (finding.have, finding.will) == ("nginx, Prometheus, blackbox exporter and PostgreSQL for tests", ())


@pytest.mark.skipif(not debian.is_debian_family(), reason="Debian's packages need Debian's apt")
def test_told_only_it_says_what_it_would_fetch_and_fetches_nothing(tmp_path: Path):
    done = ready(tmp_path, "peers", more={"NO_INSTALL": "1", "PATH": "/usr/bin:/bin"})
    if done.returncode == 0:
        pytest.skip("this machine has all of them installed")
    assert done.returncode == 1
    assert "for tests, unpacked into" in done.stdout
    assert "nothing was changed, because NO_INSTALL is set" in done.stderr
    assert not (tmp_path / "cache" / "peers").exists()


def test_without_development_there_is_no_such_part(tmp_path: Path):
    done = ready(tmp_path, "--no-dev", "peers")
    assert (done.returncode, "--no-dev leaves out peers" in done.stderr) == (2, True)


def test_of_what_a_server_needs_the_libraries_are_fetched_and_no_compiler_of_queries():
    """A plan as "apt-get -s install" prints it on a bare machine."""
    plan = "".join(f"Inst {name} (1.2-3 Debian:12/oldstable [amd64])\n" for name in (
        "libllvm14", "libz3-4", "libpq5", "libjson-perl", "postgresql-common", "postgresql-15", "libicu72", "ssl-cert",
    ))
    assert LIBRARY.findall(plan) == ["libpq5", "libicu72"]


@pytest.mark.engine
@pytest.mark.skipif(not debian.is_debian_family(), reason="Debian's packages need Debian's apt")
def test_a_package_is_unpacked_into_the_cache_and_its_program_runs(tmp_path: Path):
    """Takes nginx from this machine's own mirror; the others are there."""
    for name in PROGRAMS:
        if name != "nginx":
            program(tmp_path / "bin", name, "exit 0")
    environ = {"PATH": str(tmp_path / "bin"), "SIAGA24_CACHE": str(tmp_path / "cache")}
    if find("nginx", environ):
        pytest.skip("nginx is installed on this machine")
    part, heard = Peers(logs=tmp_path, environ=environ), Heard()
    assert part.make(heard) == "nginx unpacked for tests"
    found = find("nginx", environ)
    assert found == tmp_path / "cache" / "peers" / "usr" / "sbin" / "nginx"
    told = subprocess.run([str(found), "-v"], capture_output=True, text=True, check=True).stderr
    assert told.startswith("nginx version:")
    assert list((tmp_path / "cache" / "work").iterdir()) == []
    assert part.look().have
