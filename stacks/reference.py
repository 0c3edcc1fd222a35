"""``docs/definitions.md``: every key of every definition file, made from the grammar so that it cannot drift.

Make it anew with ``python -m stacks.reference > docs/definitions.md``; a test compares the two.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from monitors.core.provability import TABLE_RATES, provability_table
from stacks.definition.amounts import duration_text, size_text
from stacks.definition.grammar import AGENCY, SETTINGS
from stacks.definition.lists import ListOf, OneOf
from stacks.definition.scalars import Choice
from stacks.definition.shapes import MapOf, Shape
from stacks.definition.traps import trap
from stacks.tiers import standard_tiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacks.definition.shapes import Key, Kind

INTRODUCTION = """# Definition files

A *workspace* is a folder with `siaga24.yaml` and one `CODE.yaml` for each agency; `siaga24 init DIR` lays one out. This
page is made from the grammar that reads the files (`python -m stacks.reference`). A whole file with comments is
[`templates/agency/agency.yaml`](../templates/agency/agency.yaml); `siaga24 agency new CODE` writes a shorter one to
begin with.

`siaga24 agency validate` tells every fault of every file in one pass, each as
`file:line: path: what is; what was expected; how to mend`, and exits with 2 where there is one. Unknown keys and keys
that stand twice are faults.

## How values are written

| value | written | not |
|---|---|---|
| duration | `500ms`, `30s`, `2m`, `1h` | `30` (no unit), `1:30` |
| size | `256MiB`, `1GiB` | `256MB`, `256m` |
| number | `99.5`, `8443`, in plain digits | `"8443"`, `1e3`, `0x20FB`, `08443` |
| true or false | `true`, `false` | `yes`, `no`, `on`, `off`, `"true"` |
| text | with or without quotes | see below |
| file | a path from the folder of the definition | |

Text that some YAML reader takes for something else has to stand in quotes. Readers disagree about these, so that two
tools would read two different definitions out of one file:

"""

OUTRO = """
Files are UTF-8 of at most 256 KiB and hold one YAML document. Anchors and aliases may repeat a whole value; merge keys
(`<<`) and tags (`!...`) are refused.

Secrets never stand in a definition. What looks like one in `env` (a name such as `ADMIN_PASSWORD`, an address with a
password, a private key) is a fault; `secrets` lists names, and each is made once and reaches the service as a file.

A monitor connects to no private, loopback, link-local or metadata address, nor into its own networks, unless ops allow
it by name. Where such an address stands in a URL, a step or a connection, `siaga24 agency validate` warns; what a name
leads to is judged by the monitor.
"""

PROVABLE = """## Which promise can be proven

A service that is never down still has tries that fail alone: a lost packet, a restarted router. Each leaves time in
which nobody can say that it was up: from the last good try before to the first good one after, at most an interval and
two deadlines. Where a month has too much of it, even a perfect service cannot prove its promise, and
`siaga24 agency validate` warns. For a rate f of lone failures (`monitor/lone_failures`), interval I, deadline D and the
shortest month W = 28 days: n = W / I runs, of which Poisson(n f) fail alone; k, its 95th percentile, times (I + 2 D) is
the time lost. With several vantages a majority has to fail within the same I + 2 D. Besides, n runs assert no target T
with T^n above 5 %. The narrowest target, in percent, for one primary transaction:
"""


def reference() -> str:
    """Return the page."""
    lines = [INTRODUCTION.rstrip("\n"), "", *_traps(), OUTRO.rstrip("\n"), ""]
    lines += ["## An agency: `CODE.yaml`", "", *_section(AGENCY, "")]
    lines += ["## Settings: `siaga24.yaml`", "", *_section(SETTINGS, "")]
    lines += ["## Tiers", "", "What an agency's file leaves open, its tier fills in.", "", *_tiers()]
    lines += ["", PROVABLE, *_provable()]
    return "\n".join(lines).rstrip() + "\n"


def _traps() -> Iterator[str]:
    yield "| text | without quotes |"
    yield "|---|---|"
    for text in ("no", "on", "0224200000", "08", "1e3", "22:30", "1.10", "2024-01-31", "0x1F", "1_000", "12345"):
        found = trap(text)
        yield f"| `{text}` | {found.becomes if found else ''} |"


def _section(shape: Shape, path: str) -> Iterator[str]:
    """Yield the table of one shape, then the sections of those below it."""
    yield shape.doc
    yield ""
    yield "| key | what it says | needed, or default | example |"
    yield "|---|---|---|---|"
    for name, key in shape.keys.items():
        need = "**needed**" if key.required else key.default or "-"
        yield f"| `{name}` | {_told(key)} | {need} | {_code(key.example)} |"
    yield ""
    for name, key in shape.keys.items():
        for below, suffix in _shapes(key.kind):
            inner = f"{path}/{name}{suffix}".lstrip("/")
            yield f"### `{inner}`"
            yield ""
            yield from _section(below, inner)


def _told(key: Key) -> str:
    kind = key.kind
    choices = kind.meaning if isinstance(kind, Choice) else {}
    words = "; ".join(f"`{word}` ({meaning})" for word, meaning in choices.items())
    return _cell(f"{key.doc} {words}." if words else key.doc)


def _shapes(kind: Kind) -> Iterator[tuple[Shape, str]]:
    """Yield the shapes right below a kind, with what stands for a free key or a place in a list."""
    if isinstance(kind, Shape):
        yield kind, ""
    elif isinstance(kind, MapOf):
        yield from ((shape, f"/NAME{suffix}") for shape, suffix in _shapes(kind.kind))
    elif isinstance(kind, ListOf):
        yield from ((shape, f"/0{suffix}") for shape, suffix in _shapes(kind.kind))
    elif isinstance(kind, OneOf):
        for form in (kind.items, kind.table):
            if form is not None:
                yield from _shapes(form)


def _tiers() -> Iterator[str]:
    tiers = [tier for code in ("bronze", "silver", "gold") for tier in [standard_tiers()[code]]]
    yield "| | " + " | ".join(f"`{tier.code}`" for tier in tiers) + " |"
    yield "|---" * (len(tiers) + 1) + "|"
    for title, cells in (
        ("for", [tier.description for tier in tiers]),
        ("replicas", [str(tier.replicas) for tier in tiers]),
        (
            "memory, CPUs, pids",
            [
                f"{size_text(tier.resources.memory_bytes)}, {tier.resources.cpus}, {tier.resources.pids}"
                for tier in tiers
            ],
        ),
        ("own database's memory", [size_text(tier.database_memory_bytes) for tier in tiers]),
        ("promise", [f"{tier.promise.target} %" for tier in tiers]),
        ("latency target", [duration_text(tier.promise.latency_target_ms or 0) for tier in tiers]),
        ("interval, deadline", [f"{duration_text(t.interval_ms)}, {duration_text(t.deadline_ms)}" for t in tiers]),
        ("log", [f"{tier.log.files} x {size_text(tier.log.file_bytes)}" for tier in tiers]),
    ):
        yield f"| {title} | " + " | ".join(cells) + " |"


def _provable() -> Iterator[str]:
    yield "| vantages | interval, deadline | " + " | ".join(f"{rate} % fail alone" for rate in TABLE_RATES) + " |"
    yield "|---" * (len(TABLE_RATES) + 2) + "|"
    rows: dict[tuple[int, int, int], list[str]] = {}
    for row in provability_table():
        rows.setdefault((row.vantages, row.interval_ms, row.deadline_ms), []).append(str(row.narrowest))
    for (vantages, interval_ms, deadline_ms), cells in rows.items():
        times = f"{duration_text(interval_ms)}, {duration_text(deadline_ms)}"
        yield f"| {vantages} | {times} | " + " | ".join(cells) + " |"


def _code(example: str) -> str:
    return f"`{_cell(example)}`" if example else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
