"""Prometheus' text format of many owners' metrics, column by column: no library, and no line is kept.

A nation's services have some 300,000 lines, and most of what they say is alike: 13,000 times `up 1`, `missed 0`. What a
piece of owners say alike is written by joining their labels; only what differs is written line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitors.families import Family


class Labelled(Protocol):
    """Whatever has metrics; ``labels`` are rendered, without the braces around them."""

    @property
    def labels(self) -> str:
        """Its labels."""
        ...


PIECE = 500                              # owners whose lines are made at a time: a fraction of a millisecond


def head(name: str, kind: str, help_text: str, *, open_metrics: bool) -> str:
    """Render the two lines before a metric's samples."""
    # a counter's family has no "_total" to OpenMetrics
    shown = name.removesuffix("_total") if open_metrics and kind == "counter" else name
    return f"# HELP {shown} {help_text}\n# TYPE {shown} {kind}\n"


def family_pieces(
    families: Sequence[Family[Any]], owners: Sequence[Labelled], *, open_metrics: bool,
) -> Iterator[str]:
    """Render metrics of ``owners``, each under its head, some hundred owners at a time."""
    cut = [owners[start:start + PIECE] for start in range(0, len(owners), PIECE)]
    pieces = [(piece, [owner.labels for owner in piece]) for piece in cut]
    for family in families:
        yield head(family.name, family.kind, family.help, open_metrics=open_metrics)
        before = f"{family.name}{{"
        ends = [f',{family.label}="{text}"}} ' for text in family.extra] if family.label else ["} "]
        tail = f"e{family.exponent}\n" if family.exponent else "\n"
        values_of = family.values
        for piece, labels in pieces:
            columns = zip(*map(values_of, piece), strict=True)
            yield "".join([
                _column(before, labels, end, column, tail, hides_zero=family.hides_zero)
                for end, column in zip(ends, columns, strict=True)
            ])


def _column(
    before: str, labels: Sequence[str], end: str, values: Sequence[float | None], tail: str, *, hides_zero: bool,
) -> str:
    """Render one value of each owner; None is no sample."""
    first = values[0]
    if values.count(first) == len(values):
        if first is None or (hides_zero and not first):
            return ""
        after = f"{end}{first}{tail}"
        return f"{before}{f'{after}{before}'.join(labels)}{after}"
    told = zip(labels, values, strict=True)
    if hides_zero:
        return "".join([f"{before}{label}{end}{value}{tail}" for label, value in told if value])
    return "".join([f"{before}{label}{end}{value}{tail}" for label, value in told if value is not None])


def escaped(value: str) -> str:
    """Escape a label value for the text format."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def label_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Render labels, without the braces around them."""
    return ",".join(f'{name}="{escaped(value)}"' for name, value in zip(names, values, strict=True))
