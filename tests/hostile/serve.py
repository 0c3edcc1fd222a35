"""``python -m tests.hostile.serve FOLDER``: open all hostile servers and their twins in a process of their own.

Prints one line of JSON (the authority's certificate, the URLs by name) and serves until its standard input ends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.hostile.catalogue import CASES, opened


def main() -> None:
    """Serve."""
    with opened(Path(sys.argv[1])) as (stage, bad, good):
        places = {
            "ca_pem": stage.certificates.ca_pem,
            "resolver": stage.resolver,
            "bad": {case.name: target.base_url for case, target in zip(CASES, bad, strict=True)},
            "good": {case.name: target.base_url for case, target in zip(CASES, good, strict=True)},
        }
        sys.stdout.write(json.dumps(places) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
