"""What Pulumi and its provider say of a failure becomes sentences; secrets in it are blotted out."""

from __future__ import annotations

import pytest

from monitors.core.errors import StackBusyError, StackError, ToolchainError
from stacks.diagnostics import LONGEST, explain
from stacks.redaction import Redactor

URN = "urn:pulumi:dinkes::siaga24::docker:index/container:Container::siaga24_dinkes_gateway"


def told(*texts: str, output: str = "", redact=str) -> str:
    return str(explain("dinkes", [(URN, text) for text in texts], output, redact))


@pytest.mark.parametrize(("text", "sentence"), [
    (
        "driver failed programming external connectivity: Bind for 127.0.0.1:8443 failed: port is already allocated",
        "port 8443 of 127.0.0.1 was taken by another container while the command ran; choose another port",
    ),
    (
        "timeout while waiting for state to become 'removed' (last state: 'pending', timeout: 30s)",
        "the Docker engine still counts a connection of a container that is gone; restart the engine",
    ),
    (
        "listen tcp4 127.0.0.1:8443: bind: address already in use",
        "port 8443 of 127.0.0.1 was taken by another program while the command ran",
    ),
    ("Error response from daemon: Pool overlaps with other one on this address space", "its subnet overlaps a network"),
    ("write /var/lib/docker/x: no space left on device", "a disk is full, the state folder's or the engine's (df -h"),
    ("No such image: sha256:abc", "image sha256:abc was removed from the engine"),
    ('Conflict. The container name "/siaga24_x" is already in use by container', "a container named siaga24_x is there"),
    ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is", "unix:///var/run/docker.sock stopped"),
])
def test_known_causes_get_a_sentence_with_a_remedy(text: str, sentence: str) -> None:
    answer = told(f"1 error occurred:\n\t* {text}")
    assert sentence in answer
    assert answer.startswith("stack 'dinkes': siaga24_dinkes_gateway: ")
    assert answer.endswith("then type the command again; it goes on from what is there")


def test_an_unknown_text_is_passed_on_in_one_short_line() -> None:
    answer = told("1 error occurred:\n\t* something new\n\n" + "x" * 2 * LONGEST)
    assert "something new; xxx" in answer
    assert "\n" not in answer
    assert len(answer) < LONGEST + 200


def test_the_same_cause_is_told_once_and_echoes_of_it_are_not() -> None:
    answer = str(explain("dinkes", [(URN, "broken"), (URN, "broken"), ("", "update failed")], "", str))
    assert answer.count("broken") == 1
    assert "update failed" not in answer


def test_a_missing_provider_is_a_matter_of_the_toolchain() -> None:
    error = explain("dinkes", [], "error: no resource plugin 'pulumi-resource-docker-v5.2.0' found", str)
    assert isinstance(error, ToolchainError)
    assert 'run "make ready"' in str(error)


def test_a_lock_of_pulumi_names_its_holder() -> None:
    error = explain("dinkes", [], (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the\n"
        "  file:///s/.pulumi/locks/x.json: created by root@vm (pid 4711) at 2026-01-01T00:00:00Z"
    ), str)
    assert isinstance(error, StackBusyError)
    assert "pid 4711" in str(error)


def test_output_without_events_is_searched_for_errors() -> None:
    assert "error: could not do it" in told(output="Updating:\nerror: could not do it\nDuration: 1s")
    assert "without saying why" in str(explain("dinkes", [], "", str))


def test_secrets_are_blotted_out() -> None:
    error = explain("dinkes", [(URN, "bad password rahasia-besar")], "", Redactor(["rahasia-besar"]))
    assert isinstance(error, StackError)
    assert "rahasia" not in str(error)
