"""Pulumi's files of a stack, read: resources, unfinished operations, locks; damage is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitors.core.errors import StackError
from stacks.pulumi_state import BackendFiles, StackState

CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"


def resource(kind: str, name: str, **given: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dinkes::siaga24::{kind}::{name}", "type": kind, "custom": True, "id": name, **given}


def write(state: Path, resources: list[dict[str, Any]], pending: list[dict[str, Any]]) -> BackendFiles:
    files = BackendFiles(state)
    path = files.checkpoint("dinkes")
    path.parent.mkdir(parents=True, exist_ok=True)
    latest = {"resources": resources, "pending_operations": pending}
    path.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}), encoding="utf-8")
    return files


def test_a_stack_that_was_never_made_has_an_empty_state(tmp_path: Path) -> None:
    files = BackendFiles(tmp_path)
    assert not files.exists("dinkes")
    assert files.state("dinkes") == StackState()
    assert files.locks("dinkes") == ()
    assert not files.has_secrets()


def test_resources_pending_operations_and_outputs_are_found(tmp_path: Path) -> None:
    stack = {"urn": "urn", "type": "pulumi:pulumi:Stack", "custom": False, "outputs": {"engine": "AAAA"}}
    files = write(
        tmp_path,
        [stack, resource(CONTAINER, "c1", delete=True), resource(VOLUME, "v1", protect=True, inputs={"name": "v1"})],
        [{"type": "creating", "resource": resource(CONTAINER, "c2", inputs={"name": "half"})}],
    )
    state = files.state("dinkes")
    assert files.exists("dinkes")
    assert state.outputs == {"engine": "AAAA"}
    assert [(r.id, r.is_leaving, r.is_protected) for r in state.resources] == [("c1", True, False), ("v1", False, True)]
    assert [r.id for r in state.of_kind("Volume")] == ["v1"]
    assert [(p.kind, p.type, p.inputs) for p in state.pending] == [("creating", CONTAINER, {"name": "half"})]


@pytest.mark.parametrize("text", ["", "{", '{"checkpoint": {"latest": {"resources": [1]}}}', '{"checkpoint": "x"}'])
def test_a_damaged_state_is_told_with_the_way_back(tmp_path: Path, text: str) -> None:
    files = write(tmp_path, [], [])
    path = files.checkpoint("dinkes")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StackError) as caught:
        files.state("dinkes")
    assert "is damaged" in str(caught.value)
    assert f"cp {path}.bak {path}" in str(caught.value)


def test_locks_are_read_and_unreadable_ones_have_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "pulumi" / ".pulumi" / "locks" / "organization" / "siaga24" / "dinkes"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(
        '{"pid": 12, "username": "u", "hostname": "vm", "timestamp": "2026-01-01T00:00:00Z"}', encoding="utf-8",
    )
    (folder / "b.json").write_text("{", encoding="utf-8")
    (folder / "c.json").write_text('{"pid": 12, "hostname": "vm", "timestamp": "yesterday"}', encoding="utf-8")
    first, second, third = BackendFiles(tmp_path).locks("dinkes")
    assert (first.pid, first.host, first.since) == (12, "vm", "2026-01-01T00:00:00Z")
    assert second.pid == third.pid == 0


def test_a_configuration_with_a_salt_has_secrets(tmp_path: Path) -> None:
    files = BackendFiles(tmp_path)
    files.work_dir("dinkes").mkdir(parents=True)
    files.config_file("dinkes").write_text("config: {}\n", encoding="utf-8")
    assert not files.has_secrets()
    assert not files.holds("dinkes", "siaga24:secrets")
    files.config_file("dinkes").write_text(
        "encryptionsalt: v1:abc\nconfig:\n  siaga24:secrets:\n    secure: v1:x\n", encoding="utf-8",
    )
    assert files.has_secrets()
    assert files.holds("dinkes", "siaga24:secrets")
