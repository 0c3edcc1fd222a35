"""The component under strict mocks: what is registered, under whom, and that no secret is in it."""

from __future__ import annotations

import json
import threading
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from infra.hooks import Finished, GatewayState, Running, VolumeFiles
from infra.naming import joined
from infra.spec import JobSpec, VolumeSpec, WorkerSpec
from infra.stack import HostingStack
from tests.infra.specs import CANARY, a_database, a_service, a_spec

COMPONENTS = {f"siaga24:infra:{name}" for name in ("HostingStack", "Gateway", "WebService", "Database")}
REAL = {"docker:index/container:Container", "docker:index/network:Network", "docker:index/volume:Volume"}
FULL = {
    "database": a_database(),
    "jobs": (JobSpec(name="migrasi", command=("loket", "migrate")), JobSpec(name="isi", command=("loket", "isi"))),
    "workers": (WorkerSpec(name="surel", command=("loket", "surel")),),
    "volumes": (VolumeSpec(name="berkas", path="/data"),),
}


class StrictMocks(Mocks):
    """Keeps what is registered; refuses every type that no stack has, and any name that is there already."""

    def __init__(self) -> None:
        self.registered: dict[str, MockResourceArgs] = {}
        self.engine_names: list[str] = []
        self.events: list[str] = []
        self.lock = threading.Lock()

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ not in COMPONENTS | REAL | {"pulumi:providers:docker"}:
            raise AssertionError(f"no stack has a {args.typ}")
        with self.lock:
            key = f"{args.typ} {args.name}"
            assert key not in self.registered, f"{key} is registered twice"
            self.registered[key] = args
            if args.typ in REAL:
                self.events.append(f"made {args.typ.rpartition(':')[2].lower()} {args.name}")
        name = args.inputs.get("name") or f"{args.name}-0a1b2c3"
        return f"id-of-{args.name}", {**args.inputs, "name": name}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"no stack calls {args.token}")

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of a kind's resources by name."""
        return {
            args.name: args.inputs for key, args in self.registered.items() if key.startswith(f"docker:index/{kind}:")
        }


class KeepingHooks:
    """Keeps the calls; ``failing`` names one that raises."""

    def __init__(self, mocks: StrictMocks, failing: str = "") -> None:
        self.mocks, self.failing = mocks, failing
        self.filled: list[VolumeFiles] = []
        self.gateway: list[GatewayState] = []

    def _note(self, event: str) -> None:
        with self.mocks.lock:
            self.mocks.events.append(event)
        if event == self.failing:
            raise RuntimeError(f"{event}: tidak sehat")

    def unproven(self, agency: str) -> frozenset[str]:
        self._note(f"asked what of {agency} is there twice")
        return frozenset()

    def fill(self, files: VolumeFiles) -> None:
        self.filled.append(files)
        self._note(f"filled {files.volume}")

    def running(self, container: Running) -> None:
        self._note(f"well {container.what}")

    def finished(self, job: Finished) -> None:
        self._note(f"done {job.what}")

    def routed(self, gateway: GatewayState) -> None:
        self.gateway.append(gateway)
        self._note("routed")


def run(*specs: Any, failing: str = "", preview: bool = False) -> tuple[StrictMocks, KeepingHooks, dict[str, Any]]:
    """Run one program with a stack for each spec; return what was registered, the hooks and the outputs."""
    mocks = StrictMocks()
    hooks = KeepingHooks(mocks, failing)
    outputs: dict[str, Any] = {}
    pulumi.runtime.set_mocks(mocks, project="siaga24", stack="uji", preview=preview)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> Any:
        stacks = [HostingStack(joined(spec.code), spec, hooks) for spec in specs]
        return pulumi.Output.all(*(stack.releases for stack in stacks)).apply(
            lambda known: outputs.update(releases=known),
        )

    if failing:
        with pytest.raises(Exception, match="tidak sehat"):
            program()
    else:
        program()
    return mocks, hooks, outputs


@pytest.fixture(scope="module")
def full() -> tuple[StrictMocks, KeepingHooks, dict[str, Any]]:
    return run(a_spec(services=(a_service(**FULL), a_service(code="surat"))))


def test_the_stack_has_these_parts_and_no_others(full):
    mocks, _, _ = full
    assert set(mocks.of("network")) == {"siaga24_dinkes_edge", "siaga24_dinkes_app", "siaga24_dinkes_data"}
    assert set(mocks.of("volume")) == {
        "siaga24_dinkes_gateway", "siaga24_dinkes_antrean_secrets", "siaga24_dinkes_antrean_volume_berkas",
        "siaga24_dinkes_antrean_database", "siaga24_dinkes_antrean_database-secrets", "siaga24_dinkes_surat_secrets",
    }
    assert set(mocks.of("container")) == {
        "siaga24_dinkes_gateway", "siaga24_dinkes_antrean_1", "siaga24_dinkes_antrean_2",
        "siaga24_dinkes_antrean_database", "siaga24_dinkes_antrean_job_migrasi", "siaga24_dinkes_antrean_job_isi",
        "siaga24_dinkes_antrean_worker_surel_1", "siaga24_dinkes_surat_1", "siaga24_dinkes_surat_2",
    }


def test_every_container_is_hardened_and_limited(full):
    mocks, _, _ = full
    for name, inputs in mocks.of("container").items():
        is_job = "_job_" in name
        assert inputs["readOnly"] is True, name
        assert inputs["privileged"] is False, name
        assert inputs["capabilities"] == {"drops": ["ALL"]}, name
        assert inputs["securityOpts"] == ["no-new-privileges"], name
        assert inputs["memory"] == inputs["memorySwap"] > 0, name
        assert float(inputs["cpus"]) > 0, name
        assert inputs["removeVolumes"] is False, name
        assert inputs["destroyGraceSeconds"] == inputs["stopTimeout"] > 0, name
        assert set(inputs["logOpts"]) == {"max-size", "max-file"}, name
        assert int(inputs["user"].partition(":")[0]) > 0, name
        assert inputs["image"].startswith("sha256:"), name
        assert inputs["networkMode"] == "bridge", name
        assert inputs["restart"] == ("no" if is_job else "unless-stopped"), name
        assert inputs["mustRun"] is not is_job, name
        assert {"siaga24.agency", "siaga24.service", "siaga24.component", "siaga24.release", "siaga24.name"} == {
            label["label"] for label in inputs["labels"]
        }, name


def test_no_secret_is_in_any_input_of_any_resource(full):
    mocks, hooks, outputs = full
    assert any(CANARY in file.content.reveal() for files in hooks.filled for file in files.files), "no canary was planted"
    assert CANARY not in json.dumps([args.inputs for args in mocks.registered.values()])
    assert CANARY not in json.dumps(outputs)


def test_every_name_begins_with_the_stacks_own(full):
    mocks, _, _ = full
    assert all(args.name.startswith("siaga24_dinkes") for args in mocks.registered.values())


def test_two_agencies_with_the_same_service_in_one_run_do_not_collide():
    mocks, _, outputs = run(
        a_spec(services=(a_service(**FULL),)),
        a_spec(code="disdik", subnet=a_spec().subnet.__class__("10.124.0.64/26"), services=(a_service(**FULL),)),
    )
    assert len(outputs["releases"]) == 2
    fixed = [
        inputs["name"]
        for kind in ("container", "network", "volume")
        for inputs in mocks.of(kind).values()
        if inputs.get("name")
    ]
    assert len([name for name in fixed if "disdik" in name]) * 2 == len(fixed)


def test_what_comes_after_waits_for_what_comes_before(full):
    events = full[0].events

    def in_order(*wanted: str) -> None:
        places = [events.index(event) for event in wanted]
        assert places == sorted(places), wanted

    in_order("filled siaga24_dinkes_gateway", "made container siaga24_dinkes_gateway", "well gateway", "routed")
    in_order("made container siaga24_dinkes_antrean_database", "well database of antrean")
    in_order(
        "well database of antrean", "made container siaga24_dinkes_antrean_job_migrasi", "done job migrasi of antrean",
        "made container siaga24_dinkes_antrean_job_isi", "done job isi of antrean", "made container siaga24_dinkes_antrean_1",
        "well replica 1 of antrean", "routed",
    )
    in_order("done job isi of antrean", "made container siaga24_dinkes_antrean_worker_surel_1", "well worker surel 1 of antrean")


def test_the_gateway_is_told_every_replica_of_every_service(full):
    _, hooks, _ = full
    assert dict(hooks.gateway[0].backends) == {
        "antrean": ("id-of-siaga24_dinkes_antrean_1", "id-of-siaga24_dinkes_antrean_2"),
        "surat": ("id-of-siaga24_dinkes_surat_1", "id-of-siaga24_dinkes_surat_2"),
    }
    assert hooks.gateway[0].container_id == "id-of-siaga24_dinkes_gateway"


@pytest.mark.parametrize(
    ("failing", "never"),
    [
        ("well database of antrean", "made container siaga24_dinkes_antrean_job_migrasi"),
        ("done job migrasi of antrean", "made container siaga24_dinkes_antrean_1"),
        ("well replica 2 of antrean", "routed"),
        ("filled siaga24_dinkes_gateway", "made container siaga24_dinkes_gateway"),
    ],
    ids=["an unwell database: no job", "a failed job: no replica", "an unwell replica: no routes", "no files: no gateway"],
)
def test_what_fails_stops_what_comes_after_and_fails_the_run(failing, never):
    mocks, _, outputs = run(a_spec(services=(a_service(**FULL),)), failing=failing)
    assert failing in mocks.events
    assert never not in mocks.events
    assert not outputs


def test_a_preview_asks_nothing_of_the_engine():
    mocks, hooks, _ = run(a_spec(services=(a_service(**FULL),)), preview=True)
    assert not hooks.filled
    assert not hooks.gateway
    assert all(event.startswith("made ") for event in mocks.events)
    assert len(mocks.of("container")) == 7
