"""``siaga24 demo``: both sample agencies on the real engine, watched by the real monitor, in a live table.

It does what a person would: the same commands, each a process of its own. What is particular to the demo is only that
its data is its own, so that removing it removes the data too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

import stacks
from cli import demo_child
from cli.demo_site import is_local, served_site
from cli.demo_table import Watch
from cli.demo_work import Work, side_by_side
from cli.output import console, error_console
from monitors.core.errors import Siaga24Error, StackError
from stacks.model import Workspace
from stacks.workspace import open_workspace

SAMPLES = Path(stacks.__file__).parent / "agencies"
STOP_PATIENCE_S = 20.0
REMOVE = "siaga24 demo --down"


@click.command()
@click.option("--seconds", type=click.IntRange(min=1), metavar="N",
              help="Watch for N seconds once all is up, then end and remove everything.")
@click.option("--keep", is_flag=True, help="Leave the stacks running at the end, without asking.")
@click.option("--down", is_flag=True, help="Remove the demo's stacks and their data, and do nothing else.")
def demo(seconds: int | None, keep: bool, down: bool) -> None:
    """Provision the two sample agencies, watch their services and show a live table.

    Without --seconds it goes on until Ctrl-C. With it, exit code 0 says that every service was up from its first run
    on. State lies in stacks/agencies/.siaga24.

    Example: siaga24 demo --seconds 60
    """
    if down and (seconds or keep):
        raise click.UsageError("--down removes the demo and goes with no other option")
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    workspace = open_workspace(SAMPLES, None)
    with _only_demo(workspace.state):
        if down:
            _remove(workspace)
        else:
            _show(workspace, seconds, keep=keep)


def _show(workspace: Workspace, seconds: int | None, *, keep: bool) -> None:
    """Run the demo from its beginning to its end."""
    began = time.monotonic()
    remove = seconds is not None and not keep
    try:
        with _sites(workspace):
            _provision(workspace)
            with _monitor(workspace) as monitor, Watch(workspace, console(), began) as watch:
                watch.addresses()
                try:
                    watch.follow(monitor.check, seconds)
                except KeyboardInterrupt:
                    if seconds is not None:
                        raise
                if seconds is not None:
                    watch.judge()
    except BaseException:
        # What failed is told after the removal: the last line on the screen is what matters.
        if remove:
            with contextlib.suppress(Siaga24Error):
                _remove(workspace, keep_ledger=True)
        else:
            _say_how_to_remove(error_console())
        raise
    if remove or (seconds is None and not keep and _is_asked_to_remove()):
        _remove(workspace)
    else:
        _say_how_to_remove(console())


def _provision(workspace: Workspace) -> None:
    hosted = [agency.code for agency in workspace.agencies()]
    console().print(f"provisioning {' and '.join(hosted)} side by side (Ctrl-C ends it in good order)", style="bold")
    works = side_by_side(
        {code: ("stack", "up", code) for code in hosted}, _environment(workspace), error_console(), "starting",
    )
    _raise_if_failed(works, "was not provisioned")


def _remove(workspace: Workspace, *, keep_ledger: bool = False) -> None:
    """Remove the stacks with their data, which is the demo's own, and the ledger of what is no more."""
    console().print("removing the demo: containers, networks and its own data", style="bold")
    works = side_by_side(
        {code: ("stack", "destroy", code, "--yes", "--delete-data", code) for code in workspace.codes()},
        _environment(workspace), error_console(), "starting",
    )
    _raise_if_failed(works, "was not removed")
    ledger = workspace.state / "ledger.sqlite"
    if keep_ledger:
        if ledger.exists():
            error_console().print(f"the ledger is kept to look at: {ledger}", style="dim", soft_wrap=True)
        return
    for file in workspace.state.glob(f"{ledger.name}*"):
        file.unlink()
    console().print("removed: nothing of the demo runs any more")


def _raise_if_failed(works: tuple[Work, ...], what: str) -> None:
    failed = [work for work in works if work.code != 0]
    if failed:
        raise StackError("\n".join(
            f"{work.agency} {what} (exit code {work.code}): {work.error}" for work in failed
        ))


@contextlib.contextmanager
def _sites(workspace: Workspace) -> Iterator[None]:
    """Serve the external services that the samples expect on this machine."""
    with contextlib.ExitStack() as served:
        for agency in workspace.agencies():
            for service in agency.external:
                if is_local(service.url):
                    served.enter_context(served_site(service.url, agency.name))
        yield


class _Monitor:
    """The monitor's process and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    def check(self) -> None:
        """Raise Siaga24Error with the monitor's last words where it has ended."""
        code = self._process.poll()
        if code is not None:
            lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise Siaga24Error(
                f"the monitor ended with exit code {code}: {' / '.join(lines[-3:]) or 'it said nothing'}; "
                f"its log is {self._log}",
            )

    def stop(self) -> None:
        """Let it write its last batch and end."""
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def _monitor(workspace: Workspace) -> Iterator[_Monitor]:
    log = workspace.state / "demo-monitor.log"
    with log.open("wb") as file:
        monitor = _Monitor(demo_child.start(["monitor", "run"], _environment(workspace), file), log)
    try:
        yield monitor
    finally:
        monitor.stop()


@contextlib.contextmanager
def _only_demo(state: Path) -> Iterator[None]:
    """Hold the demo's lock, which the kernel frees however its holder ends; StackError where another demo holds it."""
    path = state / "locks" / "demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise StackError(
                f"a demo is running already (process {holder}); expected one at a time; end it with Ctrl-C in its "
                "terminal first",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def _environment(workspace: Workspace) -> dict[str, str]:
    """Give the children the demo's workspace, whatever the user's own settings say."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("SIAGA24_")}
    return ours | {"SIAGA24_WORKSPACE": str(workspace.folder), "SIAGA24_STATE": str(workspace.state)}


def _is_asked_to_remove() -> bool:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return click.confirm("\nRemove the demo's containers, networks and data?", default=True)
    except click.Abort:
        return False                     # a second Ctrl-C: leave things as they are


def _say_how_to_remove(to: Console) -> None:
    to.print(f"what came up runs on, unwatched; remove it with: make demo-down (or: {REMOVE})")


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
