"""``python -m tests.bench [NAME ...]``: run the benchmarks named, else all. ``--list`` only tells what there is."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from tests.bench.runner import find, list_lines, run_all

OUT = Path("build/bench.json")


def main(arguments: list[str]) -> int:
    """Return 0 when all ran (met or missed), 1 when one could not run, 2 on wrong use."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; default: all")
    parser.add_argument("--list", action="store_true", help="tell what there is, and run nothing")
    parser.add_argument("--out", type=Path, default=OUT, help=f"where the figures go (default: {OUT})")
    given = parser.parse_args(arguments)
    known = find()
    for name in given.names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
            sys.stderr.write(f'error: no benchmark "{name}"{hint}\n')
            return 2
    chosen = [known[name] for name in given.names] or list(known.values())
    if given.list:
        sys.stdout.write("".join(f"{line}\n" for line in list_lines(chosen)))
        return 0
    return run_all(chosen, given.out)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
