"""Data volumes that leave the definition are unprotected, told, and left on the engine; others are not touched."""

from __future__ import annotations

from typing import cast

from infra.spec import Sensitive
from stacks.automation import StackAutomation
from stacks.images import image_spec
from stacks.kept_data import let_go, planned_data
from stacks.parts import Database, Volume
from stacks.program import DATABASE_IMAGE, GATEWAY_IMAGE, Inputs, TlsIdentity, secret_keys, spec_of
from stacks.progress import Silent
from stacks.pulumi_state import StackState, StateResource
from tests.stacks.some_agency import a_service, an_agency
from tests.stacks.test_images import an_image


def a_spec():
    agency = an_agency(services=(a_service(database=Database(), volumes=(Volume(name="arsip", path="/arsip"),)),))
    image = image_spec(an_image("x"))
    return spec_of(agency, Inputs(
        images=dict.fromkeys((GATEWAY_IMAGE, DATABASE_IMAGE, "siaga24/loket:1.0.0"), image),
        secrets={key: Sensitive("x" * 43) for key in secret_keys(agency)},
        certificate=TlsIdentity(certificate_pem="c", key_pem=Sensitive("k")), engine_host="unix:///x",
    ))


class Told(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Unprotects:
    def __init__(self) -> None:
        self.urns: tuple[str, ...] = ()

    def unprotect(self, urns: tuple[str, ...]) -> None:
        self.urns += urns


def volume(name: str, *, is_protected: bool) -> StateResource:
    return StateResource(
        urn=f"urn::{name}", type="docker:index/volume:Volume", id=name, inputs={}, is_protected=is_protected,
    )


def test_the_data_of_a_stack_are_its_databases_and_its_services_volumes() -> None:
    assert planned_data(a_spec()) == {"siaga24_dinkes_antrean_database", "siaga24_dinkes_antrean_volume_arsip"}


def test_only_protected_volumes_that_are_no_longer_named_are_let_go() -> None:
    state = StackState(resources=(
        volume("siaga24_dinkes_antrean_database", is_protected=True), volume("siaga24_dinkes_lama_database", is_protected=True),
        volume("siaga24_dinkes_gateway", is_protected=False),
    ))
    acting, told = Unprotects(), Told()
    let_go(cast("StackAutomation", acting), state, a_spec(), told)
    assert acting.urns == ("urn::siaga24_dinkes_lama_database",)
    assert told.notes == [
        "volume siaga24_dinkes_lama_database is no longer in the definition; its data stays on the engine, and nothing uses it",
    ]
