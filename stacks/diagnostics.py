"""Turn what Pulumi and its provider say of a failure into sentences for the person who must act.

Known causes get a sentence of ours with a remedy; anything else is passed on, short, with the resource it is about.
The last lines always say that nothing is lost: a later ``up`` goes on from what is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from monitors.core.errors import Siaga24Error, StackBusyError, StackError, ToolchainError
from stacks.events import plain, urn_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 400                            # characters of a foreign text that are passed on
AGAIN = "then type the command again; it goes on from what is there"

# pattern in the foreign text -> our sentence; {0}, {1} are its groups
_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Bind for ([\d.]+):(\d+) failed: port is already allocated"),
     "port {1} of {0} was taken by another container while the command ran; choose another port in gateway, or end it"),
    (re.compile(r"listen tcp4? ([\d.]+):(\d+): bind: address already in use"),
     "port {1} of {0} was taken by another program while the command ran; choose another port in gateway, or end it"),
    (re.compile(r"Pool overlaps with other one on this address space"),
     "its subnet overlaps a network that was made while the command ran; choose another network/subnet"),
    (re.compile(r"no space left on device"),
     "a disk is full, the state folder's or the engine's (df -h shows which); free space there"),
    (re.compile(r"No such image: (\S+)"),
     "image {0} was removed from the engine while the command ran; load it again"),
    (re.compile(r'The container name "/?([^"]+)" is already in use'),
     "a container named {0} is there that this stack did not make; remove it (docker rm -f {0}) if it is nobody's"),
    (re.compile(r"Cannot connect to the Docker daemon at (\S+?)\.? "),
     "the Docker engine {0} stopped answering; start it (systemctl start docker)"),
    (re.compile(r"volume is in use - \[(\w+)"),
     "a volume is still used by container {0}; remove that container first"),
    (re.compile(r"timeout while waiting for state to become 'removed'"),
     "the Docker engine still counts a connection of a container that is gone; restart the engine"),
    (re.compile(r"OCI runtime create failed: (.*)"),
     "the container cannot start ({0}); mend its command or image"),
)
_PROVIDER_MISSING = re.compile(
    r"no resource plugin 'pulumi-resource-docker[^']*'|could not (?:find|load) plugin.*docker",
)
_LOCKED = re.compile(r"the stack is currently locked by")


def explain(
    code: str, errors: Sequence[tuple[str, str]], output: str, redact: Callable[[str], str],
) -> Siaga24Error:
    """Return the error to raise for a failed run of stack ``code``.

    ``errors``: (URN or "", text) as they came; ``output``: what the CLI printed, for when there are none.
    """
    everything = "\n".join([text for _, text in errors] + [output])
    if _PROVIDER_MISSING.search(everything):
        return ToolchainError(
            'Pulumi finds no docker provider; expected the one that "make ready" installs or builds; '
            'run "make ready" ("siaga24 doctor" shows what is there)',
        )
    if _LOCKED.search(everything):
        return StackBusyError(
            f"stack {code!r} is busy: Pulumi itself holds its lock ({_line_with(_LOCKED, everything)}); expected one "
            "command at a time; wait until it has ended, then try again",
        )
    sentences = _sentences(errors) or [_shortened(_error_lines(output) or output or "Pulumi ended without saying why")]
    return StackError(redact(f"stack {code!r}: " + "\n".join(sentences) + f"; {AGAIN}"))


def _sentences(errors: Sequence[tuple[str, str]]) -> list[str]:
    """Make one sentence for each cause, the first of each resource, without Pulumi's echoes of them."""
    sentences: list[str] = []
    for urn, text in errors:
        if not urn and sentences:
            continue                     # "update failed" and the like
        sentence = _sentence(text)
        if urn and "pulumi:pulumi:Stack" not in urn:
            sentence = f"{urn_name(urn)}: {sentence}"
        if sentence not in sentences:
            sentences.append(sentence)
    return sentences


def _sentence(text: str) -> str:
    for pattern, sentence in _CAUSES:
        found = pattern.search(text)
        if found:
            return sentence.format(*found.groups())
    return _shortened(text)


def _shortened(text: str) -> str:
    """Bring a foreign text onto one line of bearable length."""
    lines = [line.strip(" *\t") for line in plain(text).splitlines()]
    line = "; ".join(line for line in lines if line)
    line = re.sub(r"^(?:error: )?\d+ errors? occurred:;? ?", "", line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def _error_lines(output: str) -> str:
    return "\n".join(line for line in output.splitlines() if line.lstrip().startswith("error:"))


def _line_with(pattern: re.Pattern[str], text: str) -> str:
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if pattern.search(line):
            return _shortened(" ".join(lines[index:index + 2]))
    return ""
