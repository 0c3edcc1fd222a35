"""From drafts to services that the grammar of definitions takes: what it refuses is taken out and told in its words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stacks import yamlio
from stacks.definition.amounts import duration_text
from stacks.definition.check_service import check_service
from stacks.definition.faults import Fault, Findings, Place
from stacks.definition.grammar_expect import EXPECT
from stacks.definition.grammar_service import SERVICE
from stacks.definition.tree import Table, YamlFault
from stacks.importers.account import Entry, Finding
from stacks.importers.address import code, label, unused
from stacks.importers.credentials import bind
from stacks.importers.draft import Imported, Service, ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.protocols import METHODS, REQUESTS
from stacks.tiers import standard_tiers

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_SERVICES, MOST_TRANSACTIONS, MOST_STEPS = 200, 50, 50
LEAST_INTERVAL_MS, MOST_INTERVAL_MS = 1_000, 86_400_000
LEAST_DEADLINE_MS, MOST_DEADLINE_MS = 100, 600_000
EXPECT_ORDER = tuple(EXPECT.keys)
BY_HAND = "write it by hand where it matters"


def settle(work: Work) -> Imported:
    """Return the services that hold, and every finding: those of the importer, of the grammar and of the account."""
    taken: set[str] = set()
    kept: list[tuple[ServiceDraft, str, dict[str, Any]]] = []
    for number, draft in enumerate(work.services):
        if len(kept) == MOST_SERVICES:
            draft.source.lost(
                f"this is service {number + 1}",
                f"an agency has at most {MOST_SERVICES}",
                "import it into another agency",
            )
            continue
        draft.name = label(draft.name, most=120, default=draft.url)
        name = unused(code(draft.name, default="layanan"), taken)
        bind(draft, name)
        transactions = _transactions(draft)
        if not transactions:
            taken.discard(name)
        else:
            keys: dict[str, Any] = {"name": draft.name, "hosting": "external", "url": draft.url}
            if draft.ca:
                keys["ca"] = draft.ca
            kept.append((draft, name, {**keys, "transactions": transactions}))
    for root in work.roots:
        root.account.close(root)
    findings = sorted(
        {id(one): one for root in work.roots for one in root.account.findings}.values(),
        key=lambda one: (one.file, one.line),
    )
    findings = list(dict.fromkeys(findings))
    services = tuple(
        Service(code=name, keys=keys, findings=tuple(_below(draft.source, findings))) for draft, name, keys in kept
    )
    return Imported(
        services=services,
        findings=tuple(findings),
        carried=sum(len([path for path in one.carried if not one.is_told(path)]) for one in work.accounts),
        title=work.title,
    )


def _below(source: Entry, findings: Iterable[Finding]) -> list[Finding]:
    size = len(source.path)
    if not size:  # the service is made of the whole file: what is told of it stands at the top
        return []
    return [one for one in findings if one.file == source.account.file and one.path[:size] == source.path]


def _transactions(service: ServiceDraft) -> dict[str, Any]:
    found: dict[str, Any] = {}
    taken: set[str] = set()
    for draft in service.transactions:
        if len(found) == MOST_TRANSACTIONS:
            draft.source.lost(
                "this is one transaction too many",
                f"a service has at most {MOST_TRANSACTIONS}",
                "make a service of its own of it",
            )
            continue
        _fit_time(draft)
        while draft.steps:
            keys = _keys(draft)
            fault = _first_fault(service, keys)
            if fault is None:
                found[unused(code(draft.name, default="periksa"), taken)] = keys
                break
            _take_out(draft, fault)
    return found


def _keys(draft: TransactionDraft) -> dict[str, Any]:
    """Return a transaction's keys as a file has them."""
    keys: dict[str, Any] = {}
    if draft.interval_ms is not None:
        keys["interval"] = duration_text(draft.interval_ms)
    if draft.deadline_ms is not None:
        keys["deadline"] = duration_text(draft.deadline_ms)
    if draft.writes:
        keys["writes"] = True
    if draft.connection:
        keys["connection"] = dict(draft.connection)
    for step in draft.steps[MOST_STEPS:]:
        step.source.lost("one step too many", f"a transaction has at most {MOST_STEPS}", "make two transactions of it")
    del draft.steps[MOST_STEPS:]
    taken: set[str] = set()
    for step in draft.steps:
        name = label(str(step.keys.get("name", "")), most=76, default="")
        if not name and not METHODS & step.keys.keys():
            name = next(key for key in step.keys if key in REQUESTS)
        if name:
            step.keys["name"] = unused(name, taken, most=80)
        else:
            step.keys.pop("name", None)
            method = next((key for key in step.keys if key in METHODS), "")
            plain = f"{method.upper()} {step.keys.get(method, '')}"
            if plain in taken:
                step.keys = {"name": unused(label(plain, most=76, default="step"), taken, most=80), **step.keys}
            taken.add(plain)
    keys["steps"] = [_ordered(step.keys) for step in draft.steps]
    return keys


def _ordered(keys: dict[str, Any]) -> dict[str, Any]:
    """Put the keys of a step in the order of a reader: name, request, what is sent, what is expected."""
    plain: dict[str, Any] = {}
    for key in sorted(keys, key=lambda key: (key != "name", key not in REQUESTS, key in {"expect", "save"})):
        value = keys[key]
        if key == "expect":
            claims = sorted(value.items(), key=lambda pair: EXPECT_ORDER.index(pair[0]))
            value = {claim: _single(found) for claim, found in claims if found not in ({}, [])}
        if value in ({}, []) and key != "json":
            continue
        plain[key] = value
    return plain


def _single(found: Any) -> Any:
    if isinstance(found, str) and re.fullmatch("[1-5][0-9][0-9]", found):
        return yamlio.Verbatim(found, tag="tag:yaml.org,2002:int")
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _fit_time(draft: TransactionDraft) -> None:
    """Bring interval and deadline into their ranges, and two tries into the interval; tell what was moved."""
    asked = draft.interval_ms, draft.deadline_ms
    if draft.interval_ms is not None:
        draft.interval_ms = min(max(draft.interval_ms, LEAST_INTERVAL_MS), MOST_INTERVAL_MS)
    if draft.deadline_ms is not None:
        draft.deadline_ms = min(max(draft.deadline_ms, LEAST_DEADLINE_MS), MOST_DEADLINE_MS)
        if draft.interval_ms is not None and 2 * draft.deadline_ms >= draft.interval_ms:
            whole = (draft.interval_ms - 1) // 2
            draft.deadline_ms = whole // 1000 * 1000 or whole
    if draft.deadline_ms is None and draft.interval_ms is None:
        return
    if asked != (draft.interval_ms, draft.deadline_ms):
        draft.source.changed(
            f"interval and time-out, {_words(asked[0])} and {_words(asked[1])}, "
            f"became {_words(draft.interval_ms)} and {_words(draft.deadline_ms)}",
            "two tries have to fit into the interval, 1 s to 24 h, and a try takes 100 ms to 10 min",
            "choose others if these do not suit",
        )


def _words(ms: int | None) -> str:
    return "the tier's" if ms is None else duration_text(ms)


@dataclass(slots=True)
class _Whole:
    """A service's findings, as a check of its file would have them."""

    findings: Findings = field(default_factory=lambda: Findings(file="import"))


def _first_fault(service: ServiceDraft, transaction: dict[str, Any]) -> Fault | None:
    """Check one transaction as it will be read: written as YAML, read again, through the grammar and its rules."""
    keys = {"name": "Layanan", "hosting": "external", "url": service.url, "transactions": {"periksa": transaction}}
    whole = _Whole()
    at = Place(findings=whole.findings, line=1)
    try:
        tree = yamlio.read(yamlio.write(keys).encode())
    except YamlFault as exc:
        return Fault(file="", line=1, path="", what=exc.what, expected=exc.expected, mend=exc.mend)
    record = SERVICE.read(tree, at) if isinstance(tree, Table) else None
    if record is not None:
        check_service(record, standard_tiers()["silver"], Path())
    return next(iter(whole.findings.faults), None)


def _take_out(draft: TransactionDraft, fault: Fault) -> None:
    """Remove what a fault is about: a key or claim of a step, else the step, else the transaction."""
    where = fault.path.split("/")
    number = where[3] if len(where) > 3 and where[2] == "steps" else ""
    why = f"a definition takes {fault.expected}; {fault.what}"
    if not number.isdigit() or int(number) >= len(draft.steps):
        if "deadline" in where or "interval" in where:  # of the tier's time and the input's
            draft.deadline_ms = None if draft.deadline_ms is not None else 2_000
            draft.source.changed("the time-out", why, "choose another one")
            if draft.interval_ms is not None and draft.interval_ms < 5_000:
                draft.interval_ms = 5_000
            return
        if "connection" in where and draft.connection:
            draft.source.changed("the choice of connections is left out", why, BY_HAND)
            draft.connection = {}
            return
        _drop_all(draft, why)
        return
    step = draft.steps[int(number)]
    keys = where[4:]
    if _is_optional(step, keys):
        _drop_key(step, keys, why)
    else:
        step.source.lost("the step is left out", why, BY_HAND)
        del draft.steps[int(number)]


def _is_optional(step: StepDraft, keys: list[str]) -> bool:
    return bool(keys) and keys[0] not in REQUESTS and keys[0] in step.keys


def _drop_key(step: StepDraft, keys: list[str], why: str) -> None:
    outer = keys[0]
    value = step.keys[outer]
    inner = keys[1] if len(keys) > 1 else ""
    origin = step.origins.get(f"{outer}/{inner}") or step.origins.get(outer) or step.source
    told = f'"{outer}/{inner}"' if inner else f'"{outer}"'
    if outer in {"headers", "form", "expect", "save"} and isinstance(value, dict) and inner in value:
        del value[inner]
        if not value:
            del step.keys[outer]
    else:
        del step.keys[outer]
    if origin.path == step.source.path:
        origin.changed(f"{told} of the step is left out", why, BY_HAND)
    else:
        origin.lost(f"{told} of the step is left out", why, BY_HAND)


def _drop_all(draft: TransactionDraft, why: str) -> None:
    draft.source.lost("nothing of it is carried", why, BY_HAND)
    draft.steps.clear()
