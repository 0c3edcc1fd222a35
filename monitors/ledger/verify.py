"""Verifies an export with nothing but public keys: seals, their chain, and all rows that they cover.

What is compared is in ``monitors/core/seal_check.py`` and is pure; here are the files, the processes and the order. An
agency is checked over all its days at once, so that memory holds one agency's block names and one service's rows.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from monitors.core.errors import LedgerError
from monitors.core.seal import Seal
from monitors.core.seal_check import LOOKED_INTO, AgencyCheck, Checked, Looks
from monitors.ledger.export_files import (
    KEYS,
    MANIFEST,
    PARTS,
    PROOF,
    SEALS,
    Manifest,
    agency_folder,
    read_agency,
    read_manifest,
)
from monitors.ledger.verify_roots import Verified, check_gone, check_root, read_proof
from monitors.ledger.verify_seals import SealCheck, check_seals, read_keys, read_seals

WORKERS = 2
WORTH_PROCESSES = 32                     # agencies' days; fewer are sooner checked than a process is started
_looks = Looks()                         # of this process: thousands of changed blocks would take hours to look into
Progress = Callable[[int, int], object]  # agencies that are checked, and all


def verify_export(
    folder: Path, keys: Sequence[str], kept: Sequence[Seal] = (), *, is_part: bool = False, workers: int = WORKERS,
    progress: Progress = lambda _done, _all: None,
) -> Verified:
    """Verify the export in ``folder``. Raises LedgerError where the folder is no export at all.

    ``keys``: public keys that are trusted; ``kept``: seals that others kept; ``is_part``: sealed days before the first
    and after the last in the export may be missing.
    """
    manifest = read_manifest(folder)
    _looks.left = LOOKED_INTO
    seals, findings = read_seals(folder / SEALS)
    checked = check_seals(SealCheck(seals=seals, keys=keys, kept=kept, introduced=read_keys(folder / KEYS, findings)))
    found = Verified(
        agency=manifest.agency, days=manifest.days, seals=len(seals), newest=seals[-1] if seals else None,
        findings=[*findings, *checked],
    )
    if manifest.seals != len(seals):
        found.findings.append(f"{MANIFEST}: it tells of {manifest.seals} seals, and {len(seals)} are here")
    covered = _covered(manifest, seals, found, is_part=is_part)
    found.findings += sorted(_strangers(folder, manifest))
    _check_days(folder, manifest, covered, found, workers=workers, progress=progress)
    return found


def _covered(manifest: Manifest, seals: Sequence[Seal], found: Verified, *, is_part: bool) -> list[Seal]:
    """Give the seals whose rows must be here: those of the manifest's days, and all between."""
    first, last = (manifest.days[0], manifest.days[-1]) if manifest.days else ("", "")
    covered = [seal for seal in seals if first <= seal.day <= last]
    for day in sorted({seal.day for seal in covered} ^ set(manifest.days)):
        found.findings.append(f"{day}: it has a seal or is in the manifest, but not both; a day was added or removed")
    beyond = [seal.day for seal in seals if not first <= seal.day <= last]
    if beyond:
        told = f"rows of {len(beyond)} sealed days are not here, {beyond[0]} to {beyond[-1]}"
        if is_part:
            found.notes.append(told)
        else:
            found.findings.append(f"{told}; they were cut off, or only a part was exported (then say --part)")
    return [seal for seal in covered if seal.day in manifest.days]


def _strangers(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Name what lies in the folder and no seal covers."""
    known = {MANIFEST, SEALS, KEYS, *manifest.days}
    for entry in os.scandir(folder):
        if entry.name not in known:
            yield f"{entry.name}: it does not belong to the export; it was added"
    files = {f"{name}.txt.gz" for name in PARTS}
    for day in manifest.days:
        path = folder / day
        for entry in os.scandir(path) if path.is_dir() else ():
            if entry.name != PROOF and entry.is_dir():
                yield from (
                    f"{day}/{entry.name}/{inner.name}: it does not belong to the export; it was added"
                    for inner in os.scandir(entry.path) if inner.name not in files
                )
            elif entry.name != PROOF:
                yield f"{day}/{entry.name}: it does not belong to the export; it was added"


def _check_days(
    folder: Path, manifest: Manifest, seals: Sequence[Seal], found: Verified, *, workers: int, progress: Progress,
) -> None:
    proofs = {seal.day: read_proof(folder / seal.day / PROOF, manifest.agency, found) for seal in seals}
    days_of: dict[str, list[str]] = {}
    for day, proof in proofs.items():
        for agency, _ in proof.roots:
            days_of.setdefault(agency, []).append(day)
        listed = {agency_folder(agency) for agency, _ in proof.roots}
        found.findings += sorted(
            f"{day}/{entry.name}: no seal covers this agency; it was added"
            for entry in (os.scandir(folder / day) if (folder / day).is_dir() else ())
            if entry.is_dir() and entry.name not in listed
        )
    first = manifest.days[0] if manifest.days else ""
    jobs = [(folder, agency, first, tuple(days)) for agency, days in sorted(days_of.items())]
    by_day: dict[str, dict[str, Checked]] = {day: {} for day in proofs}
    for done, results in enumerate(_all_checked(jobs, workers), 1):
        for result in results:
            by_day[result.day][result.agency] = result
        progress(done, len(jobs))
    retained = {day for results in by_day.values() for one in results.values() for day in one.retention_days}
    for seal in seals:
        of_day = by_day[seal.day]
        for _, one in sorted(of_day.items()):
            found.findings += one.findings
            found.counts.add(one.counts)
        check_root(seal, proofs[seal.day], of_day, manifest.agency, found)
    check_gone(manifest.agency, by_day, retained, found)


def _all_checked(jobs: Sequence[tuple[Any, ...]], workers: int) -> Iterable[list[Checked]]:
    if workers < 2 or sum(len(days) for *_, days in jobs) < WORTH_PROCESSES:
        yield from (check_agency(*job) for job in jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(check_agency, *zip(*jobs, strict=True))


def check_agency(folder: Path, agency: str, first_day: str, days: Sequence[str]) -> list[Checked]:
    """Check one agency's rows of all its days."""
    check = AgencyCheck(agency, first_day, _looks)
    results = []
    for day in days:
        try:
            results.append(check.check(day, read_agency(folder / day / agency_folder(agency))))
        except LedgerError as exc:
            results.append(Checked(agency=agency, day=day, root=b"", told_root=b"", findings=[_short(exc, folder)]))
    return results


def _short(error: LedgerError, folder: Path) -> str:
    return str(error).replace(f"{folder}{os.sep}", "")
