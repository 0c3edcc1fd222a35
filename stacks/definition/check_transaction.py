"""Rules of a transaction that reach over several keys: steps, saved values, time. Told at their places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from monitors.core.budget import MS_PER_DAY, TRIES, per_day, regular_runs
from monitors.core.runvalues import MEANING, PREFIX
from stacks.definition import names
from stacks.definition.amounts import duration_text
from stacks.definition.build_protocols import protocol_of, protocol_title
from stacks.definition.check_browser import browser_saves
from stacks.definition.check_http import (
    SECRET,
    check_auth,
    check_body,
    check_connection,
    check_secret_reference,
    http_texts,
)
from stacks.definition.check_protocols import check_protocol, protocol_texts, sent_texts
from stacks.definition.faults import quoted
from stacks.definition.grammar_expect import REFERENCE
from stacks.definition.grammar_protocols import PROTOCOLS
from stacks.definition.grammar_transaction import METHODS, WITH_BODY
from stacks.definition.near import listed, meant
from stacks.definition.shapes import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.faults import Place
    from stacks.model import Tier

TYPES = ("number:", "boolean:")
SAVE_KINDS = ("css", "json", "regex", "header", "cookie")


def interval_of(transaction: Record, tier: Tier) -> int:
    """Return the interval in milliseconds: its own, else the tier's."""
    return int(transaction["interval"] or tier.interval_ms)


def deadline_of(transaction: Record, tier: Tier) -> int:
    """Return the deadline of a try in milliseconds: its own, else the tier's, which then leaves room for two tries."""
    return int(transaction["deadline"] or min(tier.deadline_ms, interval_of(transaction, tier) * 2 // 5))


def step_name(step: Record) -> str:
    """Return a step's own name, else its method and path."""
    method = next((method for method in METHODS if step[method]), "")
    if not method and protocol_of(step):
        return str(step["name"] or protocol_title(step))
    return str(step["name"] or f"{method.upper()} {step[method]}")


def check_transaction(transaction: Record, tier: Tier) -> None:
    """Tell all that is wrong between the keys of one transaction."""
    _check_time(transaction, tier)
    _check_budget(transaction, tier)
    steps: list[tuple[Place, Record]] = transaction["steps"] or []
    for at, step in steps:
        _check_request(at, step)
        for name, save in _entries(step["save"]):
            _check_save(step["save"].place(name), save)
    check_auth(transaction["auth"])
    check_connection(transaction["connection"])
    _check_names(steps)
    _check_always(steps)
    _check_references(steps)
    if steps and all(step["critical"] is False or step["always"] for _, step in steps):
        transaction.place("steps").fault(
            "no step is critical",
            "one at least",
            'remove "critical: false" from the step that citizens need most',
        )


def _check_time(transaction: Record, tier: Tier) -> None:
    interval, deadline = interval_of(transaction, tier), deadline_of(transaction, tier)
    if 2 * deadline >= interval and not (transaction.has("interval") and transaction["interval"] is None):
        key = "deadline" if transaction.has("deadline") else "interval"
        whose = "" if transaction.has("interval") else f" (of tier {tier.code})"
        transaction.place(key).fault(
            f"two tries of {duration_text(deadline)} do not fit into the interval of {duration_text(interval)}{whose}",
            "2 x deadline below the interval",
            f"make the deadline at most {duration_text(_below_half(interval))} or the interval longer",
        )
    latency = transaction["latency"]
    if latency and latency > deadline:
        transaction.place("latency").warn(
            f"a try that takes {duration_text(latency)} has failed by its deadline of {duration_text(deadline)} before",
            "a latency target below the deadline",
            "make it shorter, or leave it out",
        )


def _check_budget(transaction: Record, tier: Tier) -> None:
    budget = transaction["budget"]
    if not budget:
        return
    place = transaction.place("budget")
    if not transaction["writes"]:
        place.fault(
            "a budget stands at a transaction that does not write",
            "budget and writes together",
            'add "writes: true", or remove "budget"',
        )
    least = TRIES * regular_runs(interval_of(transaction, tier), MS_PER_DAY)
    if per_day(budget) < least:
        place.warn(
            f"the budget of {per_day(budget)} tries a day does not last for two tries of all regular runs",
            f"{least} or more",
            "make it larger or the interval longer; without any left the transaction is unknown",
        )


def _below_half(interval_ms: int) -> int:
    """Return the longest tidy deadline of which two fit: 30 s gives 14 s, 5 s gives 2 s, 1 s gives 499 ms."""
    whole = (interval_ms - 1) // 2
    return whole // 1000 * 1000 or whole


def _check_request(at: Place, step: Record) -> None:
    requests = (*METHODS, *PROTOCOLS)
    written = [name for name in requests if step.has(name)]
    if not written:
        at.fault("the step sends no request", f"one of {', '.join(requests)}", 'add one, such as "get: /"')
    for method in written[1:]:
        step.place(method).fault(
            f'the step has both "{written[0]}" and "{method}"',
            "one request a step",
            "make two steps of it",
        )
    if written and written[0] in PROTOCOLS:
        check_protocol(written[0], step)
        return
    check_body(step, written[0] if written else "", WITH_BODY)
    check_auth(step["auth"])


def _check_save(at: Place, save: Record) -> None:
    written = [kind for kind in SAVE_KINDS if save.has(kind)]
    if not written:
        at.fault("nothing says where the value is read from", f"one of {', '.join(SAVE_KINDS)}", "add one of them")
    for kind in written[1:]:
        save.place(kind).fault(f'both "{written[0]}" and "{kind}" stand here', "one of them", "remove one of the two")
    if save.has("attribute") and "css" not in written:
        save.place("attribute").fault(
            '"attribute" stands without "css"',
            "css and attribute together",
            "add css, or remove attribute",
        )


def _check_names(steps: list[tuple[Place, Record]]) -> None:
    first: dict[str, Place] = {}
    for at, step in steps:
        name = step_name(step)
        if name in first:
            place = step.place("name") if step.has("name") else at
            place.fault(
                f"{quoted(name)} is also the step in line {first[name].line}",
                "a name of its own for each step",
                'give one of them another "name"',
            )
        first.setdefault(name, at)


def _check_always(steps: list[tuple[Place, Record]]) -> None:
    """Steps that always run clean up: they stand last, and nothing hangs on them."""
    former: str = ""
    for at, step in steps:
        if step["always"]:
            former = former or step_name(step)
            if step["critical"]:
                step.place("critical").fault(
                    "a step that always runs cannot be critical", "one of both", 'remove "critical: true"'
                )
        elif former:
            at.fault(
                f"the step stands behind {quoted(former)}, which always runs",
                "steps that always run at the end",
                "move this one before it",
            )


def _check_references(steps: list[tuple[Place, Record]]) -> None:
    """Every ``${name}`` is saved by an earlier step; better by a critical one, since others may fail."""
    saved: dict[str, tuple[str, bool]] = {}
    later = [name for _, step in steps for name in _saved_by(step)]
    for _, step in steps:
        is_critical = step["critical"] is not False
        at_secrets = {place.path for place, _ in _secret_texts(step)}
        for place, text in _texts(step):
            for name in _references(place, text, may_hold=place.path in at_secrets):
                if name in MEANING:
                    continue
                if name not in saved:
                    _tell_unsaved(place, name, saved, later)
                elif is_critical and not saved[name][1]:
                    place.warn(
                        f"${{{name}}} is saved by {quoted(saved[name][0])}, which is not critical",
                        "values of critical steps in critical steps",
                        "make that step critical, or this one not",
                    )
        saved |= {name: (step_name(step), is_critical) for name in _saved_by(step)}


def _check_typed(place: Place, text: str, name: str) -> None:
    """A value that is asked for by its type is the whole of a value in a JSON body."""
    if place.path[-1] != "json" or text.count(f'"${{{name}}}"') != text.count(f"${{{name}}}"):
        place.fault(
            f"${{{name}}} stands where only text can",
            "a type for a whole value in json alone",
            f"write ${{{name.partition(':')[2]}}}",
        )


def _saved_by(step: Record) -> list[str]:
    return [*(name for name, _ in _entries(step["save"])), *browser_saves(step)]


def _references(place: Place, text: str, *, may_hold: bool) -> Iterator[str]:
    """Yield the names of saved values; tell of secrets where they would be shown."""
    for found in re.finditer(r"\$\{", text):
        whole = REFERENCE.match(text, found.start())
        name = whole.group(1) if whole else ""
        if re.fullmatch(names.SAVED_PATTERN, name) or name in MEANING:
            yield name
        elif name.startswith(TYPES) and re.fullmatch(names.SAVED_PATTERN, name.partition(":")[2]):
            _check_typed(place, text, name)
            yield name.partition(":")[2]
        elif name.startswith(SECRET):
            check_secret_reference(place, name, may_hold=may_hold)
        elif name.startswith(PREFIX):
            place.fault(
                f"${{{name}}} is no value of a run",
                f"one of {listed(MEANING)}",
                meant(name, MEANING, "choose one of them"),
            )
        else:
            place.fault(
                f"{quoted(whole.group() if whole else text[found.start() :])} names no saved value",
                "${name} with small letters, digits and underscores",
                "correct the name between the braces",
            )


def _tell_unsaved(place: Place, name: str, saved: dict[str, Any], later: list[str]) -> None:
    if name in later:
        mend = "move the step that saves it before this one"
    else:
        mend = meant(name, saved, "save it in an earlier step")
    expected = f"one of {listed(saved)}" if saved else "a value that an earlier step saves"
    place.fault(f"${{{name}}} is saved by no earlier step", expected, mend)


def _secret_texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield the texts in which secrets are put, too."""
    if step["json"]:
        yield step.place("json"), step["json"]
    for key in ("headers", "form"):
        for name, text in _entries(step[key]):
            yield step[key].place(name), text
    yield from http_texts(step)
    yield from sent_texts(step)


def _texts(step: Record) -> Iterator[tuple[Place, str]]:
    """Yield every text of a step in which saved values are put, with its place."""
    for key in METHODS:
        if step[key]:
            yield step.place(key), step[key]
    yield from _secret_texts(step)
    yield from protocol_texts(step)
    expect: Record | None = step["expect"]
    for key in expect.values if expect else ():
        if expect and key not in ("latency", "size", "sha256", "clean"):
            yield from _nested_texts(expect.place(key), expect[key])


def _nested_texts(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Record):
        for name, text in value.values.items():
            yield value.place(name), name
            yield value.place(name), text
    else:
        yield from value


def _entries(record: Record | None) -> list[tuple[str, Any]]:
    return list(record.values.items()) if record else []
