"""Whether what rows lead to is what was signed: proofs of an export, roots of agencies, and the counts of a seal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from monitors.core.errors import LedgerError
from monitors.core.seal import Seal
from monitors.core.seal_check import Checked, Counts
from monitors.core.seal_tree import root_of_path, tree_root
from monitors.ledger.export_files import agency_folder, read_json

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(slots=True, kw_only=True)
class Verified:
    """What an export was found to be. It is genuine where there are no findings."""

    agency: str
    days: tuple[str, ...]
    seals: int
    newest: Seal | None
    counts: Counts = field(default_factory=Counts)
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What stands between agencies and a seal. Of a whole export: all roots; of one agency: its way to the root."""

    roots: tuple[tuple[str, bytes], ...]             # of one agency: the agency alone, with no root
    place: int = 0
    size: int = 0
    path: tuple[bytes, ...] = ()


def read_proof(path: Path, agency: str, found: Verified) -> Proof:
    """Read a day's proof; what cannot be understood is a finding, and proves nothing."""
    try:
        told = read_json(path)
        if not agency:
            roots = tuple((code, bytes.fromhex(root)) for code, root in told["agencies"])
            if [code for code, _ in roots] != sorted({code for code, _ in roots}):
                raise ValueError("agencies stand twice or in another order")  # noqa: TRY301 - one sentence for all
            for code, _ in roots:
                agency_folder(code)
            return Proof(roots=roots)
        if "place" not in told:
            return Proof(roots=())
        place, size, way = told["place"], told["of"], tuple(bytes.fromhex(step) for step in told["path"])
        if type(place) is not int or type(size) is not int:
            raise ValueError("a place that is no number")  # noqa: TRY301 - one sentence for all
        return Proof(roots=((agency, b""),), place=place, size=size, path=way)
    except LedgerError as exc:
        found.findings.append(str(exc))
    except (KeyError, ValueError, TypeError) as exc:
        found.findings.append(f"{path.parent.name}/{path.name}: it cannot be understood ({exc}); it was changed")
    return Proof(roots=())


def check_root(
    seal: Seal, proof: Proof, results: dict[str, Checked], agency: str, found: Verified,
) -> None:
    """Compare what the rows lead to with what was signed, and say where it parts."""
    if agency:
        if not proof.roots:
            if any(text.startswith(seal.day) for text in found.findings):
                return
            (found.findings if found.counts.leaves else found.notes).append(
                f"{seal.day}: no rows of {agency}" + ("; they were removed" if found.counts.leaves else ""),
            )
            return
        one = results[agency]
        leads_to = _hex(root_of_path(one.root, proof.place, proof.size, proof.path))
        if proof.size != seal.agencies or leads_to != seal.root:
            told_leads_to = _hex(root_of_path(one.told_root, proof.place, proof.size, proof.path))
            is_named = told_leads_to == seal.root and one.findings
            if not is_named:
                found.findings.append(f"{seal.day}, {agency}: its rows do not lead to the root that was signed")
        return
    made = {code: results[code].root for code, _ in proof.roots}
    if len(made) == seal.agencies and tree_root(list(made.values())).hex() == seal.root:
        _check_counts(seal, results, found)
        found.findings += [
            f"{seal.day}: the proof tells another root of {code or 'all agencies'} than its rows have; it was changed"
            for code, told in proof.roots if told != made[code]
        ]
        return
    if len(made) == seal.agencies and tree_root([told for _, told in proof.roots]).hex() == seal.root:
        for code, told in proof.roots:
            one = results[code]
            if one.root != told and not (one.told_root == told and one.findings):
                found.findings.append(
                    f"{seal.day}, {code or 'all agencies'}: a service was added, removed or put in another's place",
                )
        return
    found.findings.append(
        f"{seal.day}: {len(made)} agencies are here and {seal.agencies} were sealed, and what they hold does not lead "
        "to the root that was signed; an agency was added, removed or changed",
    )


def _hex(root: bytes | None) -> str:
    return "" if root is None else root.hex()


def _check_counts(seal: Seal, results: dict[str, Checked], found: Verified) -> None:
    total = Counts()
    for one in results.values():
        total.add(one.counts)
    for said, made, told in (
        ("services", total.leaves, seal.services), ("restated leaves", total.restated, seal.restated),
        ("blocks", total.blocks, seal.blocks), ("runs", total.runs, seal.runs), ("late runs", total.late, seal.late),
    ):
        if made != told:
            found.findings.append(f"{seal.day}: the seal tells of {told} {said}, and its rows of {made}")


def check_gone(agency: str, by_day: dict[str, dict[str, Checked]], retained: set[int], found: Verified) -> None:
    """Runs that were let go are missed by nobody only where a sealed row says so."""
    days = sorted({day for results in by_day.values() for one in results.values() for day in one.gone_days})
    if not days:
        return
    found.notes.append(
        f"{found.counts.gone} raw runs of {len(days)} days ({days[0]} to {days[-1]}) were let go: their blocks stand "
        "by what was signed, and cannot be made anew",
    )
    if not agency:
        found.findings += [
            f"{day}: raw runs are told to be let go, and no sealed row says so" for day in days
            if date.fromisoformat(day).toordinal() - EPOCH not in retained
        ]
