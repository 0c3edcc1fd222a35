"""What tests of several parts share: a fixed clock, a workspace of their own, the real engine.

The engine is never left out quietly: a test that needs it fails with a sentence where it is not there.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from monitors.core.errors import ToolchainError
from stacks.toolchain import Toolchain, find_toolchain
from tests.factories import FixedClock, write_workspace
from tests.postgres_cluster import Cluster, postgres_cluster
from tests.side_by_side import Groups, arrange

# Where the whole run was begun in the background, it ignores interrupts, and so would every program that a test begins
# and then interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine with much to do is slow and not wrong: no property fails for the time that an example took.
settings.register_profile("siaga24", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("siaga24")

MAKE_READY = 'start it, or run "make ready", which installs and starts one where it may; "make test-fast" needs none'


LOOPS: list[asyncio.AbstractEventLoop] = []  # one, kept to the end: a loop that is let go open is a warning


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests whose stacks stand to the end last, where they would slow down what runs beside them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        arrange(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups | None:
    """Let whole files mean whole groups, as the stage is shared by several files."""
    return Groups(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="module", autouse=True)
def event_loop_there() -> None:
    """Give the main thread an event loop: ``asyncio.run`` in a test before leaves none, and Pulumi's mocks need one."""
    if not LOOPS:
        LOOPS.append(asyncio.new_event_loop())
    asyncio.set_event_loop(LOOPS[-1])


@pytest.fixture(scope="session", autouse=True)
def loopback_is_allowed() -> Iterator[None]:
    """Let the monitors that tests start watch the tests' own servers; what a monitor refuses is tested by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIAGA24_ALLOW_NETWORK", "127.0.0.0/8 ::1")
        yield


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the real Docker engine; the test fails where none answers."""
    try:
        client = docker.from_env(timeout=60)
    except DockerException as exc:
        pytest.fail(f"no Docker engine: {exc}; {MAKE_READY}", pytrace=False)
    try:
        client.ping()
    except (DockerException, OSError) as exc:
        client.close()
        pytest.fail(f"the Docker engine does not answer: {exc}; {MAKE_READY}", pytrace=False)
    yield client
    client.close()


@pytest.fixture(scope="session")
def toolchain(engine: docker.DockerClient) -> Toolchain:
    """Give the Pulumi CLI and its docker provider; the test fails where they or the engine are not there."""
    try:
        return find_toolchain(os.environ)
    except ToolchainError as exc:
        pytest.fail(str(exc), pytrace=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Give a real PostgreSQL server of the tests' own, in memory where the machine has a place for that."""
    memory = Path("/dev/shm")
    with postgres_cluster(memory if memory.is_dir() and os.access(memory, os.W_OK) else None) as cluster:
        yield cluster


@pytest.fixture
def clock() -> FixedClock:
    """Give a clock that stands still until a test moves it."""
    return FixedClock()


@pytest.fixture
def workspace_folder(tmp_path: Path) -> Path:
    """Give a workspace folder of the test's own: settings, no agency yet; its state lies in ``.siaga24``."""
    return write_workspace(tmp_path / "workspace")


@pytest.fixture
def state_folder(workspace_folder: Path) -> Path:
    """Give the state folder of ``workspace_folder``, made and empty."""
    state = workspace_folder / ".siaga24"
    state.mkdir(mode=0o700)
    return state
