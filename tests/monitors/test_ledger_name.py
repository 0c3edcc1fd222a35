"""A ledger is named by a file or an address; a password in an address is refused and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.ledger_name import ServerLedger, ledger_name

SECRET = "kanari-sandi"


@pytest.mark.parametrize("text", ["ledger.sqlite", "/srv/ledger.sqlite", "postgresql", "a postgresql://b", "C:x"])
def test_what_is_no_address_is_a_file(text: str):
    assert ledger_name(text) == Path(text)


def test_an_address_is_read_and_shown_without_its_options():
    found = ledger_name("postgresql://m%40k@db.example.go.id:5432,b:5433/siaga%2024?sslmode=require&passfile=/run/p%20w")
    assert isinstance(found, ServerLedger)
    assert (found.user, found.hosts, found.database) == ("m@k", "db.example.go.id:5432,b:5433", "siaga 24")
    assert str(found) == "postgresql://m%40k@db.example.go.id:5432,b:5433/siaga%2024"
    assert found.conninfo == str(found) + "?sslmode=require&passfile=%2Frun%2Fp%20w"
    assert ledger_name("postgres://db/x") == ledger_name("postgresql://db/x")


@pytest.mark.parametrize(("text", "is_near"), [
    ("postgresql:///siaga24", True), ("postgresql://127.0.0.1:5/x", True), ("postgresql://[::1]:5/x", True),
    ("postgresql://localhost/x", True), ("postgresql:///x?host=/run/postgresql", True), ("postgresql://[::2]/x", False),
    ("postgresql://localhost,db.example/x", False), ("postgresql:///x?host=db.example", False),
])
def test_it_is_known_whether_the_way_there_leaves_this_machine(text: str, is_near: bool):
    found = ledger_name(text)
    assert isinstance(found, ServerLedger)
    assert found.is_near is is_near


@pytest.mark.parametrize("text", [
    f"postgresql://u:{SECRET}@db/x", f"postgresql://u@db/x?password={SECRET}", f"postgres://u:{SECRET}/2@db/x",
    f"postgresql://u@db/x?sslpassword={SECRET}", f"postgresql:/u:{SECRET}@db/x", f"postgresql://u:{SECRET}#@db/x",
    f"POSTGRESQL://u:{SECRET}@db/x", f"postgresql://u:{SECRET}[@db/x", f"postgresql://{SECRET}:{SECRET}/x/y",
    f"postgresql://db/x?{SECRET}", f"postgresql://db/x#{SECRET}",
])
def test_a_password_is_refused_and_nothing_of_what_was_given_is_shown(text: str):
    with pytest.raises(UsageError, match="--ledger: ") as caught:
        ledger_name(text)
    assert SECRET not in str(caught.value)


def test_an_option_that_libpq_has_and_a_ledger_does_not_need_is_refused():
    with pytest.raises(UsageError, match='the option "options" is not known; expected some of host, port'):
        ledger_name("postgresql://db/x?options=-csynchronous_commit%3Doff")
