"""What Pulumi's mocks need of the process: an event loop of their own, and hypothesis imported early.

hypothesis: pytest's plugin would import it at the end, inside a running clean-up, where Python 3.11's parser may find its
recursion count off (SystemError, "AST constructor recursion depth mismatch").
"""

import asyncio

import hypothesis  # noqa: F401
import pytest

LOOPS: list[asyncio.AbstractEventLoop] = []  # kept to the end: Pulumi's failed runs leave tasks that still name them


@pytest.fixture(scope="module", autouse=True)
def event_loop_of_the_module() -> None:
    """Give the main thread a loop: a test that ran before may have used ``asyncio.run``, which leaves it none."""
    LOOPS.append(asyncio.new_event_loop())
    asyncio.set_event_loop(LOOPS[-1])
