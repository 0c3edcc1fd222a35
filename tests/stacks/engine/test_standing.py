"""What happens on the engine behind Pulumi's back, and engines that are not there: traps 8, 20, 23 to 25."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stacks.engine.conftest import Hosted
from tests.stacks.engine.rig import PULUMI_LEAVES_LOOPS_OPEN
from tests.stacks.engine.small import CODE, HAPROXY, POSTGRES, PYTHON, with_first

pytestmark = [pytest.mark.engine, PULUMI_LEAVES_LOOPS_OPEN]


def test_a_container_removed_by_hand_is_made_again(base: Hosted) -> None:
    lost = base.rig.containers(CODE, component="replica")[0]
    lost.remove(force=True)
    assert base.rig.changes(base.spec, refresh=True) == {"create": 1}
    base.rig.up(base.spec, refresh=True)
    assert len(base.rig.containers(CODE, component="replica")) == 2
    assert base.rig.changes(base.spec, refresh=True) == {}


def test_a_container_stopped_by_hand_runs_again_after_the_next_up(base: Hosted) -> None:
    stopped = base.rig.containers(CODE, component="replica")[0]
    stopped.stop()
    base.rig.up(base.spec)
    stopped.reload()
    assert stopped.status == "running"


def test_an_engine_that_does_not_answer_changes_nothing(base: Hosted) -> None:
    before = {each.id for each in base.rig.containers(CODE, all=True)}
    changed = with_first(base.spec, env=(("KATA", "tidak sampai"),))
    nowhere = replace(changed, engine_host="unix:///run/tidak-ada.sock")
    with pytest.raises(Exception, match=r"tidak-ada\.sock"):
        base.rig.up(nowhere)
    assert {each.id for each in base.rig.containers(CODE, all=True)} == before
    assert set(base.rig.up(base.spec)) <= {"same", "update"}
    assert {each.id for each in base.rig.containers(CODE, all=True)} == before


def test_no_image_is_a_part_of_the_stack_so_none_can_go_with_it(base: Hosted) -> None:
    types = {resource["type"] for resource in base.rig.export(base.spec)["resources"]}
    assert not {kind for kind in types if "image" in kind.lower()}
    for reference in (HAPROXY, POSTGRES, PYTHON):
        assert base.rig.client.images.get(reference)
