"""What Debian and Ubuntu say of themselves: kin, mirror, packages. The mirror is the machine's own, never written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.fakes import Heard, path_before, program
from tools import command, debian
from tools.part import PartError


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs stand for the system's."""
    monkeypatch.setattr(command, "SYSTEM_PATH", path_before(tmp_path / "bin"))
    monkeypatch.setenv("PATH", path_before(tmp_path / "bin"))
    for name in ("SIAGA24_DEBIAN_MIRROR", "SIAGA24_DEBIAN_SECURITY_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "bin"


@pytest.mark.parametrize(
    ("text", "is_kin"),
    [
        ("ID=debian\n", True),
        ('ID="ubuntu"\nID_LIKE=debian\n', True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('NAME="debian-like"\nID=fedora\n', False),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', False),
        ("", False),
    ],
)
def test_kin_is_read_from_the_release_file(tmp_path: Path, text: str, is_kin: bool):
    (tmp_path / "os-release").write_text(text, encoding="utf-8")
    assert debian.is_debian_family(tmp_path / "os-release") is is_kin


def test_a_machine_without_a_release_file_is_no_kin(tmp_path: Path):
    assert not debian.is_debian_family(tmp_path / "none")


def test_the_mirror_is_aptss_own_and_third_parties_stay_out(programs: Path):
    program(programs, "apt-get", """cat <<'END'
Tools Inc|Tools|http://tools.example/apt/|main
Debian|Debian|http://mirror.example/debian/|contrib
Debian|Debian|http://mirror.example/debian/|main
Debian Backports|Debian Backports|http://mirror.example/debian/|main
Debian|Debian-Security|http://mirror.example/security/|main
END""")
    assert debian.apt_sources("bookworm") == (
        "http://mirror.example/debian",
        [
            "deb http://mirror.example/debian bookworm main",
            "deb http://mirror.example/debian bookworm-updates main",
            "deb http://mirror.example/security bookworm-security main",
        ],
    )


def test_a_list_of_mirrors_is_followed_to_its_first(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "mirrors").write_text("http://first.example/debian\nhttp://second.example/debian\n", encoding="utf-8")
    program(programs, "apt-get", f"echo 'Debian|Debian|mirror+file:{tmp_path}/mirrors|main'")
    monkeypatch.setenv("SIAGA24_DEBIAN_SECURITY_MIRROR", "none")
    assert debian.apt_sources("bookworm")[0] == "http://first.example/debian"


def test_a_machine_without_a_debian_mirror_says_how_to_name_one(programs: Path, monkeypatch: pytest.MonkeyPatch):
    program(programs, "apt-get", "echo 'Ubuntu|Ubuntu|http://ubuntu.example/ubuntu/|main'")
    with pytest.raises(PartError, match="set SIAGA24_DEBIAN_MIRROR to one"):
        debian.apt_sources("bookworm")
    monkeypatch.setenv("SIAGA24_DEBIAN_MIRROR", "http://named.example/debian")
    with pytest.raises(PartError, match=r'set SIAGA24_DEBIAN_SECURITY_MIRROR to one .*, or to "none" to go without'):
        debian.apt_sources("bookworm")
    monkeypatch.setenv("SIAGA24_DEBIAN_SECURITY_MIRROR", "none")
    assert debian.apt_sources("bookworm") == (
        "http://named.example/debian",
        ["deb http://named.example/debian bookworm main", "deb http://named.example/debian bookworm-updates main"],
    )


@pytest.mark.parametrize(
    ("uris", "network"),
    [
        (["http://mirror.example/debian", ""], "default"),
        (["http://mirror.example/debian", "http://127.0.0.1:3142"], "host"),
        (["http://localhost:3142/debian"], "host"),
    ],
)
def test_a_mirror_on_this_machine_is_reached_through_its_own_network(uris: list[str], network: str):
    assert debian.build_network(uris) == network


def test_packages_are_installed_without_recommendations_and_with_the_name_that_exists(programs: Path, tmp_path: Path):
    program(programs, "apt-cache", '[ "$3" = docker-cli ] && echo "Package: docker-cli"')
    program(programs, "apt-get", f'echo "$@" >> {tmp_path}/calls')
    said = debian.install(["docker.io", "docker-cli|docker.io", "gone|debootstrap"], say=Heard(), log=tmp_path / "log")
    update, install = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert update.endswith(" update")
    assert install.endswith(" install -y --no-install-recommends debootstrap docker-cli docker.io")
    assert said == "Debian packages debootstrap, docker-cli, docker.io installed"


def test_a_failed_installation_says_what_apt_said(programs: Path, tmp_path: Path):
    program(programs, "apt-get", 'case "$*" in *install*) echo "E: Unable to locate package" >&2; exit 100;; esac')
    with pytest.raises(PartError, match=r"installing tar failed \(exit code 100\): E: Unable to locate package; look whether"):
        debian.install(["tar"], say=Heard(), log=tmp_path / "log")
