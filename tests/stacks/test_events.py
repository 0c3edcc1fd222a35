"""Pulumi's events become steps, counts and errors."""

from __future__ import annotations

from typing import Any

from pulumi.automation.events import EngineEvent

from stacks.events import EventFold, display_name, plain, short_name
from stacks.progress import Counts, Step, StepState

STACK = "urn:pulumi:dinkes::siaga24"
CONTAINER = "docker:index/container:Container"


class Told:
    """Takes steps, with a clock that moves a second at each look."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.now = 0.0
        self.fold = EventFold(self.clock, self.steps.append)

    def clock(self) -> float:
        self.now += 1.0
        return self.now

    def send(self, field: str, op: str = "create", **given: Any) -> None:
        kind = given.pop("type", CONTAINER)
        name = given.pop("name", "siaga24_dinkes_antrean_1")
        metadata = {"op": op, "urn": f"{STACK}::{kind}::{name}", "type": kind, "provider": "", **given}
        self.fold(EngineEvent.from_json({"sequence": 1, "timestamp": 1, field: {"metadata": metadata}}))

    def done(self, op: str, **given: Any) -> None:
        self.send("resourcePreEvent", op, **given)
        self.send("resOutputsEvent", op, **given)


def side(**inputs: Any) -> dict[str, Any]:
    return {"type": CONTAINER, "urn": "", "id": inputs.pop("id", ""), "parent": "", "provider": "", "inputs": inputs}


def test_a_step_begins_and_ends_with_how_long_it_took() -> None:
    told = Told()
    told.done("create")
    assert [(s.action, s.kind, s.name, s.state, s.seconds) for s in told.steps] == [
        ("create", "container", "antrean_1", StepState.STARTED, 0.0),
        ("create", "container", "antrean_1", StepState.DONE, 1.0),
    ]


def test_a_label_for_people_is_the_name() -> None:
    told = Told()
    told.done("create", new=side(labels=[{"label": "siaga24.name", "value": "replica 1 of antrean"}]))
    assert told.steps[0].name == "replica 1 of antrean"


def test_a_replacement_counts_once_and_shows_both_of_its_halves() -> None:
    told = Told()
    told.done("create-replacement", diffs=["labels", "envs", "image", "user"])
    told.done("replace")
    told.done("delete-replaced", old=side(id="old"))
    assert told.fold.counts == Counts(replaced=1)
    assert [(s.action, s.detail) for s in told.steps if s.state is StepState.DONE] == [
        ("create new", "envs, image, labels, ..."), ("remove old", ""),
    ]


def test_two_old_things_of_one_name_are_two_steps() -> None:
    told = Told()
    for old in ("one", "two"):
        told.send("resourcePreEvent", "delete-replaced", old=side(id=old))
    for old in ("one", "two"):
        told.send("resOutputsEvent", "delete-replaced", old=side(id=old))
    assert [s.state for s in told.steps] == [StepState.STARTED] * 2 + [StepState.DONE] * 2
    assert len({s.key for s in told.steps}) == 2


def test_only_what_is_on_the_engine_is_counted_and_told() -> None:
    told = Told()
    for kind in ("pulumi:pulumi:Stack", "siaga24:infra:HostingStack", "pulumi:providers:docker"):
        told.done("create", type=kind)
    told.done("same")
    told.done("update")
    told.done("delete")
    assert told.fold.counts == Counts(updated=1, deleted=1, same=1)
    assert told.fold.counts.changed == 2
    assert {s.action for s in told.steps} == {"update", "delete"}


def test_a_failed_step_is_told_and_not_counted() -> None:
    told = Told()
    told.send("resourcePreEvent")
    told.send("resOpFailedEvent")
    assert told.steps[-1].state is StepState.FAILED
    assert told.fold.counts == Counts()


def test_errors_are_kept_without_colour_marks_and_passing_remarks_are_not() -> None:
    told = Told()
    for severity, ephemeral in (("error", False), ("error", True), ("info", False)):
        told.fold(EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": {
            "message": "<{%fg 1%}>port is already allocated<{%reset%}>\n", "severity": severity,
            "ephemeral": ephemeral, "urn": "urn:x",
        }}))
    assert told.fold.errors == (("urn:x", "port is already allocated"),)


def test_names_lose_what_all_of_a_stack_share() -> None:
    assert short_name("siaga24_dinkes_gateway", "dinkes") == "gateway"
    assert short_name("siaga24_dinkes-bandung_gateway", "dinkes") == "siaga24_dinkes-bandung_gateway"
    assert display_name({}, f"{STACK}::docker:index/network:Network::siaga24_dinkes_edge") == "edge"
    assert plain("<{%reset%}> a <{%fg 2%}>b ") == "a b"
