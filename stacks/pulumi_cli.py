"""The Pulumi CLI as a process of ours: its session, its environment, where it prints, how it is stopped.

It runs in a session of its own, so that Ctrl-C on the terminal reaches us and not it; with an environment of ours, so
that nothing of the user's other Pulumi work (tokens, passphrases) takes part.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from stacks.process import end_session

if TYPE_CHECKING:
    from stacks.pulumi_state import BackendFiles
    from stacks.toolchain import Tool

KEPT_VARIABLES = ("HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSH_AUTH_SOCK")
UPDATES = frozenset({"up", "destroy", "refresh", "preview"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiTools:
    """The CLI and where its provider is."""

    cli: Tool
    home: Path


class Cli(PulumiCommand):
    """The Pulumi CLI as processes that we hold by their ids."""

    def __init__(self, tool: Tool, environment: Mapping[str, str], on_child: Callable[[int], None]) -> None:
        """``on_child`` hears the id of each process as it begins, and 0 as it ends."""
        # Not calling the base: it would run "pulumi version", which the toolchain has done.
        self.command = str(tool.path)
        self.version = VersionInfo.parse(tool.version)
        self._environment = dict(environment)
        self._on_child = on_child
        self._child: subprocess.Popen[str] | None = None
        self._signals: deque[int] = deque()          # not delivered yet
        self.stdin = ""

    def run(
        self, args: list[str], cwd: str, additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None, on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command to its end. Raises CommandError; what it printed is in the result or the error."""
        self._signals.clear()
        with _printing(args[0] in UPDATES) as (out, err):
            child = subprocess.Popen(
                [self.command, "--non-interactive", *args], stdin=subprocess.PIPE, stdout=out, stderr=err, cwd=cwd,
                env={**self._environment, **additional_env, "PULUMI_AUTOMATION_API": "true"},
                text=True, encoding="utf-8", start_new_session=True,
            )
            self._child = child
            self._deliver()              # what was to stop it before we knew its id
            self._on_child(child.pid)
            try:
                said = child.communicate(self.stdin)
            finally:
                self._child = None
                self._on_child(0)
            texts = [_text(piped, file) for piped, file in zip(said, (out, err), strict=True)]
        for text, hear in zip(texts, (on_output, on_error), strict=True):
            if hear is not None:
                for line in text.splitlines():
                    hear(line)
        result = CommandResult(stdout=texts[0], stderr=texts[1], code=child.returncode)
        if result.code != 0:
            raise create_command_error(result)
        return result

    def signal(self, number: int) -> None:
        """Send a signal to the running process, if any; to one that is just being made, as soon as its id is known."""
        self._signals.append(number)
        self._deliver()

    def kill(self) -> None:
        """End the running process and the provider it started, at once."""
        self.signal(signal.SIGKILL)

    def _deliver(self) -> None:
        child = self._child
        if child is None:
            return
        while self._signals:
            # Each is sent once, whoever comes first: a second SIGINT would tell the CLI to hurry.
            with suppress(IndexError, ProcessLookupError):
                number = self._signals.popleft()
                if child.poll() is not None:
                    continue
                # It may have ended just now: a signal handler interrupts the very call that would tell.
                if number == signal.SIGKILL:
                    end_session(child.pid)       # the provider is in a process group of its own
                else:
                    os.kill(child.pid, number)


@contextmanager
def _printing(is_update: bool) -> Iterator[tuple[IO[str] | int, IO[str] | int]]:
    """Give where a process prints to: pipes, so that secrets that it is asked for touch no disk.

    An update prints to files instead. A pipe breaks when we are killed, and that would kill the CLI in the middle of
    its work, while with files it notices that nobody listens any more, ends in order and gives its lock back.
    """
    if not is_update:
        yield subprocess.PIPE, subprocess.PIPE
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        yield out, err


def _text(piped: str | None, file: IO[str] | int) -> str:
    if piped is not None:
        return piped
    if isinstance(file, int):
        return ""
    file.seek(0)
    return file.read()


def environment_of(tools: PulumiTools, files: BackendFiles, passphrase: Path) -> dict[str, str]:
    """Return the whole environment of the CLI: the passphrase's file, never its text; nothing of the user's Pulumi."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return {
        **kept,
        "PATH": f"{tools.cli.path.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PULUMI_HOME": str(tools.home),
        "PULUMI_BACKEND_URL": files.url,
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        # Nothing may be fetched in the middle of an update.
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
