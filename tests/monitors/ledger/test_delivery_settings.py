"""The settings file names parties; each fault is told with what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitors.core.errors import UsageError
from monitors.ledger.delivery import FolderDestination, MailDestination, WebhookDestination
from monitors.ledger.delivery_settings import read_destinations, short_destination

GOOD = """
[[to]]
name = "BPK"
folder = "/mnt/bpk/seals"
mount = true

[[to]]
name = "Inspektorat"
mail = "segel@itjen.example"
from = "siaga24@kominfo.example"
server = "smtp.kominfo.example:587"
user = "siaga24"
password_file = "smtp.password"

[[to]]
name = "Arsip"
webhook = "https://arsip.example/segel"
token_file = "/etc/siaga24/arsip.token"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "seals.toml"
    path.write_text(text)
    return path


def test_three_ways_are_read(tmp_path: Path) -> None:
    assert read_destinations(written(tmp_path, GOOD)) == (
        FolderDestination(name="BPK", folder=Path("/mnt/bpk/seals"), is_mount=True),
        MailDestination(
            name="Inspektorat", to="segel@itjen.example", sender="siaga24@kominfo.example",
            host="smtp.kominfo.example", port=587, user="siaga24", password_file=tmp_path / "smtp.password",
        ),
        WebhookDestination(
            name="Arsip", url="https://arsip.example/segel", token_file=Path("/etc/siaga24/arsip.token"),
        ),
    )


@pytest.mark.parametrize(("text", "told"), [
    ("[[to]", "no TOML"),
    ("[other]\nx = 1", r"one \[\[to\]\] table"),
    ('[[to]]\nname = "a"', "expected one of folder, mail, webhook; there are 0"),
    ('[[to]]\nname = "a"\nfolder = "x"\nwebhook = "https://x/"', "there are 2"),
    ('[[to]]\nfolder = "x"', '"name" is missing'),
    ('[[to]]\nname = "a"\nfolder = "x"\npassword = "p"', '"password" is no word of a folder'),
    ('[[to]]\nname = "a"\nfolder = 5', '"folder" is 5; expected text'),
    ('[[to]]\nname = "a"\nfolder = "x"\n[[to]]\nname = "a"\nfolder = "y"', 'two parties are called "a"'),
    ('[[to]]\nname = "a"\nmail = "m"\nserver = "s:25"', '"from" is missing'),
    ('[[to]]\nname = "a"\nmail = "m"\nfrom = "f"\nserver = "s"', "expected HOST:PORT"),
    ('[[to]]\nname = "a"\nmail = "m"\nfrom = "f"\nserver = "s:25"\nsecurity = "ssl"', "expected starttls, tls, none"),
    ('[[to]]\nname = "a"\nmail = "m"\nfrom = "f"\nserver = "s:25"\nuser = "u"', "belong together"),
    ('[[to]]\nname = "a"\nwebhook = "ftp://x/y"', "expected https://HOST/PATH"),
    ('[[to]]\nname = "a"\nwebhook = "https://u:p@x/y"', "of x would show"),
    ('[[to]]\nname = "a"\nwebhook = "http://x/y"\ntoken_file = "t"', "not sent in the open"),
])
def test_faults_are_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_destinations(written(tmp_path, text))


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        read_destinations(written(tmp_path, '[[to]]\nfolder = "x"\n[[to]]\nname = "b"'))
    assert len(str(told.value).splitlines()) == 2


def test_the_short_form_names_a_webhook_by_its_host_alone() -> None:
    assert short_destination("/mnt/bpk") == FolderDestination(name="/mnt/bpk", folder=Path("/mnt/bpk"))
    hook = short_destination("https://arsip.example/segel?kunci=rahasia")
    assert hook.name == "arsip.example"
    with pytest.raises(UsageError, match="https://HOST/PATH"):
        short_destination("ftp://arsip.example/")
