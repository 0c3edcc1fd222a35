"""The CLI as a process of ours: its environment, its session, what it is given and what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from pulumi.automation.errors import CommandError

from stacks.process import is_alive
from stacks.pulumi_cli import Cli, PulumiTools, environment_of
from stacks.pulumi_state import BackendFiles
from stacks.toolchain import Origin, Tool
from tests.stacks.test_process import ended_process

TELLS = f"#!{sys.executable}\n" + """
import json, os, sys
print(json.dumps({"args": sys.argv[1:], "stdin": sys.stdin.read(), "env": dict(os.environ), "session": os.getsid(0)}))
print("to stderr", file=sys.stderr)
sys.exit(3 if "fail" in sys.argv else 0)
"""
WAITS = f"#!{sys.executable}\n" + """
import os, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
open(os.environ["READY"], "w").close()
time.sleep(60)
"""


def a_cli(folder: Path, script: str, children: list[int] | None = None) -> Cli:
    path = folder / "bin" / "pulumi"
    path.parent.mkdir()
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    tool = Tool(name="pulumi", version="3.274.1", path=path, origin=Origin.PATH)
    tools = PulumiTools(cli=tool, home=folder / "home")
    environment = environment_of(tools, BackendFiles(folder / "state"), folder / "passphrase")
    return Cli(tool, environment, (children if children is not None else []).append)


@pytest.mark.parametrize("command", ["config", "up"], ids=["to pipes", "to files"])
def test_it_gets_its_input_and_tells_its_output(tmp_path: Path, command: str) -> None:
    children: list[int] = []
    cli = a_cli(tmp_path, TELLS, children)
    cli.stdin = "rahasia-besar"
    heard: list[str] = []
    result = cli.run([command, "--x"], str(tmp_path), {"MORE": "1"}, on_error=heard.append)
    told = json.loads(result.stdout)
    assert told["args"] == ["--non-interactive", command, "--x"]
    assert told["stdin"] == "rahasia-besar"
    assert heard == ["to stderr"]
    assert told["session"] == children[0], "a session of its own, so that Ctrl-C on the terminal is not its"
    assert children[1:] == [0]


def test_its_environment_holds_the_passphrases_file_and_nothing_of_the_users_pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "AWS_SECRET_ACCESS_KEY", "DOCKER_HOST"):
        monkeypatch.setenv(name, "milik-pengguna")
    told = json.loads(a_cli(tmp_path, TELLS).run(["config"], str(tmp_path), {}).stdout)["env"]
    assert "milik-pengguna" not in told.values()
    assert told["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(tmp_path / "passphrase")
    assert told["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state/pulumi"
    assert told["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert told["PATH"].startswith(f"{tmp_path}/bin{os.pathsep}")


def test_a_failure_brings_both_outputs(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        a_cli(tmp_path, TELLS).run(["up", "fail"], str(tmp_path), {})
    assert "code: 3" in str(caught.value)
    assert "to stderr" in str(caught.value)


@pytest.mark.parametrize(("how", "code"), [("stop", "130"), ("kill", "-9")])
def test_a_running_one_can_be_stopped_in_order_and_at_once(tmp_path: Path, how: str, code: str) -> None:
    children: list[int] = []
    cli = a_cli(tmp_path, WAITS, children)
    ready, caught = tmp_path / "ready", []

    def run() -> None:
        try:
            cli.run(["up"], str(tmp_path), {"READY": str(ready)})
        except CommandError as exc:
            caught.append(str(exc))

    thread = threading.Thread(target=run)
    thread.start()
    while not ready.exists():
        assert thread.is_alive()
    cli.signal(signal.SIGINT) if how == "stop" else cli.kill()
    thread.join(timeout=60)
    assert f"code: {code}" in caught[0]
    assert not is_alive(children[0])


def test_one_that_ended_while_it_was_to_be_killed_is_no_fault(tmp_path: Path) -> None:
    class Ended:
        pid = ended_process()

        def poll(self) -> None:
            """Know nothing yet, as in a signal handler that interrupted the wait for it."""

    cli = a_cli(tmp_path, TELLS)
    cli._child = cast("subprocess.Popen[str]", Ended())
    cli.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_that_comes_while_it_is_being_made_reaches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals,
) -> None:
    cli = a_cli(tmp_path, WAITS)
    ready = tmp_path / "ready"

    class Slow(subprocess.Popen[str]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            while not ready.exists():
                pass
            cli.signal(number)           # as from a signal handler: nobody knows the id yet

    monkeypatch.setattr(subprocess, "Popen", Slow)
    with pytest.raises(CommandError, match="code: 130" if number is signal.SIGINT else "code: -9"):
        cli.run(["up"], str(tmp_path), {"READY": str(ready)})


def test_one_that_nothing_ran_for_does_not_hit_the_next(tmp_path: Path) -> None:
    cli = a_cli(tmp_path, TELLS)
    cli.kill()
    assert json.loads(cli.run(["up"], str(tmp_path), {}).stdout)["stdin"] == ""


def test_nothing_runs_nothing_is_signalled(tmp_path: Path) -> None:
    cli = a_cli(tmp_path, TELLS)
    cli.signal(signal.SIGINT)
    cli.kill()
