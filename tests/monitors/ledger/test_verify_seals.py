"""Who may sign: the key that is given, and keys that it introduced by a signed entry."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from monitors.core.entry import Entry, EntryKind, signed_bytes
from monitors.core.seal import FIRST, Seal
from monitors.core.seal import signed_bytes as seal_bytes
from monitors.ledger.keys import PrivateKey, key_id
from monitors.ledger.seal_keys import INTRODUCE
from monitors.ledger.verify_seals import Introduction, SealCheck, check_seals, read_keys, trusted_keys

OLD, NEW, OTHER = (PrivateKey(bytes([number]) * 32) for number in (1, 2, 3))
VECTORS = json.loads(Path("tests/data/seal_vectors.json").read_text(encoding="utf-8"))


def some_seals(*keys: PrivateKey) -> list[Seal]:
    made: list[Seal] = []
    for number, key in enumerate(keys, 1):
        seal = Seal(
            day=f"2026-11-{number:02}", number=number, previous=made[-1].digest if made else FIRST, root="ab" * 32,
            agencies=1, services=1, blocks=1, runs=1, late=0, key=key.id,
        )
        made.append(replace(seal, signature=key.sign(seal_bytes(seal))))
    return made


def introduction(by: PrivateKey, new: PrivateKey) -> Introduction:
    body = {"act": INTRODUCE, "public": new.public, "key": by.id}
    message = signed_bytes(Entry(kind=EntryKind.KEY, at_ms=1, by="kantor", body=body))
    return Introduction(public=new.public, by=by.id, message=message, signature=by.sign(message))


def test_a_key_that_a_trusted_one_introduced_is_trusted_and_no_other():
    seals = some_seals(OLD, OLD, NEW)
    check = SealCheck(seals=seals, keys=[OLD.public], introduced=[introduction(OLD, NEW)])
    assert check_seals(check) == []
    assert "is not the key given" in check_seals(replace(check, introduced=[]))[0]
    forged = replace(introduction(OLD, OTHER), signature=OTHER.sign(introduction(OLD, OTHER).message))
    assert "is not the key given" in check_seals(replace(check, seals=some_seals(OLD, OTHER), introduced=[forged]))[0]
    assert set(trusted_keys([OLD.public], [introduction(NEW, OTHER), introduction(OLD, NEW)])) == {
        OLD.id, NEW.id, OTHER.id,
    }


def test_earlier_seals_stand_by_a_newest_one_that_is_trusted():
    assert check_seals(SealCheck(seals=some_seals(OLD, NEW), keys=[NEW.public])) == []


def test_a_seal_that_its_key_did_not_sign_is_found():
    seals = some_seals(OLD, OLD)
    seals[0] = replace(seals[0], signature=seals[1].signature)
    found = check_seals(SealCheck(seals=seals, keys=[OLD.public]))
    assert found[-1] == f"seal 1 of 2026-11-01: it was not signed by key {OLD.id} as it says; it was changed or forged"


def test_a_kept_seal_counts_only_where_a_trusted_key_signed_it():
    found = check_seals(SealCheck(seals=some_seals(OLD), keys=[OLD.public], kept=some_seals(OTHER)))
    assert found[0] == "the seal 1 of 2026-11-01 that was kept is not signed by a key that is trusted"


def test_no_seal_at_all_is_an_end_cut_off():
    assert check_seals(SealCheck(seals=[], keys=[OLD.public])) == [
        "there is no seal; the end was cut off, or the ledger was never sealed",
    ]


def test_the_vectors_introduction_is_read_from_a_file(tmp_path: Path):
    told = VECTORS["introduction"]
    line = json.dumps({**json.loads(told["signed"]), "signature": told["signature"]})
    (tmp_path / "keys.txt").write_text(f"{line}\n{{}}\n", encoding="utf-8")
    faults: list[str] = []
    found = read_keys(tmp_path / "keys.txt", faults)
    assert set(trusted_keys([VECTORS["public"]], found)) == {VECTORS["key_id"], told["key_id"]}
    assert key_id(told["public"]) == told["key_id"]
    assert faults[0].startswith("keys.txt:2: this line introduces no key")
