"""One small stack on the real engine for all tests of the traps.

``hosted``: a stack of this agency is up, in whatever release the test before left it, perhaps a failed one beside it.
``base``: it is on exactly ``spec``. Every `up` costs seconds, so only tests that need the base go back to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import docker
import pytest

from infra.spec import StackSpec
from stacks.toolchain import Toolchain
from tests.stacks.engine.rig import Rig, collect
from tests.stacks.engine.small import CODE, HTTPS_PORT, a_real_database, a_small_service, a_small_stack


@dataclasses.dataclass(frozen=True)
class Hosted:
    """A rig and the spec that its stack is on."""

    rig: Rig
    spec: StackSpec


@pytest.fixture(scope="session")
def _hosted(
    tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, engine: docker.DockerClient,
) -> Iterator[Hosted]:
    rig = Rig(
        folder=tmp_path_factory.mktemp("jebakan"), toolchain=toolchain, client=engine, https_port=HTTPS_PORT,
    )
    rig.remove(CODE)                     # of a test run that was killed
    spec = a_small_stack(rig, a_small_service(rig, database=a_real_database(rig)))
    rig.up(spec)
    yield Hosted(rig, spec)
    rig.remove(CODE)
    collect()


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Collect what a failed program left before the next test, which may be of another part, has to answer for it."""
    yield
    collect()


@pytest.fixture
def hosted(_hosted: Hosted) -> Hosted:
    """Give the stack in any release."""
    return _hosted


@pytest.fixture
def base(_hosted: Hosted) -> Hosted:
    """Give the stack on exactly its spec."""
    if _hosted.rig.stands_on != _hosted.spec:
        _hosted.rig.up(_hosted.spec)
    return _hosted
