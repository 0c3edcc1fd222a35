"""Tools are found where they are, in a fixed order, with version and origin; what is missing is a sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from monitors.core.errors import ToolchainError
from stacks import toolchain
from stacks.toolchain import PROVIDER_VERSION, PULUMI_VERSION, Origin, Tool, Toolchain
from tests.tools.fakes import program, provider_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A machine that has none of the tools: own home, own cache, nothing on PATH."""
    (tmp_path / "bin").mkdir()
    return {
        "PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home"), "SIAGA24_CACHE": str(tmp_path / "cache"),
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
    }


def pulumi(folder: Path, version: str) -> Path:
    return program(folder, "pulumi", f"echo v{version}")


def built(environ: dict[str, str], name: str, version: str, go: str = "1.26.8") -> Path:
    content = toolchain.source_content(toolchain.ENGINE_SOURCES / name)
    return Path(environ["SIAGA24_CACHE"]) / "engine" / f"{name}-{version}-{content}-go{go}"


def test_it_works_without_any_installed_package():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import stacks.toolchain; "
        "print([name for name, module in sys.modules.items() if 'site-packages' in (getattr(module, '__file__', '') or '')])"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_pulumi_on_path_is_taken_first(tmp_path: Path, environ: dict[str, str]):
    path = pulumi(tmp_path / "bin", PULUMI_VERSION)
    pulumi(tmp_path / "home" / ".pulumi" / "bin", PULUMI_VERSION)
    pulumi(built(environ, "pulumi", PULUMI_VERSION) / "bin", PULUMI_VERSION)
    assert toolchain.find_pulumi(environ) == Tool(name="pulumi", version=PULUMI_VERSION, path=path, origin=Origin.PATH)


def test_pulumi_of_the_users_home_is_taken_where_path_has_none(tmp_path: Path, environ: dict[str, str]):
    path = pulumi(tmp_path / "home" / ".pulumi" / "bin", "3.300.1")
    found = toolchain.find_pulumi(environ)
    assert (found.path, found.version, found.origin) == (path, "3.300.1", Origin.PULUMI_HOME)


@pytest.mark.parametrize("version", ["3.274.0", "2.999.0", "4.0.0", "3.300.0-alpha.1", "nonsense"])
def test_an_unfit_pulumi_on_path_is_passed_over_for_the_built_one(tmp_path: Path, environ: dict[str, str], version: str):
    pulumi(tmp_path / "bin", version)
    cached = pulumi(built(environ, "pulumi", PULUMI_VERSION) / "bin", PULUMI_VERSION)
    found = toolchain.find_pulumi(environ)
    assert (found.path, found.origin) == (cached, Origin.GO_MODULES)


def test_an_unfit_pulumi_is_named_where_there_is_no_other(tmp_path: Path, environ: dict[str, str]):
    path = pulumi(tmp_path / "bin", "3.100.0")
    with pytest.raises(ToolchainError) as raised:
        toolchain.find_pulumi(environ)
    assert str(raised.value) == (
        f"no Pulumi CLI of version {PULUMI_VERSION} or a later 3.x ({path} is version 3.100.0); "
        'run "make ready", which installs or builds it once'
    )


def test_a_pulumi_that_cannot_run_is_passed_over(tmp_path: Path, environ: dict[str, str]):
    program(tmp_path / "bin", "pulumi", "exit 1")
    with pytest.raises(ToolchainError, match="is version unknown"):
        toolchain.find_pulumi(environ)


def test_the_official_download_comes_before_the_built_one(environ: dict[str, str]):
    engine = Path(environ["SIAGA24_CACHE"]) / "engine"
    official = pulumi(engine / toolchain.official_folder("pulumi", PULUMI_VERSION) / "bin", PULUMI_VERSION)
    pulumi(built(environ, "pulumi", PULUMI_VERSION) / "bin", PULUMI_VERSION)
    found = toolchain.find_pulumi(environ)
    assert (found.path, found.origin) == (official, Origin.INSTALLER)


def test_a_build_of_other_sources_is_not_taken(environ: dict[str, str]):
    other = Path(environ["SIAGA24_CACHE"]) / "engine" / f"pulumi-{PULUMI_VERSION}-0123456789abcdef-go1.26.8"
    pulumi(other / "bin", PULUMI_VERSION)
    with pytest.raises(ToolchainError):
        toolchain.find_pulumi(environ)


def test_the_provider_of_the_users_home_comes_before_the_cache(tmp_path: Path, environ: dict[str, str]):
    provider_in(built(environ, "docker-provider", PROVIDER_VERSION), PROVIDER_VERSION)
    path = provider_in(tmp_path / "home" / ".pulumi", PROVIDER_VERSION)
    found = toolchain.find_provider(environ)
    assert (found.path, found.origin) == (path, Origin.PULUMI_HOME)
    environ["PULUMI_HOME"] = str(tmp_path / "elsewhere")
    assert toolchain.find_provider(environ).origin is Origin.GO_MODULES


def test_a_provider_whose_download_was_cut_off_is_passed_over(tmp_path: Path, environ: dict[str, str]):
    folder = provider_in(tmp_path / "home" / ".pulumi", PROVIDER_VERSION).parent
    folder.with_name(f"{folder.name}.partial").touch()
    with pytest.raises(ToolchainError, match=r"run \"make ready\""):
        toolchain.find_provider(environ)


def test_a_provider_of_another_version_is_not_taken(tmp_path: Path, environ: dict[str, str]):
    provider_in(tmp_path / "home" / ".pulumi", "5.1.0")
    with pytest.raises(ToolchainError, match=re.escape(PROVIDER_VERSION)):
        toolchain.find_provider(environ)


def test_everything_that_is_missing_is_told_in_one_error(environ: dict[str, str]):
    with pytest.raises(ToolchainError) as raised:
        toolchain.find_toolchain(environ)
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("no Docker engine: unix://")
    assert lines[1].startswith("no Pulumi CLI of version ")
    assert lines[2].startswith("no Pulumi docker provider ")


def test_the_cache_lies_where_the_environment_says(tmp_path: Path):
    assert toolchain.cache_folder({"HOME": "/h"}) == Path("/h/.cache/siaga24")
    assert toolchain.cache_folder({"HOME": "/h", "XDG_CACHE_HOME": "/x"}) == Path("/x/siaga24")
    assert toolchain.cache_folder({"HOME": "/h", "XDG_CACHE_HOME": "/x", "SIAGA24_CACHE": str(tmp_path)}) == tmp_path


def test_only_go_sources_make_the_content(tmp_path: Path):
    (tmp_path / "main.go").write_text("package main", encoding="utf-8")
    before = toolchain.source_content(tmp_path)
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    assert toolchain.source_content(tmp_path) == before
    (tmp_path / "go.mod").write_text("module m", encoding="utf-8")
    with_module = toolchain.source_content(tmp_path)
    (tmp_path / "go.mod").write_text("module n", encoding="utf-8")
    assert len({before, with_module, toolchain.source_content(tmp_path)}) == 3


def test_the_pinned_versions_agree_with_the_sources_and_the_python_packages():
    go_mod = (toolchain.ENGINE_SOURCES / "pulumi" / "go.mod").read_text(encoding="utf-8")
    definition = toolchain.ENGINE_SOURCES / "docker-provider" / "definition" / "definition.go"
    assert f"github.com/pulumi/pulumi/pkg/v3 v{PULUMI_VERSION} " in go_mod
    assert f'const Version = "{PROVIDER_VERSION}"' in definition.read_text(encoding="utf-8")
    assert metadata.version("pulumi_docker") == PROVIDER_VERSION
    assert metadata.version("pulumi").split(".")[0] == PULUMI_VERSION.split(".", maxsplit=1)[0]


@pytest.mark.engine
def test_the_machine_has_all_three_and_pulumi_runs_with_what_is_told(toolchain: Toolchain):
    plugins = subprocess.run(
        [toolchain.pulumi.path, "plugin", "ls"], env=toolchain.environment, capture_output=True, text=True, check=True,
    ).stdout
    assert re.search(rf"^docker\s+resource\s+{re.escape(PROVIDER_VERSION)}\s", plugins, re.MULTILINE)
    root = toolchain.pulumi_root
    assert root is None or Path(root, "bin", "pulumi") == toolchain.pulumi.path
