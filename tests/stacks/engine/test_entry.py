"""Plain ``pulumi preview`` plans the same stack as ours; plain ``pulumi up`` is refused."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest
from pulumi import automation as auto

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[3]
CODE = "dinkes-bandung"


@pytest.fixture
def plain_stack(tmp_path, toolchain, monkeypatch):
    """A stack as plain Pulumi makes it, whose program is the folder that Pulumi.yaml names."""
    workspace = tmp_path / "workspace"
    shutil.copytree(ROOT / "stacks" / "agencies", workspace, ignore=shutil.ignore_patterns(".siaga24"))
    monkeypatch.setenv("SIAGA24_WORKSPACE", str(workspace))
    monkeypatch.delenv("SIAGA24_STATE", raising=False)
    backend = tmp_path / "backend"
    backend.mkdir()

    def program() -> None:
        runpy.run_path(str(ROOT / "stacks"), run_name="__main__")

    return auto.create_or_select_stack(
        stack_name=CODE,
        project_name="siaga24",
        program=program,
        opts=auto.LocalWorkspaceOptions(
            work_dir=str(tmp_path),
            env_vars={
                **toolchain.environment,
                "PULUMI_BACKEND_URL": backend.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "kata sandi untuk uji",
            },
            pulumi_command=auto.PulumiCommand(root=str(toolchain.pulumi_root)),
        ),
    )


def test_preview_plans_the_containers_of_the_agency_and_makes_nothing(plain_stack):
    planned = []
    plain_stack.preview(on_event=lambda event: planned.append(event.resource_pre_event), color="never")
    kinds = [event.metadata.type for event in planned if event is not None]
    assert kinds.count("docker:index/container:Container") >= 7  # a gateway, two services of two replicas, databases
    assert "siaga24:infra:HostingStack" in kinds
    assert not plain_stack.export_stack().deployment.get("resources")


def test_up_is_refused_with_the_command_to_type(plain_stack):
    # the refusal comes out of the program's own process as the error that it is
    with pytest.raises(Exception, match=rf"siaga24 stack up {CODE}"):
        plain_stack.up(color="never")
