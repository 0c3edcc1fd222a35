import re
from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from infra.naming import database_alias, digest, joined, keyed_digest, network_name
from infra.spec import Sensitive

codes = st.from_regex(r"[a-z](?:[a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)


@given(st.lists(codes, min_size=1, max_size=3), st.lists(codes, min_size=1, max_size=3))
def test_different_codes_never_make_the_same_name(first, second):
    assert (joined(*first) == joined(*second)) == (first == second)


def test_a_database_alias_is_no_services_code():
    assert database_alias("antrean") == "antrean.database"
    assert not re.fullmatch(r"[a-z0-9-]+", database_alias("antrean"))


def test_a_networks_name_tells_its_subnet():
    assert network_name("dinkes", "app", IPv4Network("10.124.0.32/27")) == "siaga24_dinkes_app_10.124.0.32-27"


def test_a_digest_depends_on_every_value_and_not_on_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1, "b": 2}) != digest({"a": 2, "b": 1})
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_a_secrets_digest_cannot_be_guessed_without_the_key():
    assert keyed_digest(Sensitive("satu"), "1234") != keyed_digest(Sensitive("dua"), "1234")
    assert keyed_digest(Sensitive("satu"), "1234") == keyed_digest(Sensitive("satu"), "1234")
