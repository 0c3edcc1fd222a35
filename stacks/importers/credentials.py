"""Passwords, tokens and keys of an input as references; their values stay behind."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Any

from stacks.importers.address import SECRET_WHY
from stacks.importers.draft import Secret

if TYPE_CHECKING:
    from stacks.importers.account import Entry
    from stacks.importers.draft import ServiceDraft, StepDraft

GIVE = "give its value to the monitor under that name, in the agency's folder of --secrets-dir"
MAX_NAME = 60


def reference(step: StepDraft, name: str, value: str, entry: Entry, what: str) -> str:
    """Return ``${secret:name}`` in the place of a value; which name it gets is settled with its service."""
    base = secret_name(name)
    place = len(step.secrets)
    step.secrets.append(Secret(name=base, value=value, entry=entry.carry(), what=what))
    return f"${{secret:#{place}}}"


def secret_name(text: str) -> str:
    """Return a name of small letters, digits and single underscores near to the text."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_0123456789")[:MAX_NAME].strip("_") or "rahasia"


def put_basic(step: StepDraft, user: str, password: str, entry: Entry) -> None:
    """Log in by HTTP Basic."""
    kept = reference(step, "password", password, entry, "the password")
    step.put("auth", {"basic": {"user": user, "password": kept}}, entry)


def put_bearer(step: StepDraft, token: str, entry: Entry, name: str = "token") -> None:
    """Log in by a bearer token."""
    step.put("auth", {"bearer": reference(step, name, token, entry, "the token")}, entry)


def put_oauth2(step: StepDraft, keys: dict[str, str], secret: str, entry: Entry) -> None:
    """Log in by OAuth2 client credentials; ``keys``: token_url, client_id and perhaps scope."""
    kept = reference(step, "client_secret", secret, entry, "the client's secret")
    step.put("auth", {"oauth2": {**keys, "client_secret": kept}}, entry)


def put_authorization(step: StepDraft, text: str, entry: Entry) -> bool:
    """Log in by what a header Authorization says; False where it is neither Basic nor a bearer token."""
    scheme, _, value = text.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        put_bearer(step, value.strip(), entry)
        return True
    if scheme.lower() == "basic":
        try:
            user, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
        except (Base64Error, UnicodeDecodeError, ValueError):
            return False
        if user.strip() and user.isprintable() and colon:
            put_basic(step, user, password, entry)
            return True
    return False


def bind(service: ServiceDraft, code: str) -> None:
    """Give the secrets of a service their names, one for each value, and tell what became of each."""
    names: dict[str, str] = {}  # name to value
    begin = code.replace("-", "_")
    begin = re.sub("_+", "_", begin)
    for transaction in service.transactions:
        for step in transaction.steps:
            chosen: list[str] = []
            for secret in step.secrets:
                name, number = f"{begin}_{secret.name}", 2
                while names.get(name, secret.value) != secret.value:
                    name, number = f"{begin}_{secret.name}_{number}", number + 1
                names[name] = secret.value
                chosen.append(name)
            step.keys = _named(step.keys, chosen)
            for secret, name in zip(step.secrets, chosen, strict=True):
                if not secret.entry.account.is_told(secret.entry.path):
                    secret.entry.changed(f"{secret.what} became ${{secret:{name}}}", SECRET_WHY, GIVE)
            step.secrets = []


def _named(value: Any, names: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named(inner, names) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\$\{secret:#([0-9]+)\}", lambda found: f"${{secret:{names[int(found[1])]}}}", value)
    return value
