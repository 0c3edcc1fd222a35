"""The words of reports: phrases and rules of the two languages are data (``templates/reports/words.*.json``)."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitors.core.errors import Siaga24Error
from monitors.core.sla import Judgement
from monitors.core.wording import JUDGEMENT_WORDS, VERDICT_WORDS, Language
from monitors.reports.document import Tone

if TYPE_CHECKING:
    from monitors.core.attribution import Owner
    from monitors.core.dispute import DisputeState
    from monitors.core.maintenance import Standing
    from monitors.core.model import Verdict
    from monitors.reports.data import Cadence, State

FOLDER = Path(__file__).parent.parent.parent / "templates" / "reports"

JUDGEMENT_TONES = {
    Judgement.KEPT: Tone.GOOD, Judgement.BROKEN: Tone.BAD, Judgement.NOT_PROVEN: Tone.UNSURE,
    Judgement.RUNNING: Tone.FAINT, Judgement.NOT_ON_BOARD: Tone.FAINT,
}
# the sign before the word: print without colour tells as much
JUDGEMENT_SIGNS = {
    Judgement.KEPT: "✓", Judgement.BROKEN: "✗", Judgement.NOT_PROVEN: "?", Judgement.RUNNING: "…",
    Judgement.NOT_ON_BOARD: "–",
}


class Words:
    """The words of one language. Raises Siaga24Error where their file is not as it was released."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._told = read_words(language)

    def __call__(self, key: str, **values: object) -> str:
        """Give a phrase with its values filled in."""
        return str(self._told["phrases"][key]).format(**values)

    def owner(self, owner: Owner) -> str:
        """Say whose."""
        return str(self._told["owners"][owner.value])

    def standing(self, standing: Standing) -> str:
        """Say whether maintenance counts."""
        return str(self._told["standings"][standing.value])

    def dispute(self, state: DisputeState) -> str:
        """Say how far a dispute is."""
        return str(self._told["disputes"][state.value])

    def kind(self, kind: str) -> str:
        """Name a kind of agencies."""
        return str(self._told["kinds"].get(kind, kind))

    def figure(self, figure: str) -> str:
        """Name a figure that versions are compared by."""
        kind, _, owner = figure.partition(" ")
        return f"{self('attribution')}: {self._told['owners'][owner]}" if kind == "owner" else self(f"figure_{figure}")

    def verdict(self, verdict: Verdict) -> str:
        """Say what a service was."""
        return VERDICT_WORDS[self.language][verdict]

    def judgement(self, judgement: Judgement) -> str:
        """Say what became of a promise."""
        return JUDGEMENT_WORDS[self.language][judgement]

    def cadence(self, cadence: Cadence) -> str:
        """Say how long a time the report is of."""
        return self(cadence.value)

    def state(self, state: State, version: int) -> str:
        """Say how far the report counts."""
        return self(state.value, version=version)

    @property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """Terms of the method page with what they mean."""
        return tuple((term, text) for term, text in self._told["method"])


@functools.cache
def read_words(language: Language) -> dict[str, Any]:
    """Read a language's file."""
    path = FOLDER / f"words.{language.value}.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise Siaga24Error(f"{path}: it cannot be read as words: {exc}; put the released file back") from exc
    return found
