"""Pulumi's engine events folded into steps, counts and error texts. No printing, no engine in here.

Counted and told are the things on the Docker engine; components and providers are Pulumi's own bookkeeping. A replaced
resource is three events of Pulumi's (create-replacement, replace, delete-replaced) and counts once.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

from pulumi.automation.events import OpType

from infra.naming import joined
from stacks.progress import Counts, Step, StepState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi.automation.events import EngineEvent, StepEventMetadata

COUNTED = "docker:"
SHOWN_CHANGES = 3                        # settings named beside a change; the rest is "..."
LABEL_NAME = "siaga24.name"
ACTIONS = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.CREATE_REPLACEMENT: "create new",
    OpType.DELETE_REPLACED: "remove old",
    OpType.READ: "read",
    OpType.REFRESH: "look",
    OpType.IMPORT: "import",
    OpType.DISCARD: "forget",
}
_COLOUR = re.compile(r"<\{%.*?%\}>")


class EventFold:
    """Folds one run's events. ``on_step`` hears of each step; afterwards ask for ``counts`` and ``errors``."""

    def __init__(self, clock: Callable[[], float], on_step: Callable[[Step], None]) -> None:
        """``clock``: monotonic seconds."""
        self._clock = clock
        self._on_step = on_step
        self._lock = threading.Lock()    # events arrive on threads of the event server
        self._began: dict[str, float] = {}
        self._operations: Counter[OpType] = Counter()
        self._errors: list[tuple[str, str]] = []

    def __call__(self, event: EngineEvent) -> None:
        """Take the next event."""
        with self._lock:
            if event.resource_pre_event:
                self._pre(event.resource_pre_event.metadata)
            elif event.res_outputs_event:
                self._end(event.res_outputs_event.metadata, StepState.DONE)
            elif event.res_op_failed_event:
                self._end(event.res_op_failed_event.metadata, StepState.FAILED)
            elif event.diagnostic_event:
                diagnostic = event.diagnostic_event
                if diagnostic.severity == "error" and not diagnostic.ephemeral:
                    self._errors.append((diagnostic.urn or "", plain(diagnostic.message)))

    @property
    def counts(self) -> Counts:
        """How many resources met which fate so far."""
        with self._lock:
            did = self._operations
            return Counts(
                created=did[OpType.CREATE] + did[OpType.IMPORT], updated=did[OpType.UPDATE],
                replaced=did[OpType.REPLACE], deleted=did[OpType.DELETE], same=did[OpType.SAME],
            )

    @property
    def errors(self) -> tuple[tuple[str, str], ...]:
        """Errors so far, as (resource's URN or "", text), in the order of arrival."""
        with self._lock:
            return tuple(self._errors)

    def _pre(self, metadata: StepEventMetadata) -> None:
        if metadata.op in ACTIONS and _is_counted(metadata) and metadata.op is not OpType.REFRESH:
            self._began[_key(metadata)] = self._clock()
            self._on_step(_step(metadata, StepState.STARTED, 0.0))

    def _end(self, metadata: StepEventMetadata, state: StepState) -> None:
        if not _is_counted(metadata):
            return
        if state is StepState.DONE:
            self._operations[metadata.op] += 1
        began = self._began.pop(_key(metadata), None)
        if began is not None:
            self._on_step(_step(metadata, state, self._clock() - began))


def plain(text: str) -> str:
    """Strip Pulumi's colour marks and the space around a message."""
    return _COLOUR.sub("", text).strip()


def stack_of(urn: str) -> str:
    """Return the stack's name out of a URN (``urn:pulumi:STACK::...``)."""
    return urn.partition("::")[0].rpartition(":")[2]


def short_name(name: str, code: str) -> str:
    """Leave out of an engine's name what all names of a stack begin with."""
    return name.removeprefix(f"{joined(code)}_")


def display_name(inputs: Mapping[str, Any], urn: str) -> str:
    """Name a resource for people: by the label that it bears for them, else by its own name."""
    labels = {
        label.get("label", ""): label.get("value", "")
        for label in inputs.get("labels") or () if isinstance(label, dict)
    }
    return str(labels.get(LABEL_NAME) or short_name(urn_name(urn), stack_of(urn)))


def urn_name(urn: str) -> str:
    """Return the last part of a URN: the resource's own name."""
    return urn.rpartition("::")[2]


def _is_counted(metadata: StepEventMetadata) -> bool:
    return metadata.type.startswith(COUNTED)


def _key(metadata: StepEventMetadata) -> str:
    # Of one URN several old things may be removed in one update: those of releases that failed too.
    return f"{metadata.op.value} {metadata.urn} {metadata.old.id if metadata.old is not None else ''}"


def _step(metadata: StepEventMetadata, state: StepState, seconds: float) -> Step:
    kind = metadata.type.rpartition(":")[2]
    return Step(
        key=_key(metadata), kind=kind[:1].lower() + kind[1:], name=_name(metadata), action=ACTIONS[metadata.op],
        state=state, seconds=seconds, detail=_changed(metadata),
    )


def _name(metadata: StepEventMetadata) -> str:
    for side in (metadata.new, metadata.old):
        if side is not None and side.inputs:
            return display_name(side.inputs, metadata.urn)
    return display_name({}, metadata.urn)


def _changed(metadata: StepEventMetadata) -> str:
    """Name the settings that make a change necessary."""
    if metadata.op not in {OpType.UPDATE, OpType.CREATE_REPLACEMENT}:
        return ""
    keys = sorted({re.split(r"[.\[]", key)[0] for key in metadata.detailed_diff or metadata.diffs or ()})
    shown = ", ".join(keys[:SHOWN_CHANGES])
    return f"{shown}, ..." if len(keys) > SHOWN_CHANGES else shown
