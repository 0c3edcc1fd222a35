"""Make this machine ready: look at every part, tell what will be installed, then do it side by side.

Run through ``tools/ready``. Exit codes: 0 ready, 1 something is missing or failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from stacks.toolchain import cache_folder
from tools import debian
from tools.base_tree import PREFIX, remove_tree
from tools.docker_engine import DockerPart
from tools.docker_provider import DockerProvider
from tools.images_part import Images
from tools.part import Finding, Part, PartError, Say
from tools.peers import Peers
from tools.progress import Board, elapsed
from tools.pulumi_cli import PulumiCli
from tools.python_env import PythonEnvironment
from tools.schedule import run_parts

NAMES = ("python", "docker", "pulumi", "provider", "images", "peers")


class Packages:
    """The Debian packages that the other parts asked for, in one go: apt can only run once at a time."""

    name = "packages"

    def __init__(self, packages: Sequence[str], log: Path) -> None:
        self.packages = packages
        self.log = log

    def look(self) -> Finding:
        """Never asked: it exists because others found something missing."""
        return Finding(packages=tuple(self.packages))

    def make(self, say: Say) -> str:
        """Install them."""
        return debian.install(self.packages, say=say, log=self.log)


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="tools/ready", description="Make this machine ready for Siaga24.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--no-dev", action="store_true", help="leave out what only tests and lint need")
    options = parser.parse_args(argv)
    if unknown := set(options.parts) - set(NAMES):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    cache = cache_folder(os.environ)
    logs = cache / "logs"
    parts: list[Part] = [
        PythonEnvironment(logs=logs, for_development=not options.no_dev),
        DockerPart(logs=logs),
        PulumiCli(logs=logs),
        DockerProvider(logs=logs),
        Images(logs=logs),
        *([] if options.no_dev else [Peers(logs=logs)]),
    ]
    chosen = [part for part in parts if not options.parts or part.name in options.parts]
    if not chosen:
        parser.error("--no-dev leaves out peers; give one of them alone")
    try:
        logs.mkdir(parents=True, exist_ok=True)
        with only_one(cache / "ready.lock"):
            return get_ready(chosen, logs, only_tell=os.environ.get("NO_INSTALL", "0") not in {"", "0"})
    except OSError as exc:
        place = f": {exc.filename}" if exc.filename else ""
        sys.stderr.write(f"ready: {exc.strerror}{place}; free space or set SIAGA24_CACHE to a folder you may write\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("ready: interrupted; run it again to go on\n")
        return 130


def get_ready(parts: Sequence[Part], logs: Path, *, only_tell: bool) -> int:
    """Look, tell, do; return the exit code."""
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(parts)) as pool:
        findings = dict(zip((part.name for part in parts), pool.map(lambda part: part.look(), parts), strict=True))
    todo = [part for part in parts if not findings[part.name].have]
    if not todo:
        print(
            f"ready: {'; '.join(finding.have for finding in findings.values())} ({elapsed(time.monotonic() - began)})"
        )
        return 0
    packages = tuple(dict.fromkeys(package for part in todo for package in findings[part.name].packages))
    tell(findings, packages)
    blocked = [f"{name}: {finding.blocked}" for name, finding in findings.items() if finding.blocked]
    if blocked or only_tell:
        for line in blocked:
            sys.stderr.write(f"ready: {line}\n")
        why = "NO_INSTALL is set" if only_tell else "this has to be mended first"
        sys.stderr.write(f"ready: nothing was changed, because {why}\n")
        return 1
    needs = {
        part.name: [*findings[part.name].needs, *(["packages"] if findings[part.name].packages else [])]
        for part in todo
    }
    if packages:
        todo = [Packages(packages, logs / "packages.log"), *todo]
    clear_leftovers(cache_folder(os.environ))
    with Board() as board:
        failed = run_parts(todo, needs, board)
    took = elapsed(time.monotonic() - began)
    if not failed:
        print(f"ready in {took}")
        return 0
    for name, error in failed.items():
        log = f"\n       log: {error.log}" if error.log else ""
        sys.stderr.write(f"ready: {name}: {error.text}{log}\n")
    sys.stderr.write(f"ready: not ready after {took}; what succeeded is kept, so run this again when it is mended\n")
    return 1


def tell(findings: dict[str, Finding], packages: Sequence[str]) -> None:
    """Say what is there and what will be installed, before anything changes."""
    for finding in findings.values():
        if finding.have:
            print(f"  there already: {finding.have}")
    if packages:
        print(
            f"  will install:  the Debian packages {', '.join(dict.fromkeys(name.split('|')[-1] for name in packages))}"
        )
    for finding in findings.values():
        for line in finding.will:
            print(f"  will install:  {line}")
    sys.stdout.flush()


def clear_leftovers(cache: Path) -> None:
    """Remove what a killed run left half-made; the lock says that nobody is using it."""
    for tree in (cache / "work").glob(f"{PREFIX}*"):
        remove_tree(tree)
    for folder in (*(cache / "engine").glob(".building-*"), *(cache / "engine").glob(".installing-*")):
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Wait until no other run on this cache is under way."""
    with lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            print(
                f"ready: waiting for another run on this machine (process {file.read().strip() or 'unknown'})",
                flush=True,
            )
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except PartError as error:
        sys.exit(f"ready: {error.text}")
