from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_all_faults_of_the_environment_are_told_at_once(office):
    code, output = office.run(
        "loket", "serve", LAYANAN="KTP=Kartu,,", TZ_NAME="Asia/Jkarta", PORT="http", DRAIN_SECONDS="-1", ANSWER_SECONDS="0",
        SECRET_KEY_FILE="/run/secrets/none",
    )  # fmt: skip
    assert code == 2
    assert output.splitlines() == [
        "loket: LAYANAN: entry 2 of the list is empty; remove the extra comma",
        'loket: TZ_NAME: "Asia/Jkarta" is not a time zone; write Asia/Jakarta, Asia/Makassar or Asia/Jayapura',
        'loket: PORT: "http" is not a number from 1 to 65535; correct it',
        'loket: DRAIN_SECONDS: "-1" is not a number from 0 to 60; correct it',
        'loket: ANSWER_SECONDS: "0" is not a number from 0.5 to 30; correct it',
        (
            "loket: SECRET_KEY_FILE: /run/secrets/none: No such file or directory;"
            " the file must be readable by the user of this process"
        ),
    ]


def test_a_guessable_key_is_refused_without_showing_it(office):
    office.write_secret("short", "kanari-pendek")
    code, output = office.run("loket", "serve", SECRET_KEY_FILE="/run/secrets/short")
    assert code == 2
    assert "the key has 13 characters; at least 32 are needed" in output
    assert "kanari" not in output


@pytest.mark.parametrize("url", ["mysql://u:kanari@db/x", "postgresql://u:kanari@db/x?no_such_option=1"])
def test_a_file_without_a_usable_connection_url_is_refused_without_showing_it(office, url):
    office.write_secret("bad_url", url)
    code, output = office.run("loket", "migrate", DATABASE_URL_FILE="/run/secrets/bad_url")
    assert code == 2
    assert "DATABASE_URL_FILE: the file holds no connection URL" in output
    assert "kanari" not in output


def test_calling_for_an_unknown_service_names_the_known_ones(office):
    assert office.run("loket", "panggil", "SIM") == (
        2, 'loket: no service has the code "SIM"; known codes: KTP, KK\n'
    )  # fmt: skip


def test_health_command_agrees_with_the_server(office, replica):
    code, output = replica.container.exec_run(["loket", "health"])
    assert code == 0
    assert b'"status":"ok"' in output
    assert office.run("loket", "health")[0] == 1, "no server in that container"


def test_an_unknown_command_is_wrong_use(office):
    assert office.run("loket", "jalan")[0] == 2
