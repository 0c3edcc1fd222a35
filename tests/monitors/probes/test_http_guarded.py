"""The guard on real connections: what is refused is never connected to, by name, by redirect or by another spelling."""

from __future__ import annotations

import pytest

from monitors.core.errors import UsageError
from monitors.core.model import Step
from monitors.probes.guard import Guard
from tests.probing import tried, watching
from tests.servers import page, redirect, routes, serving

STRICT = Guard()
FOLLOWING = Step(name="buka", max_redirects=5)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "127.1", "0x7f.1", "0177.0.0.1"])
def test_a_name_that_leads_to_this_machine_fails_and_is_not_connected_to(host: str):
    with serving(page()) as server:
        step = tried(watching(f"http://{host}:{server.port}"), guard=STRICT).steps[0]
        assert not step.passed
        assert server.connections == 0
    assert f"{host}:{server.port} leads to " in step.reason
    assert "an address of the monitor's own machine, where the monitor does not connect; if it is meant, ops allow it: " in step.reason


def test_a_name_that_ops_allow_the_address_of_is_probed():
    with serving(page()) as server:
        assert tried(watching(f"http://localhost:{server.port}"), guard=Guard(["127.0.0.0/8"])).steps[0].passed


def test_an_address_in_the_definition_itself_is_refused_before_anything_runs():
    with pytest.raises(UsageError, match=r'dinkes/antrean: step "buka": 169.254.169.254 is the address of a cloud\'s metadata'):
        tried(watching("http://169.254.169.254"), guard=STRICT)
    with pytest.raises(UsageError, match=r'step "lain": 10.0.0.1 is an address of a private network, where'):
        tried(watching("http://nama.example", Step(name="lain", url="http://10.0.0.1/x")), guard=STRICT)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_to_a_refused_address_is_not_followed_there(host: str):
    with serving(page("rahasia")) as inner, serving(redirect(f"http://{host}:{inner.port}/")) as outer:
        placed = watching(f"http://publik.example:{outer.port}", FOLLOWING, connect_to=f"127.0.0.1:{outer.port}")
        attempt = tried(placed, guard=STRICT)
        assert inner.connections == 0
        assert len(outer.asked) == 1
    assert "an address of the monitor's own machine, where the monitor does not connect" in attempt.steps[0].reason


def test_the_address_that_the_toolkit_gave_is_allowed_for_its_own_origin_alone():
    with serving(page()) as inner, serving(routes({"/": page(), "/pergi": redirect(f"http://127.0.0.1:{inner.port}/")})) as outer:
        target = watching(f"http://antrean.example:{outer.port}", FOLLOWING, connect_to=f"127.0.0.1:{outer.port}")
        assert tried(target, guard=STRICT).steps[0].passed
        away = watching(
            f"http://antrean.example:{outer.port}", Step(name="buka", url="/pergi", max_redirects=1),
            connect_to=f"127.0.0.1:{outer.port}",
        )
        assert not tried(away, guard=STRICT).steps[0].passed
        assert inner.connections == 0


def test_a_host_with_a_good_address_beside_a_refused_one_is_probed_at_the_good_one():
    with serving(page()) as server:
        # localhost is ::1 and 127.0.0.1 on this machine; at the least the allowed one is taken
        step = tried(watching(f"http://localhost:{server.port}"), guard=Guard(["127.0.0.1"])).steps[0]
        assert step.passed
        assert step.address == "127.0.0.1"
