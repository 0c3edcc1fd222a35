"""Hurl: each file becomes a transaction of the service of its first address, each entry a step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from stacks.importers import hurl_reader
from stacks.importers.account import one_line
from stacks.importers.address import SECRET_WHY, code, is_secret, split_url
from stacks.importers.draft import ServiceDraft, StepDraft, TransactionDraft, Work
from stacks.importers.hurl_claims import carry_assert, carry_capture
from stacks.importers.hurl_request import HurlFile, put_sent, tell_missing
from stacks.importers.request import (
    ANY_STATUS,
    BY_REFERENCE,
    put_header,
    put_status,
)
from stacks.importers.source import opened, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stacks.importers.account import Entry

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
_NOTED_OPTIONS = {"verbose", "very-verbose", "output", "compressed", "verbosity"}


def read(paths: Sequence[Path]) -> Work:
    """Read files; those with the same first address are transactions of one service."""
    work = Work(roots=[opened(path, hurl_reader.tree(read_text(path))) for path in paths])
    services: dict[str, ServiceDraft] = {}
    for path, root in zip(paths, work.roots, strict=True):
        transaction = TransactionDraft(name=code(path.stem, default="jalan"), source=root)
        file = HurlFile(root, transaction)
        for entry in root.items():
            _entry(file, entry)
        if transaction.steps and file.origin:
            if file.origin not in services:
                title = file.origin.partition("://")[2]
                services[file.origin] = ServiceDraft(name=title, url=file.origin, source=root)
                work.services.append(services[file.origin])
            services[file.origin].transactions.append(transaction)
    return work


def _entry(file: HurlFile, entry: Entry) -> None:
    request = entry.get("request")
    if request is None:
        entry.lost("lines that belong to no request", "a step begins with a method and an address", "correct the file")
        return
    step = StepDraft(source=entry)
    options = entry.get("[Options]")
    for option in options.items() if options else []:
        _option(file, option, step, entry)
    if entry.account.is_told(entry.path):
        return
    found = _address(file, entry, request)
    if found is None:
        return
    word, origin, path = found
    first = file.origin or origin
    file.origin = first
    step.put(word.lower(), path if origin == first else origin + path, request.carry())
    file.transaction.writes |= word not in {"GET", "HEAD", "OPTIONS"}
    put_sent(file, entry, step)
    _answered(file, entry, step)
    for below in entry.entries():
        if below.is_list and not below.items():
            below.note("an empty section", "nothing stands in it")
    file.transaction.steps.append(step)


def _address(file: HurlFile, entry: Entry, request: Entry) -> tuple[str, str, str] | None:
    word, _, rest = request.text.partition(" ")
    text, missing = file.filled(rest.strip())
    query = entry.get("[QueryStringParams]", "[Query]")
    shown = one_line(re.sub(r"//[^/@ ]*@", "//***@", rest).partition("?")[0].strip(), most=60)
    if word not in METHODS:
        entry.lost(
            f"a request with the method {word[:20]}", "a step sends one of HTTP's usual methods", "write another"
        )
        return None
    for line in query.items() if query else []:
        name, _, value = line.text.partition(":")
        value, open_part = file.filled(value.strip())
        missing = missing or open_part
        if is_secret(name.strip()):
            line.lost(f'the value of "{one_line(name, most=40)}" in the address', SECRET_WHY, BY_REFERENCE)
            continue
        safe = value if "${" in value else quote(value, safe="")
        text += ("&" if "?" in text else "?") + f"{quote(name.strip(), safe='')}={safe}"
        line.carry()
    if missing:
        entry.lost(
            f'the request to {shown}, which needs "{one_line(missing, most=40)}"',
            "no option of the file and no step before it has the value",
            'give it as "variable: name=value", or by hand',
        )
        return None
    found = split_url(text, request)
    if found is None:
        entry.lost(f"the request to {shown}", "a step needs an address of HTTP", "write it by hand")
        return None
    return word, found[0], found[1]


def _option(file: HurlFile, option: Entry, step: StepDraft, entry: Entry) -> None:
    name, _, value = (part.strip() for part in option.text.partition(":"))
    if name in {"location", "location-trusted"} and value == "true":
        step.put("follow", 10, option.carry())
        if name == "location-trusted":
            option.changed(
                "credentials are not sent to other hosts", "a redirect must not lead secrets away", "nothing"
            )
    elif name == "location":
        option.carry()
    elif name == "max-redirs" and re.fullmatch("[0-9]{1,4}", value):
        if step.keys.get("follow"):
            step.put("follow", min(int(value), 10), option.carry())
        else:
            option.note("a limit of redirects", "none are followed")
    elif name == "variable" and "=" in value:
        variable, _, text = value.partition("=")
        if is_secret(variable):
            option.lost(f'the variable "{one_line(variable, most=40)}"', SECRET_WHY, BY_REFERENCE)
        else:
            file.values[variable.strip()] = hurl_reader.unquoted(text.strip()) or text.strip()
            option.carry()
    elif name == "skip" and value == "true":
        entry.lost("an entry that is skipped", "what is not asked has no step", "remove the option and import again")
    elif name == "header":
        header, _, text = value.strip('"').partition(":")
        put_header(step, header.strip(), text.strip(), option)
    elif name in _NOTED_OPTIONS or value == "false":
        option.note("how Hurl itself runs", "it is no part of a check")
    elif name == "insecure":
        option.lost(
            "certificates that are not verified",
            "a bad certificate is an outage to citizens",
            'name the authority as "ca" of the service if it is your own',
        )
    elif name in {"user", "netrc", "netrc-file", "key", "aws-sigv4"}:
        option.lost(f'the option "{name}"', SECRET_WHY, BY_REFERENCE)
    else:
        option.lost(f'the option "{one_line(name, most=40)}"', "a step has no such key", "write what it does by hand")


def _answered(file: HurlFile, entry: Entry, step: StepDraft) -> None:
    response = entry.get("response")
    status = response.text.split()[-1] if response else "*"
    if response is None or status == "*":
        # Hurl asks for no status here, and a step of ours for 2xx.
        step.expect("status", ANY_STATUS, response.carry() if response else entry)
    elif put_status(step, [int(status)], response) and "/" in response.text:
        response.changed("any version of HTTP is taken", "no claim is made of the version", "nothing to do")
    headers = entry.get("response headers")
    for line in headers.items() if headers else []:
        name, _, value = (part.strip() for part in line.text.partition(":"))
        if is_secret(name):
            line.lost(f"the claim about the header {one_line(name, most=40)}", SECRET_WHY, "leave it out")
        elif value and name not in step.keys.get("expect", {}).get("header", {}):
            step.expect("header", {name: value}, line)
            line.changed("the header may hold more than this text", "a header's claim is a text in it", "nothing to do")
        else:
            line.lost("a second claim about the same header", "a step has one for each header", "keep the right one")
    asserts, captures = entry.get("[Asserts]"), entry.get("[Captures]")
    for line in asserts.items() if asserts else []:
        text, missing = file.filled(line.text)
        if missing:
            tell_missing(line, missing)
        else:
            carry_assert(line, text, step)
    for line in captures.items() if captures else []:
        name = carry_capture(line, step, set(file.saved.values()))
        if name:
            file.saved[line.text.partition(":")[0].strip()] = name
    body = entry.get("response body")
    if body:
        whole = re.fullmatch(r"`(.*)`", body.text)
        text, missing = file.filled(whole[1]) if whole else ("", "")
        if whole and text and not missing:
            step.expect("matches", rf"\A{re.escape(text)}\Z", body.carry())
        else:
            body.lost(
                "a whole answer", "a claim is about a part of it", "claim what matters as contains or expect/json"
            )
