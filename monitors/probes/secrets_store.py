"""Secrets that definitions refer to as ``${secret:name}``: read where ops put them, for the agency that they belong to.

``DIR/AGENCY/NAME`` is a file of one secret; without it, the variable ``SIAGA24_SECRET_AGENCY__NAME`` (capitals, a
hyphen as an underscore, two underscores between the two). A definition names no agency, so it can reach its own alone.
They are read anew for every try: a secret that was changed is in force at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitors.core.errors import ProbeFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PREFIX = "secret:"
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
# no two hyphens in a row, which a variable's name could not tell from the end of the agency
_AGENCY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LEAST, MOST = 6, 65_536                  # characters; a shorter one could not be kept out of texts


class SecretStore:
    """Where secrets are read from. Neither it nor its errors ever show one."""

    __slots__ = ("_environment", "_folder")

    def __init__(self, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        # taken out of the whole environment once, so that nothing else of it can be asked for
        self._environment = {
            name: value for name, value in (environment or {}).items() if name.startswith("SIAGA24_SECRET_")
        }

    def __repr__(self) -> str:
        """Show no secret."""
        return f"SecretStore({self._folder})"

    def values(self, agency: str, names: Iterable[str]) -> dict[str, str]:
        """Read secrets of one agency: the placeholder's name, ``secret:NAME``, to the value.

        Raises ProbeFault where one is not there or cannot be used: our own lack says nothing of a service.
        """
        return {PREFIX + name: self._value(agency, name) for name in names}

    def _value(self, agency: str, name: str) -> str:
        if NAME.fullmatch(name) is None or _AGENCY.fullmatch(agency) is None:
            raise ProbeFault(f'the secret "{name}" of {agency} cannot be named so; expected such as api_token')
        variable = f"SIAGA24_SECRET_{agency.replace('-', '_').upper()}__{name.upper()}"
        text = self._of_file(agency, name)
        if text is None:
            text = self._environment.get(variable)
        if text is None:
            place = f"the file {self._folder / agency / name}" if self._folder else "a file under --secrets-dir"
            raise ProbeFault(
                f'the secret "{name}" of {agency} is not there; expected {place} or the variable {variable}',
            )
        if not LEAST <= len(text) <= MOST or "\0" in text:
            raise ProbeFault(
                f'the secret "{name}" of {agency} cannot be used; expected {LEAST} to {MOST} characters of text',
            )
        return text

    def _of_file(self, agency: str, name: str) -> str | None:
        """Read a file without the line break at its end; None where there is none."""
        if self._folder is None:
            return None
        path = self._folder / agency / name
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(MOST + 2)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
            raise ProbeFault(f'the secret "{name}" of {agency} cannot be read from {path}: {why}') from None
        return text.removesuffix("\n").removesuffix("\r")


NO_SECRETS = SecretStore()
