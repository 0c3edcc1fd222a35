"""Only an unwell newest container beside an older one that serves may be deleted before its successor is there."""

from __future__ import annotations

import pytest

from stacks.engine_facts import ContainerFacts
from stacks.hosting import _stands_in_the_way


def a_container(age: int, status: str = "running", health: str = "healthy") -> ContainerFacts:
    """A container made ``age`` seconds before the minute's end."""
    return ContainerFacts(
        id=f"c{age}", name=f"c{age}", image_id="i", labels={}, status=status, health=health,
        created=f"2026-11-25T10:00:{59 - age:02}.0Z",
    )


@pytest.mark.parametrize(("several", "expected"), [
    pytest.param([a_container(9)], False, id="a lone well one stays until its successor is well"),
    pytest.param([a_container(9, health="unhealthy")], False, id="so does a lone unwell one"),
    pytest.param([a_container(9), a_container(1, health="unhealthy")], True, id="unwell beside one that serves"),
    pytest.param([a_container(1, "restarting", "starting"), a_container(9)], True, id="whatever the order of listing"),
    pytest.param([a_container(9, "exited"), a_container(1)], False, id="a well one beside a stopped old one"),
    pytest.param([a_container(9, "exited"), a_container(1, "exited")], False, id="nothing that serves"),
])
def test_what_may_be_deleted_first(several, expected):
    assert _stands_in_the_way(several) is expected
