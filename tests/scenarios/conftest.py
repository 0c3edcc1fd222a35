"""The stage of the end-to-end scenarios, set once for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from stacks.toolchain import Toolchain
from tests.scenarios.stage import FIRST, SECOND, Stage, clear_stage, set_stage


@pytest.fixture(scope="session")
def whole_stage(
    engine: docker.DockerClient, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """Two agencies on the engine and a monitor, for the whole session; removed at its end."""
    stage = Stage(folder=tmp_path_factory.mktemp("stage"), engine=engine, toolchain=toolchain)
    try:
        set_stage(stage)
        yield stage
    finally:
        clear_stage(stage)


@pytest.fixture
def stage(whole_stage: Stage) -> Stage:
    """The stage, with both agencies up at this moment by the monitor's verdict."""
    for code in (FIRST, SECOND):
        whole_stage.until_verdict(code, "up")
    return whole_stage
