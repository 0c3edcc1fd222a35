"""OpenAPI 3: each GET that needs neither parameters nor credentials becomes a transaction; the others are told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from stacks.importers.account import one_line
from stacks.importers.address import code, encoded, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.request import status_text
from stacks.importers.settle import MOST_TRANSACTIONS
from stacks.importers.source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

MOST_STATUSES = 20
OTHER_METHODS = ("put", "post", "delete", "options", "head", "patch", "trace")
_DESCRIBING = ("summary", "description", "tags", "externalDocs", "operationId", "deprecated", "x-codeSamples")
DESCRIBED = ("a description", "it is no part of a check")


def read(paths: Sequence[Path]) -> Work:
    """Read descriptions; each is a service, or several of 50 transactions."""
    work = Work(roots=[read_yaml(path) for path in paths])
    for root in work.roots:
        version = root.get("openapi")
        if version is None or not version.text.startswith("3."):
            old = root.get("swagger")
            (version or old or root).lost("no OpenAPI 3", "only OpenAPI 3 is read", "convert the file to OpenAPI 3")
            continue
        version.note("the version of the format", "it says nothing of a check")
        _description(work, root)
    return work


def _description(work: Work, root: Entry) -> None:
    info = root.get("info")
    title = info.get("title") if info else None
    name = title.take() if title else ""
    work.title = work.title or name
    if info:
        info.rest_noted(*DESCRIBED)
    origin, base = _server(root)
    paths = root.get("paths")
    transactions: list[TransactionDraft] = []
    for path in paths.entries() if paths else []:
        _path(root, path, base, transactions, is_reachable=bool(origin))
    for number in range(0, len(transactions), MOST_TRANSACTIONS):
        some = transactions[number : number + MOST_TRANSACTIONS]
        work.services.append(ServiceDraft(name=name or origin, url=origin, source=root, transactions=some))
    for key in ("tags", "externalDocs", "jsonSchemaDialect"):
        part = root.get(key)
        if part:
            part.note(*DESCRIBED)
    components = root.get("components")
    if components:
        components.lost(
            "schemas and other parts",
            "the shape of an answer is not checked",
            "claim the values that matter as expect/json",
        )
    security = root.get("security")
    if security:
        security.lost("credentials for all operations", "such operations are told one by one", "see their lines")
    hooks = root.get("webhooks")
    if hooks:
        hooks.lost(
            "calls that the service makes itself", "a probe calls, and is not called", "watch the job that calls"
        )


def _server(root: Entry) -> tuple[str, str]:
    """Return the origin and path of the first server that has a whole address; ("", "") where none has."""
    servers = root.get("servers")
    chosen = ("", "")
    for server in servers.items() if servers else []:
        url, variables = server.get("url"), server.get("variables")
        if url is None:
            continue
        if chosen[0]:
            server.lost("another server", "a service has one address", "import again with this one first")
            continue
        values = {one.name: one.get("default") for one in variables.entries()} if variables else {}
        text = url.text
        for name, default in values.items():
            if default:
                text = text.replace(f"{{{name}}}", default.take())
        found = split_url(text, url) if "{" not in text else None
        if found:
            url.carry()
            chosen = found[0], found[1].partition("?")[0].rstrip("/")
        elif "{" in text or not url.account.is_told(url.path):
            url.lost("an address with open parts", "a service has a whole address", "put it in and import again")
        for below in server.entries():
            if below.name == "description":
                below.note(*DESCRIBED)
        if variables:
            for variable in variables.entries():
                variable.rest_noted("what else a variable may be", "its default is taken")
    if not chosen[0] and not (servers and servers.items()):
        root.lost("a description without a server", "a service needs an address", 'add "servers" with its url')
    return chosen


def _path(root: Entry, path: Entry, base: str, made: list[TransactionDraft], *, is_reachable: bool) -> None:
    shared = path.get("parameters")
    for method in OTHER_METHODS:
        operation = path.get(method)
        if operation:
            operation.lost(
                f"{method.upper()} {one_line(path.name, most=80)}",
                "only reading is safe to repeat unasked",
                "write a transaction with test data by hand, and mark it with writes: true",
            )
    get = path.get("get")
    for key in ("summary", "description"):
        part = path.get(key)
        if part:
            part.note(*DESCRIBED)
    for key in ("servers", "$ref"):
        part = path.get(key)
        if part:
            part.lost(
                "another address for this path", "this importer takes the file's first server", "write it by hand"
            )
    if get is None:
        if shared:
            shared.note("parameters of what is told above", "no operation here uses them")
        return
    shown = f"GET {one_line(path.name, most=80)}"
    needed = _needed(root, [*(shared.items() if shared else []), *_items(get, "parameters")])
    if not is_reachable:
        get.lost(shown, "the file names no usable server", 'add "servers" with its url')
    elif needed or "{" in path.name:
        get.lost(shown, f"it needs {needed or 'values in its path'}", "write a transaction with a value by hand")
    elif _is_closed(root, get):
        get.lost(shown, "it needs credentials", "write a transaction with a secret by reference by hand")
    elif get.get("requestBody") or get.get("servers"):
        get.lost(shown, "it has a body or a server of its own", "write a transaction by hand")
    else:
        made.append(_transaction(path, get, base, shown))
    if shared:
        shared.note("parameters that may be left out, or of what is told", "the request is made without them")


def _items(entry: Entry, key: str) -> list[Entry]:
    found = entry.get(key)
    return found.items() if found else []


def _needed(root: Entry, parameters: list[Entry]) -> str:
    for parameter in parameters:
        target = _resolved(root, parameter)
        required = target.get("required") if target else None
        if target is None or (required and required.is_true):
            name = target.get("name") if target else None
            return f'the parameter "{one_line(name.text, most=40)}"' if name else "a parameter that stands elsewhere"
    return ""


def _resolved(root: Entry, entry: Entry) -> Entry | None:
    """Follow references inside the file; None where one leads nowhere."""
    found: Entry | None = entry
    for _ in range(10):
        ref = found.get("$ref") if found else None
        if ref is None:
            return found
        if not ref.text.startswith("#/"):
            return None
        found = root
        for part in ref.text[2:].split("/"):
            found = found.get(unquote(part).replace("~1", "/").replace("~0", "~")) if found else None
    return None


def _is_closed(root: Entry, get: Entry) -> bool:
    security = get.get("security") or root.get("security")
    items = security.items() if security else []
    # an empty requirement among them says that none is needed
    return bool(items) and all(one.entries() for one in items)


def _transaction(path: Entry, get: Entry, base: str, shown: str) -> TransactionDraft:
    named = get.get("operationId")
    title = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", named.text) if named else path.name
    transaction = TransactionDraft(name=code(title, default="baca"), source=get)
    step = StepDraft(source=get)
    step.put("get", encoded(base + path.name), get)
    responses = get.get("responses")
    statuses: set[int] = set()
    for response in responses.entries() if responses else []:
        if re.fullmatch("2[0-9][0-9]", response.name):
            statuses.add(int(response.name))
        elif re.fullmatch("2[xX]{2}", response.name):
            statuses |= set(range(200, 300))
    if statuses and len(responses.entries() if responses else []) <= MOST_STATUSES:
        step.expect("status", status_text(statuses), get)
    summary = get.get("summary")
    if summary and summary.has_value:
        step.put("name", summary.take(), summary)
    if named:
        named.carry()
    for key in _DESCRIBING:
        part = get.get(key)
        if part and not part.account.is_settled(part.path):
            part.note(*DESCRIBED)
    for parameter in _items(get, "parameters"):
        parameter.note("a parameter that may be left out", "the request is made without it")
    for key in ("security", "callbacks"):
        part = get.get(key)
        if part:
            part.note("what is not needed here", "the request is made without it")
    for response in responses.entries() if responses else []:
        if not re.fullmatch("2([0-9]{2}|[xX]{2})", response.name):
            response.note("an answer that says what failed", "it fails the step")
        elif response.get("content"):
            response.lost(
                f"the shape of the answer to {shown}",
                "an answer is not checked against a schema",
                "claim the values that matter as expect/json",
            )
        else:
            response.note(*DESCRIBED)
    transaction.steps.append(step)
    return transaction
