"""Pulumi for one stack: the only user of ``pulumi.automation``.

Secrets reach the CLI by standard input, the passphrase by its file. Every command names its stack: nothing is
"selected" in files that stacks share. How the CLI runs is in ``pulumi_cli.py``.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.automation import CommandResult, LocalWorkspace, OutputMap, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode
from pulumi.automation.errors import CommandError

from monitors.core.errors import ToolchainError
from stacks import passphrase as passphrases
from stacks.diagnostics import explain
from stacks.events import EventFold
from stacks.pulumi_cli import Cli, PulumiTools, environment_of
from stacks.pulumi_state import PROJECT, BackendFiles
from stacks.statefile import write_atomic

if TYPE_CHECKING:
    from stacks.redaction import Redactor

Program = Callable[[], None]

PROJECT_FILE = f"name: {PROJECT}\nruntime: python\n"
WRONG_PASSPHRASE = "incorrect passphrase"  # noqa: S105 - what Pulumi says
SECRETS_KEY = f"{PROJECT}:secrets"


class _Workspace(LocalWorkspace):
    """A workspace that selects nothing, and reads outputs out of the state: a call of the CLI costs half a second."""

    def select_stack(self, stack_name: str) -> None:
        """Select nothing: each command says ``--stack``."""

    def create_stack(self, stack_name: str) -> None:
        """Make the stack without selecting it."""
        self._run_pulumi_cmd_sync(["stack", "init", stack_name, "--no-select"])

    def stack_outputs(self, stack_name: str) -> OutputMap:  # noqa: ARG002 - the library's signature
        """Return nothing: whoever wants outputs reads the state."""
        return {}


class _Stack(Stack):
    """A stack that does not read its history after each command: the events have told what was done."""

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: ARG002
        """Return an empty summary."""
        return UpdateSummary(
            kind="", start_time=dt.datetime.now(dt.UTC), message="", environment={}, config={}, result="succeeded",
        )


class StackAutomation:
    """Pulumi's commands for one stack. Failures come out as errors of ours, redacted."""

    def __init__(  # noqa: PLR0917 - all of it is what Pulumi needs
        self, files: BackendFiles, code: str, tools: PulumiTools, passphrase: Path, redact: Redactor,
        on_child: Callable[[int], None] = lambda _pid: None,
    ) -> None:
        """``on_child`` hears of each process of the CLI."""
        self._files, self.code, self._passphrase, self._redact = files, code, passphrase, redact
        self._cli = Cli(tools.cli, environment_of(tools, files, passphrase), on_child)
        work_dir = files.work_dir(code)
        if not (work_dir / "Pulumi.yaml").exists():
            write_atomic(work_dir / "Pulumi.yaml", PROJECT_FILE.encode())
        self._workspace = _Workspace(work_dir=str(work_dir), pulumi_home=str(tools.home), pulumi_command=self._cli)

    @property
    def _stack(self) -> Stack:
        return _Stack(self.code, self._workspace, StackInitMode.SELECT)

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
        if not self._files.holds(self.code, SECRETS_KEY):
            return {}                    # a new stack: a call of the CLI less
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
            self._stack.up(program=program, on_event=fold, color="never")
        return self._files.state(self.code).outputs

    def refresh(self, fold: EventFold) -> None:
        """Take into the state what the engine really holds; forget what never came to be."""
        with self._failing(fold):
            self._stack.refresh(on_event=fold, color="never", clear_pending_creates=True)

    def destroy(self, fold: EventFold, *, keep_protected: bool) -> None:
        """Remove what the stack holds, but for protected resources where ``keep_protected``."""
        with self._failing(fold):
            self._stack.destroy(on_event=fold, color="never", exclude_protected=keep_protected or None)

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
