"""Verifies an export of a ledger by docs/seal.md alone: Python and the package "cryptography", nothing of Siaga24.

    python verify_export.py EXPORT PUBLIC_KEY_HEX [SEAL_FILE ...] [--part]

Ends with 0 where all agrees, with 1 and the first places where it does not. --part: sealed days may be missing.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
import zlib
from datetime import date
from io import BytesIO
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

INTRODUCE = "introduce-seal-key"
FILES = ("index", "rows", "runs", "evidence")
faults: list[str] = []


def say(where: str, what: str) -> None:
    """Keep what does not agree."""
    faults.append(f"{where}: {what}")


def sha(*parts: bytes) -> bytes:
    """SHA-256 over all parts, one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def tree_root(leaves: list[bytes]) -> bytes:
    """Section 4: a root."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha()
    at = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\x01", tree_root(leaves[:at]), tree_root(leaves[at:]))


def path_root(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes:
    """Section 4: the root that a path leads to; b"" where it fits no such tree."""
    if size < 2 or not path or not 0 <= place < size:
        return leaf if (place, size, path) == (0, 1, []) else b""
    at = 1 << ((size - 1).bit_length() - 1)
    if place < at:
        return sha(b"\x01", path_root(leaf, place, at, path[:-1]), path[-1])
    return sha(b"\x01", path[-1], path_root(leaf, place - at, size - at, path[:-1]))


def canonical(told: object) -> bytes:
    """Section 1: canonical JSON."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def is_signed(key: str, signature: str, message: bytes) -> bool:
    """Section 5: Ed25519."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def seal_bytes(seal: dict[str, object]) -> tuple[bytes, bytes]:
    """Section 5: what is signed of a seal, and its digest."""
    signed = canonical({key: value for key, value in seal.items() if key != "signature"})
    return signed, sha(signed, b"\n", str(seal["signature"]).encode())


def check_seals(folder: Path, key: str, kept: list[str]) -> list[dict[str, object]]:
    """Section 5: each seal names the one before, trusted keys signed, and what others kept is among them."""
    trusted = {sha(bytes.fromhex(key)).hex()[:16]: key}
    for line in (folder / "keys.txt").read_text(encoding="utf-8").split("\n")[:-1]:
        entry = json.loads(line)
        body, signature = json.loads(entry["body"]), entry.pop("signature")
        signer = trusted.get(body["key"], "") if (entry["kind"], body["act"]) == ("key", INTRODUCE) else ""
        if is_signed(signer, signature, canonical(entry)):
            trusted[sha(bytes.fromhex(body["public"])).hex()[:16]] = body["public"]
    seals = [json.loads(line) for line in (folder / "seals.txt").read_text(encoding="utf-8").split("\n")[:-1]]
    before, day = "", ""
    for number, seal in enumerate(seals, 1):
        where = f"seal {seal['number']} of {seal['day']}"
        signed, digest = seal_bytes(seal)
        if seal["number"] != number or seal["previous"] != before or seal["day"] <= day:
            say(where, "it does not follow the one before")
        if seal["key"] in trusted and not is_signed(trusted[seal["key"]], seal["signature"], signed):
            say(where, "its signature is not that of its key")
        before, day = digest.hex(), seal["day"]
    if not seals or seals[-1]["key"] not in trusted:
        say("seals.txt", "the newest seal is missing or not by a trusted key")
    for text in kept:
        seal = json.loads(text)
        if seal["key"] not in trusted or not is_signed(trusted[seal["key"]], seal["signature"], seal_bytes(seal)[0]):
            say(f"kept seal {seal['number']}", "it is not by a trusted key")
        if seal not in seals:
            say(f"kept seal {seal['number']}", "it is not here; the end was cut off, or the history was signed anew")
    return seals


class Agency:
    """Sections 2, 3 and 4: one agency, over all its days."""

    def __init__(self, name: str, first_day: str) -> None:
        self.name, self.first_day = name, first_day
        self.known: dict[tuple[str, str], set[bytes]] = {}
        self.let_go: dict[str, int] = {}
        self.retained: set[int] = set()

    def root(self, folder: Path) -> bytes:
        """Check a day's rows and give the root that they lead to."""
        leaves = []
        files = {name: BytesIO(gzip.decompress((folder / f"{name}.txt.gz").read_bytes())) for name in FILES}
        for entry in files["index"]:
            of_day, service, _, _, size, blocks = json.loads(entry)
            where = f"{of_day}, {self.name}/{service}"
            rows = files["rows"].read(size)
            leaves.append(sha(b"\x00", rows))
            lines = rows.split(b"\n")[:-1]
            if lines[:1] != [json.dumps(["leaf", of_day, self.name, service], separators=(",", ":")).encode()]:
                say(where, "its head names another")
            self.retained |= {json.loads(line)[3] for line in lines if line.startswith(b'["retention",')}
            there = {at: line for at, line in enumerate(lines) if line.startswith(b'["block",')}
            former = self.known.setdefault((of_day, service), set())
            for at, run_size, evidence_size, gone, _ in blocks:
                runs, evidence = files["runs"].read(run_size), files["evidence"].read(evidence_size)
                line = there.pop(at, b"")
                if not line or line in former:
                    say(where, "runs that stand in no block, or twice")
                    continue
                count, digest = json.loads(line)[-2:]
                if (gone or sha(runs).hex() != digest) and (gone <= 0 or runs.count(b"\n") + gone != count):
                    say(where, f"runs of block {line.decode()}")
                self.let_go[of_day] = self.let_go.get(of_day, 0) + gone
                former.add(line)
                told = [sha(text).hex().encode() for text in evidence.split(b"\n")[:-1]]
                if told != re.findall(rb",([0-9a-f]{64})\n", runs):
                    say(where, f"evidence of block {line.decode()}")
            for line in there.values():
                if line not in former and of_day >= self.first_day:
                    say(where, f"runs are missing of block {line.decode()}")
                former.add(line)
        for name, file in files.items():
            if file.read(1):
                say(str(folder / name), "more than the index tells")
        return tree_root(leaves)


def check_days(folder: Path, seals: list[dict[str, object]], *, is_part: bool) -> None:
    """Check all days of the export against their seals."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    days, agencies = manifest["days"], dict[str, Agency]()
    for seal in seals:
        day, is_begun = str(seal["day"]), bool(agencies)
        if day not in days:
            if not is_part or (days and days[0] < day < days[-1]):
                say(day, "the day is missing")
            continue
        proof = json.loads((folder / day / "proof.json").read_text(encoding="utf-8"))
        names = [manifest["agency"]] if manifest["agency"] else [name for name, _ in proof["agencies"]]
        if manifest["agency"] and "place" not in proof:
            if is_begun:
                say(day, "the agency is missing")
            continue
        for name in names:
            agencies.setdefault(name, Agency(name, days[0]))
        roots = [agencies[name].root(folder / day / (name or "_")) for name in names]
        if manifest["agency"]:
            path = [bytes.fromhex(step) for step in proof["path"]]
            root = path_root(roots[0], proof["place"], int(str(seal["agencies"])), path)
        else:
            root = tree_root(roots) if names == sorted(set(names)) and len(names) == seal["agencies"] else b""
        if root.hex() != seal["root"]:
            say(day, "its rows do not lead to the signed root")
    said = {day for one in agencies.values() for day in one.retained}
    for day in sorted({day for one in agencies.values() for day, gone in one.let_go.items() if gone}):
        sys.stdout.write(f"{day}: raw runs were let go; their blocks stand by what was signed\n")
        if not manifest["agency"] and date.fromisoformat(day).toordinal() - 719_163 not in said:
            say(day, "no sealed row says that runs were let go")


def main(arguments: list[str]) -> int:
    """Verify what the arguments name."""
    folder, key, *kept = [argument for argument in arguments if argument != "--part"]
    try:
        seals = check_seals(Path(folder), key, [Path(file).read_text(encoding="utf-8") for file in kept])
        check_days(Path(folder), seals, is_part="--part" in arguments)
    except (ValueError, KeyError, TypeError, IndexError, OSError, EOFError, zlib.error) as exc:
        say(folder, f"it cannot be read: {exc!r}")
    sys.stdout.write("".join(f"{fault}\n" for fault in faults[:20]) or f"{folder}: all agrees\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
