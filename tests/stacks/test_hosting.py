"""The hooks of one run: they keep the first failure as it was raised, fill a volume once, and obey a stop."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from infra.hooks import Running, VolumeFiles
from infra.spec import HealthSpec
from monitors.core.errors import UnhealthyError
from stacks.engine import Engine
from stacks.hosting import EngineHooks, helper_labels
from stacks.interrupts import InterruptedRunError
from stacks.progress import Silent
from stacks.session import Session
from tests.stacks.fake_engine import BEGAN, FakeEngine
from tests.stacks.test_filevolume import Volumes

RUNNING = Running(container_id="c", what="replica 1 of antrean", health=HealthSpec(test=("CMD", "x")), pids=1)
FILES = VolumeFiles(volume="siaga24_dinkes_gateway", image="sha256:0", uid=1, gid=1, digest="abc")


def hooks(engine: FakeEngine) -> tuple[EngineHooks, Session]:
    session = Session(
        code="dinkes", state=Path("/state"), engine=cast("Engine", engine), began=BEGAN, began_s=0.0, progress=Silent(),
    )
    return EngineHooks(session), session


def test_the_first_failure_is_kept_and_what_waits_elsewhere_is_given_up() -> None:
    acting, session = hooks(FakeEngine())
    with pytest.raises(UnhealthyError):
        acting.running(RUNNING)
    with pytest.raises(InterruptedRunError):
        acting.running(RUNNING)
    assert isinstance(acting.failure, UnhealthyError)
    assert not session.interrupts.asked


def test_a_volume_is_filled_once_a_run() -> None:
    engine = Volumes()
    acting, _ = hooks(engine)
    acting.fill(FILES)
    acting.fill(FILES)
    assert engine.written == 1


def test_after_a_stop_nothing_more_is_begun() -> None:
    engine = Volumes()
    acting, session = hooks(engine)
    session.interrupts.ask()
    with pytest.raises(InterruptedRunError):
        acting.fill(FILES)
    assert engine.written == 0


def test_helpers_are_labelled_by_state_folder_and_agency_and_not_as_the_agencys_own() -> None:
    labels = helper_labels(Path("/a"), "dinkes")
    assert labels != helper_labels(Path("/b"), "dinkes")
    assert labels != helper_labels(Path("/a"), "disdik")
    assert "siaga24.agency" not in labels
