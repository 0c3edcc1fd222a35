"""Programs that only tests and benchmarks run against: nginx, Prometheus with promtool, blackbox exporter, PostgreSQL.

On PATH or where Debian has them, else in the cache, unpacked from Debian's packages. They are not installed: installing
them would start services on this machine, and on their ports.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from stacks.toolchain import cache_folder
from tools import debian
from tools.command import SYSTEM_PATH, read, run
from tools.part import Finding, PartError, Say

PROGRAMS = {                             # program: the Debian package that it is in
    "nginx": "nginx",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-blackbox-exporter": "prometheus-blackbox-exporter",
    "postgres": "postgresql",
}
FOLDER = "peers"
VERSIONED = "lib/postgresql"             # below /usr: Debian has each version's programs in a folder of its own
SERVER = re.compile(r"Depends: (postgresql-[0-9]+)$", re.MULTILINE)
# of what a server needs, the libraries that the machine has not; not the compiler of queries, which is 100 MB
LIBRARY = re.compile(r"^Inst (lib(?!llvm|z3)(?!\S*-perl )\S+) ", re.MULTILINE)


def find(program: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Find one of ``PROGRAMS``: on PATH or where Debian has it, else in the cache; None where it is nowhere."""
    cached = cache_folder(environ) / FOLDER / "usr"
    folders = ["/usr/sbin", *_versions(Path("/usr")), cached / "sbin", cached / "bin", *_versions(cached)]
    found = shutil.which(program, path=os.pathsep.join([environ.get("PATH", SYSTEM_PATH), *map(str, folders)]))
    return Path(found) if found else None


def is_cached(place: Path, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a program lies in the cache, so that its libraries may lie there too."""
    return place.is_relative_to(cache_folder(environ) / FOLDER)


def _versions(root: Path) -> list[Path]:
    """Give the folders of PostgreSQL's programs below ``root``, newest first."""
    return sorted((root / VERSIONED).glob("[0-9]*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)


class Peers:
    """All of ``PROGRAMS``."""

    name = "peers"

    def __init__(self, *, logs: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.log = logs / "peers.log"
        self.cache = cache_folder(environ)

    def look(self) -> Finding:
        """Find them, or say from which packages they will come."""
        missing = self._missing(PROGRAMS)
        if not missing:
            return Finding(have="nginx, Prometheus, blackbox exporter and PostgreSQL for tests")
        wanted = ", ".join(_packages(missing))
        if not debian.is_debian_family() or shutil.which("apt-get", path=SYSTEM_PATH) is None:
            return Finding(blocked=f"no {', '.join(missing)} on PATH, which tests run against; install {wanted}")
        return Finding(will=(f"{wanted} for tests, unpacked into {self.cache / FOLDER} (110 MB; nothing is started)",))

    def make(self, say: Say) -> str:
        """Fetch the packages by apt, which checks their signatures, and unpack them."""
        self.log.unlink(missing_ok=True)
        if debian.may_install():
            say.phase("apt-get reads the package lists")
            read(
                ["apt-get", "-o", debian.WAIT_FOR_LOCK, "update"], env=debian.NONINTERACTIVE, timeout_s=300,
            )
        packages = _packages(self._missing(PROGRAMS))
        if PROGRAMS["postgres"] in packages:
            packages = [package for package in packages if package != PROGRAMS["postgres"]] + self._server()
        say.phase(f"apt-get fetches {', '.join(packages)}")
        work = self.cache / "work"
        work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="peers-", dir=work) as scratch:
            for package in packages:
                run(
                    # as the user that we are: apt's own user may not look into a home folder
                    ["apt-get", "-o", "APT::Sandbox::User=root", "download", package], cwd=Path(scratch),
                    what=f"fetching {package}", mend='look whether "apt-get update" reaches your mirror', log=self.log,
                    on_line=say.detail,
                )
            for archive in sorted(Path(scratch).glob("*.deb")):
                run(
                    ["dpkg-deb", "-x", archive, self.cache / FOLDER], what=f"unpacking {archive.name}",
                    mend="free space, or set SIAGA24_CACHE to another disk", log=self.log,
                )
        if missing := self._missing(PROGRAMS):
            raise PartError(
                f"Debian's {', '.join(packages)} came without {', '.join(missing)}; install them",
                log=self.log,
            )
        return f"{', '.join(packages)} unpacked for tests"

    def _server(self) -> list[str]:
        """Name the packages of the release's PostgreSQL server that it takes to run it out of the cache."""
        named = SERVER.search(read(["apt-cache", "depends", PROGRAMS["postgres"]]) or "")
        if named is None:
            raise PartError('apt knows no PostgreSQL server; look whether "apt-get update" reaches your mirror')
        planned = read(["apt-get", "-s", "install", "--no-install-recommends", named[1]], env=debian.NONINTERACTIVE)
        return [named[1], *LIBRARY.findall(planned or "")]

    def _missing(self, programs: Iterable[str]) -> list[str]:
        return [program for program in programs if find(program, self.environ) is None]


def _packages(programs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(PROGRAMS[program] for program in programs))
