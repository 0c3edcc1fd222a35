"""Pulumi for one stack: the only user of ``pulumi.automation``.

The CLI runs in a session of its own, so that Ctrl-C on the terminal reaches us and not it; with an environment of ours,
so that nothing of the user's other Pulumi work (tokens, passphrases) takes part. Secrets reach it by standard input,
the passphrase by its file. Every command names its stack: nothing is "selected" in files that stacks share.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pulumi.automation import CommandResult, LocalWorkspace, OutputMap, OutputValue, PulumiCommand, Stack
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import CommandError, create_command_error
from semver import VersionInfo

from monitors.core.errors import ToolchainError
from stacks import passphrase as passphrases
from stacks.diagnostics import explain
from stacks.events import EventFold
from stacks.pulumi_state import PROJECT, BackendFiles
from stacks.statefile import write_atomic

if TYPE_CHECKING:
    from stacks.redaction import Redactor
    from stacks.toolchain import Tool

Program = Callable[[], None]

KEPT_VARIABLES = ("HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSH_AUTH_SOCK")
PROJECT_FILE = f"name: {PROJECT}\nruntime: python\n"
WRONG_PASSPHRASE = "incorrect passphrase"  # noqa: S105 - what Pulumi says
UPDATES = frozenset({"up", "destroy", "refresh", "preview"})
SECRETS_KEY = f"{PROJECT}:secrets"


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
        self.stdin = ""

    def run(
        self, args: list[str], cwd: str, additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None, on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command to its end. Raises CommandError; what it printed is in the result or the error."""
        with _printing(args[0] in UPDATES) as (out, err):
            child = subprocess.Popen(
                [self.command, "--non-interactive", *args], stdin=subprocess.PIPE, stdout=out, stderr=err, cwd=cwd,
                env={**self._environment, **additional_env, "PULUMI_AUTOMATION_API": "true"},
                text=True, encoding="utf-8", start_new_session=True,
            )
            self._child = child
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
        """Send a signal to the running process, if any."""
        child = self._child
        if child is not None and child.poll() is None:
            child.send_signal(number)

    def kill(self) -> None:
        """End the running process and the provider it started, at once."""
        child = self._child
        if child is not None and child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)


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


class _Workspace(LocalWorkspace):
    """A workspace that selects nothing and asks for outputs once: every call of the CLI costs a third of a second."""

    def select_stack(self, stack_name: str) -> None:
        """Select nothing: each command says ``--stack``."""

    def create_stack(self, stack_name: str) -> None:
        """Make the stack without selecting it."""
        self._run_pulumi_cmd_sync(["stack", "init", stack_name, "--no-select"])

    def stack_outputs(self, stack_name: str) -> OutputMap:
        """Return the outputs; ours hold no secret."""
        answer = self._run_pulumi_cmd_sync(["stack", "output", "--json", "--stack", stack_name])
        return {key: OutputValue(value=value, secret=False) for key, value in json.loads(answer.stdout).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class PulumiTools:
    """The CLI and where its provider is."""

    cli: Tool
    home: Path


class StackAutomation:
    """Pulumi's commands for one stack. Failures come out as errors of ours, redacted."""

    def __init__(  # noqa: PLR0917 - all of it is what Pulumi needs
        self, files: BackendFiles, code: str, tools: PulumiTools, passphrase: Path, redact: Redactor,
        on_child: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """``on_child`` hears of each process of the CLI."""
        self._files, self.code, self._passphrase, self._redact = files, code, passphrase, redact
        self._cli = Cli(tools.cli, _environment(tools, files, passphrase), on_child)
        work_dir = files.work_dir(code)
        if not (work_dir / "Pulumi.yaml").exists():
            write_atomic(work_dir / "Pulumi.yaml", PROJECT_FILE.encode())
        self._workspace = _Workspace(work_dir=str(work_dir), pulumi_home=str(tools.home), pulumi_command=self._cli)

    @property
    def _stack(self) -> Stack:
        return Stack(self.code, self._workspace, StackInitMode.SELECT)

    def stop(self) -> None:
        """Ask the running command to end in order: finish what it has begun, begin nothing more."""
        self._cli.signal(signal.SIGINT)

    def kill(self) -> None:
        """End the running command at once."""
        self._cli.kill()

    def ensure(self) -> None:
        """Make the stack if it is not there."""
        if not self._files.exists(self.code):
            with self._failing(()):
                self._workspace.create_stack(self.code)

    def secrets(self) -> dict[str, str]:
        """Return the stack's secrets. Raises PassphraseError if the passphrase does not open them."""
        with self._failing(()):
            config = self._workspace.get_all_config(self.code)
        text = config[SECRETS_KEY].value if SECRETS_KEY in config else "{}"
        secrets: dict[str, str] = json.loads(text)
        return secrets

    def keep_secrets(self, secrets: Mapping[str, str]) -> None:
        """Encrypt these as the stack's secrets; they reach the CLI by standard input."""
        with self._failing(()):
            self._cli.stdin = json.dumps(dict(secrets), sort_keys=True)
            try:
                self._cli.run(
                    ["config", "set", "--secret", "--stack", self.code, SECRETS_KEY],
                    self._workspace.work_dir, {"PULUMI_HOME": self._workspace.pulumi_home or ""},
                )
            finally:
                self._cli.stdin = ""

    def preview(self, program: Program, fold: EventFold) -> None:
        """Compute what an update would change."""
        with self._failing(fold):
            self._stack.preview(program=program, on_event=fold, color="never")

    def up(self, program: Program, fold: EventFold) -> dict[str, Any]:
        """Bring the engine to what the program says; the stack's outputs."""
        with self._failing(fold):
            result = self._stack.up(program=program, on_event=fold, color="never", show_secrets=False)
        return {key: output.value for key, output in result.outputs.items()}

    def refresh(self, fold: EventFold) -> None:
        """Take into the state what the engine really holds; forget what never came to be."""
        with self._failing(fold):
            self._stack.refresh(on_event=fold, color="never", show_secrets=False, clear_pending_creates=True)

    def destroy(self, fold: EventFold, *, keep_protected: bool) -> None:
        """Remove what the stack holds, but for protected resources where ``keep_protected``."""
        with self._failing(fold):
            self._stack.destroy(
                on_event=fold, color="never", show_secrets=False, exclude_protected=keep_protected or None,
            )

    def unprotect(self, urns: tuple[str, ...]) -> None:
        """Let the next command forget these resources; nothing on the engine changes."""
        with self._failing(()):
            for urn in urns:
                self._run("state", "unprotect", urn, "--yes")

    def cancel(self) -> None:
        """Remove the locks that Pulumi left behind. Only for locks whose holders are dead."""
        with self._failing(()):
            self._stack.cancel()

    def remove(self) -> None:
        """Forget a stack that holds nothing any more; its secrets stay in its configuration."""
        with self._failing(()):
            self._run("stack", "rm", "--yes", "--preserve-config")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the last update, {} if there was none."""
        with self._failing(()):
            return {key: output.value for key, output in self._workspace.stack_outputs(self.code).items()}

    def _run(self, *args: str) -> CommandResult:
        return self._cli.run(
            [*args, "--stack", self.code], self._workspace.work_dir, {"PULUMI_HOME": self._workspace.pulumi_home or ""},
        )

    @contextmanager
    def _failing(self, fold: EventFold | tuple[()]) -> Iterator[None]:
        """Turn a failed command into an error of ours."""
        try:
            yield
        except CommandError as exc:
            text = str(exc)
            if WRONG_PASSPHRASE in text:
                raise passphrases.wrong(self._passphrase, self.code) from exc
            errors = fold.errors if isinstance(fold, EventFold) else ()
            raise explain(self.code, errors, text, self._redact) from None
        except FileNotFoundError as exc:
            raise ToolchainError(
                f'the Pulumi CLI {self._cli.command} is not there any more; run "make ready", which brings it back',
            ) from exc


def _environment(tools: PulumiTools, files: BackendFiles, passphrase: Path) -> dict[str, str]:
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
