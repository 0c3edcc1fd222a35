import pytest

from infra.spec import PlanError, SecretSpec, Sensitive
from tests.infra.specs import CANARY, a_service, a_spec, an_image


def test_a_secret_never_shows_in_the_text_of_what_holds_it():
    spec = a_spec()
    assert CANARY not in repr(spec)
    assert CANARY not in str(SecretSpec(name="KUNCI", value=Sensitive(CANARY)))
    assert CANARY not in f"{Sensitive(CANARY)}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"id": "siaga24/loket:1.0.0"}, "expected an image ID"),
        ({"uid": 0}, "user 0:10003; expected one other than root"),
        ({"gid": 0}, "user 10003:0; expected one other than root"),
    ],
    ids=["a tag", "root", "root's group"],
)
def test_an_image_that_may_move_or_runs_as_root_is_refused(given, message):
    with pytest.raises(PlanError, match=message):
        an_image(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"host": "a.example } use_backend lain if {"}, "expected a DNS name"),
        ({"host": "a.example\nglobal"}, "expected a DNS name"),
        ({"health_path": "/healthz hdr X y"}, "health path"),
        ({"health_path": "/'; touch x; '"}, "health path"),
        ({"code": "a b"}, "expected a code"),
    ],
    ids=["words in a host", "a line in a host", "words in a path", "a quote in a path", "a space in a code"],
)
def test_nothing_can_be_smuggled_into_the_gateways_configuration(given, message):
    with pytest.raises(PlanError, match=message):
        a_service(**given)
