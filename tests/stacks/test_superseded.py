"""Volumes without data that a stack no longer has are removed; what the engine will not give is told, nothing else touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from monitors.core.errors import StackError
from stacks.engine_facts import VolumeFacts
from stacks.pulumi_state import StackState, StateResource
from stacks.session import Session
from stacks.superseded import refuse_stays, remove_superseded

STATE = StackState(resources=(
    StateResource(urn="urn::keys", type="docker:index/volume:Volume", id="keys-new", inputs={}, is_protected=False),
))


class Volumes:
    """An engine that has volumes, and does not give up those in ``held``."""

    def __init__(self, *held: str) -> None:
        self.held = held
        self.there = {"keys-new": "false", "keys-old": "false", "keys-older": "false", "data-old": "true", "unlabelled": ""}

    def volumes(self, agency: str) -> tuple[VolumeFacts, ...]:
        assert agency == "dinkes"
        return tuple(
            VolumeFacts(name=name, labels={"siaga24.data": data} if data else {}, created="")
            for name, data in self.there.items()
        )

    def remove_volume(self, name: str) -> None:
        if name in self.held:
            raise StackError(f"removal of volume {name}: the Docker engine refused: volume is in use")
        del self.there[name]


def removed(engine: Volumes) -> dict[str, str]:
    return remove_superseded(cast("Session", SimpleNamespace(code="dinkes", engine=engine)), STATE)


def test_only_what_holds_no_data_and_is_not_in_the_stack_is_removed():
    engine = Volumes()
    assert removed(engine) == {}
    assert list(engine.there) == ["keys-new", "data-old", "unlabelled"]


def test_one_that_is_held_stays_with_its_reason_and_the_others_go():
    engine = Volumes("keys-old")
    assert removed(engine) == {"keys-old": "removal of volume keys-old: the Docker engine refused: volume is in use"}
    assert "keys-older" not in engine.there


def test_keys_that_are_left_after_the_stack_fail_its_destruction():
    refuse_stays({})
    with pytest.raises(StackError, match=r"keys-old: volume is in use; expected the engine to remove them; start"):
        refuse_stays({"keys-old": "volume is in use"})
