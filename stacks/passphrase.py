"""The passphrase that protects a workspace's secrets: one file, made once, readable by its owner alone.

Pulumi is told the file's *path* (``PULUMI_CONFIG_PASSPHRASE_FILE``); the text never enters an environment or a command
line. A lost passphrase cannot be made anew: with another one the secrets of existing stacks stay shut, so a new file is
only made where no stack exists yet.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

from monitors.core.errors import PassphraseError

if TYPE_CHECKING:
    from pathlib import Path

OPEN_TO_OTHERS = 0o077
PASSPHRASE_BYTES = 32


def passphrase_file(state: Path, *, has_stacks: bool) -> Path:
    """Return the passphrase file of the state folder, making it if this is the first use.

    ``has_stacks``: encrypted stacks exist already; then a missing file is an error instead. Two commands may call this
    at the same time; both get the same file. Raises PassphraseError.
    """
    path = state / "passphrase"
    if not path.exists():
        if has_stacks:
            raise PassphraseError(
                f"{path}: the passphrase file is missing, but stacks encrypted with it exist; expected the file that "
                "was made with the first of them; put your copy of it back (chmod 600); nothing was changed",
            )
        _make(path)
    check(path)
    return path


def check(path: Path) -> None:
    """Refuse a passphrase file that is not one, is empty, or is open to others. Raises PassphraseError."""
    try:
        status = path.stat()
    except OSError as exc:
        raise PassphraseError(f"{path}: the passphrase file cannot be read ({exc.strerror}); mend its rights") from exc
    if not stat.S_ISREG(status.st_mode):
        raise PassphraseError(f"{path}: the passphrase is not a plain file; expected a file with mode 0600")
    mode = stat.S_IMODE(status.st_mode)
    if mode & OPEN_TO_OTHERS:
        raise PassphraseError(
            f"{path}: the passphrase file has mode {mode:04o} and is open to other users; expected 0600; "
            f"type: chmod 600 {path}",
        )
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise PassphraseError(f"{path}: the passphrase file cannot be read ({exc}); put your copy of it back") from exc
    if not text:
        raise PassphraseError(f"{path}: the passphrase file is empty; put your copy of it back")


def read(path: Path) -> str:
    """Return the passphrase, to keep it out of what is printed."""
    return path.read_text(encoding="utf-8").strip()


def wrong(path: Path, stack: str) -> PassphraseError:
    """Return the error for a passphrase that does not fit the stack."""
    return PassphraseError(
        f"{path}: this passphrase does not open the secrets of stack {stack!r}; expected the one the stack was made "
        "with; put your copy of that file back; nothing was changed",
    )


def _make(path: Path) -> None:
    """Write a new passphrase so that the file appears whole, or not at all."""
    draft = path.with_name(f".passphrase.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(PASSPHRASE_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name is taken: whoever comes second uses the first one's passphrase.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    except OSError as exc:
        raise PassphraseError(
            f"{path}: the passphrase file cannot be written ({exc.strerror}); expected a state folder with room that "
            "you may write to; free space or choose another one with --state",
        ) from exc
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
