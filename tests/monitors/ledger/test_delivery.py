"""Seals reach real parties: a folder, a mail server, a web server; and what is not taken is said in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitors.core.errors import DeliveryError
from monitors.core.seal import FIRST, Seal, seal_of_text, seal_text
from monitors.ledger.delivery import FolderDestination, MailDestination, WebhookDestination
from tests.monitors.ledger.receivers import hook_server, mail_server

SEAL = Seal(
    day="2026-01-01", number=1, previous=FIRST, root="ab" * 32, agencies=1, services=1, blocks=24, runs=99, late=0,
    key="0011223344556677", signature="cd" * 64,
)


def test_a_folder_gets_a_file_that_reads_back_and_a_repeat_changes_nothing(tmp_path: Path) -> None:
    to = FolderDestination(name="bpk", folder=tmp_path)
    to.give(SEAL)
    to.give(SEAL)
    path, = tmp_path.iterdir()
    assert path.name == "seal-000001-2026-01-01.json"
    assert seal_of_text(path.read_text()) == SEAL


def test_another_seal_of_the_same_number_is_not_written_over(tmp_path: Path) -> None:
    to = FolderDestination(name="bpk", folder=tmp_path)
    to.give(SEAL)
    with pytest.raises(DeliveryError, match="signed anew"):
        to.give(replace(SEAL, runs=98))
    assert seal_of_text(next(tmp_path.iterdir()).read_text()) == SEAL


def test_a_folder_that_is_not_there_or_not_mounted_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="no such folder"):
        FolderDestination(name="bpk", folder=tmp_path / "none").give(SEAL)
    with pytest.raises(DeliveryError, match="nothing is mounted"):
        FolderDestination(name="bpk", folder=tmp_path, is_mount=True).give(SEAL)
    assert list(tmp_path.iterdir()) == []


def test_a_mail_says_the_seal_in_its_text_and_carries_it() -> None:
    with mail_server() as box:
        MailDestination(
            name="itjen", to="segel@itjen.example", sender="siaga24@kominfo.example", host="127.0.0.1", port=box.port,
            security="none",
        ).give(SEAL)
    message, = box.messages
    assert message["Subject"] == "Segel Siaga24 2026-01-01 nomor 1"
    text = message.get_body().get_content()          # type: ignore[union-attr]
    assert seal_text(SEAL).strip() in text.replace("\r\n", "\n")
    attached, = message.iter_attachments()
    assert attached.get_filename() == "seal-000001-2026-01-01.json"
    assert seal_of_text(attached.get_content().decode()) == SEAL


def test_a_mail_server_that_refuses_or_speaks_no_tls_takes_nothing() -> None:
    with mail_server() as box:
        box.refuses = True
        to = MailDestination(
            name="itjen", to="segel@itjen.example", sender="siaga24@kominfo.example", host="127.0.0.1", port=box.port,
            security="none",
        )
        with pytest.raises(DeliveryError, match=r"was not taken: .*mailbox full"):
            to.give(SEAL)
        with pytest.raises(DeliveryError, match="STARTTLS"):
            replace(to, security="starttls").give(SEAL)
    with pytest.raises(DeliveryError, match="was not taken"):
        to.give(SEAL)                    # it is gone


def test_a_webhook_gets_the_line_and_its_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("rahasia\n")
    token.chmod(0o600)
    with hook_server() as hook:
        WebhookDestination(name="arsip", url=f"http://127.0.0.1:{hook.port}/segel", token_file=token).give(SEAL)
    assert hook.posts == [("/segel", "Bearer rahasia", seal_text(SEAL))]


@pytest.mark.parametrize(("status", "location"), [(500, ""), (302, "/other"), (307, "/other"), (404, "")])
def test_a_webhook_that_does_not_answer_with_a_2xx_took_nothing(status: int, location: str) -> None:
    with hook_server() as hook:
        hook.status, hook.location = status, location
        to = WebhookDestination(name="arsip", url=f"http://127.0.0.1:{hook.port}/segel?kunci=rahasia")
        with pytest.raises(DeliveryError, match=f"arsip: the webhook answered {status}") as told:
            to.give(SEAL)
    assert "rahasia" not in str(told.value)
    assert len(hook.posts) == 1          # a redirect is not followed
    with pytest.raises(DeliveryError, match="did not take it"):
        to.give(SEAL)


def test_a_secret_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("rahasia\n")
    token.chmod(0o644)
    with pytest.raises(DeliveryError, match="chmod 600"):
        WebhookDestination(name="arsip", url="http://127.0.0.1:9/", token_file=token).give(SEAL)
