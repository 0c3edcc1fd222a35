"""The secrets of a stack: made once at random, kept encrypted in Pulumi's configuration of the stack, read back after.

All of them are one encrypted value, a JSON object by key: they appear all together or not at all, and one call of the
CLI reads or writes them. A secret that is no longer asked for is kept: whoever brings its service back finds its data
readable.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from monitors.core.errors import PreflightError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stacks.automation import StackAutomation

SECRET_BYTES = 32                        # 256 bits; 43 characters that need no quoting anywhere
OPEN_TO_OTHERS = 0o077


def new_secret() -> str:
    """Make a secret that nobody can guess."""
    return secrets.token_urlsafe(SECRET_BYTES)


def ensure_secrets(automation: StackAutomation, keys: Iterable[str]) -> dict[str, str]:
    """Return the stack's secrets, making those of ``keys`` that are not there. Existing ones never change."""
    kept = automation.secrets()
    missing = [key for key in keys if key not in kept]
    if missing:
        kept = {**kept, **{key: new_secret() for key in missing}}
        automation.keep_secrets(kept)
    return kept


def placeholders(kept: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return the secrets with made-up ones for those that are not there: for a preview, which makes nothing."""
    return {**kept, **{key: new_secret() for key in keys if key not in kept}}


def read_secret_files(files: Mapping[str, Path]) -> dict[str, str]:
    """Read the secrets that people keep in files of their own. PreflightError with all that cannot be read."""
    found: dict[str, str] = {}
    reasons: list[str] = []
    for key, path in files.items():
        try:
            text = path.read_text(encoding="utf-8").strip()
            mode = path.stat().st_mode & 0o777
        except (OSError, UnicodeDecodeError) as exc:
            reasons.append(f"{path}: the secret {key} cannot be read ({exc}); expected a file that holds it alone")
            continue
        if not text:
            reasons.append(f"{path}: the secret {key} is empty; expected a file that holds it alone")
        elif mode & OPEN_TO_OTHERS:
            reasons.append(f"{path}: the secret {key} is open to other users (mode {mode:04o}); type: chmod 600 {path}")
        else:
            found[key] = text
    if reasons:
        raise PreflightError(reasons)
    return found
