"""Debian and Ubuntu: what is installed, installing what is not, and which mirror this machine uses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from tools.command import SYSTEM_PATH, read, run
from tools.part import PartError, Say

NONINTERACTIVE = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
WAIT_FOR_LOCK = "DPkg::Lock::Timeout=300"  # seconds; unattended upgrades hold it at the first boot


def may_install() -> bool:
    """Tell whether packages can be installed here: root, on Debian or Ubuntu."""
    return os.geteuid() == 0 and is_debian_family() and shutil.which("apt-get", path=SYSTEM_PATH) is not None


def is_debian_family(os_release: Path = Path("/etc/os-release")) -> bool:
    """Tell whether this is Debian, Ubuntu or one of their kin."""
    try:
        lines = os_release.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    kin = [line.partition("=")[2].strip("\"'").split() for line in lines if line.startswith(("ID=", "ID_LIKE="))]
    return any(word in {"debian", "ubuntu"} for words in kin for word in words)


def install(packages: Sequence[str], *, say: Say, log: Path) -> str:
    """Install packages without their recommendations and return what was done, in words.

    ``a|b`` means a where the release has it, else b.
    """
    say.phase("apt-get reads the package lists")
    # A third party's source that does not answer must not stop what Debian's own mirror can give.
    read(["apt-get", "-o", WAIT_FOR_LOCK, "update"], env=NONINTERACTIVE, timeout_s=300)
    packages = sorted({_first_there(package) for package in packages})
    say.phase(f"apt-get installs {', '.join(packages)}")
    run(
        [
            "apt-get",
            "-o",
            WAIT_FOR_LOCK,
            "-o",
            "Dpkg::Use-Pty=0",
            "install",
            "-y",
            "--no-install-recommends",
            *packages,
        ],
        what=f"installing {', '.join(packages)}",
        mend='look whether "apt-get update" reaches your mirror',
        log=log,
        on_line=say.detail,
        env=NONINTERACTIVE,
    )
    return f"Debian packages {', '.join(packages)} installed"


def apt_sources(suite: str) -> tuple[str, list[str]]:
    """Return the mirror that this machine takes Debian from, and the apt lines of ``suite`` on it.

    ``SIAGA24_DEBIAN_MIRROR`` and ``SIAGA24_DEBIAN_SECURITY_MIRROR`` overrule what apt says; ``none`` for the latter
    goes without security updates. The machine's own release may be another than ``suite``: a mirror has them all.
    """
    own_mirror, own_security = _own_mirrors()
    mirror = os.environ.get("SIAGA24_DEBIAN_MIRROR") or own_mirror
    security = os.environ.get("SIAGA24_DEBIAN_SECURITY_MIRROR") or own_security
    if not mirror:
        raise PartError(
            "apt names no Debian mirror on this machine; set SIAGA24_DEBIAN_MIRROR to one "
            f"(its folder dists/ must have {suite}), or give the images a registry in tools/images/images.toml"
        )
    if not security:
        raise PartError(
            "apt names no mirror of Debian's security updates on this machine; set SIAGA24_DEBIAN_SECURITY_MIRROR "
            f'to one (its folder dists/ must have {suite}-security), or to "none" to go without'
        )
    lines = [f"deb {mirror} {suite} main", f"deb {mirror} {suite}-updates main"]
    return mirror, [*lines, *([f"deb {security} {suite}-security main"] if security != "none" else [])]


def _own_mirrors() -> tuple[str, str]:
    """Ask apt, which knows an archive's origin from its signed Release file; so third-party sources stay out."""
    fields = "$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(COMPONENT)"
    targets = read(["apt-get", "indextargets", "--format", fields, "Created-By: Packages"])
    found = {"Debian": "", "Debian-Security": ""}
    for line in (targets or "").splitlines():
        origin, label, uri, component = line.split("|")
        if origin == "Debian" and component == "main" and found.get(label) == "":
            found[label] = _plain(uri)
    return found["Debian"], found["Debian-Security"]


def build_network(uris: Sequence[str]) -> str:
    """Return the Docker network to build on: the host's own where a mirror or proxy is this machine itself."""
    hosts = {urlsplit(uri).hostname or "" for uri in uris}
    is_own = any(host in {"localhost", "::1"} or host.startswith("127.") for host in hosts)
    return "host" if is_own else "default"


def _first_there(package: str) -> str:
    *better, last = package.split("|")
    return next((name for name in better if read(["apt-cache", "show", "--no-all-versions", name])), last)


def _plain(uri: str) -> str:
    """Return an address that debootstrap understands: cloud images name a list of mirrors in a file."""
    if uri.startswith("mirror+file:"):
        try:
            uri = Path(uri.removeprefix("mirror+file:")).read_text(encoding="utf-8").split()[0]
        except (OSError, IndexError):
            return ""
    return uri.rstrip("/")
