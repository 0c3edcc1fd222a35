"""Finds the benchmarks, runs them one after the other, prints a line each and keeps the figures in a file."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tests.bench
from tests.bench.base import BenchError, Benchmark, Figure, progress
from tests.bench.machine import machine_facts

FILE_VERSION = 1
FRAME = {                                # files of this folder that hold no benchmark
    "__main__", "bad_day", "base", "continent", "machine", "nation", "nginx", "pipeline", "runner", "side_by_side",
    "silence", "stack", "tls_site",
}


def find() -> dict[str, Benchmark]:
    """Import every file of this folder and return its benchmarks by name."""
    found: dict[str, Benchmark] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(tests.bench.__path__)):
        if module in FRAME or module.startswith("test_"):
            continue
        loaded = importlib.import_module(f"tests.bench.{module}")
        found |= {value.name: value for value in vars(loaded).values() if isinstance(value, Benchmark)}
    return found


def list_lines(benchmarks: Iterable[Benchmark]) -> list[str]:
    """Write name, target, unit and doc line of each, aligned."""
    rows = [(one.name, _target(one), one.unit, one.doc) for one in benchmarks]
    return _aligned(rows)


def run_all(benchmarks: Sequence[Benchmark], out: Path) -> int:
    """Run them; the figures go to ``out``, beside those of earlier runs of others. Exit code 1 if one could not run."""
    width = max(len(one.name) for one in benchmarks)
    failed = False
    for one in benchmarks:
        progress(f"{one.name}: {one.doc}")
        facts = machine_facts()
        try:
            figure = one.measure()
        except BenchError as exc:
            sys.stderr.write(f"error: {one.name}: {exc}\n")
            failed = True
            continue
        sys.stdout.write(line(one, figure, width) + "\n")
        sys.stdout.flush()
        for detail in details(figure):
            progress(detail)
        keep(out, one, figure, facts)
    return 1 if failed else 0


def line(one: Benchmark, figure: Figure, width: int) -> str:
    """Write ``name value unit target met|missed``; a figure without a target ends with two dashes."""
    judged = {True: "met", False: "missed", None: "-"}[one.is_met(figure.value)]
    return f"{one.name:<{width}}  {number(figure.value):>10}  {one.unit:<12}  {_target(one):>10}  {judged}"


def details(figure: Figure) -> list[str]:
    """Write what stands behind a figure: the single measurements and both sides of a ratio."""
    lines = []
    if len(figure.repeats) > 1:
        lines.append(f"measured {', '.join(number(one) for one in figure.repeats)}; spread {number(figure.spread)}")
    if figure.parts:
        lines.append("; ".join(f"{k} {number(v) if isinstance(v, float) else v}" for k, v in figure.parts.items()))
    return lines


def keep(out: Path, one: Benchmark, figure: Figure, facts: dict[str, Any]) -> None:
    """Write the figure into the JSON file ``out``; figures of other benchmarks stay as they are."""
    results: dict[str, Any] = {}
    if out.exists():
        kept = json.loads(out.read_text(encoding="utf-8"))
        results = kept["results"] if kept.get("version") == FILE_VERSION else {}
    results[one.name] = {
        "value": figure.value,
        "unit": one.unit,
        "target": one.target,
        "direction": one.direction.value,
        "met": one.is_met(figure.value),
        "repeats": list(figure.repeats),
        "spread": figure.spread,
        "parts": figure.parts,
        "machine": facts,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_suffix(".new")
    new.write_text(json.dumps({"version": FILE_VERSION, "results": results}, indent=2) + "\n", encoding="utf-8")
    new.replace(out)


def number(value: float) -> str:
    """Write a number with as many digits as say something: 23456, 12.3, 0.456."""
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _target(one: Benchmark) -> str:
    return "-" if one.target is None else f"{one.direction.value} {number(one.target)}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)) + f"  {row[3]}" for row in rows
    ]
