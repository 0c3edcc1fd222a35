"""Keys: for their owner alone, and a signature that any changed byte breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.core.errors import LedgerError
from monitors.ledger.keys import WEAK, WORD, PrivateKey, generate, key_id, load, verify


def test_a_key_is_made_for_its_owner_alone_and_comes_back(tmp_path: Path):
    key = generate(tmp_path / "siti.key")
    assert (tmp_path / "siti.key").stat().st_mode & 0o777 == 0o600
    again = load(tmp_path / "siti.key")
    assert (again.public, again.id) == (key.public, key_id(key.public))
    assert verify(key.public, again.sign(b"pesan"), b"pesan")


def test_the_signature_is_that_of_the_standard():
    """RFC 8032, section 7.1, test 2."""
    key = PrivateKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72") == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_of_message_or_signature_is_found(message, place, change):
    key = PrivateKey(b"\x01" * 32)
    signature = bytes.fromhex(key.sign(message))
    for original in (message, signature):
        changed = bytearray(original)
        changed[place % len(changed)] ^= change
        given_message = bytes(changed) if original is message else message
        given_signature = bytes(changed) if original is signature else signature
        assert not verify(key.public, given_signature.hex(), given_message)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path):
    generate(tmp_path / "siti.key")
    (tmp_path / "siti.key").chmod(0o640)
    with pytest.raises(LedgerError, match=r"mode 0640.*expected 0600"):
        load(tmp_path / "siti.key")


def test_a_key_is_never_written_over(tmp_path: Path):
    generate(tmp_path / "siti.key")
    with pytest.raises(LedgerError, match="never written over"):
        generate(tmp_path / "siti.key")


@pytest.mark.parametrize("text", ["", "ssh-ed25519 AAAA", f"{WORD} zz", f"{WORD} 00"])
def test_what_is_no_key_is_told(tmp_path: Path, text):
    path = tmp_path / "other.key"
    path.write_text(text, encoding="ascii")
    path.chmod(0o600)
    with pytest.raises(LedgerError, match="no private key of ours"):
        load(path)
    with pytest.raises(LedgerError, match="there is no key file"):
        load(tmp_path / "gone.key")


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("weak", sorted(WEAK))
def test_a_public_key_with_which_anybody_could_sign_is_none(weak, sign):
    public = (weak[:-1] + bytes([weak[-1] | sign])).hex()
    identity = "01" + "00" * 31
    for message in (b"pesan", b"lain", b"", b"3", b"4"):
        for start in (identity, "00" * 32, public):
            assert not verify(public, start + "00" * 32, message)


@pytest.mark.parametrize(("public", "signature"), [("", ""), ("zz", "zz"), ("00" * 32, "00" * 64), ("00", "00")])
def test_what_is_malformed_is_no_signature(public, signature):
    assert not verify(public, signature, b"pesan")


def test_a_keys_text_does_not_hold_its_secret():
    assert "01" * 32 not in repr(PrivateKey(b"\x01" * 32))
