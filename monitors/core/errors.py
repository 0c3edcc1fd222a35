"""The exception tree. Each carries its data as attributes; each text is a sentence for the person who must act.

    Siaga24Error
    ├── UsageError            wrong use: exit code 2
    │   ├── DefinitionError   a definition file has faults (all of them)
    │   └── DocumentError     a targets document cannot be read
    ├── ToolchainError        Docker engine, Pulumi CLI or provider missing or too old
    ├── StackError            provisioning refused or failed
    │   ├── PreflightError    refused before anything changed (all reasons)
    │   ├── StackBusyError    another command holds the stack
    │   ├── PassphraseError   the passphrase file is missing, open to others or wrong
    │   └── UnhealthyError    containers were made and did not become healthy; has their last log lines
    ├── LedgerError           the ledger cannot be opened or written
    ├── DeliveryError         somebody did not take what was given
    └── ProbeFault            our own fault inside a probe: the run is `unknown`, never `down`

``cli/main.py`` alone turns them into exit codes: 1 failure, 2 wrong use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Siaga24Error(Exception):
    """Any error that is told to a person in a sentence, without a traceback."""

    exit_code = 1


class UsageError(Siaga24Error):
    """The command, its arguments or its files are wrong; nothing was done."""

    exit_code = 2


class DefinitionError(UsageError):
    """One or more definition files have faults.

    ``faults``: one line each, ``file:line: path: what is; what was expected; how to mend``.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class DocumentError(UsageError):
    """A targets document is unreadable, of another version, or holds an impossible value."""


class ToolchainError(Siaga24Error):
    """A tool outside Python is missing or has the wrong version."""


class StackError(Siaga24Error):
    """Provisioning failed; the text says what now runs and what to do."""


class PreflightError(StackError):
    """Refused before anything was changed. ``reasons``: one sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


class StackBusyError(StackError):
    """Another command works on the same stack."""


class PassphraseError(StackError):
    """The passphrase file is missing, readable by others, or does not fit the stack."""


class UnhealthyError(StackError):
    """New containers did not become healthy. ``log_lines``: the last ones of the first that failed."""

    def __init__(self, message: str, *, log_lines: Sequence[str] = ()) -> None:
        self.log_lines = tuple(log_lines)
        super().__init__(message)


class LedgerError(Siaga24Error):
    """The ledger cannot be opened, read or written; nothing that was shown is lost."""


class DeliveryError(Siaga24Error):
    """A party outside did not take what was given to it; giving it again is harmless."""


class ProbeFault(Siaga24Error):  # noqa: N818 - not the service's error but ours
    """The monitor itself could not tell. ``reason`` is a sentence."""
