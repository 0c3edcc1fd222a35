"""A Go program is built once for its sources and its Go, and nothing half-built ever bears the name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.fakes import Heard, path_before, program
from tools import command, go_build
from tools.go_build import GoBuild, build_once, missing_go
from tools.part import PartError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs stand for the system's; no other Go is in reach."""
    monkeypatch.setattr(command, "SYSTEM_PATH", path_before(tmp_path / "bin", "/usr/bin:/bin"))
    monkeypatch.setenv("PATH", path_before(tmp_path / "bin", "/usr/bin:/bin"))
    return tmp_path / "bin"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "main.go").write_text("package main", encoding="utf-8")
    return tmp_path / "sources"


def go(programs: Path, version: str) -> None:
    program(programs, "go", f'[ "$1 $2" = "env GOVERSION" ] && echo {version}')


def test_no_go_at_all_says_what_to_install(programs: Path):
    program(programs, "go", "exit 127")
    assert missing_go() == (
        'no "go" on PATH and Pulumi\'s download server does not answer; install Go 1.26 or later (https://go.dev/dl), '
        "or put Pulumi's official release and its docker plugin in place (https://www.pulumi.com/docs/install)"
    )


@pytest.mark.parametrize("version", ["go1.19.8", "go1.25", "devel"])
def test_an_old_go_is_named(programs: Path, version: str):
    go(programs, version)
    assert missing_go().startswith(f"the Go on PATH is {version.removeprefix('go')}, but 1.26 is needed")


@pytest.mark.parametrize("version", ["go1.26.0", "go1.30.1", "go2.0"])
def test_a_later_go_will_do(programs: Path, version: str):
    go(programs, version)
    assert missing_go() == ""


def test_it_is_built_once_for_each_content_and_go(programs: Path, sources: Path, tmp_path: Path):
    go(programs, "go1.26.8")
    builds: list[Path] = []

    def build(copy: Path, output: Path) -> None:
        builds.append(copy)
        (copy / "schema.json").write_text("{}", encoding="utf-8")
        (output / "program").touch()

    first = build_once("it", sources, tmp_path / "engine", build)
    assert build_once("it", sources, tmp_path / "engine", build) == first
    assert len(builds) == 1
    assert first.name.endswith("-go1.26.8")
    assert [path.name for path in first.iterdir()] == ["program"]
    assert not (sources / "schema.json").exists(), "the checkout stays clean"
    (sources / "main.go").write_text("package main // changed", encoding="utf-8")
    second = build_once("it", sources, tmp_path / "engine", build)
    go(programs, "go1.26.9")
    assert len({first, second, build_once("it", sources, tmp_path / "engine", build)}) == 3


def test_a_failed_build_leaves_nothing(programs: Path, sources: Path, tmp_path: Path):
    go(programs, "go1.26.8")

    def build(_copy: Path, output: Path) -> None:
        (output / "half").touch()
        raise PartError("the disk is full")

    with pytest.raises(PartError):
        build_once("it", sources, tmp_path / "engine", build)
    assert list((tmp_path / "engine").iterdir()) == []


def test_compiling_tells_how_far_it_is_and_never_fetches_another_toolchain(programs: Path, sources: Path, tmp_path: Path):
    program(programs, "go", f"""echo "$1 $GOTOOLCHAIN $GOFLAGS" >> {tmp_path}/calls
case $1 in
    list) echo 'go: downloading example.org/x v1.0.0' >&2; printf 'fmt\\nexample.org/x\\nmain\\n';;
    build) echo fmt; echo example.org/x;;
esac""")
    heard = Heard()
    GoBuild(source=sources, log=tmp_path / "log", say=heard).compile(".", tmp_path / "out")
    assert heard.details == ["downloading example.org/x v1.0.0", "1 of 3 packages", "2 of 3 packages"]
    flags = go_build.GO_ENVIRONMENT["GOFLAGS"]
    assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == [f"list local {flags}", f"build local {flags}"]


def test_an_unreachable_module_proxy_is_told_with_the_way_to_look(programs: Path, sources: Path, tmp_path: Path):
    program(programs, "go", "echo 'dial tcp: lookup proxy: no such host' >&2; exit 1")
    with pytest.raises(PartError, match=r"no such host; look whether Go reaches its module proxy"):
        GoBuild(source=sources, log=tmp_path / "log", say=Heard()).compile(".", tmp_path / "out")
