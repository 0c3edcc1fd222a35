"""The scan finds a secret in each form in which tools repeat it, and nothing where there is none."""

from __future__ import annotations

import base64
import gzip
import json
from urllib.parse import quote, quote_plus

import pytest

from tests.scenarios.secret_scan import scan, secrets_inside

SECRET = 'k4n@ri/+"kuning"&rahasia 7'


@pytest.mark.parametrize("text", [
    f"password={SECRET}!",
    f"postgres://u:{quote(SECRET, safe='')}@db/x",
    f"postgres://u:{quote(SECRET, safe='').lower()}@db/x",
    f"GET /{quote(SECRET)}",
    f"q={quote_plus(SECRET)}",
    json.dumps({"value": SECRET}),
    SECRET.encode().hex().upper(),
    base64.b64encode(SECRET.encode()).decode(),
    "Authorization: Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode(),
    base64.b64encode(f"user1:{SECRET}@host".encode()).decode(),
    base64.urlsafe_b64encode(f"abcd{SECRET}xyz".encode()).decode(),
    gzip.compress(f"log {SECRET}".encode(), mtime=0),
    SECRET.encode() + b"\xff\xfe",
])
def test_a_planted_secret_is_found(text):
    assert [finding.secret for finding in scan({"canary": SECRET}, [("here", text)])] == ["canary"]


def test_a_text_without_it_gives_nothing():
    assert scan({"canary": SECRET}, [("here", "k4n@ri kuning rahasia"), ("there", b"\x00\xff")]) == []


def test_a_finding_names_secret_place_and_form_and_not_the_value():
    told = str(scan({"SECRET_KEY": SECRET}, [("container log", SECRET)])[0])
    assert told == "secret 'SECRET_KEY' stands in container log (plain)"


def test_a_key_of_several_lines_is_found_by_its_body():
    key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n"
    assert scan({"key": key}, [("here", '{"pem": "MIGHAgEAMBMGByqGSM49\\n"}')])


def test_the_password_of_a_url_is_a_secret_of_its_own():
    assert secrets_inside("URL", "postgresql://u:a%2Fbcdefgh@db/x") == {
        "URL": "postgresql://u:a%2Fbcdefgh@db/x", "URL (password)": "a/bcdefgh",
    }


def test_a_secret_that_ordinary_words_hold_is_refused():
    with pytest.raises(ValueError, match="too short"):
        scan({"pin": "1234"}, [])
