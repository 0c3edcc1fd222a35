"""Values that look like secrets. A definition is copied, mailed and kept in version control for ever."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from stacks.definition.shapes import Record

_NAME = re.compile(
    r"(?i)(?:^|_)(?:PASSWORDS?|PASSWD|PASS|PWD|PASSPHRASE|SECRETS?|TOKENS?|CREDENTIALS?|"
    r"(?:API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)_?KEYS?|APIKEY|SECRETKEY|SANDI|KUNCI_RAHASIA)(?:_|$)",
)
_NOT_VALUES = (
    "_FILE",
    "_PATH",
    "_DIR",
    "_URL",
    "_TTL",
    "_LENGTH",
    "_MIN",
    "_MAX",
    "_DAYS",
    "_SECONDS",
    "_NAME",
    "_HEADER",
    "_FIELD",
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


def check_env(env: Record) -> None:
    """Tell each variable that looks like a secret, and how it reaches the service instead."""
    for name, value in env.values.items():
        what = _looks_secret(name, value)
        if what:
            env.place(name).fault(what, "no secret in a definition", _mend(name, value))


def _mend(name: str, value: str) -> str:
    if re.match(r"postgres(ql)?://", value):
        return 'remove it and write "database: own", or "external" with a password_file'
    secret = re.sub(r"[^A-Z0-9_]", "_", name.upper())
    return f'remove it and list {secret} under "secrets"; the service reads the file that {secret}_FILE names'


def _looks_secret(name: str, value: str) -> str:
    """Return what gives the value away, "" where nothing does. The value itself is never repeated."""
    if _PRIVATE_KEY.search(value):
        return "the value is a private key"
    if _has_password(value):
        return "the value is an address with a password in it"
    is_about_secrets = _NAME.search(name) is not None and not name.upper().endswith(_NOT_VALUES)
    if is_about_secrets and value and value.lower() not in {"true", "false"}:
        return f"the name {name} says that its value is a secret"
    return ""


def _has_password(value: str) -> bool:
    for word in value.split():
        if "://" in word:
            try:
                if urlsplit(word.strip("\"'")).password:
                    return True
            except ValueError:
                continue
    return re.search(r"(?i)\bpassword\s*=\s*[^\s;]", value) is not None
