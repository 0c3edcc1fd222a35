"""A program's output is logged and heard line by line, its failure is a sentence, and an interruption ends it whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tools import command
from tools.part import PartError


def run(script: str, log: Path, **more: object) -> None:
    command.run(["sh", "-c", script], what="the work", mend="mend it", log=log, **more)  # type: ignore[arg-type]


def test_output_is_logged_and_heard_without_colours(tmp_path: Path):
    heard: list[str] = []
    run(r"printf 'one\n\033[31mtwo\033[0m\rthree\n'; echo four >&2", tmp_path / "deep" / "log", on_line=heard.append)
    assert heard == ["one", "two", "three", "four"]
    assert (tmp_path / "deep" / "log").read_text(encoding="utf-8").startswith("$ sh -c ")


def test_a_failure_tells_its_last_words_the_way_to_mend_it_and_the_log(tmp_path: Path):
    with pytest.raises(PartError) as raised:
        run("echo first; echo no space left; exit 3", tmp_path / "log")
    assert raised.value.text == "the work failed (exit code 3): no space left; mend it"
    assert raised.value.log == tmp_path / "log"


def test_a_program_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(PartError, match="the work cannot start: No such file or directory: /no/such"):
        command.run(["/no/such"], what="the work", mend="mend it", log=tmp_path / "log")


def test_it_never_waits_for_input(tmp_path: Path):
    heard: list[str] = []
    run("read answer || echo nobody there", tmp_path / "log", on_line=heard.append)
    assert heard == ["nobody there"]


def test_an_interruption_ends_the_program_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "_stopping", threading.Event())
    begun, child = threading.Event(), []

    def hear(line: str) -> None:
        child.append(int(line))
        begun.set()

    failures: list[PartError] = []

    def work() -> None:
        try:
            run("sleep 300 & echo $!; wait", tmp_path / "log", on_line=hear)
        except PartError as exc:
            failures.append(exc)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    command.stop_all()
    thread.join(20)
    assert not thread.is_alive()
    assert failures[0].text == "the work was interrupted; run this again"
    with pytest.raises(PartError, match="was interrupted"):
        run("touch begun", tmp_path / "log", cwd=tmp_path)
    assert not (tmp_path / "begun").exists(), "nothing is begun any more"
    while is_running(child[0]):  # until the signal has arrived; pytest's own time limit ends it otherwise
        pass


def is_running(pid: int) -> bool:
    """Tell whether the process runs; one that ended and waits for its parent does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def test_a_quick_question_without_an_answer_is_none():
    assert command.read(["/no/such"]) is None
    assert command.read(["sh", "-c", "exit 1"]) is None
    assert command.read(["sleep", "60"], timeout_s=0.05) is None
    assert command.read(["echo", "yes"]) == "yes\n"
