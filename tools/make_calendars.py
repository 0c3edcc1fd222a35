"""Write a calendar version of templates/calendars/ from PyPI's ``holidays``: what is a day off in Indonesia.

``python -m tools.make_calendars VERSION`` writes ``VERSION.json`` and never over one that is there: an old month is
judged by the calendar it was judged by. The library runs in an environment of its own and is no dependency of ours.

It knows the first day of Ramadan by another country's moon, up to a day off, so ``ramadan`` is left empty. Until a
ministry fills it in by hand (``"2026": [first day, day after the last]``), office hours in Ramadan are counted as in
any month.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.part import ROOT

LIBRARY = "holidays==0.109"
FOLDER = ROOT / "templates" / "calendars"

# run by the scratch environment's interpreter; prints one JSON object
READ = """
import json, sys
import holidays

first, last = int(sys.argv[1]), int(sys.argv[2])
years = range(first, last + 1)
def named(category):
    found = holidays.country_holidays("ID", years=years, categories=(category,), language="id")
    return {day.isoformat(): name for day, name in sorted(found.items())}
public, joint = named("public"), named("government")
print(json.dumps({
    "library": holidays.__version__, "public": public, "joint_leave": joint,
    "years": list(years),
    "undecided": [year for year in years if not any(day.startswith(str(year)) for day in joint)],
}))
"""


def main(argv: list[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_calendars", description="Write a calendar version.")
    parser.add_argument("version", help="its name, for example id-2026-11")
    parser.add_argument("--first", type=int, default=2024, help="first year")
    parser.add_argument("--last", type=int, default=2028, help="last year")
    options = parser.parse_args(argv)
    path = FOLDER / f"{options.version}.json"
    if path.exists():
        print(f"{path.relative_to(ROOT)}: is there, and a version is never changed; give a new name", file=sys.stderr)
        return 2
    found = read(options.first, options.last)
    document = {
        "format": 1,
        "version": options.version,
        "source": f"PyPI holidays {found.pop('library')} (MIT), Indonesia, categories public and government",
        "ramadan": {},
        **found,
    }
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(document['public'])} public holidays, "
          f"{len(document['joint_leave'])} days of collective leave, undecided {document['undecided']}")
    return 0


def read(first: int, last: int) -> dict[str, object]:
    """Ask the library, in an environment of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        binaries = Path(scratch) / "bin"
        subprocess.run([binaries / "pip", "install", "--quiet", LIBRARY], check=True)
        done = subprocess.run(
            [binaries / "python", "-c", READ, str(first), str(last)], check=True, capture_output=True, text=True,
        )
    found = json.loads(done.stdout)
    if not isinstance(found, dict):
        raise TypeError("the library's answer is no object")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
