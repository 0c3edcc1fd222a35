"""Pulumi and its provider come from where they are, else from Pulumi's own servers, and only else from Go modules."""

from __future__ import annotations

import platform
import tarfile
from pathlib import Path

import pytest

from stacks.toolchain import PROVIDER_VERSION, PULUMI_VERSION, Origin, Toolchain, find_provider
from tests.tools.fakes import Heard, path_before, program, provider_in
from tests.tools.places import NOBODY_ANSWERS, ready, served
from tools import official
from tools.docker_provider import DockerProvider

INSTALLER = f"""
[ "$1 $2 $4 $5" = "--no-edit-path --install-root --version {PULUMI_VERSION}" ] || exit 64
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho v{PULUMI_VERSION}\\n' > "$3/bin/pulumi"
chmod +x "$3/bin/pulumi"
"""


def fake_go(folder: Path, marker: Path) -> None:
    """A Go that answers with its version, and notes and fails whatever else it is asked."""
    program(folder, "go", f'[ "$1" = env ] && echo go1.26.8 && exit 0; echo "$@" >> "{marker}"; exit 1')


def test_where_pulumi_and_its_provider_are_there_nothing_is_built(tmp_path: Path):
    fake_go(tmp_path / "bin", tmp_path / "go was called")
    program(tmp_path / "bin", "pulumi", f"echo v{PULUMI_VERSION}")
    provider_in(tmp_path / ".pulumi", PROVIDER_VERSION)
    done = ready(tmp_path, "pulumi", "provider", path=path_before(tmp_path / "bin"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"ready: Pulumi {PULUMI_VERSION} (PATH); docker provider {PROVIDER_VERSION} (Pulumi home) ("
    )
    assert not (tmp_path / "go was called").exists()


def test_where_they_are_not_there_and_nobody_answers_both_are_built_from_go_modules(tmp_path: Path):
    """The other side of the test above: it can see a build."""
    fake_go(tmp_path / "bin", tmp_path / "go was called")
    done = ready(tmp_path, "pulumi", "provider", path=path_before(tmp_path / "bin"))
    assert done.returncode == 1
    assert f"the Pulumi CLI {PULUMI_VERSION}, built from Go modules" in done.stdout
    assert f"the docker provider {PROVIDER_VERSION}, built from Go modules" in done.stdout
    assert "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" in (tmp_path / "go was called").read_text(encoding="utf-8")
    assert "ready: pulumi: fetching Go modules failed (exit code 1)" in done.stderr
    assert f"log: {tmp_path}/cache/logs/pulumi.log" in done.stderr


def test_without_go_the_way_out_is_told_and_nothing_is_changed(tmp_path: Path):
    program(tmp_path / "bin", "go", "exit 127")
    done = ready(tmp_path, "pulumi", path=path_before(tmp_path / "bin"))
    assert done.returncode == 1
    assert 'pulumi: no "go" on PATH and Pulumi\'s download server does not answer; install Go 1.26' in done.stderr
    assert "nothing was changed" in done.stderr


def test_pulumis_installer_is_used_where_its_server_answers(tmp_path: Path):
    fake_go(tmp_path / "bin", tmp_path / "go was called")
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "install.sh").write_text(INSTALLER, encoding="utf-8")
    with served(tmp_path / "www") as address:
        more = {"SIAGA24_PULUMI_INSTALLER": f"{address}/install.sh"}
        done = ready(tmp_path, "pulumi", path=path_before(tmp_path / "bin"), more=more)
    assert done.returncode == 0, done.stderr
    assert "the Pulumi CLI 3.274.1 by Pulumi's installer, into" in done.stdout
    assert f"Pulumi {PULUMI_VERSION} (Pulumi's installer)" in done.stdout
    assert not (tmp_path / "go was called").exists()
    again = ready(tmp_path, "pulumi", path=path_before(tmp_path / "bin"))
    assert again.stdout.startswith(f"ready: Pulumi {PULUMI_VERSION} (Pulumi's installer) ("), "kept in the cache"


@pytest.mark.parametrize("script", ["echo no such version >&2; exit 1", "exit 0"])
def test_an_installer_that_fails_gives_way_to_go(tmp_path: Path, script: str):
    fake_go(tmp_path / "bin", tmp_path / "go was called")
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "install.sh").write_text(script, encoding="utf-8")
    with served(tmp_path / "www") as address:
        more = {"SIAGA24_PULUMI_INSTALLER": f"{address}/install.sh"}
        done = ready(tmp_path, "pulumi", path=path_before(tmp_path / "bin"), more=more)
    assert "building it from Go modules instead" in done.stdout
    assert (tmp_path / "go was called").exists()
    assert not list((tmp_path / "cache" / "engine").glob("*official*"))


def test_a_script_that_will_be_run_is_never_taken_over_plain_http_from_afar():
    assert official.fetch("http://get.pulumi.example/install.sh") is None
    assert official.fetch("ftp://127.0.0.1/install.sh") is None
    assert official.fetch(f"{NOBODY_ANSWERS}/install.sh") is None


def test_a_server_that_answers_with_an_error_does_not_count(tmp_path: Path):
    with served(tmp_path) as address:
        assert official.fetch(f"{address}/not-there") is None


@pytest.mark.engine
def test_the_real_pulumi_installs_the_provider_from_a_plugin_server(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
):
    """A server with one archive, as Pulumi's own has it: the CLI fetches, unpacks and finds the plugin."""
    plugin = program(tmp_path / "plugin", "pulumi-resource-docker", "exit 0")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    (tmp_path / "www").mkdir()
    name = f"pulumi-resource-docker-v{PROVIDER_VERSION}-{platform.system().lower()}-{machine}.tar.gz"
    with tarfile.open(tmp_path / "www" / name, "w:gz") as archive:
        archive.add(plugin, plugin.name)
    environ = {
        "PATH": path_before(toolchain.pulumi.path.parent), "HOME": str(tmp_path / "home"),
        "SIAGA24_CACHE": str(tmp_path / "cache"),
    }
    part = DockerProvider(logs=tmp_path / "logs", environ=environ)
    with served(tmp_path / "www") as address:
        monkeypatch.setenv("SIAGA24_PULUMI_PLUGINS", address)
        finding = part.look()
        said = part.make(Heard())
    assert finding.needs == ("pulumi",)
    assert said == f"docker provider {PROVIDER_VERSION} (Pulumi's installer)"
    assert find_provider(environ).origin is Origin.INSTALLER
